"""One sitting at the desk: a municipality's baseline, the scenario table and all their runs.

Holds: opening it on the tables of a release or of in_force. Does not hold: any question (`answers`, `drawn`).
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from sousei.projection import bases, vision
from sousei.projection.engine import ProjectionError
from sousei.projection.fitted import OURS_JA, between_censuses, fitted
from sousei.projection.published import published_2023, published_cells
from sousei.projection.scenarios import BASIS, BASIS_2023, COLUMNS, FITTED_2023, labels, tidy

COUNTED = {
    "area_code": pl.String,
    "area_level": pl.String,
    "as_of_date": pl.Date,
    "scope": pl.String,
    "sex": pl.String,
    "age_group": pl.String,
    "age_from": pl.Int16,
    "age_to": pl.Int16,
    "population_persons": pl.Int64,
    "value_status": pl.String,
}
EDITIONS_JA = {"ipss_2018": "平成30年推計", "ipss_2023": "令和5年推計"}
TOTALS = {"municipality_code": pl.String, "as_of_date": pl.Date, "series": pl.String, "persons": pl.Float64}


class Desk(NamedTuple):
    """Everything that one sitting needs: the baseline (rates of an edition, started from a base), the scenario table as
    it stands on them, and all their runs."""

    base: vision.Baseline
    scenarios: pl.DataFrame
    run: vision.Run

    @property
    def code(self) -> str:
        """The municipality's code."""
        return self.base.codes[0]

    @property
    def basis(self) -> str:
        """The scenario that is the baseline of this sitting, untouched."""
        return self.base.basis

    @property
    def edition(self) -> str:
        """The edition whose rates are used: ipss_2018 / ipss_2023."""
        return self.base.basis[:9]

    @property
    def base_ja(self) -> str:
        """The base in words, for titles: 2025年国勢調査速報（年齢構成は住民基本台帳 2023-01-01）."""
        return self.base.base_ja[0]


def open_desk(
    ipss_population: pl.DataFrame,
    scenarios: pl.DataFrame,
    municipality_code: str,
    *,
    base: str | None = None,
    census_population: pl.DataFrame | None = None,
    registry_population: pl.DataFrame | None = None,
    totals: pl.DataFrame | None = None,
) -> Desk:
    """The desk of one municipality.

    ipss_population: in_force.ipss_population. scenarios: the seed table or a planner's own copy of it (scenarios.read).
    base: `[EDITION@]BASE` as bases.parsed takes it, None = the 2018 edition from its own base; then census_population
    and registry_population (in_force, or counted_of_release) and totals (totals_of_release) are needed as well. Every
    scenario that stands on the 2018 edition is put on the edition and base that are asked for. Raises ProjectionError
    where the municipality has no published table, or the base is not known for it.
    """
    edition, begin_id = bases.parsed(base) if base else ("ipss_2018", None)
    table = tidy(scenarios)
    mine = ipss_population.filter(pl.col("area_code") == municipality_code)
    nothing = pl.DataFrame(schema=COUNTED)
    census = nothing if census_population is None else census_population
    registry = nothing if registry_population is None else registry_population
    known = pl.DataFrame(schema=TOTALS) if totals is None else totals
    rates = _rates(mine, edition, municipality_code, census, registry, known)
    if begin_id is not None:
        rates = bases.rebase(rates, bases.start(begin_id, rates, census, registry, known))
    if base:
        table = stood_on(table, rates)
    run = vision.run(rates, table)
    if rates.basis not in run.keys.get_column("scenario_id"):
        raise ProjectionError(
            f"シナリオ表に、ほかが立つ線 {rates.basis} の行（item=scenario、団体は * か {municipality_code}）が"
            f"ありません。公表版の dim_scenario から写してください / the table lacks the scenario {rates.basis}, "
            "the line that the others stand on"
        )
    return Desk(rates, table, run)


def _rates(
    ipss: pl.DataFrame,
    edition: str,
    code: str,
    census: pl.DataFrame,
    registry: pl.DataFrame,
    totals: pl.DataFrame,
) -> vision.Baseline:
    """The edition's baseline from its table by sex and age; of the 2023 edition, where only its totals were delivered,
    the one whose ages are ours."""
    cells = published_cells(ipss, edition)
    if cells.height:
        if edition == "ipss_2023":
            return vision.baseline(cells, vision.HORIZON_2023, basis=BASIS_2023)
        return vision.baseline(cells)
    newer = published_2023(ipss)
    if edition == "ipss_2023" and newer.height:
        older = published_cells(ipss, "ipss_2018")
        known = [vision.baseline(older, vision.HORIZON_2023)] if older.height else between_censuses(census, [code])
        for rates in known:
            ours = fitted(rates, bases.start("census_2020", rates, census, registry, totals), newer)
            if ours.height:
                base = vision.baseline(ours, vision.HORIZON_2023, basis=FITTED_2023)
                return base._replace(base_ja=(OURS_JA[bool(older.height)],))
        raise ProjectionError(
            f"{code} の令和5年推計は総数だけで、年齢別を当方で分けるのに要る2020年国勢調査（平成30年推計がなければ"
            "2015年も、男女・5歳階級別）がありません / totals of the 2023 edition alone; no census by sex and age"
        )
    if newer.height:
        raise ProjectionError(
            f"{code} の平成30年推計（男女・5歳階級別）はありません。令和5年推計はあります：--base ipss_2023 "
            f"/ no table of {code} in the 2018 edition; there is one of 2023: --base ipss_2023"
        )
    raise ProjectionError(
        f"{code} の社人研推計（{EDITIONS_JA[edition]}、男女・5歳階級別）がありません。landing に納品してください / "
        f"no published table of {code} in the edition {edition}"
    )


