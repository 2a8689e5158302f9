"""How a workbook of a form is built: what Excel offers, locks, freezes, prints; what stands in no workbook of ours."""

from __future__ import annotations

import datetime as dt
import io
from functools import cache
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from sousei.feedback.examine import examine
from sousei.feedback.forms import drop_downs, instructions
from sousei.feedback.forms.writer import OPEN_ROWS, write
from sousei.ingest.forms import model
from sousei.ingest.forms.model import INSTRUCTIONS, Column, Form, Sheet, words
from tests.synthetic import form_rows as synthetic

DAY = dt.date(2026, 4, 1)
FORMS = {"plan": (synthetic.PLAN, synthetic.plan_rows), "report": (synthetic.REPORT, synthetic.report_rows)}


def written(form: Form, rows: Any, **more: Any) -> bytes:
    sink = io.BytesIO()
    write(form, rows, sink, made_on=DAY, **more)
    return sink.getvalue()


@cache
def book(name: str, *, filled: bool = True) -> Any:
    form, rows = FORMS[name]
    return load_workbook(io.BytesIO(written(form, rows() if filled else {})))


def page(name: str, sheet: str) -> tuple[Worksheet, Sheet]:
    told = FORMS[name][0].sheet(sheet)
    return book(name)[told.sheet_ja], told


def offered(sheet: Worksheet, cell: str) -> Any:
    """The validation of a cell."""
    (found,) = [one for one in sheet.data_validations.dataValidation if cell in one.sqref]
    return found


@pytest.mark.parametrize("name", FORMS)
def test_the_same_rows_give_the_same_bytes(name: str) -> None:
    form, rows = FORMS[name]
    assert written(form, rows()) == written(form, rows())


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("filled", [False, True])
def test_every_sheet_has_its_mark_its_explanations_and_its_headers(name: str, filled: bool) -> None:
    form, _ = FORMS[name]
    whole = book(name, filled=filled)
    assert whole.sheetnames == [INSTRUCTIONS, *(sheet.sheet_ja for sheet in form.sheets)]
    for sheet in form.sheets:
        made = whole[sheet.sheet_ja]
        assert made["A1"].value == form.mark(sheet)
        assert sheet.about_ja in [cell.value for cell in made[1]]
        assert [cell.value for cell in made[3]][: len(sheet.columns)] == [one.header_ja for one in sheet.columns]
        for cell, column in zip(made[2], sheet.columns, strict=False):
            assert (cell.value or "").endswith(column.ja)
            assert ("必須" in (cell.value or "")) == (column.required and not column.locked)
        assert made.freeze_panes is not None and made.freeze_panes.endswith("4")
        assert made.print_title_rows == "$1:$3" and made.page_setup.orientation == "landscape"
        assert made.page_setup.fitToHeight == 0 and "&P" in str(made.oddFooter.right.text)


@pytest.mark.parametrize("name", FORMS)
def test_nothing_is_merged_hidden_computed_or_linked(name: str) -> None:
    for made in book(name).worksheets:
        assert not made.merged_cells.ranges and made.sheet_state == "visible"
        assert not any(row.hidden for row in made.row_dimensions.values())
        assert not any(column.hidden for column in made.column_dimensions.values())
        for row in made.iter_rows():
            assert all(cell.data_type in {"s", "n"} and cell.hyperlink is None for cell in row)
            assert all(isinstance(cell.value, str | None) for cell in row)
    assert not book(name)._external_links and not book(name).vba_archive


@pytest.mark.parametrize("name", FORMS)
def test_every_column_offers_what_it_takes_and_never_stops(name: str) -> None:
    form, rows = FORMS[name]
    for sheet in form.sheets:
        made = book(name)[sheet.sheet_ja]
        for place, column in enumerate(sheet.columns, start=1):
            wants = column.type in {"choice", "flag"} or column.refers or column.ja or column.required
            if not wants:
                continue
            found = offered(made, made.cell(4, place).coordinate)
            if column.type == "choice":
                assert found.formula1 == '"' + ",".join(words(column.list).values()) + '"'
            elif column.type == "flag":
                assert found.formula1 == '"○"'
            elif column.refers:
                assert f"'{form.sheet(column.refers[0]).sheet_ja}'!" in found.formula1
            if found.type == "list":
                assert found.errorStyle == "warning"
            assert len(found.promptTitle or "") <= 32 and len(found.prompt or "") <= 255
            assert column.ja[:200] in (found.prompt or "")
            open_rows = 0 if sheet.single else OPEN_ROWS
            assert max(one.max_row for one in found.sqref.ranges) == 3 + len(rows().get(sheet.name, ())) + open_rows


def test_a_reference_offers_the_ids_that_are_filled_in() -> None:
    made, _ = page("plan", "target")
    assert offered(made, "A4").formula1 == "OFFSET('指標'!$A$3,1,0,MAX(1,COUNTA('指標'!$A$4:$A$5000)),1)"


