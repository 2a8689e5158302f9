"""Every line that a refusal offers works when it is pasted, or is not offered.

The line is pasted into the text of a copy of the contracts; the file is then read, and its figures are those of the
untouched table, less what is gone from it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sousei.ingest.contract import loading as contracts
from sousei.ingest.contract.model import Column
from sousei.ingest.reading import delivery as reading
from sousei.ingest.recognise import proposals
from tests.faults.ingest.test_office_edits import (
    AGES,
    BODY,
    BOOKS,
    CENSUS,
    CSVS,
    DONATIONS,
    FLOWS,
    HEAD,
    IPSS,
    VISITORS,
    Rows,
    file_of,
    read,
    rows_of,
)
from tests.synthetic import pasting

LAST = {AGES: 2, FLOWS: 5, DONATIONS: 14, IPSS: 4, VISITORS: 0, CENSUS: 10}
"""Row (0-based) of the last level of the header."""
PLACES = ("row", "column_label", "sheet", "value_raw")


def after_pasting(tmp_path: Path, name: str, rows: Rows, rounds: int = 2) -> reading.Reading:
    """The reading of a table after what its refusal offers was pasted, as often as more is offered."""
    folder, found = pasting.copied(tmp_path / "sources"), read(name, file_of(name, rows))
    assert not found.taken
    for _ in range(rounds):
        if not pasting.paste(folder, found.problems):
            break
        found = reading.read(file_of(name, rows), "delivery" + Path(name).suffix, pasting.loaded(folder))
        if found.taken:
            break
    return found


def figures(found: reading.Reading, without: str = "") -> list[tuple[Any, ...]]:
    """All rows of a reading, without the places where they stood; and without those of one column."""
    rows = pl.concat(found.tables.values(), how="diagonal")
    if without:
        rows = rows.filter(pl.col("column_label") != without)
    return sorted(rows.drop([name for name in PLACES if name in rows.columns]).rows(), key=repr)


def offered(found: reading.Reading) -> list[str]:
    return [line for problem in found.problems for line in pasting.proposed(problem)]


def add(rows: Rows, name: str, header: str, cell: Callable[[int], Any]) -> None:
    """A last column with a header and a cell for each row of figures."""
    width = max(map(len, rows[HEAD[name] :]))
    for at, row in enumerate(rows):
        if at >= HEAD[name]:
            row.extend([""] * (width - len(row)))
            filled = at >= BODY[name] and str(row[0]).strip() != ""
            row.append(header if at == LAST[name] else cell(at) if filled else "")


NEW: dict[str, tuple[str, Callable[[int], Any]]] = {
    "of which": ("うち新しい区分の数", lambda at: at),
    "a rate": ("新しい率（％）", lambda at: 0.5),
    "words": ("備考欄", lambda at: "確認済み"),
    "brackets and signs": ("[参考] 新・区分 (A)+(B)?", lambda at: at),
    "parts, all whole": ("配偶関係", lambda at: "総数"),
}


@pytest.mark.sampled(6)
@pytest.mark.parametrize("new", NEW)
@pytest.mark.parametrize("name", [*BOOKS, *CSVS])
def test_a_new_column_is_passed_over_with_the_pasted_line(tmp_path: Path, name: str, new: str) -> None:
    before, rows = read(name, file_of(name, rows_of(name))), rows_of(name)
    add(rows, name, *NEW[new])
    found = after_pasting(tmp_path, name, rows)
    assert found.taken, found.problems
    assert figures(found) == figures(before)


@pytest.mark.parametrize("header", ["男女総数", "総数", "男", "女", "計", "人口", "総人口", "0～4歳", "85歳以上"])
@pytest.mark.parametrize("name", [AGES, FLOWS, IPSS, CENSUS])
def test_a_column_of_the_tables_own_figures_is_never_offered_to_be_passed_over(name: str, header: str) -> None:
    rows = rows_of(name)
    add(rows, name, header, lambda at: at)
    found = read(name, file_of(name, rows))
    assert not found.taken
    assert not [line for line in offered(found) if "role: ignore" in line and "layout" not in line]


@pytest.mark.parametrize("cells", [("総数", "未婚"), ("女", "女"), ("日本人", "外国人"), ("市部", "郡部")])
@pytest.mark.parametrize("header", ["配偶関係", "男女別", "国籍区分", "全域・地区"])
def test_a_column_that_parts_the_table_is_not_offered_to_be_passed_over(header: str, cells: tuple[str, str]) -> None:
    rows = rows_of(VISITORS)
    add(rows, VISITORS, header, lambda at: cells[at % 2])
    found = read(VISITORS, file_of(VISITORS, rows))
    assert not found.taken and not offered(found)


def _columns() -> list[tuple[str, int]]:
    return [(name, place) for name in (*BOOKS, *CSVS) for place in range(len(rows_of(name)[BODY[name]]))]


@pytest.mark.sampled(15)
@pytest.mark.parametrize(("name", "place"), _columns())
def test_a_column_that_is_gone_is_done_without_by_the_pasted_line_or_none_is_offered(
    tmp_path: Path, name: str, place: int
) -> None:
    rows = rows_of(name)
    for row in rows[HEAD[name] :]:
        if place < len(row):
            row.pop(place)
    found = read(name, file_of(name, rows))
    if found.taken or not offered(found):
        return
    before = read(name, file_of(name, rows_of(name)))
    found = after_pasting(tmp_path, name, rows)
    assert found.taken, found.problems
    kept = {label for table in found.tables.values() for label in table["column_label"].unique()}
    gone = {label for table in before.tables.values() for label in table["column_label"].unique()} - kept
    assert len(gone) <= 1
    assert figures(found) == figures(before, *gone)


RENAMED = [
    (VISITORS, "人数", "来訪人数", True),
    (VISITORS, "人数", "昼間の人数", False),
    (VISITORS, "地域名称", "地域の名称", True),
    (VISITORS, "地域コード", "地域のコード", True),
    (VISITORS, "データ区分", "データの区分", True),
    (FLOWS, "出生者数", "出生者の数", True),
    (FLOWS, "死亡者数", "死亡者の数", True),
    (FLOWS, "出生者数", "死亡者数（外国人）", False),
    (FLOWS, "出生者数", "出生者数うち男", False),
    (FLOWS, "死亡者数", "死亡者率", False),
    (FLOWS, "世帯数", "人口数", False),
    (DONATIONS, "寄附件数", "寄附の件数", True),
    (DONATIONS, "寄附金額", "寄附件数の内訳", False),
    (AGES, "市区町村名", "市区町村の名", True),
    (AGES, "団体コード", "団体名称", False),
]


@pytest.mark.parametrize(("name", "old", "new", "same"), RENAMED)
def test_a_new_name_is_read_by_the_pasted_line_and_another_concept_is_not_offered(
    tmp_path: Path, name: str, old: str, new: str, same: bool
) -> None:
    rows = rows_of(name)
    for row in rows[HEAD[name] : BODY[name]]:
        row[:] = [new if cell == old else cell for cell in row]
    found = read(name, file_of(name, rows))
    assert not found.taken
    names = [p for p in found.problems if "の新しい名前なら" in p["action_ja"]]
    assert bool(names) is same
    if same:
        found = after_pasting(tmp_path, name, rows)
        assert found.taken, found.problems
        assert figures(found) == figures(read(name, file_of(name, rows_of(name))))


@pytest.mark.parametrize(("path", "unit", "header", "column_unit"), [
    ("夜間人口", None, "人口", "人"), ("推計人口", None, "人口", "人"), ("高齢人口", None, "人口", "人"),
    ("人口増減", None, "人口", "人"), ("延べ人数", None, "人数", "人"),
    ("転出者数", None, "転入者数", "人"), ("死亡者数", None, "出生者数", "人"), ("女", None, "男", "人"),
    ("社会増減数", None, "自然増減数", "人"), ("世帯数", None, "人口数", "人"), ("寄附金額", None, "寄附件数", "件"),
    ("出生率", None, "出生数", "人"), ("人口", "千人", "人口", "人"), ("夜間人口", None, "昼間人口", "人"),
    ("外国人人口", None, "日本人人口", "人"), ("老年人口", None, "年少人口", "人"), ("うち人口", None, "人口", "人"),
    ("転入者数(国外)", None, r"転入者数\(国内\)", "人"), ("消除数", None, "記載数", "人"), ("人口", "%", "人口", "人"),
])  # fmt: skip
def test_a_header_that_speaks_of_something_else_is_no_new_name(
    path: str, unit: str | None, header: str, column_unit: str
) -> None:
    column = Column(role="measure", header=header, unit=column_unit)
    assert proposals.renamed_columns({0: path}, [column], {0: unit}) == {}


def test_a_word_of_the_old_header_is_said_by_the_new_line() -> None:
    column = Column(role="measure", header=r"(?P<sex>総数)(?:\(男女別\))?", unit="人", set={"age": "総数"})
    (renamed,) = proposals.renamed_columns({0: "男女総数"}, [column]).values()
    assert "set: {sex: 総数, age: 総数}" in renamed.line


TITLES = [
    (AGES, "年齢階級別人口", "年齢別の人口", True),
    (FLOWS, "住民基本台帳人口・世帯数、", "住民基本台帳の人口と世帯数、", True),
    (FLOWS, "（総計）", "", False),
    (IPSS, "結果表1", "結果表壱", False),
    (IPSS, "令和2（2020）年＝100", "令和7（2025）年＝100", False),
]


@pytest.mark.parametrize(("name", "old", "new", "works"), TITLES)
def test_a_new_title_is_read_by_the_pasted_entry_or_none_is_offered(
    tmp_path: Path, name: str, old: str, new: str, works: bool
) -> None:
    rows = rows_of(name)
    title = next(cell for row in rows[: HEAD[name]] for cell in row if old in str(cell))
    rows[0] = [cell.replace(old, new) if cell == title else cell for cell in rows[0]]
    found = read(name, file_of(name, rows))
    assert not found.taken
    assert [p["severity"] for p in found.problems] == ["warn"]
    assert bool(offered(found)) is works
    if works:
        found = after_pasting(tmp_path, name, rows)
        assert found.taken, found.problems
        assert figures(found) == figures(read(name, file_of(name, rows_of(name))))


def test_an_entry_is_never_offered_under_a_name_that_is_taken(tmp_path: Path) -> None:
    folder = pasting.copied(tmp_path / "sources")
    for old in ("年齢階級別人口", "年齢階級ごとの人口"):
        rows = rows_of(AGES)
        rows[0] = [str(cell).replace("年齢階級別人口", old + "の表") for cell in rows[0]]
        found = reading.read(file_of(AGES, rows), "x.xlsx", pasting.loaded(folder))
        assert pasting.paste(folder, found.problems), found.problems
        assert reading.read(file_of(AGES, rows), "x.xlsx", pasting.loaded(folder)).taken


@pytest.mark.parametrize("line", ['"男女：","001","女（男女別）"', '"分類：","9","総数"'])
def test_a_metadata_line_is_read_by_the_pasted_entry(tmp_path: Path, line: str) -> None:
    from tests.contract.ingest.test_contracts import CENSUS as TEXT

    data = TEXT.format(line=line).encode()
    folder, found = pasting.copied(tmp_path / "sources"), reading.read(data, "x.csv")
    assert pasting.paste(folder, found.problems), found.problems
    found = reading.read(data, "x.csv", pasting.loaded(folder))
    assert found.taken, found.problems
    assert set(found.tables["census_population"]["sex"]) == {"female" if "女" in line else "total"}


def test_every_place_that_a_line_goes_to_exists() -> None:
    for contract in contracts.all_contracts():
        text = (contracts.FOLDER / contract.source / "contract.yaml").read_text("utf-8").splitlines()
        for layout in contract.layouts:
            if layout.columns:
                number = int(proposals.place_of(contract, layout, "columns").strip("( 行目から)"))
                assert text[number - 1].lstrip().startswith("- ")


def _without(name: str, rows: Rows, sign: str) -> None:
    """Put a sign where a publisher has no figure: in all figures of the last row that has any."""
    row = [row for row in rows[BODY[name] :] if str(row[0]).strip()][-1]
    first = {AGES: 4, FLOWS: 3, DONATIONS: 3, IPSS: 4, VISITORS: 8, CENSUS: 11}[name]
    row[first:] = [sign if cell != "" else cell for cell in row[first:]]


@pytest.mark.sampled(10)
@pytest.mark.parametrize("sign", ["※", "…", "＊", "***", "◆", "‥", "x", "－"])
@pytest.mark.parametrize("name", [*BOOKS, *CSVS])
def test_a_new_sign_is_read_by_the_pasted_entry_or_none_is_offered(tmp_path: Path, name: str, sign: str) -> None:
    rows = rows_of(name)
    _without(name, rows, sign)
    found = read(name, file_of(name, rows))
    if found.taken or not offered(found):
        return
    found = after_pasting(tmp_path, name, rows)
    assert found.taken, found.problems
    read_as = pl.concat(found.tables.values()).filter(pl.col("value_raw") == sign)
    assert set(read_as["value_status"]) == {"not_reported"}
    assert read_as.height


def test_a_new_sign_is_offered_where_the_table_adds_up_without_the_figure() -> None:
    for name in (VISITORS, DONATIONS):
        rows = rows_of(name)
        _without(name, rows, "※")
        assert [line for line in offered(read(name, file_of(name, rows))) if "not_reported" in line], name


@pytest.mark.parametrize("name", [AGES, CENSUS])
def test_a_new_sign_in_one_of_the_parts_of_a_total_is_not_offered(name: str) -> None:
    rows = rows_of(name)
    rows[BODY[name]][14] = "※"
    found = read(name, file_of(name, rows))
    assert not found.taken and not offered(found)


@pytest.mark.parametrize("word", ["架空花子", "なし", "12:30", "1,23", "(5)", "+", "△", "100%", "12＊34", "≒5"])
def test_a_word_or_a_broken_figure_is_no_sign(word: str) -> None:
    rows = rows_of(VISITORS)
    rows[BODY[VISITORS]][8] = word
    found = read(VISITORS, file_of(VISITORS, rows))
    assert not found.taken and not [p for p in found.problems if "symbols" in p["action_ja"]]
