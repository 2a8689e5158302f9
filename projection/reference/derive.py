"""How the reference tables next to this file were derived; a test runs it again and compares.

Holds: the arithmetic from published national tables to our small CSVs. Does not hold: anything that the nightly run
calls. Run: `python -m projection.reference.derive <folder with the published tables> <output folder>`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl

from sousei.projection.backtest import against, backtest
from sousei.projection.bands import OFFICIAL, table_of_official, table_of_runs
from sousei.projection.measures import measures_of, measures_of_census
from sousei.projection.reference import shocks

NATIONAL_SOURCE = "国立社会保障・人口問題研究所 日本の将来推計人口（平成29年推計）出生中位・死亡中位 表1-9A"
LIFE_TABLE_SOURCE = "厚生労働省 完全生命表・簡易生命表の死亡率 qx"
# Five-year means up to each year. 2011-15: vital statistics (1.39 1.41 1.43 1.42 1.45). Later: the projection's
# summary states 1.45 (2015), 1.42 (2024), 1.43 (2035), 1.44 (2065); the years between are read off by us, +-0.005.
TFR_5Y = (1.42, 1.43, 1.42, 1.425, 1.43, 1.43, 1.43, 1.434, 1.437, 1.44, 1.44)
TFR_SOURCE = (
    "2015: 人口動態統計 2011-2015年の平均; 2020以降: 社人研 平成29年推計 結果の概要（1.45→1.42(2024)→1.43(2035)→"
    "1.44(2065)）の5年平均、中間年は当方の読み（±0.005）"
)
OPEN_AGE = 90
SWITCH_AGE = 60  # from this age on the national projection's own cohort change is nearly free of foreign migration


def national(projection: pl.DataFrame) -> pl.DataFrame:
    """One row per year: children 0-4, women 15-49 and the TFR that goes with them.

    projection: year, sex (M / F), age_lo, pop.
    """
    return (
        projection.group_by("year")
        .agg(
            pl.col("pop").filter((pl.col("age_lo") == 0) & (pl.col("sex") == "M")).sum().alias("boys_0_4_persons"),
            pl.col("pop").filter((pl.col("age_lo") == 0) & (pl.col("sex") == "F")).sum().alias("girls_0_4_persons"),
            pl.col("pop")
            .filter(pl.col("age_lo").is_between(15, 45) & (pl.col("sex") == "F"))
            .sum()
            .alias("women_15_49_persons"),
        )
        .sort("year")
        .with_columns(pl.col(pl.Float64).cast(pl.Int64))
        .with_columns(
            pl.Series("tfr_5y", TFR_5Y),
            pl.lit(NATIONAL_SOURCE).alias("persons_source_ja"),
            pl.lit(TFR_SOURCE).alias("tfr_source_ja"),
        )
    )


def life_table(qx: np.ndarray) -> tuple[np.ndarray, float]:
    """Five-year survival ratios (0-4 -> 5-9 ... 85+ -> 90+) and survivors at 0-4 per birth from yearly qx."""
    alive = np.concatenate([[1.0], np.cumprod(1.0 - qx)])
    lived = (alive[:-1] + alive[1:]) / 2
    five = lived[:OPEN_AGE].reshape(-1, 5).sum(axis=1)
    rest = lived[OPEN_AGE:].sum()
    return np.concatenate([five[1:] / five[:-1], [rest / (five[-1] + rest)]]), float(five[0] / 5)


def survival(projection: pl.DataFrame, qx: pl.DataFrame) -> pl.DataFrame:
    """National survival by period (its last year), sex and age at the start; births have age_from -5.

    Below 60: life tables (2015-20 the mean of 2015 and 2020, later 2020 held). From 60 on: the cohort change of the
    national projection, which carries its falling mortality and the true age mix of the open group.
    """
    table = (
        projection.with_columns(pl.col("age_lo").clip(upper_bound=OPEN_AGE))
        .group_by("year", "sex", "age_lo")
        .agg(pl.col("pop").sum())
        .sort("year", "sex", "age_lo", descending=[False, True, False])
    )
    years = table["year"].unique().sort().to_list()
    persons = table["pop"].to_numpy().reshape(len(years), 2, -1)
    cohorts = np.concatenate([persons[:-1, :, :-2], persons[:-1, :, -2:].sum(axis=2, keepdims=True)], axis=2)
    change = persons[1:, :, 1:] / cohorts
    rows = []
    for s, (sex, letter) in enumerate((("male", "M"), ("female", "F"))):
        tables = {y: life_table(qx[f"qx{y}{letter}"].fill_null(1.0).to_numpy()) for y in (2015, 2020)}
        for t, year in enumerate(years[1:]):
            mean = t == 0
            lived = (tables[2015][0] + tables[2020][0]) / 2 if mean else tables[2020][0]
            born = (tables[2015][1] + tables[2020][1]) / 2 if mean else tables[2020][1]
            label = "2015年と2020年の平均" if mean else "2020年"
            rows.append((year, sex, -5, born, "life_table", f"{LIFE_TABLE_SOURCE}（{label}）"))
            for x, age in enumerate(range(0, OPEN_AGE, 5)):
                if age < SWITCH_AGE:
                    rows.append((year, sex, age, lived[x], "life_table", f"{LIFE_TABLE_SOURCE}（{label}）"))
                else:
                    rows.append((year, sex, age, change[t, s, x], "national_projection", NATIONAL_SOURCE))
    schema = ["year", "sex", "age_from", "survival_ratio", "basis", "source_ja"]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col("survival_ratio").round(6))


def read_published(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The national projection (5-year ages) and the yearly death rates, as the carriers hold them."""
    projection = pl.read_csv(folder / "ipss_h29_national_5y.csv", comment_prefix="#")
    qx = pl.read_csv(folder / "jp_life_table_qx.csv", null_values="NA", infer_schema_length=None)
    return projection, qx


