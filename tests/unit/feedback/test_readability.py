"""The checks of machine readability: for each rule a file that breaks it and one that keeps it; hostile files."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from sousei.feedback import checks
from sousei.feedback.examine import Lookers, examine, findings, results
from sousei.feedback.findings import letters, ranges
from sousei.feedback.rules import RuleBook, rule_book
from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.problems.record import Refusal

CLEAN = [
    ["地域コード", "市町村", "年", "人口（人）", "面積（km2）"],
    ["01223", "根室市", 2020, 24636, 506.25],
    ["03211", "釜石市", 2020, 32078, 440.34],
    ["01206", "釧路市", 2020, 165077, 1363.29],
    ["03202", "宮古市", 2020, 50369, 1259.15],
    ["03203", "大船渡市", 2020, 34728, 322.51],
]
"""A table that keeps every rule that can be judged."""


def book(change: Callable[[Worksheet], object] = lambda sheet: None, rows: list[list[Any]] | None = None) -> bytes:
    """A workbook of one sheet of the rows, changed."""
    made = Workbook()
    sheet = made.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "人口"
    for row in rows or CLEAN:
        sheet.append(row)
    change(sheet)
    sink = io.BytesIO()
    made.save(sink)
    return sink.getvalue()


def text(rows: list[list[Any]], encoding: str = "utf-8") -> bytes:
    """A CSV of the rows."""
    return "".join(",".join(str(cell) for cell in row) + "\r\n" for row in rows).encode(encoding)


def told(data: bytes, rule: str) -> list[tuple[str, list[str], int]]:
    """(result, addresses, total) of a rule's findings."""
    return [
        (one.result, [address for address, _ in one.addresses], one.total) for one in findings(data) if one.rule == rule
    ]


def with_rows(*extra: list[Any], at: int = 99) -> list[list[Any]]:
    rows = [list(row) for row in CLEAN]
    rows[at:at] = extra
    return rows


def with_cells(**cells: Any) -> list[list[Any]]:
    """CLEAN with some cells replaced, by address."""
    rows = [list(row) for row in CLEAN]
    for address, value in cells.items():
        rows[int(address[1:]) - 1][ord(address[0]) - 65] = value
    return rows


def test_the_rules_are_the_thirty_of_the_decision() -> None:
    ids = [rule.id for rule in rule_book().rules]
    assert ids == [f"L{level}-{n:02d}" for level, last in ((1, 15), (2, 6), (3, 9)) for n in range(1, last + 1)]


def test_every_rule_that_a_file_can_show_is_judged_in_one_module() -> None:
    judged = {rule.id for rule in rule_book().rules if "any" not in rule.unseen}
    modules: dict[str, set[str]] = {}
    for rule, check in (*checks.FILE_CHECKS, *checks.SHEET_CHECKS, *checks.TABLE_CHECKS):
        modules.setdefault(rule, set()).add(check.__module__)
    assert modules.keys() == judged
    assert {rule: found for rule, found in modules.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    "odd", [{"id": "L4-01"}, {"severity": "grave"}, {"forms": ["docx"]}, {"unseen": {"docx": "見えません。"}}]
)
def test_a_rule_with_a_name_that_the_book_does_not_have_is_refused(odd: dict[str, Any]) -> None:
    given = rule_book().model_dump()
    given["rules"] = [given["rules"][0] | odd]
    with pytest.raises(ValueError, match="not named in the rule book"):
        RuleBook(**given)


@pytest.mark.parametrize("data", [book(), text(CLEAN), text(CLEAN, "cp932"), text(CLEAN, "utf-8-sig")])
def test_a_clean_table_has_no_finding(data: bytes) -> None:
    assert findings(data) == []
    kept = {rule for rule, result in results(examine(data)).items() if result == "kept"}
    assert {"L1-02", "L1-03", "L1-06", "L2-01", "L2-03", "L3-01", "L3-06", "L3-09"} <= kept


def test_what_one_file_cannot_show_is_said_to_be_unseen() -> None:
    seen = examine(book())
    assert {rule for rule, result in results(seen).items() if result == "unseen"} == {"L3-02", "L3-07", "L3-08"}
    assert results(seen)["L1-14"] == "not_applicable"
    assert results(examine(text(CLEAN)))["L1-12"] == "not_applicable"
    assert all(seen.unseen[rule] for rule in ("L3-02", "L3-07", "L3-08"))


