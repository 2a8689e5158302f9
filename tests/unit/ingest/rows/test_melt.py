"""Texts that are coded while a delivery is read come out as they went in; sums over numbers are sums over keys."""

from __future__ import annotations

import random
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.consistency import keyed
from sousei.ingest.consistency import sums as checks
from sousei.ingest.contract.loading import all_contracts
from sousei.ingest.contract.model import Contract, Layout
from sousei.ingest.reading import delivery as reading
from sousei.ingest.rows import area_keys, melt
from sousei.ingest.rows.coded import coded, plain, together, write_raw
from sousei.ingest.rows.told import Told, beside
from sousei.ingest.tables import schema_of

SAMPLES = PROJECT_ROOT / "samples" / "landing"
AGES = SAMPLES / "resident_registry" / "2104ssnen.xlsx"
PLACES: list[tuple[str | None, str]] = [("01223", "根室市"), ("03211", "釜石市"), (None, "沿岸部")]
IPSS = SAMPLES / "ipss_projection" / "ipss_2018_age_sex_wide.csv"


def layout_of(name: str) -> Layout:
    return next(layout for contract in all_contracts() for layout in contract.layouts if layout.layout == name)


def rows_of(codes: list[str | None], names: list[str | None]) -> pl.DataFrame:
    """Synthetic rows of ipss_population, one for each code."""
    count = len(codes)
    told = {"area_code": codes, "area_name": names, "area_level": ["municipality"] * count, "vintage": ["v"] * count}
    told |= {"sex": ["total"] * count, "age_group": ["total"] * count, "sheet": [""] * count}
    told |= {"column_label": ["総数"] * count, "value_raw": ["1"] * count, "value_status": ["final"] * count}
    numbers = {"year": 2020, "age_from": None, "age_to": None, "population_persons": 1, "row": 1}
    schema = {name: dtype for name, dtype in schema_of("ipss_population").items() if name != "source_id"}
    return pl.DataFrame(told | {name: [number] * count for name, number in numbers.items()}).select(
        pl.col(name).cast(dtype) for name, dtype in schema.items()
    )