def test_what_is_typed_stays_as_it_is_typed() -> None:
    for name in FORMS:
        for made in book(name).worksheets[1:]:
            for cell in made[4]:
                assert cell.number_format == "@", (made.title, cell.coordinate)
            assert all(one.number_format == "@" for one in made.column_dimensions.values())
    xml = _part(written(*_plan()), "xl/worksheets/sheet2.xml")
    assert '<ignoredError sqref="A4:N1048576" numberStoredAsText="1"/>' in xml


def _plan() -> tuple[Form, Any]:
    return synthetic.PLAN, synthetic.plan_rows()


def _part(data: bytes, name: str) -> str:
    import zipfile

    return zipfile.ZipFile(io.BytesIO(data)).read(name).decode()


def test_the_labels_of_a_report_are_locked_and_the_rest_is_open() -> None:
    made, sheet = page("report", "value")
    for cell, column in zip(made[4], sheet.columns, strict=True):
        assert cell.protection.locked == column.locked, column.name
    below = {
        one.name: made.column_dimensions[cell.column_letter] for cell, one in zip(made[4], sheet.columns, strict=True)
    }
    assert _column_is_locked(made, sheet, "plan_id") and _column_is_locked(made, sheet, "kpi_name_ja")
    assert not _column_is_locked(made, sheet, "kpi_id") and not _column_is_locked(made, sheet, "unit")
    assert len(below) == len(sheet.columns)
    for made in book("report").worksheets[1:]:
        kept = made.protection
        assert kept.sheet and not kept.password
        assert not kept.insertRows and not kept.formatCells and not kept.formatRows and not kept.deleteRows


def _column_is_locked(made: Worksheet, sheet: Sheet, name: str) -> bool:
    """Whether a blank cell below the given rows is locked, by the format of its column."""
    place = [one.name for one in sheet.columns].index(name) + 1
    for one in made.column_dimensions.values():
        if one.min <= place <= one.max:
            return bool(one.protection.locked)
    raise AssertionError(name)


def test_a_plan_register_is_not_protected() -> None:
    assert not any(made.protection.sheet for made in book("plan").worksheets)


def test_the_first_sheet_explains_every_column_and_is_no_sheet_of_the_form() -> None:
    for name, (form, _) in FORMS.items():
        made = book(name).worksheets[0]
        text = "\n".join(str(cell.value) for row in made.iter_rows() for cell in row if cell.value)
        for word in ("landing", "0", "空欄", ".xlsx"):
            assert word in text
        rows = [tuple(cell.value for cell in row[:3]) for row in made.iter_rows()]
        for sheet in form.sheets:
            for column in sheet.columns:
                assert (sheet.sheet_ja, column.header_ja, "必須" if column.required else None) in rows


def test_a_long_list_stands_on_a_sheet_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    long = {f"code_{number}": f"とても長い言葉の選択肢その{number}" for number in range(30)}
    with_comma = {"a": "1,000人", "b": "それ以上"}
    for module in (drop_downs, instructions, __import__("sousei.feedback.forms.looks", fromlist=["words"])):
        monkeypatch.setattr(module, "words", lambda name: {"long": long, "comma": with_comma}[name])
    columns = (
        Column("a", "長い", "choice", "", "", list="long"),
        Column("b", "カンマ", "choice", "", "", list="comma"),
    )
    form = Form("plan_register", 1, True, "合成", "x", "one", (Sheet("one", "表", "x", "説明", "x", ("a",), columns),))
    made = load_workbook(io.BytesIO(written(form, {})))
    assert made.sheetnames == [INSTRUCTIONS, "表", drop_downs.CHOICES]
    assert offered(made["表"], "A4").formula1 == "'選択肢'!$B$2:$B$31"
    assert offered(made["表"], "B4").formula1 == "'選択肢'!$A$2:$A$3"
    there = made[drop_downs.CHOICES]
    assert [there.cell(row, 2).value for row in range(2, 32)] == list(long.values())
    assert there.sheet_state == "visible"


def test_a_sheet_that_the_form_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        written(synthetic.PLAN, {"nonsense": []})


def test_no_list_of_the_product_has_a_word_twice_or_a_blank_one() -> None:
    for name in model._lists():
        said = list(words(name).values())
        assert len(set(said)) == len(said) and all(said)


@pytest.mark.sampled
@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("filled", [False, True])
def test_the_page_for_its_maker_complains_of_nothing_that_the_form_decides(name: str, filled: bool) -> None:
    form, rows = FORMS[name]
    seen = examine(written(form, rows() if filled else {}))
    assert seen.findings == []
    assert "様式が決めている" in seen.unseen["L3-01"] and "L1-12" not in seen.unseen


def test_what_its_maker_can_break_is_still_told() -> None:
    whole = load_workbook(io.BytesIO(written(*_plan())))
    whole["指標"].merge_cells("A10:B11")
    whole["指標"]["C10"] = "=1+1"
    whole["目標"].row_dimensions[5].hidden = True
    sink = io.BytesIO()
    whole.save(sink)
    assert {one.rule for one in examine(sink.getvalue()).findings} == {"L1-12", "L1-13", "L2-06"}