def stood_on(scenarios: pl.DataFrame, rates: vision.Baseline) -> pl.DataFrame:
    """The scenario table with every run of the 2018 edition put on the edition and the base of `rates`; those that name
    another base or edition are left out. What lasts to the end of its run lasts to the end of the new one."""
    named = pl.col("item") == "scenario"
    kept = scenarios.filter(
        named & pl.col("base").is_null() & ((pl.col("basis") == BASIS) | (pl.col("scenario_id") == rates.basis))
    )
    ends = kept.select("scenario_id", "municipality_code", pl.col("year_to").alias("_end"))
    ends = ends.group_by("scenario_id").agg(pl.col("_end").max())
    last = pl.lit(rates.years[-1], pl.Int32)
    title = pl.concat_str("label_ja", pl.lit(f"（基準 {rates.base_ja[0]}）"))
    return (
        scenarios.filter(pl.col("scenario_id").is_in(kept.get_column("scenario_id").implode()))
        .join(ends, on="scenario_id", how="left", maintain_order="left")
        .with_columns(
            pl.when(named & (pl.col("scenario_id") != rates.basis))
            .then(pl.lit(rates.basis))
            .otherwise("basis")
            .alias("basis"),
            pl.when(named).then(pl.lit(rates.base_id, pl.String)).alias("base"),
            pl.when(pl.col("year_to") == pl.col("_end")).then(last).otherwise("year_to").alias("year_to"),
            pl.when(named).then(title).otherwise("label_ja").alias("label_ja"),
        )
        .drop("_end")
    )


def published_of_release(mart_population_projection: pl.DataFrame) -> pl.DataFrame:
    """What `open_desk` and `backtest_table` take as ipss_population, from a release's mart_population_projection.

    Only the published vintages are read; every figure is the published one.
    """
    rows = mart_population_projection.filter(pl.col("scenario_id").is_in(["ipss_2018", "ipss_2023"]))
    return rows.select(
        pl.col("municipality_code").alias("area_code"),
        pl.lit("municipality").alias("area_level"),
        pl.col("scenario_id").alias("vintage"),
        pl.col("year").cast(pl.Int32),
        "sex",
        "age_group",
        pl.col("age_from").cast(pl.Int16),
        pl.col("age_to").cast(pl.Int16),
        pl.col("population_persons").cast(pl.Float64).round().cast(pl.Int64),
        pl.lit("").alias("source_id"),
    )


def totals_of_editions(ipss_population: pl.DataFrame) -> pl.DataFrame:
    """The totals of published tables: vintage, year, persons; the sum of its cells where a table has no total."""
    whole = (pl.col("sex") == "total") & (pl.col("age_group") == "total")
    cells = pl.col("sex").is_in(["male", "female"]) & pl.col("age_from").is_not_null() & pl.col("age_group").ne("total")
    said = ipss_population.filter(whole).select("vintage", "year", pl.col("population_persons").alias("persons"))
    summed = (
        ipss_population.filter(cells)
        .group_by("vintage", "year")
        .agg(pl.col("population_persons").sum().alias("persons"))
        .join(said, on=["vintage", "year"], how="anti")
    )
    return pl.concat([said, summed]).sort("vintage", "year")


def assumptions_of_release(dim_scenario: pl.DataFrame) -> pl.DataFrame:
    """What `open_desk` takes as scenarios, from a release's dim_scenario; of one of before bases none is named."""
    late = [pl.lit(None, pl.String).alias(name) for name in COLUMNS if name not in dim_scenario.columns]
    return tidy(dim_scenario.with_columns(late).select(*COLUMNS))


def counted_of_release(fct_population: pl.DataFrame, series: str = "census") -> pl.DataFrame:
    """What `backtest_table` and `refresh` take as census_population (or registry_population), from fct_population."""
    return fct_population.filter((pl.col("series") == series) & (pl.col("scope") == "total")).select(
        pl.col("municipality_code").alias("area_code"),
        pl.lit("municipality").alias("area_level"),
        "as_of_date",
        "scope",
        "sex",
        "age_group",
        pl.col("age_from").cast(pl.Int16),
        pl.col("age_to").cast(pl.Int16),
        pl.col("population_persons").cast(pl.Int64),
        "value_status",
    )


def totals_of_release(fct_population: pl.DataFrame) -> pl.DataFrame:
    """Counted totals of a release's fct_population: municipality_code, as_of_date, series (census /
    census_preliminary / resident_registry), persons."""
    whole = (pl.col("scope") == "total") & (pl.col("sex") == "total") & (pl.col("age_group") == "total")
    preliminary = (pl.col("series") == "census") & (pl.col("value_status") == "preliminary")
    return fct_population.filter(whole & pl.col("population_persons").is_not_null()).select(
        "municipality_code",
        "as_of_date",
        pl.when(preliminary).then(pl.lit("census_preliminary")).otherwise("series").alias("series"),
        pl.col("population_persons").cast(pl.Float64).alias("persons"),
    )


def scenario_labels(desk: Desk) -> pl.DataFrame:
    """The scenarios of the municipality by name: scenario_id, label_ja, label_en, assumption_of, note_ja; its own
    before the common ones."""
    return (
        labels(desk.scenarios)
        .filter(pl.col("municipality_code").is_in(["*", desk.code]))
        .sort(pl.col("municipality_code") == "*")
        .unique("scenario_id", keep="first", maintain_order=True)
        .select("scenario_id", "label_ja", "label_en", "assumption_of", "note_ja")
    )