CENSUS_SOURCE = "国勢調査 1980-2020年（2016年10月境域、年齢不詳は男女別に比例配分）、福島県を除く1,682市区町村"
IPSS_SOURCE = (
    "社人研 平成30年推計の2020年の値と令和2年国勢調査、福島県を除く。10年以上先は当方の計算の誤差の広がりに、"
    "同じ期間の5年での誤差の広がりの比を掛けたもの"
)
RENAMED = {"40231": "40305"}  # 那珂川市: a town until 2018-10-01


def past_census(folder: Path) -> pl.DataFrame:
    """Cells of the censuses 1980-2015 of all municipalities but Fukushima's (evacuated in 2011)."""
    rows = pl.read_parquet(folder / "extracts" / "census" / "census_1980_2015_all_municipalities.parquet")
    return rows.filter((pl.col("age") != "総数") & ~pl.col("code").str.starts_with("07")).select(
        pl.col("code").alias("municipality_code"),
        pl.col("year").cast(pl.Int32),
        pl.col("sex").replace_strict({"M": "male", "F": "female"}),
        pl.col("age_lo").cast(pl.Int16).alias("age_from"),
        pl.col("pop").alias("population_persons"),
    )


def census_2020(folder: Path) -> pl.DataFrame:
    """The same of the census of 2020, in the codes of 2016."""
    path = folder / "extracts" / "census" / "census_2020_age_sex_estat.csv"
    with path.open(encoding="utf-8-sig") as lines:
        skip = next(i for i, line in enumerate(lines) if line.startswith('"表章事項 コード"'))
    rows = pl.read_csv(path, skip_rows=skip, infer_schema=False, truncate_ragged_lines=True)
    code = rows.columns[8]
    ages = {f"{age}～{age + 4}歳": age for age in range(0, 100, 5)} | {"100歳以上": 100, "年齢「不詳」": None}
    kept = rows.filter((pl.col("国籍総数か日本人") == "国籍総数") & pl.col("男女").is_in(["男", "女"]))
    cells = kept.unique([code, "男女"], keep="first", maintain_order=True).unpivot(
        list(ages), index=[code, "男女"], variable_name="age", value_name="persons"
    )
    return (
        cells.with_columns(
            pl.col(code).replace(RENAMED).alias("municipality_code"),
            pl.lit(2020, pl.Int32).alias("year"),
            pl.col("男女").replace_strict({"男": "male", "女": "female"}).alias("sex"),
            pl.col("age").replace_strict(ages, return_dtype=pl.Int16).clip(upper_bound=OPEN_AGE).alias("age_from"),
            pl.col("persons").replace({"-": "0"}).str.replace_all(",", "").cast(pl.Int64, strict=False),
        )
        .group_by("municipality_code", "year", "sex", "age_from", maintain_order=True)
        .agg(pl.col("persons").sum().alias("population_persons"))
    )


