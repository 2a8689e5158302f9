"""Which rows of a table of areas are those of municipalities.

Holds: the levels that the projection reads. Does not hold: the register of areas (ingest), or what a level means.
"""

from __future__ import annotations

AREA_LEVELS = ("municipality", "designated_city")
