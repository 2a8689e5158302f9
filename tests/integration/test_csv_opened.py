"""The CSV of a release as they are opened: by LibreOffice in Japanese with number detection, pandas, polars, R.

For people (office/) every value comes back as it was written. For programs (csv/) the types that schema.csv tells give
codes as text, whole numbers and dates.
"""

from __future__ import annotations

import csv
import datetime as dt
import shutil
import subprocess
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import polars as pl
import pytest

from sousei.foundation.home import Home
from sousei.publication import office, shelf
from sousei.publication.shelf import Release
from tests.unit.publication.test_office import PLAIN, TAKEN

pytestmark = pytest.mark.slow

needs_soffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
needs_r = pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R")
IMPORT = "CSV:44,34,76,1,,1041,false,true"
"""Comma, double quotes, UTF-8, from line 1, Japanese, quoted fields are no text by that, special numbers detected."""
TABLES = ("fct_population", "fct_furusato_donation", "mart_kpi_scorecard", "dim_municipality_code", "dim_plan")


@pytest.fixture(scope="module")
def release(published: Path) -> Release:
    return shelf.find(Home(published))


def opened(paths: list[Path], folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What LibreOffice makes of CSV files: name -> rows of values with their types."""
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = ["soffice", "--headless", profile, f"--infilter={IMPORT}", "--convert-to", "xlsx", "--outdir"]
    subprocess.run([*command, str(folder), *map(str, paths)], check=True, capture_output=True, timeout=300)
    return {
        path.stem: list(openpyxl.load_workbook(folder / f"{path.stem}.xlsx", read_only=True).worksheets[0].values)
        for path in paths
    }


def is_same(text: str, value: Any) -> bool:
    """Whether a cell holds what the file says: the text, the number, or the day."""
    if value is None or isinstance(value, str):
        return (value or "") == text
    if isinstance(value, dt.datetime):
        return text in (value.strftime("%Y-%m-%d"), value.strftime("%Y-%m-%d %H:%M:%S"))
    try:  # a spreadsheet holds 15 digits of a number; a text that is no number, or a boolean, is not the same
        number = Decimal(text)
    except InvalidOperation:
        return False
    return not isinstance(value, bool) and abs(number - Decimal(repr(value))) <= abs(number) * Decimal("1e-14")


def changed(path: Path, rows: list[tuple[Any, ...]]) -> list[tuple[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    assert len(rows) == len(lines)
    return [
        (text, value)
        for line, row in zip(lines, rows, strict=True)
        for text, value in zip(line, [*row, *[None] * (len(line) - len(row))], strict=True)
        if not is_same(text, value)
    ]


@needs_soffice
@pytest.mark.exhaustive
def test_every_value_for_people_comes_back_as_it_was(release: Release, tmp_path: Path) -> None:
    folder = release.path / office.FOLDER
    paths = sorted(folder.glob("*.csv"))
    assert {path.stem for path in paths} == set(release.manifest.tables)
    found = opened(paths, tmp_path)
    assert {path.stem: moved for path in paths if (moved := changed(path, found[path.stem]))} == {}


@pytest.mark.promise("D1")
@needs_soffice
def test_what_a_spreadsheet_would_change_is_kept_by_the_brackets_alone(tmp_path: Path) -> None:
    """The same texts without brackets are the proof: LibreOffice changes many of them."""
    texts = pl.DataFrame({"text": [*TAKEN, *PLAIN]})
    (tmp_path / "people.csv").write_bytes(office.written(texts, "people", [], {}))
    texts.write_csv(tmp_path / "bare.csv", quote_style="always")
    found = opened([tmp_path / "people.csv", tmp_path / "bare.csv"], tmp_path)
    assert changed(tmp_path / "people.csv", found["people"]) == []
    bare = {text for text, _ in changed(tmp_path / "bare.csv", found["bare"])}
    assert {"5-9", "1/2", "12:30"} <= bare and not bare & set(PLAIN)
    # 01223 is 1223 there, which is the same number and another code
    assert 1223 in [row[0] for row in found["bare"]]


def schema(release: Release, table: str) -> pl.DataFrame:
    return pl.read_csv(release.path / "schema.csv").filter(pl.col("table") == table)


def truth(release: Release, table: str) -> pl.DataFrame:
    return pl.read_parquet(release.path / "parquet" / f"{table}.parquet")


@pytest.mark.parametrize("table", TABLES)
def test_polars_reads_the_types_of_the_schema(release: Release, table: str) -> None:
    told = dict(schema(release, table).select("column", "polars").iter_rows())
    frame = pl.read_csv(
        release.path / "csv" / f"{table}.csv",
        schema_overrides={name: getattr(pl, kind) for name, kind in told.items()},
    )
    known = truth(release, table)
    for name, kind in known.schema.items():
        if kind.is_integer() or kind in (pl.Date, pl.Boolean):
            assert frame[name].to_list() == known[name].to_list(), name
        if name == "municipality_code":
            assert frame[name].to_list() == known[name].to_list()


@pytest.mark.parametrize("table", TABLES)
def test_pandas_reads_the_types_of_the_schema(release: Release, table: str) -> None:
    told = schema(release, table)
    days = told.filter(pl.col("type") == "date")["column"].to_list()
    frame = pd.read_csv(
        release.path / "csv" / f"{table}.csv",
        dtype=dict(told.filter(pl.col("type") != "date").select("column", "pandas").iter_rows()),
        parse_dates=days,
        encoding="utf-8-sig",
        keep_default_na=False,
        na_values=[""],
    )
    known = truth(release, table)
    for name, kind in known.schema.items():
        values = [None if pd.isna(one) else one for one in frame[name]]
        if kind.is_integer() or kind == pl.Boolean or name == "municipality_code":
            assert values == known[name].to_list(), name
        if kind == pl.Date:
            assert [one and one.date() for one in values] == known[name].to_list(), name


R = """
schema <- read.csv("schema.csv", fileEncoding = "UTF-8-BOM", colClasses = "character")
for (table in commandArgs(trailingOnly = TRUE)) {
  own <- schema[schema$table == table, ]
  frame <- read.csv(file.path("csv", paste0(table, ".csv")), fileEncoding = "UTF-8-BOM", na.strings = "",
                    colClasses = setNames(own$r, own$column), check.names = FALSE)
  for (name in names(frame)) {
    value <- frame[[name]]
    total <- if (is.numeric(value)) sum(value, na.rm = TRUE) else if (inherits(value, "Date"))
      sum(as.numeric(value), na.rm = TRUE) else NA
    first <- if (all(is.na(value))) "" else as.character(value[!is.na(value)][1])
    cat(table, name, class(value)[1], nrow(frame), sum(is.na(value)), format(total, digits = 15), first,
        sep = "\\u001f")
    cat("\\n")
  }
}
"""


@needs_r
def test_r_reads_the_types_of_the_schema(release: Release, tmp_path: Path) -> None:
    script = tmp_path / "read.R"
    script.write_text(R, "utf-8")
    done = subprocess.run(
        ["Rscript", "--vanilla", str(script), *TABLES],
        cwd=release.path,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    read = {tuple(line.split("\x1f")[:2]): line.split("\x1f")[2:] for line in done.stdout.split("\n") if "\x1f" in line}
    for table in TABLES:
        known = truth(release, table)
        for name, kind in known.schema.items():
            r_class, rows, missing, total, first = read[table, name]
            values = known[name].drop_nulls()
            assert int(rows) == known.height, (table, name)
            if kind == pl.String:
                assert r_class == "character", name
                continue
            assert int(missing) == known[name].null_count(), (table, name)
            if kind == pl.Date:
                assert r_class == "Date" and (values.is_empty() or first == str(values[0])), name
            elif kind == pl.Boolean:
                assert r_class == "logical", name
            else:
                assert r_class == ("integer" if kind in (pl.Int32, pl.Int16) else "numeric"), name
                assert Decimal(total.strip()) == pytest.approx(Decimal(str(values.sum() or 0)), rel=Decimal("1e-12"))
        if "municipality_code" in known.columns:
            assert read[table, "municipality_code"][4] == known["municipality_code"].drop_nulls()[0]
