"""The site of a release: what the office bookmarks, as pages that open from a folder without a server.

Holds: the pages (`pages`) and their templates. Does not hold: the papers and data that they link to, the skeleton of
pages (foundation.html).
"""
