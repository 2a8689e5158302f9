"""Wrongful gates over real files: what the checks would stop of the publishers' own files and figures of 1980-2026.

Holds: reading every file of ../shared/data/extracts and extracts_more that the reader takes, and beside them as rows
the census of 1980 to 2015 of all municipalities and the two cities' figures of 1995 to 2026 (../shared/data/figures).
Does not hold: the checks, or a projection of the nation (checks that need one are left out).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest import raw
from sousei.ingest.receive import intake
from sousei.ingest.tables import schema_of
from tests.planting import AS_OF, FIRST_NIGHT, Bench

DATA = PROJECT_ROOT.parent / "shared" / "data"
FOLDERS = ("resident_registry", "census", "furusato_nozei", "tourism", "ipss_projection")
CHANGED = (
    "census_population",
    "registry_population",
    "registry_dynamics",
    "furusato_donation",
    "tourism_visitors",
    "ipss_population",
    "reference_series",
)
SCOPES = {"jp_only": "japanese", "n": "japanese", "s": "total", "g": "foreign"}
SEXES = {"計": "total", "男": "male", "女": "female"}
STOCKS = {
    "population_male": "male",
    "population_female": "female",
    "population_total": "total",
    "households": "households",
}
FLOWS = {"in_migration": "inflow", "out_migration": "outflow", "birth": "births", "death": "deaths"}

Rows = list[dict[str, Any]]


def wrongful(bench: Bench, work: Path) -> tuple[list[str], dict[str, int], dict[str, int], list[str]]:
    """(files that were read, rows found by check of severity gate, by the others, files that the reader refused)."""
    landing = work / "landing"
    landing.mkdir(parents=True)
    for base in ("extracts", "extracts_more"):
        for folder in FOLDERS:
            for path in (DATA / base / folder).glob("*.[xc]*"):
                shutil.copy(path, landing)
    home = Home(work / "home")
    result = raw.read(home, intake.take(home, landing, FIRST_NIGHT, "benchmarks"), AS_OF)
    taken = result.deliveries.filter(pl.col("verdict") == "taken")["file_name"].to_list()
    gates: dict[str, int] = {}
    notices: dict[str, int] = {}
    with bench.filled(work, result, CHANGED, lambda connection: _add(connection, set(taken))) as connection:
        for name, (severity, rows) in bench.findings(connection, CHANGED).items():
            (gates if severity == "gate" else notices)[name] = len(rows)
    refused = sorted(set(result.deliveries["file_name"]) - set(taken))
    return sorted(taken), gates, notices, refused


def _add(connection: duckdb.DuckDBPyConnection, taken: set[str]) -> None:
    """Raw rows of the tidy figures, each file of theirs as a delivery of its own."""
    for table, source, name, layout, rows in (*_census(), *_registry(), *_ages(), *_others()):
        if name in taken or not rows:
            continue
        source_id = f"{source}-{name}"
        frame = pl.DataFrame(rows, infer_schema_length=None).with_row_index("row", 1)
        given = {"source_id": source_id, "value_status": "final", "sheet": "", "column_label": "", "value_raw": ""}
        frame = frame.with_columns(**{key: pl.lit(value) for key, value in given.items() if key not in frame.columns})
        frame = frame.select(
            [
                pl.col(key).cast(kind) if key in frame.columns else pl.lit(None).cast(kind).alias(key)
                for key, kind in schema_of(table).items()
            ]
        )
        connection.register("added", frame.to_arrow())
        kind = "view" if _is_view(connection, table) else "table"
        if kind == "view":
            connection.execute(f"create table raw.held as from raw.{table}")
            connection.execute(f"drop view raw.{table}")
            connection.execute(f"alter table raw.held rename to {table}")
        connection.execute(f"insert into raw.{table} by name from added")
        connection.unregister("added")
        connection.execute(
            "insert into raw.delivery by name select * replace (? as source_id, ? as source, ? as layout, "
            "? as file_name, ? as raw_table, ? as sha256) from raw.delivery where verdict = 'taken' limit 1",
            [source_id, source, layout, name, table, source_id],
        )


def _is_view(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    found = connection.execute(
        "select 1 from duckdb_views() where schema_name = 'raw' and view_name = ? and not internal", [table]
    ).fetchall()
    return bool(found)


def _area(code: str, name: str) -> dict[str, Any]:
    return {"area_code": code[:5], "area_name": name, "area_level": "municipality"}


def _csv(name: str) -> dict[str, Rows]:
    """Rows of a file of figures by the delivered file that they come from."""
    rows = pl.read_csv(DATA / "figures" / name, infer_schema=False, comment_prefix="#").to_dicts()
    by_file: dict[str, Rows] = {}
    for row in rows:
        by_file.setdefault(row.get("file") or name, []).append(row)
    return by_file


def _census() -> Iterable[tuple[str, str, str, str, Rows]]:
    frame = pl.read_parquet(DATA / "extracts" / "census" / "census_1980_2015_all_municipalities.parquet")
    known = frame.with_columns(pl.col("sex").replace_strict({"M": "male", "F": "female"}, default="total"))
    both = known.group_by("code", "age", "year", "age_lo").agg(pl.col("pop").sum()).with_columns(sex=pl.lit("total"))
    if "total" not in known["sex"].unique().to_list():
        known = pl.concat([known, both.select(known.columns)])
    for (year,), part in known.group_by("year", maintain_order=True):
        rows = [
            _area(row["code"], "")
            | {"as_of_date": date(int(str(year)), 10, 1), "scope": "total", "sex": row["sex"]}
            | _age(row["age"])
            | {"population_persons": row["pop"]}
            for row in part.iter_rows(named=True)
        ]
        yield "census_population", "census", f"census_{year}", "sex_age", rows


def _age(label: str) -> dict[str, Any]:
    numbers = [int(number) for number in re.findall(r"\d+", label)]
    if not numbers:
        return {"age_group": "unknown" if "不詳" in label else "total", "age_from": None, "age_to": None}
    open_ended = len(numbers) == 1
    group = f"{numbers[0]}+" if open_ended else f"{numbers[0]}-{numbers[1]}"
    return {"age_group": group, "age_from": numbers[0], "age_to": None if open_ended else numbers[1]}


def _as_of(year: int) -> date:
    return date(year, 1, 1) if year >= 2014 else date(year, 3, 31)


def _registry() -> Iterable[tuple[str, str, str, str, Rows]]:
    for name, given in _csv("registry_dynamics_1995_2022.csv").items():
        rows: Rows = []
        for row in given:
            year = int(row["asof_year"])
            start, end = (date(year - 1, 1, 1), date(year - 1, 12, 31)) if year >= 2014 else (
                date(year - 1, 4, 1), date(year, 3, 31))  # fmt: skip
            about = _area(row["code"], row["name"]) | {"as_of_date": _as_of(year), "scope": SCOPES[row["kind"]]}
            flows = {
                "period_start": start,
                "period_end": end,
                "period_basis": "calendar_year" if year >= 2014 else "fiscal_year",
            }
            for item, column in (STOCKS | FLOWS).items():
                if row[column]:
                    period = flows if item in FLOWS else dict.fromkeys(flows)
                    rows.append(about | period | {"item": item, "value": int(float(row[column]))})
        yield "registry_dynamics", "resident_registry", name, "flows", rows


def _ages() -> Iterable[tuple[str, str, str, str, Rows]]:
    for name, given in _csv("registry_age_1995_2023.csv").items():
        rows = [
            _area(row["code6"], row["name"])
            | {"as_of_date": _as_of(int(row["asof_year"])), "scope": SCOPES[row["kind"]], "sex": SEXES[row["sex"]]}
            | _age(row["age"])
            | {"population_persons": int(float(row["value"]))}
            for row in given
            if row["value"]
        ]
        yield "registry_population", "resident_registry", name, "ages", rows


def _others() -> Iterable[tuple[str, str, str, str, Rows]]:
    for name, given in _csv("tourism_visitors_monthly_2021_2026.csv").items():
        form = "yearly" if re.fullmatch(r"city\d{4}\.csv", name) else "monthly"
        rows = [
            _area(row["municipality_code5"], row["name_ja"])
            | {
                "month": date(int(row["year"]), int(row["month"]), 1),
                "visitors": int(row["visitors"]),
                "form": form,
            }
            for row in given
        ]
        yield "tourism_visitors", "tourism", name, form, rows
    for name, given in _csv("furusato_receipts_fy2008_2025.csv").items():
        donations: Rows = []
        for row in given:
            era, number = re.findall(r"(平成|令和)(\d+|元)年度", row["fiscal_year_label"])[0]
            year = {"平成": 1988, "令和": 2018}[era] + (1 if number == "元" else int(number))
            for item, column, unit in (("donation_jpy", "amount_yen", "円"), ("donation_count", "count", "件")):
                donations.append(
                    _area(row["code6"], row["city"])
                    | {"fiscal_year": year, "item": item, "value": int(float(row[column])), "unit_in_file": unit}
                    | {"form": "series"}
                )
        yield "furusato_donation", "furusato_nozei", name, "series", donations
    for name, given in _csv("vital_and_migration_2010_2023.csv").items():
        series: Rows = []
        for row in given:
            for indicator in ("births", "deaths", "in_migrants", "out_migrants"):
                if row[indicator]:
                    year = int(row["year"])
                    series.append(
                        {"municipality_code": row["municipality_code5"], "indicator_id": indicator}
                        | {"series": "vital_statistics" if indicator in ("births", "deaths") else "migration_report"}
                        | {"period_start": date(year, 1, 1), "period_end": date(year, 12, 31), "unit": "人"}
                        | {"value": float(row[indicator])}
                    )
        yield "reference_series", "reference_series", name, "tidy", series
