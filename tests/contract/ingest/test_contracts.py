"""The contracts are data, strict, and cover the samples; headers are read by what they say."""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from pydantic import ValidationError

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.cells.grid import of_csv
from sousei.ingest.contract import loading as contracts
from sousei.ingest.contract import yaml_lines
from sousei.ingest.contract.model import Contract
from sousei.ingest.contract.strict import pattern
from sousei.ingest.dry_run import describe
from sousei.ingest.problems.record import Problem
from sousei.ingest.reading import delivery as reading
from sousei.ingest.recognise import headers
from sousei.ingest.tables import FILLED_IN, RAW_TABLES, schema_of
from tests.synthetic.books import book

SAMPLES = PROJECT_ROOT / "samples" / "landing"
SAMPLE_FILES = sorted(path for path in SAMPLES.rglob("*") if path.is_file())
MINIMAL = {
    "source": "x", "publisher_ja": "p", "statistic_ja": "s", "licence": "l", "credit_ja": "c",
    "disclosure": "published",
    "layouts": [{"layout": "a", "raw_table": "tourism_visitors", "form": "csv", "anchor": "年",
                 "columns": [{"role": "measure", "header": "人数"}]}],
}  # fmt: skip


BREAKDOWN = {"table": "t", "count": "n", "within": ["plan_id"], "part": ["no"], "totals": [[]]}


def test_own_figures_come_with_their_breakdowns() -> None:
    assert Contract.model_validate(MINIMAL | {"disclosure": "own", "breakdowns": [BREAKDOWN]}).breakdowns


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
        lambda c: {name: value for name, value in c.items() if name != "disclosure"},
        lambda c: c | {"disclosure": "secret"},
        lambda c: c | {"disclosure": "own"},
        lambda c: c | {"breakdowns": [BREAKDOWN]},
        lambda c: c | {"disclosure": "own", "breakdowns": [BREAKDOWN | {"total": []}]},
        lambda c: c | {"disclosure": "own", "breakdowns": [BREAKDOWN | {"totals": []}]},
    ],
)
def test_a_contract_with_a_slip_does_not_load(break_it) -> None:
    Contract.model_validate(MINIMAL)
    with pytest.raises((ValidationError, Exception)):
        Contract.model_validate(break_it(MINIMAL))


def test_a_key_given_twice_in_yaml_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "contract.yaml").write_text("source: x\nsource: y\n")
    with pytest.raises(ValueError, match="twice"):
        contracts.load(folder / "contract.yaml")


@pytest.mark.sampled(20)
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
        if table in FILLED_IN:
            continue
        assert rows["value_raw"].null_count() == rows["value_status"].null_count() == 0
        values = next(name for name in ("population_persons", "value", "visitors") if name in rows.columns)
        missing = rows.filter(pl.col(values).is_null())
        assert missing.filter(~pl.col("value_status").is_in(["suppressed", "not_reported"])).is_empty()


def test_raw_tables_that_say_their_provenance() -> None:
    """Every figure and problem says its delivery; a decision is of a person, and names a delivery or a town."""
    without = {name for name, table in RAW_TABLES.items() if "source_id" not in table.schema}
    assert without == {"decision", "level_step"}
    assert "subject" in schema_of("decision")


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
    found = headers.find(of_csv(text), pattern("団体コード"))
    assert found is not None
    assert [label.path for label in found.labels] == paths


def test_units_are_taken_off_the_headers() -> None:
    found = headers.find(of_csv(HEADS["repeated with a unit row"][0]), pattern("団体コード"))
    assert found is not None
    assert [label.unit for label in found.labels] == [None, None, "人", "世帯", "人"]


@pytest.mark.promise("C1")
def test_an_unknown_column_is_answered_with_the_lines_to_add() -> None:
    text = (SAMPLES / "tourism" / "city2021.csv").read_text("utf-8-sig").splitlines()
    lines = [text[0] + ",うち訪日客数", *(f"{line},1" for line in text[1:])]
    found = reading.read("\n".join(lines).encode(), "city2021.csv")
    assert not found.taken
    (problem,) = found.problems
    assert problem["problem_id"] == "unknown_column"
    assert "- {role: ignore, required: false, header: 'うち訪日客数'}" in problem["action_ja"]
    assert "ingest/sources/tourism/contract.yaml" in problem["action_ja"]


