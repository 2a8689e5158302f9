"""An error whose text is for the person who called: Japanese, with an English identifier first.

Holds: the kind, so that the command knows such an error without loading the room that raises it. Does not hold: texts.
"""

from __future__ import annotations


class ToldError(ValueError):
    """Something cannot be done as it was asked; the text says what and how to mend it. No trace is shown."""


class UnknownNameError(ToldError, LookupError):
    """What was named is not there; the text says what there is, or where to look."""
