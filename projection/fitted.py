"""Ages of our own for the published totals of an edition whose tables by sex and age were not delivered.

Holds: running rates at hand from a census and bringing every year to the published total, or to its three age groups;
the rates between two censuses of municipalities that the other edition has not (福島県).
Does not hold: any figure of the publisher (published), or what the table is used for (vision.baseline).

What it gives is OURS: only the totals (and the groups where they are published) are the publisher's. Each step starts
from the fitted year before it, so that a cohort carries what was changed.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from sousei.projection.bases import Start, rebase
from sousei.projection.counted import allocate_unknown, census_cells
from sousei.projection.engine import Array, give, project
from sousei.projection.vision import HORIZON_2023, Baseline, baseline

CENSUS_YEARS = (2015, 2020)
OURS_JA = {
    True: "2020年国勢調査（年齢別は当方、平成30年推計の率）",
    False: "2020年国勢調査（年齢別は当方、2015→2020年国勢調査の率）",
}
"""The base in words, by whether the rates are those of the 2018 edition."""
GROUPS = {"0-14": slice(0, 3), "15-64": slice(3, 13), "65+": slice(13, None)}


def fitted(edition: Baseline, begin: Start, published: pl.DataFrame) -> pl.DataFrame:
    """Cells of the municipalities of `begin` that have a published total in every year.

    edition: rates. begin: the population of the edition's base year by sex and age. published: municipality_code, year,
    sex, age_group (total, 0-14, 15-64, 65+), population_persons; the first year is that of `begin`. Returns
    municipality_code, year, sex, age_from, population_persons (not whole).
    """
    both = published.filter((pl.col("sex") == "total") & pl.col("age_group").is_in(["total", *GROUPS]))
    years = both.get_column("year").unique().sort().to_list()
    known: dict[tuple[str, int, str], float] = {
        (code, year, group): float(persons)
        for code, year, group, persons in both.select(
            "municipality_code", "year", "age_group", "population_persons"
        ).rows()
    }
    chosen = [n for n, code in enumerate(begin.codes) if all((code, year, "total") in known for year in years)]
    if not chosen or not years or years[0] != begin.year:
        return pl.DataFrame()
    begin = begin._replace(
        codes=[begin.codes[n] for n in chosen],
        population=begin.population[..., chosen],
        age_basis=[begin.age_basis[n] for n in chosen],
        total_basis=[begin.total_basis[n] for n in chosen],
    )
    base = rebase(edition, begin)
    table = [_scaled(begin.population, begin.codes, years[0], known)]
    for t, year in enumerate(years[1:]):
        later = project(
            table[-1],
            (base.survival[t, ..., None] + base.migration[t])[None],
            base.child_woman_ratio[t + 1 : t + 2],
            base.male_share[t : t + 1],
        )
        table.append(_scaled(later[1], begin.codes, year, known))
    names = pl.DataFrame({"municipality_code": begin.codes})
    return pl.concat(
        give(cells[None], [year], names).select(
            pl.col("municipality_code", "sex").cast(pl.String), "year", "age_from", "population_persons"
        )
        for year, cells in zip(years, table, strict=True)
    )


def _scaled(population: Array, codes: list[str], year: int, known: dict[tuple[str, int, str], float]) -> Array:
    """Brought to the three groups where all are published, then to the total."""
    out = population.copy()
    for n, code in enumerate(codes):
        cells = out[..., n]
        if all((code, year, group) in known for group in GROUPS):
            for group, ages in GROUPS.items():
                _bring(cells[:, ages], known[code, year, group])
        _bring(cells, known[code, year, "total"])
    return out


def _bring(cells: Array, persons: float) -> None:
    whole = cells.sum()
    if whole > 0:
        cells *= persons / whole


def between_censuses(census_population: pl.DataFrame, codes: Collection[str]) -> list[Baseline]:
    """The rates between the censuses of 2015 and 2020 of those of `codes` that both counted by sex and age, as one
    baseline; none where nobody is among them."""
    mine = census_population.filter(pl.col("area_code").is_in(list(codes)))
    cells = census_cells(mine, CENSUS_YEARS) if mine.height else pl.DataFrame()
    if cells.height:
        cells = cells.filter(pl.col("year").n_unique().over("municipality_code") == len(CENSUS_YEARS))
    return [baseline(allocate_unknown(cells), HORIZON_2023)] if cells.height else []
