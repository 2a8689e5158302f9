"""Raw frames made from the true figures of ../shared, for the projection tests. Holds no test."""

from __future__ import annotations

import functools

import polars as pl

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.in_force import STATUS_RANK
from sousei.ingest.tables import schema_of
from sousei.projection.night import build as nightly
from sousei.projection.night.tables import INPUTS

SHARED = PROJECT_ROOT.parent / "shared" / "data"
SCENARIOS = PROJECT_ROOT / "dbt_project" / "seeds" / "scenarios.csv"
SEX = {
    "M": "male",
    "F": "female",
    "総数": "total",
    "男": "male",
    "女": "female",
    "total": "total",
    "male": "male",
    "female": "female",
}


def raw(frame: pl.DataFrame, table: str, source_id: str) -> pl.DataFrame:
    """`frame` as a table of the schema in_force, missing columns empty."""
    defaults = {"source_id": source_id, "sheet": "", "area_level": "municipality", "value_status": "projected"}
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(defaults.get(name), dtype).alias(name)
        for name, dtype in schema_of(table).items()
    ).pipe(_settled)


def _settled(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.col("value_status").replace_strict(STATUS_RANK, default=0, return_dtype=pl.Int32).alias("settled_rank")
    )


def empty(table: str) -> pl.DataFrame:
    return _settled(pl.DataFrame(schema=schema_of(table)))


