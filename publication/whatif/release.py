"""The what-if pages of a release: read once for all the municipalities that have a plan, or for one.

Holds: reading the marts that a sitting needs, which base a page stands on when nothing is said. Does not hold: the page
(`page`), where it is written (papers, the command).
"""

from __future__ import annotations

import polars as pl

from sousei.foundation.duck import quoted
from sousei.projection.desk import sitting
from sousei.projection.desk.sitting import Desk
from sousei.projection.engine import ProjectionError
from sousei.projection.published import published_cells
from sousei.publication.query import Readable, queries
from sousei.publication.whatif.page import page

_ASKED = {
    "published": "mart_population_projection where scenario_id in ('ipss_2018', 'ipss_2023') and ",
    "counted": "fct_population where scope = 'total' and ",
    "assumptions": "dim_scenario where municipality_code = '*' or",
    "towns": "dim_municipality where valid_to is null and ",
}


class Sittings:
    """What a release says of the population of its municipalities, for sittings at the desk."""

    def __init__(self, release: Readable, municipality: str | None = None) -> None:
        """Read one municipality, or all that have a plan. Raises QueryError where the release lacks a table."""
        whose = "in (select municipality_code from dim_plan)" if municipality is None else f"= {quoted(municipality)}"
        statements = [f"from {asked} municipality_code {whose}" for asked in _ASKED.values()]
        self._frames = dict(zip(_ASKED, queries(statements, release), strict=True))

    def page(self, municipality: str, release_id: str) -> bytes | None:
        """The what-if page on the newest base; None where the release has no table to run."""
        opened = self.newest(municipality)
        if opened is None:
            return None
        names = self._frames["towns"].filter(pl.col("municipality_code") == municipality)["name_ja"]
        return page(opened, name_ja=names[-1] if len(names) else municipality, release_id=release_id)

    def newest(self, municipality: str) -> Desk | None:
        """A sitting on the newest census that the release holds, with the rates of the newest edition whose table by
        age was delivered; None where none was."""
        for base in self._bases(municipality):
            try:
                return self._opened(municipality, base)
            except ProjectionError:  # this base is not known for it; the next older one may be
                continue
        return None

    def _opened(self, municipality: str, base: str | None) -> Desk:
        counted = self._of("counted", municipality)
        lines = pl.col("basis").is_in(["ipss_2018", "ipss_2023"]) & (pl.col("municipality_code") == "*")
        assumed = self._frames["assumptions"].filter(lines)  # a page runs its settings on a line, not on a scenario
        return sitting.open_desk(
            self._published(municipality),
            sitting.assumptions_of_release(assumed),
            municipality,
            base=base,
            census_population=sitting.counted_of_release(counted),
            registry_population=sitting.counted_of_release(counted, "resident_registry"),
            totals=sitting.totals_of_release(counted),
        )

    def _bases(self, municipality: str) -> list[str | None]:
        totals = sitting.totals_of_release(self._of("counted", municipality))
        is_census = pl.col("series").is_in(["census", "census_preliminary"])
        years = totals.filter(is_census)["as_of_date"].dt.year().unique().sort(descending=True).to_list()
        published = self._published(municipality)
        editions = [one for one in ("ipss_2023", "ipss_2018") if published_cells(published, one).height]
        found: list[str | None] = [f"{edition}@census_{year}" for edition in editions for year in years if year > 2015]
        return [*found, *(edition for edition in editions)]

    def _published(self, municipality: str) -> pl.DataFrame:
        return sitting.published_of_release(self._of("published", municipality))

    def _of(self, name: str, municipality: str) -> pl.DataFrame:
        return self._frames[name].filter(pl.col("municipality_code") == municipality)
