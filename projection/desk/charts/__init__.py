"""Charts of the population vision as SVG text written here, and PNG from the same SVG.

Holds: five charts from plain frames, without a plotting library: `pyramid`, and in `lines` those on axes; what they
share in `axes` and `svg`; `png`. Does not hold: any figure (every number comes in), or files (the caller writes the
text).

Made to be printed in black and white: lines differ by dash and marker and carry their name at the end, areas by
shade. Each picture has a title, a description and its source line inside; text is text, in a stack of Japanese fonts.
"""