def coded_rows(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(coded(rows[name]) for name, dtype in rows.schema.items() if dtype == pl.String)


def test_coded_files_are_read_as_plain_text_and_together(tmp_path: Path) -> None:
    frames = [rows_of(["01223", "03211"], ["根室市", None]), rows_of(["13101", "01223", "47382"], ["", "b", "c"])]
    paths = [tmp_path / f"{number}.parquet" for number in range(2)]
    for path, frame in zip(paths, frames, strict=True):
        with path.open("wb") as file:
            write_raw("ipss_population", path.stem, coded_rows(frame), file)
        assert pl.read_parquet_schema(path) == schema_of("ipss_population")
    wanted = pl.concat([frame.with_columns(source_id=pl.lit(str(at))) for at, frame in enumerate(frames)])
    assert pl.scan_parquet(paths).collect().equals(wanted.select(schema_of("ipss_population").names()))
    told = duckdb.sql(f"select area_code, area_name, source_id from read_parquet({[str(path) for path in paths]})")
    assert told.types == ["VARCHAR"] * 3
    assert told.fetchall() == wanted.select("area_code", "area_name", "source_id").rows()


def test_frames_with_other_codes_go_together_as_text() -> None:
    frames = [rows_of(["01223"], ["根室市"]), rows_of(["03211"], [None])]
    assert together([coded_rows(frame) for frame in frames]).equals(pl.concat(frames))
    assert plain(together([coded_rows(frames[0])])).equals(frames[0])


@pytest.mark.parametrize("path", [AGES, IPSS], ids=lambda path: path.name)
def test_coding_changes_no_row(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = path.read_bytes()
    monkeypatch.setattr(melt, "_MANY", 1_000_000)
    uncoded = reading.read_coded(data, path.name)
    monkeypatch.setattr(melt, "_MANY", 0)
    both = reading.read_coded(data, path.name), reading.read(data, path.name)
    ((table, rows),) = uncoded.tables.items()
    assert rows["area_code"].dtype == pl.String
    assert isinstance(both[0].tables[table]["area_code"].dtype, pl.Enum)
    assert all(plain(one.tables[table]).equals(rows) for one in both)
    assert [one.problems for one in both] == [uncoded.problems] * 2


@pytest.mark.parametrize("wrong", ["", "1222", "12-3"])
def test_areas_looked_at_once_are_those_of_every_row(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = IPSS.read_text("utf-8-sig")
    text = text.replace("\n1223,", f"\n{wrong},") if wrong else text
    monkeypatch.setattr(area_keys, "_MANY", 1_000_000)
    every = reading.read(text.encode(), "x.csv")
    monkeypatch.setattr(area_keys, "_MANY", 0)
    once = reading.read(text.encode(), "x.csv")
    assert once.problems == every.problems
    assert len(once.problems) == (7 if wrong == "12-3" else 1 if wrong else 0)
    assert once.tables.keys() == every.tables.keys()
    assert all(once.tables[name].equals(rows) for name, rows in every.tables.items())


def test_a_dimension_that_some_columns_state_and_the_row_states_for_the_others() -> None:
    layout = layout_of("age_sex_2018").model_dump()
    columns = [column for column in layout["columns"] if column["role"] not in {"measure", "area_kind"}]
    columns.append({"role": "sex", "header": "性別"})
    columns.append({"role": "measure", "header": "総数", "unit": "人", "set": {"sex": "計", "age": "総数"}})
    columns.append({"role": "measure", "header": "{age}", "unit": "人"})
    layout |= {"columns": columns, "checks": {}}
    (ours,) = (contract for contract in all_contracts() if contract.source == "ipss_projection")
    mixed = Contract.model_validate(ours.model_dump() | {"layouts": [layout]})
    lines = [
        "コード,都道府県,市区町村,年,性別,総数,0～4歳,5歳以上",
        "1223,北海道,根室市,2020年,女,9,1,3",
        "1223,北海道,根室市,2025年,男,8,2,4",
    ]
    found = reading.read("\n".join([*lines, ""]).encode(), "x.csv", (mixed,))
    assert [problem["message_en"] for problem in found.problems] == []
    rows = found.tables["ipss_population"].select("year", "sex", "age_group", "population_persons").rows()
    assert sorted(rows) == [
        *[(2020, "female", "0-4", 1), (2020, "female", "5+", 3), (2020, "total", "total", 9)],
        *[(2025, "male", "0-4", 2), (2025, "male", "5+", 4), (2025, "total", "total", 8)],
    ]
    strange = reading.read("\n".join([*lines, ""]).replace("男", "雄").encode(), "x.csv", (mixed,))
    (problem,) = strange.problems
    assert (problem["problem_id"], problem["row"], problem["found"]) == ("unknown_sex", 3, "＊")


def test_what_is_told_by_row_and_by_column_meets_at_the_figure() -> None:
    figures = pl.DataFrame({"record": [0, 1, 1], "measure": [1, 0, 1]}, schema_overrides={"record": pl.UInt32})
    by_row, by_column = Told("record", pl.Series(["a", None])), Told("measure", pl.Series([1, 2]))
    by, left, right = beside(by_row, by_column, figures)
    assert (by, left.to_list(), right.to_list()) == ("figure", ["a", None, None], [2, 1, 2])
    assert by_row.first(by_row.values.is_null(), figures) == 1
    assert by_row.first(by_row.values == "b", figures) is None
    assert by_row.read({"a": 1}, pl.Int8).values.to_list() == [1, None]


def test_numbers_of_keys_are_equal_where_the_keys_are() -> None:
    dice = random.Random(20261122)
    for _ in range(200):
        count = dice.randint(1, 40)
        columns = [[dice.randrange(dice.choice([1, 3, 50])) for _ in range(count)] for _ in range(dice.randint(1, 5))]
        numbers = {str(at): np.array(column) for at, column in enumerate(columns)}
        together = keyed.together(numbers | {"row": np.zeros(count, dtype=np.int64)}, list(numbers)).tolist()
        keys = list(zip(*columns, strict=True))
        assert len(set(zip(keys, together, strict=True))) == len(set(keys)) == len(set(together))
        assert max(together) < 4 * count


def slow_sums(rows: pl.DataFrame, keys: list[str], parts: list[str], missing_is_nothing: bool, short: bool) -> set[int]:
    """Rows whose total is not the sum of its parts, the plain way."""
    wrong = set()
    every = rows.rows(named=True)
    for whole in every:
        if whole["sex"] != "total" or whole["population_persons"] is None:
            continue
        mine = [one for one in every if one["sex"] in parts and all(one[key] == whole[key] for key in keys)]
        figures = [one["population_persons"] for one in mine]
        if len(mine) != len(parts) or (None in figures and not missing_is_nothing):
            continue
        added = sum(figure or 0 for figure in figures)
        if whole["population_persons"] < added if short else whole["population_persons"] != added:
            wrong.add(whole["row"])
    return wrong


@pytest.mark.sampled
@pytest.mark.parametrize("missing_is_nothing", [False, True])
@pytest.mark.parametrize("remainder", ["none", "not_stated"])
def test_sums_over_numbers_are_sums_over_keys(missing_is_nothing: bool, remainder: str) -> None:
    """Synthetic rows of three places, with gaps, missing parts and wrong totals."""
    layout = layout_of("age_sex_2018")
    rule = {"over": "sex", "total": "total", "parts": ["male", "female"], "missing_is_nothing": missing_is_nothing}
    held = {"sums": [rule | {"remainder": remainder}], "areas": False}
    layout = Layout.model_validate(layout.model_dump() | {"checks": held})
    dice = random.Random(20261122)
    found = 0
    for _ in range(150):
        cells = [
            (code, name, year, sex, dice.choice([None, 0, 1, 2, 3]))
            for code, name in PLACES
            for year in (2020, 2025)
            for sex in ("total", "male", "female")
            if dice.random() < 0.9
        ]
        dice.shuffle(cells)
        rows = rows_of([cell[0] for cell in cells], [cell[1] for cell in cells]).with_columns(
            year=pl.Series([cell[2] for cell in cells], dtype=pl.Int32),
            sex=pl.Series([cell[3] for cell in cells]),
            population_persons=pl.Series([cell[4] for cell in cells], dtype=pl.Int64),
            row=pl.int_range(1, len(cells) + 1, dtype=pl.Int32),
        )
        wanted = slow_sums(rows, ["area_name", "year"], ["male", "female"], missing_is_nothing, remainder != "none")
        for form in (rows, coded_rows(rows)):
            kept, problems = checks.check(form, layout, "population_persons")
            assert kept.height == rows.height
            assert {problem["row"] for problem in problems} == wanted
        found += len(wanted)
    assert found > 50