def as_written(source: str) -> dict[str, Any]:
    return yaml.load((contracts.FOLDER / source / "contract.yaml").read_text("utf-8"), yaml_lines.Loader)


def paste(raw: dict[str, Any], problems: list[Problem]) -> Contract:
    """The contract after a person has pasted what the problems propose: of two lines the new name, not the omission."""
    layouts: dict[str, dict[str, Any]] = {}
    for layout in raw["layouts"]:
        layouts[layout["layout"]] = layout
        if "like" in layout:
            layout.update(layouts[layout.pop("like")] | layout)
    for item in sorted(problems, key=lambda item: item["problem_id"], reverse=True):  # new names before what is gone
        action = str(item["action_ja"])
        lines = [yaml.safe_load(line)[0] for line in re.findall(r"- \{.*?\}(?= 「|$)", action)]
        name = re.search(r"contract\.yaml の (\w+) の", action)
        columns = copy.deepcopy(layouts[name[1]]["columns"]) if name else []
        if item["problem_id"] == "unknown_column":
            assert name is not None
            columns.append(lines[-1])
        elif item["problem_id"] == "missing_column":
            columns = [lines[0] if column["header"] == item["expected"] else column for column in columns]
        elif item["problem_id"] in {"unknown_title", "no_layout_for_period"}:
            raw["layouts"].append(lines[0])
            continue
        elif item["problem_id"] == "unknown_metadata":
            line = action.split("加えてください: ")[1]
            for layout in raw["layouts"]:
                if layout.get("metadata"):
                    layout["metadata"] = layout["metadata"] | yaml.safe_load(line)
            continue
        assert name is not None
        layouts[name[1]]["columns"] = columns
    return Contract.model_validate(copy.deepcopy(raw))


def read_after_pasting(data: bytes, source: str, rounds: int = 2) -> reading.Reading:
    """The file is refused, and read once the proposed lines are in the contract."""
    found = reading.read(data, "x")
    assert not found.taken
    raw = as_written(source)
    for _ in range(rounds):
        mended = paste(raw, found.problems)
        others = tuple(contract for contract in contracts.all_contracts() if contract.source != source)
        found = reading.read(data, "x", (*others, mended))
        if found.taken:
            return found
    raise AssertionError(found.problems)


def registry(year: int, change: Callable[[list[list[object]]], object]) -> bytes:
    items = ["転入者数（国内）", "転入者数（国外）", "転入者数（計）", "出生者数", "その他（計）", "計（Ａ）"]
    items += ["転出者数（国内）", "転出者数（国外）", "転出者数（計）", "死亡者数", "その他（計）", "計（Ｂ）"]
    upper = [*["人口"] * 3, "世帯数", *["住民票記載数"] * 6, *["住民票消除数"] * 6]
    years = [*[f"令和{year}年"] * 4, *[f"令和{year - 1}年"] * 12]
    western = [*[f"{2018 + year}年"] * 4, *[f"{2017 + year}年"] * 12]
    flow = f"令和{year - 1}年（1月1日から同年12月31日まで）"
    rows: list[list[object]] = [
        [f"令和{year}年1月1日住民基本台帳人口・世帯数、{flow}人口動態（市区町村別）（外国人住民）"],
        ["", "", "", *years], ["", "", "", *western], ["", "", "", *upper],
        ["", "", "", "男", "女", "計", "世帯数", *items],
        ["団体コード", "都道府県名", "市区町村名", "人", "人", "人", "世帯", *["人"] * 12],
        ["012238", "北海道", "根室市", 300, 360, 660, 600, 50, 40, 90, 2, 8, 100, 60, 5, 65, 1, 4, 70],
    ]  # fmt: skip
    change(rows)
    return book(rows)


def widened(rows: list[list[object]], header: list[object], value: object) -> None:
    for row, cell in zip(rows[1:], [*header, value], strict=True):
        row.append(cell)