# --- one broken file per rule -----------------------------------------------------------------------------------------


def test_l1_02_a_second_table_below_and_beside() -> None:
    second = with_rows(
        [], ["宿泊施設", "所在", "月", "延べ宿泊者数", "客室"], ["a", "b", 1, 20, 3], ["c", "d", 2, 30, 4]
    )
    assert told(book(rows=second), "L1-02") == [("broken", ["A8:E8"], 5)]
    beside = [[*row, None, *row] for row in CLEAN]
    assert [one[0] for one in told(book(rows=beside), "L1-02")] == ["broken"]


def test_l1_03_blank_rows_and_columns_and_repeated_headers() -> None:
    assert told(book(rows=with_rows([], at=3)), "L1-03") == [("broken", ["4:4"], 1)]
    assert told(book(rows=[[None, *row] for row in CLEAN]), "L1-03") == [("broken", ["A:A"], 1)]
    assert told(book(rows=with_rows(CLEAN[0], at=4)), "L1-03") == [("broken", ["A5:E5"], 5)]
    assert told(text(CLEAN) + b",,,,\r\n" * 3, "L1-03") == [("broken", ["7:9"], 3)]


def test_l1_04_remarks_inside_and_below() -> None:
    rows = [*with_rows(["岩手県"], at=2), ["注 面積は国土地理院による。"]]
    assert told(book(rows=rows), "L1-04") == [("broken", ["A3", "A8"], 2)]


def test_l1_05_columns_without_a_name_and_tables_without_a_header() -> None:
    assert told(book(rows=with_cells(D1=None)), "L1-05") == [("broken", ["D1"], 1)]
    assert [one[0] for one in told(book(rows=[row[2:] for row in CLEAN[1:]]), "L1-05")] == ["broken"]


@pytest.mark.parametrize("name", ["　根室市", "根室市 ", "根　室　市", "根室\n市", "根  室"])
def test_l1_06_padding(name: str) -> None:
    assert told(book(rows=with_cells(B2=name)), "L1-06") == [("broken", ["B2"], 1)]


def test_l1_07_several_numbers_in_a_cell() -> None:
    assert told(book(rows=with_cells(D3="32078(16000)")), "L1-07") == [("broken", ["D3"], 1)]


def test_l1_08_signs_break_the_rule_in_cp932_only_and_kanji_of_names_nowhere() -> None:
    rows = with_cells(B2="①根室市")
    assert [one[0] for one in told(text(rows, "cp932"), "L1-08")] == ["broken"]
    assert [one[0] for one in told(book(rows=rows), "L1-08")] == ["doubtful"]
    assert told(text(with_cells(B2="髙根室市"), "cp932"), "L1-08") == [("doubtful", ["B2"], 1)]
    assert told(text(with_cells(B2="根室市～釧路－"), "cp932"), "L1-08") == []


def test_l1_09_blank_figures() -> None:
    assert told(book(rows=with_cells(D3=None, D4=None)), "L1-09") == [("doubtful", ["D3:D4"], 2)]


def test_l1_10_objects() -> None:
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True}) as made:
        sheet = made.add_worksheet("人口")
        for line, row in enumerate(CLEAN):
            sheet.write_row(line, 0, row)
        sheet.insert_textbox("G3", "説明")
        sheet.write_comment("B2", "確認")
        chart = made.add_chart({"type": "line"})
        chart.add_series({"values": "=人口!$D$2:$D$6"})
        sheet.insert_chart("G12", chart)
    (result, addresses, total) = told(sink.getvalue(), "L1-10")[0]
    assert (result, set(addresses), total) == ("broken", {"G3", "G12", "B2"}, 3)


def test_l1_11_looks_are_doubtful_only() -> None:
    def colour(sheet: Worksheet) -> None:
        sheet["D3"].fill = PatternFill("solid", fgColor="FFFF00")
        sheet["E4"].font = Font(strike=True)
        for cell in sheet[1]:  # a header that looks different says nothing about the data
            cell.font = Font(bold=True)

    assert told(book(colour), "L1-11") == [("doubtful", ["D3", "E4"], 2)]
    message = next(one.message_ja for one in findings(book(colour)) if one.rule == "L1-11")
    assert "塗りつぶし" in message and "取り消し線" in message and "太字" not in message


