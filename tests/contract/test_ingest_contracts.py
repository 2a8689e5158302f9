"""The contracts are data, strict, and cover the samples; headers are read by what they say."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from ingest import contracts, headers, reading
from ingest.check import describe
from ingest.grid import of_csv
from ingest.tables import RAW_TABLES, schema_of

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "landing"
SAMPLE_FILES = sorted(path for path in SAMPLES.rglob("*") if path.is_file())
MINIMAL = {
    "source": "x", "publisher_ja": "p", "statistic_ja": "s", "licence": "l", "credit_ja": "c",
    "layouts": [{"layout": "a", "raw_table": "tourism_visitors", "form": "csv", "anchor": "年",
                 "columns": [{"role": "measure", "header": "人数"}]}],
}  # fmt: skip


def test_every_source_folder_has_a_contract_with_terms_and_credit() -> None:
    folders = {path.parent.name for path in contracts.FOLDER.glob("*/contract.yaml")}
    found = contracts.all_contracts()
    assert {contract.source for contract in found} == folders >= {
        "census", "resident_registry", "furusato_nozei", "tourism", "ipss_projection", "reference_series",
    }  # fmt: skip
    for contract in found:
        assert contract.licence and contract.credit_ja and contract.publisher_ja and contract.statistic_ja


@pytest.mark.parametrize(
    "break_it",
    [
        lambda c: c | {"licens": "x"},
        lambda c: c | {"layouts": [c["layouts"][0] | {"colums": []}]},
        lambda c: c | {"layouts": [c["layouts"][0] | {"raw_table": "nowhere"}]},
        lambda c: c | {"layouts": [c["layouts"][0] | {"columns": [{"role": "measure", "header": "("}]}]},
        lambda c: c | {"layouts": [c["layouts"][0] | {"columns": [{"role": "measur", "header": "x"}]}]},
        lambda c: c | {"layouts": [c["layouts"][0] | {"symbols": {"-": "zero"}}]},
        lambda c: c | {"layouts": c["layouts"] * 2},
        lambda c: c | {"layouts": []},
    ],
)
def test_a_contract_with_a_slip_does_not_load(break_it) -> None:
    contracts.Contract.model_validate(MINIMAL)
    with pytest.raises((ValidationError, Exception)):
        contracts.Contract.model_validate(break_it(MINIMAL))


def test_a_key_given_twice_in_yaml_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "contract.yaml").write_text("source: x\nsource: y\n")
    with pytest.raises(ValueError, match="twice"):
        contracts.load(folder / "contract.yaml")


@pytest.mark.parametrize("path", SAMPLE_FILES, ids=lambda p: p.name)
def test_every_sample_is_recognised_by_its_content(path: Path) -> None:
    found = reading.read(path.read_bytes(), "anything.bin")
    assert found.taken, found.problems
    assert found.contract is not None
    assert found.contract.source == path.parent.name
    assert found.period
    for table, rows in found.tables.items():
        wanted = {name: dtype for name, dtype in schema_of(table).items() if name != "source_id"}
        assert dict(rows.schema) == wanted
        assert rows["row"].min() >= 1
        assert rows["value_raw"].null_count() == rows["value_status"].null_count() == 0
        values = next(name for name in ("population_persons", "value", "visitors") if name in rows.columns)
        missing = rows.filter(pl.col(values).is_null())
        assert missing.filter(~pl.col("value_status").is_in(["suppressed", "not_reported"])).is_empty()


def test_raw_tables_that_say_their_provenance() -> None:
    for name, columns in RAW_TABLES.items():
        assert "source_id" in columns, name


def test_describe_touches_nothing(tmp_path: Path) -> None:
    path = SAMPLES / "tourism" / "city2021.csv"
    before = sorted(tmp_path.rglob("*"))
    said = describe(path)
    assert said["would_be_taken"] and said["source"] == "tourism" and said["rows"] == {"tourism_visitors": 24}
    assert said["period"] == "2021-01..2021-12" and said["credit_ja"]
    assert sorted(tmp_path.rglob("*")) == before


HEADS = {
    "blank-filled": (
        "団体コード,都道府県名,市区町村名,平成28年,,,,平成27年,\n"
        ",,,人口,,,世帯数,住民票記載数,増減率\n"
        ",,,男,女,計,,転入者数（国内）,\n"
        "012238,北海道,根室市,1,2,3,4,5,0.1\n",
        ["団体コード", "都道府県名", "市区町村名", "平成28年 / 人口 / 男", "平成28年 / 人口 / 女",
         "平成28年 / 人口 / 計", "平成28年 / 世帯数", "平成27年 / 住民票記載数 / 転入者数(国内)", "平成27年 / 増減率"],
    ),
    "repeated with a unit row": (
        ",,令和3年,令和3年,令和2年\n,,2021年,2021年,2020年\n,,人口,世帯数,住民票記載数\n,,男,世帯数,転入者数（計）\n"
        "団体コード,市区町村名,人,世帯,人\n012238,根室市,1,2,3\n",
        ["団体コード", "市区町村名", "令和3年 / 2021年 / 人口 / 男", "令和3年 / 2021年 / 世帯数",
         "令和2年 / 2020年 / 住民票記載数 / 転入者数(計)"],
    ),
    "code row above": (
        ',"/年齢 コード","00","01"\n"団体コード","地域","総数【人】","０－４歳【人】"\n01223,根室市,3,1\n',
        ["団体コード", "地域", "総数", "0-4歳"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("style", HEADS)
def test_headers_of_every_style_become_the_same_paths(style: str) -> None:
    text, paths = HEADS[style]
    found = headers.find(of_csv(text), contracts.pattern("団体コード"))
    assert found is not None
    assert [label.path for label in found.labels] == paths


def test_units_are_taken_off_the_headers() -> None:
    found = headers.find(of_csv(HEADS["repeated with a unit row"][0]), contracts.pattern("団体コード"))
    assert found is not None
    assert [label.unit for label in found.labels] == [None, None, "人", "世帯", "人"]


def test_an_unknown_column_is_answered_with_the_lines_to_add() -> None:
    text = (SAMPLES / "tourism" / "city2021.csv").read_text("utf-8-sig").splitlines()
    lines = [text[0] + ",うち訪日客数", *(f"{line},1" for line in text[1:])]
    found = reading.read("\n".join(lines).encode(), "city2021.csv")
    assert not found.taken
    (problem,) = found.problems
    assert problem["problem_id"] == "unknown_column"
    assert "- {role: ignore, required: false, header: 'うち訪日客数'}" in problem["action_ja"]
    assert "ingest/sources/tourism/contract.yaml" in problem["action_ja"]


def test_the_proposed_lines_make_the_file_readable() -> None:
    text = (SAMPLES / "tourism" / "city2021.csv").read_text("utf-8-sig").splitlines()
    lines = [text[0] + ",うち訪日客数", *(f"{line},1" for line in text[1:])]
    tourism = next(contract for contract in contracts.all_contracts() if contract.source == "tourism")
    column = contracts.Column(role="ignore", header="うち訪日客数", required=False)
    layout = tourism.layouts[0].model_copy(update={"columns": [*tourism.layouts[0].columns, column]})
    mended = tourism.model_copy(update={"layouts": [layout]})
    found = reading.read("\n".join(lines).encode(), "city2021.csv", (mended,))
    assert found.taken and found.tables["tourism_visitors"].height == 24


def test_columns_may_move() -> None:
    text = (SAMPLES / "tourism" / "city2021.csv").read_text("utf-8-sig").splitlines()
    moved = "\n".join(",".join(reversed(line.split(","))) for line in text)
    before = reading.read("\n".join(text).encode(), "a").tables["tourism_visitors"]
    after = reading.read(moved.encode(), "a").tables["tourism_visitors"]
    assert before.drop("row").equals(after.drop("row"))
