"""What the night runs scenarios on: the editions as delivered, and every base that a scenario starts from.

Holds: the baselines of a night with where they come from. Does not hold: the method (vision, bases, fitted), tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from sousei.projection import bases, vision
from sousei.projection.engine import ProjectionError
from sousei.projection.fitted import OURS_JA, between_censuses, fitted
from sousei.projection.published import published_cells
from sousei.projection.scenarios import BASIS_2023, FITTED_2023, RUN_BASES


class Stand(NamedTuple):
    """base: rates and start. vintage: the edition. stamp: municipality_code, source_id, base_id, base_ja."""

    base: vision.Baseline
    vintage: str
    stamp: pl.DataFrame


class Counts(NamedTuple):
    """census_population, registry_population of in_force; totals as refresh.actual_totals."""

    census: pl.DataFrame
    registry: pl.DataFrame
    totals: pl.DataFrame


def stands(
    ipss: pl.DataFrame, published_2023: pl.DataFrame, scenarios: pl.DataFrame, counts: Counts
) -> Iterator[Stand]:
    """The 2018 edition first (where it was delivered), then the 2023 edition, then every other base of a scenario.

    ipss: in_force.ipss_population. published_2023: published.published_2023. A base that is not known for anybody is
    left out.
    """
    editions: dict[str, Stand] = {}
    cells = published_cells(ipss, "ipss_2018")
    if cells.height:
        base = vision.baseline(cells)
        editions[base.basis] = _stand(base, "ipss_2018", _sources(cells))
    cells = published_cells(ipss, "ipss_2023")
    if cells.height:
        base = vision.baseline(cells, vision.HORIZON_2023, basis=BASIS_2023)
        editions[base.basis] = _stand(base, "ipss_2023", _sources(cells))
    ours, words = _fitted(published_2023, editions, counts)
    if ours.height:
        base = vision.baseline(ours, vision.HORIZON_2023, basis=FITTED_2023)
        base = base._replace(base_ja=tuple(words[code] for code in base.codes))
        editions[base.basis] = _stand(base, "ipss_2023", _sources(published_2023))
    yield from editions.values()
    asked = scenarios.filter(
        (pl.col("item") == "scenario") & pl.col("base").is_not_null() & pl.col("basis").is_in(list(RUN_BASES))
    )
    for basis, base_id in asked.select("basis", "base").unique(maintain_order=True).rows():
        if basis not in editions:
            continue
        stand = editions[basis]
        edition = _of(stand.base, asked.filter((pl.col("basis") == basis) & (pl.col("base") == base_id)))
        try:
            begin = bases.start(base_id, edition, counts.census, counts.registry, counts.totals)
        except ProjectionError:
            continue
        yield _stand(bases.rebase(edition, begin), stand.vintage, stand.stamp.select("municipality_code", "source_id"))


def _sources(cells: pl.DataFrame) -> pl.DataFrame:
    return cells.group_by("municipality_code").agg(pl.col("source_id").min())


def _stand(base: vision.Baseline, vintage: str, sources: pl.DataFrame) -> Stand:
    stamp = pl.DataFrame({"municipality_code": base.codes, "base_ja": base.base_ja}).with_columns(
        pl.lit(base.base_id or bases.OWN_BASE[vintage]).alias("base_id")
    )
    return Stand(base, vintage, stamp.join(sources, on="municipality_code", how="left"))


def _of(base: vision.Baseline, asked: pl.DataFrame) -> vision.Baseline:
    """Only the municipalities that a scenario is for."""
    codes = set(asked.get_column("municipality_code"))
    if "*" in codes:
        return base
    return base.of([n for n, code in enumerate(base.codes) if code in codes])


def _fitted(published: pl.DataFrame, editions: dict[str, Stand], counts: Counts) -> tuple[pl.DataFrame, dict[str, str]]:
    """Our ages for the totals of municipalities without a table by age: on the rates of the 2018 edition, else (the
    municipalities of 福島県, which it has not) on those between the censuses of 2015 and 2020. Cells, and the base of
    each municipality in words."""
    have = set(editions[BASIS_2023].base.codes) if BASIS_2023 in editions else set()
    totals = published.filter(~pl.col("municipality_code").is_in(have)) if published.height else published
    parts = []
    rates = [stand.base for basis, stand in editions.items() if basis != BASIS_2023]
    words: dict[str, str] = {}
    of_edition = len(rates)
    if totals.height:
        new = set(totals.get_column("municipality_code")) - {code for base in rates for code in base.codes}
        rates += between_censuses(counts.census, new)
    for i, edition in enumerate(rates):
        try:
            begin = bases.start("census_2020", edition, counts.census, counts.registry, counts.totals)
        except ProjectionError:
            continue
        keep = [n for n, code in enumerate(begin.codes) if begin.age_basis[n] == "census" and code not in words]
        begin = begin._replace(
            codes=[begin.codes[n] for n in keep],
            population=begin.population[..., keep],
            age_basis=[begin.age_basis[n] for n in keep],
            total_basis=[begin.total_basis[n] for n in keep],
        )
        words |= dict.fromkeys(begin.codes, OURS_JA[i < of_edition])
        parts.append(fitted(edition, begin, totals))
    kept = [part for part in parts if part.height]
    return (pl.concat(kept) if kept else pl.DataFrame()), words