def test_l1_12_merged_cells() -> None:
    data = book(lambda sheet: (sheet.merge_cells("B2:B4"), sheet.merge_cells("C5:D5")))
    assert told(data, "L1-12") == [("broken", ["B2:B4", "C5:D5"], 2)]


def test_l1_13_hidden_rows_columns_and_sheets() -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["C"].hidden = True
        other = sheet.parent.create_sheet("古い値")
        other["A1"] = "x"
        other.sheet_state = "hidden"

    assert told(book(hide), "L1-13") == [("broken", ["C:C", "3:3"], 2), ("broken", [], 1)]


def test_hidden_columns_beyond_the_table_say_nothing() -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.column_dimensions.group("K", "XFD", hidden=True)

    assert told(book(hide), "L1-13") == []


def test_l1_14_line_ends_inside_a_field() -> None:
    data = text(CLEAN).replace("根室市".encode(), '"根室\n市"'.encode())
    assert told(data, "L1-14") == [("broken", ["B2"], 1)]


def test_l1_15_widths_and_quotes() -> None:
    assert told(text(CLEAN).replace(b"24636", b"24,636"), "L1-15") == [("broken", ["2:2"], 1)]
    assert told(text(CLEAN).replace(b"24636", b'24"636'), "L1-15") == [("broken", [], 1)]


@pytest.mark.parametrize("number", ["32,078", "３２０７８", "△32078", "32078人", "32078※1", "32078"])
def test_l2_01_numbers_kept_as_text(number: str) -> None:
    assert told(book(rows=with_cells(D3=number)), "L2-01") == [("broken", ["D3"], 1)]
    if number != "32078":  # a CSV has no other way to keep a number
        assert told(text(with_cells(D3=f'"{number}"')), "L2-01") == [("broken", ["D3"], 1)]


def test_l2_01_codes_are_no_figures() -> None:
    assert told(book(rows=with_cells(A1="番号", A2="0012")), "L2-01") == []


def test_l2_02_ditto_marks_and_blanks() -> None:
    assert told(book(rows=with_cells(B3="〃")), "L2-02") == [("broken", ["B3"], 1)]
    assert told(book(rows=with_cells(B3=None)), "L2-02") == [("doubtful", ["B3"], 1)]


def test_l2_03_headers_in_several_rows_or_twice() -> None:
    assert told(book(rows=with_cells(E1="人口（人）")), "L2-03") == [("broken", ["D1:E1"], 2)]
    two = [["地域コード", "市町村", "年", "人口", None], [None, None, None, "男（人）", "女（人）"], *CLEAN[1:]]
    assert [one[0] for one in told(book(rows=two), "L2-03")] == ["broken"]


def test_l2_04_and_05_choices() -> None:
    rows = [[*row, choice] for row, choice in zip(CLEAN, ["状況", "Ａ", "A", "A", "A", "A"], strict=True)]
    assert told(book(rows=rows), "L2-04")[0][2] == 1
    rows = [[*row, choice] for row, choice in zip(CLEAN, ["理由", *["その他(雨)"] * 3, *["済"] * 2], strict=True)]
    assert told(book(rows=rows), "L2-05") == [("broken", ["F2:F4"], 3)]


def test_l2_06_formulas() -> None:
    def add(sheet: Worksheet) -> None:
        sheet["D6"] = "=SUM(D2:D5)"

    assert told(book(add), "L2-06") == [("broken", ["D6"], 1)]


def test_l3_01_a_title_above_the_header() -> None:
    rows = with_rows(["2020年の人口と面積"], at=0)
    assert told(book(rows=rows), "L3-01") == [("broken", ["A1"], 1)]
    assert told(text([["統計名：", "国勢調査"], [], *CLEAN]), "L3-01") == [("broken", ["A1:B1"], 2)]


def test_l3_03_signs_need_a_legend() -> None:
    rows = with_cells(D3="***", D4="X")
    assert told(book(rows=rows), "L3-03") == [("doubtful", ["D3:D4"], 2)]
    legend = [*rows, ["「X」は秘匿したもの、「***」は該当する数値のないもの"]]
    assert told(book(rows=legend), "L3-03") == []


def test_l3_04_units() -> None:
    assert told(book(rows=with_cells(E1="面の広さ")), "L3-04") == [("doubtful", ["E1"], 1)]


