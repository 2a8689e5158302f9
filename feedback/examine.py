"""A delivery -> findings by the rule of machine readability, for the person who made the file.

Holds: opening a file safely for that purpose, what each form cannot show. Does not hold the checks (feedback.checks),
the rules (rules.yaml), the problems that reading found (raw.problem) or the page (html.py, workbook.py). Findings name
sheets, cells and counts, never what a cell holds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sousei.feedback import checks
from sousei.feedback.checks.seen import Built, File, Sheet
from sousei.feedback.findings import Examination, Finding
from sousei.feedback.rules import rule_book
from sousei.feedback.table import table_of
from sousei.foundation.child import Worker
from sousei.ingest.areas import shown
from sousei.ingest.cells import csvtext, grid, workbook
from sousei.ingest.forms.model import forms
from sousei.ingest.forms.workbook import is_of
from sousei.ingest.problems.record import Refusal, problem

SECONDS = 30.0
"""Longest look at how one workbook is built; the largest real one takes 2 s."""
MAX_TEXT = 32 << 20
"""Bytes of a text of which at most is looked at; the largest real delivery is 4 MB."""

_ENCODINGS = {
    "utf-8": "UTF-8、BOM なし",
    "utf-8-sig": "UTF-8、BOM あり",
    "utf-16": "UTF-16、BOM あり",
    "cp932": "Shift_JIS(CP932)",
}


class Lookers:
    """The children that open workbooks for a look, kept for the next one; leaving the block ends them."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.parser = workbook.Parser()
        self._maker = Worker(Path(__file__).with_name("worker.py"), str(workbook.MEMORY), seconds=seconds)

    def __enter__(self) -> Lookers:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def structure(self, data: bytes) -> dict[str, Any]:
        """How a workbook is built, see worker.py; parsed in a child under limits of memory and time.

        Raises Refusal where the child cannot, or does not in time.
        """
        try:
            answer = json.loads(self._maker.ask(data)[0].tobytes())
        except (TimeoutError, EOFError):
            answer = {"error": "died"}
        if "error" not in answer:
            return answer
        raise Refusal(problem("workbook_structure", error=answer["error"]))

    def close(self) -> None:
        """End the children, if there are any."""
        self.parser.close()
        self._maker.close()


def findings(data: bytes, lookers: Lookers | None = None) -> list[Finding]:
    """Findings of one file by the rule of machine readability, in the rule's order. Never raises for what it holds."""
    return examine(data, lookers).findings


def examine(data: bytes, lookers: Lookers | None = None) -> Examination:
    """Look at one file. A file that cannot be opened safely has a finding that says so, and its rules stay unseen.
    lookers: None for some of its own."""
    if lookers is None:
        with Lookers() as own:
            return examine(data, own)
    form, is_own = "other", False
    notes: list[str] = []
    cannot = ""
    try:
        if workbook.is_workbook(data[:8]):
            form = "xlsx" if data.startswith(b"PK") else "xls"
            found, is_own = _of_workbook(data, form, lookers)
        elif data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"%PDF", b"{\\rtf", b"<")):
            cannot = "表として読めない形式のため判定していません。"
            found = list(checks.of_file(File(form, is_document=True)))
        else:
            cut = data[: data.rfind(b"\n", 0, MAX_TEXT) + 1] if len(data) > MAX_TEXT else data
            if len(cut) < len(data):
                notes.append(f"大きいファイルのため、先頭の {len(cut):,} バイトだけを調べました。")
            text, encoding = csvtext.decode(cut or data[:MAX_TEXT])
            form = "json" if text.lstrip("\ufeff \t\r\n")[:1] in {"{", "["} else "csv"
            notes.append(f"文字コード: {_ENCODINGS[encoding]}。")
            found = _of_csv(text, encoding) if form == "csv" else []
    except Refusal as refusal:
        cannot = "ファイルを開けないため判定していません。"
        found = list(checks.of_file(File(form, problems=tuple(refusal.problems))))
    reasons = {rule.id: cannot or rule.unseen_in(form) for rule in rule_book().rules if rule.applies_to(form)}
    if is_own:
        settled = rule_book().settled_by_form
        found = [one for one in found if one.rule not in settled.rules]
        reasons |= dict.fromkeys(settled.rules, settled.reason_ja)
    found.sort(key=lambda one: (one.rule, one.result))
    return Examination(form, found, notes, {rule: reason for rule, reason in reasons.items() if reason})


def results(examination: Examination) -> dict[str, str]:
    """Rule -> broken / doubtful / unseen / kept / not_applicable."""
    found: dict[str, str] = {}
    for rule in rule_book().rules:
        said = {one.result for one in examination.findings if one.rule == rule.id}
        if said:
            found[rule.id] = "broken" if "broken" in said else "doubtful"
        elif not rule.applies_to(examination.form):
            found[rule.id] = "not_applicable"
        else:
            found[rule.id] = "unseen" if rule.id in examination.unseen else "kept"
    return found


def _of_csv(text: str, encoding: str) -> list[Finding]:
    made = grid.of_csv(text.removeprefix("\ufeff"))
    found = list(checks.of_file(File("csv", columns=made.width)))
    if made.height and made.width:
        found += checks.of_sheet(Sheet({}, made, table_of(made), encoding == "cp932"))
    return found


def _of_workbook(data: bytes, form: str, lookers: Lookers) -> tuple[list[Finding], bool]:
    """The findings, and whether it is a workbook of a form of our own."""
    workbook.inspect(data)
    told = lookers.structure(data)
    found = list(checks.of_file(File(form, links=told["links"])))
    grids = {one.name: one for one in grid.of_sheets(lookers.parser.parse(data))}
    sheets: list[Built] = told["sheets"]
    for number, built in enumerate(sheets, start=1):
        made = grids.get(built["name"])
        built["shown_as"] = made.sheet if made else shown.sheet(built["name"], number)
        found += checks.of_sheet(Sheet(built, made, table_of(made, built.get("merged")) if made else None))
    return found, any(is_of(own, made) for own in forms() for made in grids.values())