def built(*frames: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The nightly tables of frames in the order of INPUTS, then scenarios and, where there are any, plan figures."""
    count = len(INPUTS)
    return nightly.build(dict(zip(INPUTS, frames[:count], strict=True)), *frames[count:])


def nothing() -> list[pl.DataFrame]:
    """The inputs of a home that nothing was delivered to."""
    return [empty(name) for name in INPUTS]


def two_cities_2018() -> pl.DataFrame:
    """raw.ipss_population of the 2018 vintage for Nemuro and Kamaishi, totals included, from data/figures."""
    rows = pl.read_csv(SHARED / "figures" / "ipss_h30_2015_2045.csv", schema_overrides={"code5": pl.String})
    label = (
        pl.col("age").str.replace("歳以上", "+").str.replace("歳", "").str.replace("～", "-").replace("総数", "total")
    )
    first = label.str.extract(r"^(\d+)").cast(pl.Int16)
    return raw(
        rows.select(
            pl.col("code5").alias("area_code"),
            pl.col("name").alias("area_name"),
            pl.lit("ipss_2018").alias("vintage"),
            "year",
            pl.col("sex").replace_strict(SEX),
            label.alias("age_group"),
            first.alias("age_from"),
            pl.when(label.str.ends_with("+")).then(None).otherwise(first + 4).alias("age_to"),
            pl.col("population").alias("population_persons"),
        ),
        "ipss_population",
        "ipss_projection-figures2018",
    )


def totals_2023() -> tuple[pl.DataFrame, pl.DataFrame]:
    """raw.ipss_population totals of the 2023 vintage and its three groups as raw.reference_series."""
    rows = pl.read_csv(
        SHARED / "figures" / "ipss_r5_3groups_2020_2050.csv", comment_prefix="#", schema_overrides={"code": pl.String}
    ).filter(~pl.col("code").str.ends_with("000"))
    totals = rows.select(
        pl.col("code").alias("area_code"),
        pl.lit("ipss_2023").alias("vintage"),
        "year",
        pl.lit("total").alias("sex"),
        pl.lit("total").alias("age_group"),
        pl.col("total").alias("population_persons"),
    )
    groups = rows.unpivot(["young", "working", "old"], index=["code", "year"]).select(
        pl.col("code").alias("municipality_code"),
        ("population_" + pl.col("variable"))
        .replace("population_working", "population_working_age")
        .alias("indicator_id"),
        pl.lit("ipss_2023").alias("series"),
        pl.date(pl.col("year"), 10, 1).alias("period_start"),
        pl.date(pl.col("year"), 10, 1).alias("period_end"),
        pl.col("value").alias("value"),
        pl.lit("人").alias("unit"),
    )
    return raw(totals, "ipss_population", "ipss_projection-figures2023"), raw(
        groups, "reference_series", "reference-2023"
    )


@functools.cache
def all_municipalities_2018() -> pl.DataFrame:
    """Cells of the published 2018 table of 1,682 municipalities."""
    rows = pl.read_parquet(SHARED / "projection_cases" / "ipss_h30_all_municipalities.parquet")
    whole = rows.filter(
        pl.col("kind").is_in(["1", "2", "3"]) | pl.col("code").is_in([f"131{n:02d}" for n in range(1, 24)])
    )
    return whole.select(
        pl.col("code").alias("municipality_code"),
        pl.col("year").cast(pl.Int32),
        pl.col("sex").replace_strict(SEX),
        pl.col("age_lo").cast(pl.Int16).alias("age_from"),
        pl.col("pop").alias("population_persons"),
    )


def census_two_cities() -> pl.DataFrame:
    """raw.census_population of Nemuro and Kamaishi, 1980-2020, from data/figures."""
    rows = pl.read_csv(SHARED / "figures" / "census_age_sex_1980_2020.csv", schema_overrides={"code5": pl.String})
    label = (
        pl.col("age")
        .str.replace("歳以上", "+")
        .str.replace("歳", "")
        .str.replace("～", "-")
        .str.replace("総数", "total")
    )
    label = pl.when(label.str.contains("不詳")).then(pl.lit("unknown")).otherwise(label)
    first = label.str.extract(r"^(\d+)").cast(pl.Int16)
    return raw(
        rows.select(
            pl.col("code5").alias("area_code"),
            pl.date(pl.col("year"), 10, 1).alias("as_of_date"),
            pl.lit("total").alias("scope"),
            pl.col("sex").replace_strict(SEX),
            label.alias("age_group"),
            first.alias("age_from"),
            pl.when(label.str.contains("-")).then(first + 4).otherwise(None).alias("age_to"),
            pl.col("population").alias("population_persons"),
        ),
        "census_population",
        "census-figures",
    )


def registry_two_cities() -> pl.DataFrame:
    """raw.registry_population of both cities, all residents, from data/figures."""
    rows = pl.read_csv(SHARED / "figures" / "registry_age_1995_2023.csv", schema_overrides={"code6": pl.String})
    label = (
        pl.col("age")
        .str.replace_all("歳", "")
        .str.replace("以上", "+")
        .str.replace("～", "-")
        .str.replace("総数", "total")
    )
    first = label.str.extract(r"^(\d+)").cast(pl.Int16)
    return raw(
        rows.filter(pl.col("kind") == "s").select(
            pl.col("code6").str.head(5).alias("area_code"),
            pl.when(pl.col("asof_year") == 2013)
            .then(pl.date(2013, 3, 31))
            .otherwise(pl.date(pl.col("asof_year"), 1, 1))
            .alias("as_of_date"),
            pl.lit("total").alias("scope"),
            pl.col("sex").replace({"計": "total", "男": "male", "女": "female"}),
            label.alias("age_group"),
            first.alias("age_from"),
            pl.when(label.str.contains("-")).then(first + 4).otherwise(None).alias("age_to"),
            pl.col("value").cast(pl.Int64).alias("population_persons"),
        ),
        "registry_population",
        "registry-figures",
    )


def reference_two_cities() -> pl.DataFrame:
    """raw.reference_series: TFR (Bayes), census 2025 preliminary, registry totals, 2023 vintage groups."""
    tfr = pl.read_csv(SHARED / "figures" / "tfr_bayes.csv", schema_overrides={"municipality_code5": pl.String})
    totals = pl.read_csv(
        SHARED / "figures" / "population_totals_misc.csv",
        schema_overrides={"code5": pl.String, "municipality_code5": pl.String},
        try_parse_dates=True,
    )
    code = "municipality_code5"
    return pl.concat(
        [
            totals_2023()[1],
            raw(
                tfr.select(
                    pl.col(code).alias("municipality_code"),
                    pl.lit("tfr_bayes").alias("indicator_id"),
                    pl.lit("vital_statistics").alias("series"),
                    pl.date(pl.col("period").str.head(4).cast(pl.Int32), 1, 1).alias("period_start"),
                    pl.date(pl.col("period").str.tail(4).cast(pl.Int32), 12, 31).alias("period_end"),
                    pl.col("tfr").alias("value"),
                ),
                "reference_series",
                "reference-tfr",
            ),
            raw(
                totals.select(
                    pl.col(code).alias("municipality_code"),
                    pl.lit("population_total").alias("indicator_id"),
                    pl.col("series").replace("resident_registry_total", "resident_registry"),
                    pl.col("date").alias("period_start"),
                    pl.col("date").alias("period_end"),
                    pl.col("population").alias("value"),
                ),
                "reference_series",
                "reference-totals",
            ),
        ]
    )