def censuses(folder: Path) -> pl.DataFrame:
    """Cells of the censuses 1980-2020 of the municipalities of `past_census`."""
    past = past_census(folder)
    later = census_2020(folder).filter(
        pl.col("municipality_code").is_in(past.get_column("municipality_code").unique().implode())
    )
    return pl.concat([past, later.select(past.columns)])


def ipss_2018(folder: Path) -> pl.DataFrame:
    """Cells of the published 2018 vintage: municipalities with their wards, cities and prefectures."""
    return pl.read_parquet(folder / "projection_cases" / "ipss_h30_all_municipalities.parquet").select(
        pl.col("code").alias("municipality_code"),
        pl.col("year").cast(pl.Int32),
        pl.col("sex").replace_strict({"M": "male", "F": "female"}),
        pl.col("age_lo").cast(pl.Int16).alias("age_from"),
        pl.col("pop").alias("population_persons"),
    )


def ipss_2018_errors(folder: Path) -> pl.DataFrame:
    """The published 2018 vintage against the census of 2020: all measures of all municipalities but Fukushima's."""
    counted = measures_of_census(census_2020(folder))
    return against(measures_of(ipss_2018(folder), "year"), counted, method=OFFICIAL, base_year=2015)


def error_quantiles(folder: Path) -> pl.DataFrame:
    """The error table: our engine at every base 1985-2015, and the 2018 vintage."""
    cells = censuses(folder)
    kept = cells.get_column("municipality_code").unique()
    ipss = ipss_2018_errors(folder).filter(pl.col("municipality_code").is_in(kept.implode()))
    errors = backtest(cells)
    of_runs = table_of_runs(errors, CENSUS_SOURCE)
    of_official = table_of_official(ipss, errors, of_runs, IPSS_SOURCE)
    rounded = ["mape", "malpe", "p10", "p50", "p90", "band_low", "band_high"]
    return pl.concat([of_runs, of_official]).with_columns(
        pl.col(rounded).round(3), pl.col("coverage", "coverage_worst", "coverage_best").round(1)
    )


def main(folder: str, output: str) -> None:
    """`folder` holds projection_cases/ and extracts/census/ as published."""
    errors, cells = error_quantiles(Path(folder)), censuses(Path(folder))
    errors.write_csv(Path(output) / "error_quantiles.csv")
    by_age = shocks.loadings(cells)
    by_age.write_csv(Path(output) / "shock_loadings.csv")
    kept = pl.col("municipality_code").is_in(cells.get_column("municipality_code").unique().implode())
    sizes = shocks.shocks(ipss_2018(Path(folder)).filter(kept), errors, backtest(cells), by_age)
    sizes.write_csv(Path(output) / "shocks.csv")
    folder = str(Path(folder) / "projection_cases")
    projection, qx = read_published(Path(folder))
    national(projection).write_csv(Path(output) / "national.csv")
    survival(projection, qx).write_csv(Path(output) / "national_survival.csv")


if __name__ == "__main__":
    main(*sys.argv[1:3])