NEW_COLUMN = ["令和8年", "2026年", "住民票消除数", "うち職権消除", "人"]
CHANGES: dict[str, Callable[[list[list[object]]], object]] = {
    "a new column": lambda rows: widened(rows, list(NEW_COLUMN), 3),
    "a new column of shares": lambda rows: widened(rows, [*NEW_COLUMN[:3], "死亡率", "％"], 0.123456789),
    "a new name of a column": lambda rows: rows[4].__setitem__(9, "転入者数（総数）"),
    "a new title": lambda rows: rows[0].__setitem__(
        0, "令和9年1月1日現在の人口・世帯数と令和8年人口動態【外国人住民】"
    ),
    "a column that is gone": lambda rows: [row.pop(3) for row in rows[1:]],
}


@pytest.mark.promise("C1")
@pytest.mark.parametrize("change", CHANGES)
def test_the_proposed_lines_make_a_changed_registry_table_readable(change: str) -> None:
    found = read_after_pasting(registry(9, CHANGES[change]), "resident_registry")
    rows = found.tables["registry_dynamics"]
    values = dict(rows.select("item", "value").iter_rows())
    expected = {"population_female": 360, "population_total": 660, "households": 600, "birth": 2, "death": 1}
    assert {name: values[name] for name in expected} == expected
    assert values["in_migration"] == 90 and values["out_migration"] == 65
    assert set(rows["scope"]) == {"foreign"}
    assert {str(day) for day in rows["as_of_date"]} == {"2027-01-01"}
    flows = rows.filter(pl.col("item") == "birth")
    assert flows["period_basis"].to_list() == ["calendar_year"] and str(flows["period_start"][0]) == "2026-01-01"


@pytest.mark.parametrize(("year", "layout"), [(6, "flows_2014"), (9, "flows_2025")])
def test_the_proposal_is_for_the_layout_in_use_at_the_time(year: int, layout: str) -> None:
    header = [f"令和{year - 1}年", f"{2017 + year}年", *NEW_COLUMN[2:]]
    (problem,) = reading.read(registry(year, lambda rows: widened(rows, list(header), 3)), "x").problems
    assert problem["expected"] == f"resident_registry/{layout} の列"


def test_a_layout_out_of_its_years_is_readable_with_the_proposed_entry() -> None:
    path = SAMPLES / "resident_registry" / "2103ssjin.xlsx"
    registry_contract = next(c for c in contracts.all_contracts() if c.source == "resident_registry")
    before = reading.read(path.read_bytes(), path.name)
    assert before.taken
    layouts = [
        layout.model_copy(update={"valid_to": dt.date(2020, 12, 31)}) if layout.layout == "flows_2014" else layout
        for layout in registry_contract.layouts
    ]
    narrow = registry_contract.model_copy(update={"layouts": layouts})
    found = reading.read(path.read_bytes(), path.name, (narrow,))
    assert [problem["problem_id"] for problem in found.problems] == ["no_layout_for_period"]
    line = re.search(r"- \{.*\}$", str(found.problems[0]["action_ja"]))
    assert line is not None
    entry = yaml.safe_load(line[0])[0]
    assert (entry.pop("layout"), entry.pop("like")) == ("flows_2014_2021", "flows_2014")
    assert entry == {"valid_from": dt.date(2021, 1, 1), "valid_to": dt.date(2021, 12, 31)}
    like = next(layout for layout in layouts if layout.layout == "flows_2014").model_copy(update=entry)
    after = reading.read(path.read_bytes(), path.name, (narrow.model_copy(update={"layouts": [*layouts, like]}),))
    assert after.taken and after.tables["registry_dynamics"].equals(before.tables["registry_dynamics"])


CENSUS = (
    '"統計名：","令和12年国勢調査 人口等基本集計"\n"表番号：","1-1"\n"表題：","人口"\n"実施年月：","2030年","10月"\n'
    '"集計単位：","1","人"\n{line}\n\n'
    '"地域 コード","地域","人口密度【人/km2】","/年齢","総数","0～4歳","5歳以上","不詳"\n'
    '"01223","根室市","50.5","","20,000","500","19,490","10"\n'
)


@pytest.mark.parametrize("line", ['"男女：","001","女（男女別）"', '"分類：","9","総数"'])
def test_the_proposed_lines_make_a_census_table_readable(line: str) -> None:
    found = read_after_pasting(CENSUS.format(line=line).encode(), "census")
    rows = found.tables["census_population"]
    assert dict(rows.select("age_group", "population_persons").iter_rows()) == {
        "total": 20000, "0-4": 500, "5+": 19490, "unknown": 10,
    }  # fmt: skip
    assert set(rows["sex"]) == {"female" if "女" in line else "total"}