def test_l3_05_era_years() -> None:
    assert told(book(rows=with_cells(**{f"C{n}": "令和2年" for n in range(2, 7)})), "L3-05") == [
        ("broken", ["C2:C6"], 5)
    ]
    both = with_cells(**{f"C{n}": "2020年(令和2年)" for n in range(2, 7)})
    assert told(book(rows=both), "L3-05") == []
    assert told(book(rows=with_cells(B2="昭和村", B3="大正区")), "L3-05") == []


def test_l3_06_codes_of_areas() -> None:
    assert told(book(rows=[row[1:] for row in CLEAN]), "L3-06") == [("doubtful", ["A1"], 1)]
    assert told(text(with_cells(A1="")), "L3-06") == []  # codes are known by their zeros where they have no name
    lost = with_cells(A2=1223, A3=3211, A4=1206, A5=3202, A6=3203)
    assert told(book(rows=lost), "L3-06") == [("doubtful", ["A2:A6"], 5)]


def test_l3_09_years_as_columns() -> None:
    rows = [["地域コード", "市町村", "2010年（人）", "2015年（人）", "2020年（人）"], ["01223", "根室市", 1, 2, 3]]
    assert told(book(rows=[[*row] for row in rows]), "L3-09") == []
    rows[0] = ["地域コード", "市町村", "2010年", "2015年", "2020年"]
    assert told(book(rows=rows), "L3-09") == [("broken", ["C1:E1"], 3)]


# --- what findings may hold -------------------------------------------------------------------------------------------


def test_no_value_of_a_cell_comes_into_a_finding() -> None:
    canary = "金子みすず丸"
    rows = [["氏名", "年齢", "電話"], *[[f"　{canary}①", 40 + n, f"090-1234-567{n}"] for n in range(6)]]
    rows[3][1] = f"{canary}4／5"
    for data in (book(rows=rows), text(rows)):
        found = findings(data)
        assert found
        assert canary not in str(found) and "1234" not in str(found)