def test_a_proposed_metadata_line_never_drops_a_limit_that_the_table_has() -> None:
    found = reading.read(CENSUS.format(line='"男女：","002","夫"').encode(), "x.csv")
    mended = paste(as_written("census"), found.problems)
    again = reading.read(CENSUS.format(line='"男女：","002","夫"').encode(), "x.csv", (mended,))
    assert "unknown_sex" in {problem["problem_id"] for problem in again.problems}  # not taken for both sexes


@pytest.mark.promise("C6")
def test_a_pasted_unit_line_does_not_turn_thousands_into_persons() -> None:
    text = CENSUS.format(line='"単位：","千人"')
    again = reading.read(
        text.encode(), "x.csv", (paste(as_written("census"), reading.read(text.encode(), "x").problems),)
    )
    assert not again.taken and "unit_mismatch" in {problem["problem_id"] for problem in again.problems}


def furusato(heading: str, money: str) -> bytes:
    rows: list[list[object]] = [
        ["団体コード", "都道府県", "市区町村", "＜Ⅰ.ふるさと納税の受入件数及び受入額＞", "", "", "＜新設.使い道＞"],
        ["", "", "", heading, "", "", ""],
        ["", "", "", "寄附件数", money, "うちクラウドファンディング", "教育"],
        ["012238", "北海道", "根室市", 829461, 17612782239, 1000, 2000],
        ["032115", "岩手県", "釜石市", 48452, 781961047, 100, 200],
    ]
    return book(rows, "集計")


@pytest.mark.parametrize(
    ("heading", "money"),
    [
        ("①　令和4年度に受け入れた寄附件数、金額", "寄附金額"),
        ("１．令和4年度に受け入れた寄附の件数と金額", "寄附金額"),
        ("１．令和4年度に受け入れた寄附の件数と金額", "寄附金額（円）"),
    ],
)
def test_the_proposed_lines_make_a_changed_furusato_workbook_readable(heading: str, money: str) -> None:
    found = read_after_pasting(furusato(heading, money), "furusato_nozei")
    rows = found.tables["furusato_donation"]
    mine = {(row["area_code"], row["item"]): row["value"] for row in rows.iter_rows(named=True)}
    assert mine == {
        ("01223", "donation_count"): 829461, ("01223", "donation_jpy"): 17612782239,
        ("03211", "donation_count"): 48452, ("03211", "donation_jpy"): 781961047,
    }  # fmt: skip
    assert set(rows["fiscal_year"]) == {2022}


def test_the_proposed_lines_make_a_changed_tourism_file_readable() -> None:
    text = (SAMPLES / "tourism" / "city2021.csv").read_text("utf-8-sig").splitlines()
    lines = [text[0] + ",うち訪日客数", *(f"{line},1" for line in text[1:])]
    found = read_after_pasting("\n".join(lines).encode(), "tourism")
    assert found.tables["tourism_visitors"].height == 24


def test_a_layout_takes_over_from_the_one_it_is_like_and_from_no_other() -> None:
    first = MINIMAL["layouts"][0]  # type: ignore[index]
    assert isinstance(first, dict)
    second = {"layout": "b", "like": "a", "valid_from": "2030-01-01"}
    made = Contract.model_validate(MINIMAL | {"layouts": [first, second]})
    assert made.layouts[1].columns == made.layouts[0].columns and made.layouts[1].anchor == "年"
    assert str(made.layouts[1].valid_from) == "2030-01-01" and made.layouts[0].valid_from is None
    for wrong in ([second, first], [first, second | {"like": "c"}]):
        with pytest.raises(ValidationError, match="like"):
            Contract.model_validate(MINIMAL | {"layouts": wrong})


@pytest.mark.promise("C1")
def test_columns_may_move() -> None:
    text = (SAMPLES / "tourism" / "city2021.csv").read_text("utf-8-sig").splitlines()
    moved = "\n".join(",".join(reversed(line.split(","))) for line in text)
    before = reading.read("\n".join(text).encode(), "a").tables["tourism_visitors"]
    after = reading.read(moved.encode(), "a").tables["tourism_visitors"]
    assert before.drop("row").equals(after.drop("row"))