def test_addresses_are_joined_and_at_most_twenty() -> None:
    import numpy as np

    mask = np.zeros((100, 30), dtype=bool)
    mask[2:5, 1:4] = True
    assert ranges(mask) == ([("B3:D5", 9)], 9)
    mask[::2, 10] = True
    named, total = ranges(mask)
    assert len(named) == 20 and total == 59
    assert [letters(n) for n in (0, 25, 26, 701, 702, 16383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


# --- real files -------------------------------------------------------------------------------------------------------

EXTRACTS = PROJECT_ROOT.parent / "shared" / "data" / "extracts"


@pytest.mark.shared
@pytest.mark.skipif(not EXTRACTS.is_dir(), reason="the real files of ../shared are not here")
@pytest.mark.parametrize(
    ("name", "rule", "addresses", "total"),
    [
        ("furusato_nozei/H30_gain.xlsx", "L1-10", ["CY812"], 1),
        pytest.param("furusato_nozei/R1_gain.xlsx", "L1-10", ["AP16", "DG16", "DI16"], 3, marks=pytest.mark.exhaustive),
        pytest.param("furusato_nozei/H28_gain.xlsx", "L1-12", None, 62, marks=pytest.mark.exhaustive),
        ("ipss_projection/ipss_2023_totals_kekkahyo1.xlsx", "L2-03", ["A4:R5"], 36),
        ("ipss_projection/ipss_2023_totals_kekkahyo1.xlsx", "L3-09", ["E5:R5"], 14),
        ("resident_registry/0503sjin.xls", "L2-03", ["A2:W4"], 69),
        ("resident_registry/0503sjin.xls", "L1-12", None, 16),
        ("resident_registry/2104ssnen.xlsx", "L1-04", ["A6838:A6839"], 2),
        ("census/census_2015_population_final_cp932.csv", "L1-05", ["A10:C10"], 3),
        ("census/census_2015_population_final_cp932.csv", "L2-01", None, 20583),
    ],
)
def test_real_files_are_judged_as_a_person_reads_them(
    name: str, rule: str, addresses: list[str] | None, total: int
) -> None:
    (found,) = told((EXTRACTS / name).read_bytes(), rule)
    assert found[2] == total
    assert addresses is None or found[1] == addresses


@pytest.mark.shared
@pytest.mark.skipif(not EXTRACTS.is_dir(), reason="the real files of ../shared are not here")
@pytest.mark.parametrize("name", ["city2021.csv", "city2024.csv", "city202412.csv"])
def test_a_long_form_file_breaks_no_rule(name: str) -> None:
    found = findings((EXTRACTS / "tourism" / name).read_bytes())
    assert [(one.rule, one.result) for one in found] == [("L3-06", "doubtful")]


# --- hostile and broken files -----------------------------------------------------------------------------------------


def repacked(data: bytes, part: str, content: bytes) -> bytes:
    """A workbook with one part replaced."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return sink.getvalue()


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{"&" + chr(97 + n) + ";"}{("&" + chr(97 + n) + ";") * 9}">' for n in range(12))
    + "]><worksheet><sheetData><row><c><v>&m;</v></c></row></sheetData></worksheet>"
).encode()

HOSTILE = {
    "empty": b"",
    "truncated": book()[:2000],
    "zip_bomb": repacked(book(), "xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * (150 << 20)),
    "xml_bomb": repacked(book(), "xl/worksheets/sheet1.xml", LAUGHS),
    "styles_bomb": repacked(book(), "xl/styles.xml", LAUGHS),
    "not_xml": repacked(book(), "xl/workbook.xml", b"\x00\x01<<<"),
    "deep": repacked(book(), "xl/styles.xml", b"<a>" * 200_000),
    "no_parts": repacked(book(), "_rels/.rels", b"<Relationships/>"),
    "old": bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 3000,
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "html_called_xls": b"<html><table><tr><td>1</td></tr></table></html>",
    "nul": b"a,b\n\x00,1\n",
    "half_character": "市町村,人口\n根室".encode("cp932")[:-1],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_a_finding_and_never_a_crash(name: str) -> None:
    begun = time.monotonic()
    seen = examine(HOSTILE[name])
    assert time.monotonic() - begun < 20
    assert seen.findings, name
    assert {one.rule for one in seen.findings} <= {"L1-01", "L1-15"}
    assert results(seen)["L3-04"] == "unseen" or name == "empty"


def test_a_workbook_that_takes_too_long_is_refused_in_time() -> None:
    cells = b"<worksheet><sheetData>" + b"<row><c/><c/></row>" * 50_000 + b"</sheetData></worksheet>"
    names = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="rId1"/>' for n in range(1, 3000)).encode()
    slow = repacked(book(), "xl/worksheets/sheet1.xml", cells)
    slow = repacked(slow, "xl/workbook.xml", b'<workbook xmlns:r="r"><sheets>' + names + b"</sheets></workbook>")
    begun = time.monotonic()
    with Lookers(seconds=1.0) as lookers:
        assert [one.rule for one in findings(slow, lookers)] == ["L1-01"]
        assert time.monotonic() - begun < 5
        assert findings(book(), lookers) == []


def test_the_zip_directory_is_looked_at_before_anything_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(self: object, data: bytes) -> None:
        raise AssertionError("unpacked")

    monkeypatch.setattr(Lookers, "structure", never)
    assert "展開" in findings(HOSTILE["zip_bomb"])[0].message_ja


def test_a_document_type_is_refused_even_without_an_entity() -> None:
    data = repacked(book(), "xl/worksheets/sheet1.xml", b"<!DOCTYPE worksheet><worksheet/>")
    assert [one.rule for one in findings(data)] == ["L1-01"]
    with Lookers() as lookers, pytest.raises(Refusal, match="doctype"):
        lookers.structure(data)


def test_after_a_hostile_file_the_next_is_read() -> None:
    for name in ("zip_bomb", "xml_bomb", "deep"):
        examine(HOSTILE[name])
        assert findings(book()) == []


@pytest.mark.exhaustive
def test_odd_but_lawful_workbooks_do_not_crash() -> None:
    def odd(sheet: Worksheet) -> None:
        sheet["A1"].comment = Comment("x", "y")
        sheet["XFD1048576"] = None
        sheet.merge_cells("A20:XFD30")
        sheet.title = "'=1+1<b>"

    assert any(one.rule == "L1-12" for one in findings(book(odd)))
    assert findings(book(rows=[[]])) == []
    assert findings(book(rows=[["市町村"]])) is not None
    assert findings(b"\n\n\n") is not None
    assert findings(b"1,2,3\n4,5,6\n")[0].rule == "L1-05"
