"""A delivery -> findings by the rule of machine readability, for the person who made the file.

Holds: opening a file safely for that purpose, the rules (rules.yaml), what each form cannot show. Does not
hold the checks themselves (checks.py), the problems that reading found (raw.problem) or the page
(publication). Findings name sheets, cells and counts, never what a cell holds.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict

from sousei.feedback import checks as readability_checks
from sousei.feedback.checks import Finding
from sousei.feedback.table import table_of
from sousei.foundation.child import Worker
from sousei.ingest.cells import csvtext, grid, workbook
from sousei.ingest.cells.grid import Grid
from sousei.ingest.problems.record import Problem, Refusal, problem

SECONDS = 30.0
"""Longest look at one workbook's make; the largest real one takes 2 s."""
MAX_TEXT = 32 << 20
"""Bytes of a text of which at most is looked at; the largest real delivery is 4 MB."""

Form = Literal["xlsx", "xls", "csv", "json", "other"]


class Rule(BaseModel):
    """One rule, as rules.yaml has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    name: str
    severity: Literal["fatal", "critical", "major", "minor"]
    meaning: str
    mend: str
    forms: list[Form] = ["xlsx", "xls", "csv", "json", "other"]
    unseen: dict[str, str] = {}

    @property
    def level(self) -> str:
        return self.id[:2]


class RuleBook(BaseModel):
    """The rules with their edition and source."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    edition: str
    source_ja: str
    source_url: str
    rules: list[Rule]


class Examination(NamedTuple):
    """What was found in one file. notes_ja: facts about the file. unseen: rule -> why it could not be judged."""

    form: Form
    findings: list[Finding]
    notes_ja: list[str]
    unseen: dict[str, str]


@cache
def rule_book() -> RuleBook:
    """The rules. Raises ValueError where the file does not have its form."""
    return RuleBook(**yaml.safe_load(Path(__file__).with_name("rules.yaml").read_text("utf-8")))


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
        """How a workbook is made, see worker.py; parsed in a child under limits of memory and time.

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


def findings(data: bytes, file_name: str, lookers: Lookers | None = None) -> list[Finding]:
    """Findings of one file by the rule of machine readability, in the rule's order. Never raises for what it holds."""
    return examine(data, file_name, lookers).findings


def examine(data: bytes, file_name: str, lookers: Lookers | None = None) -> Examination:
    """Look at one file. A file that cannot be opened safely has a finding that says so, and its rules stay unseen.
    lookers: None for some of its own."""
    if lookers is None:
        with Lookers() as own:
            return examine(data, file_name, own)
    form: Form = "other"
    notes: list[str] = []
    cannot = ""
    try:
        if workbook.is_workbook(data[:8]):
            form = "xlsx" if data.startswith(b"PK") else "xls"
            found = _of_workbook(data, form, lookers)
        elif data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"%PDF", b"{\\rtf", b"<")):
            cannot = "表として読めない形式のため判定していません。"
            ja = "PDF・HTML・XML などの文書で、この検査では表として読めません。"
            found = [Finding("L1-01", "broken", "", [], 1, "ファイル", ja, "A document, not a table.")]
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
        found = [_of_problem(one) for one in refusal.problems]
    unseen = {}
    for rule in rule_book().rules:
        reason = cannot or rule.unseen.get(form) or rule.unseen.get("any", "")
        if reason and form in rule.forms:
            unseen[rule.id] = reason
    found.sort(key=lambda one: (one.rule, one.result))
    return Examination(form, found, notes, unseen)


_ENCODINGS = {
    "utf-8": "UTF-8、BOM なし",
    "utf-8-sig": "UTF-8、BOM あり",
    "utf-16": "UTF-16、BOM あり",
    "cp932": "Shift_JIS(CP932)",
}


def results(examination: Examination) -> dict[str, str]:
    """Rule -> broken / doubtful / unseen / kept / not_applicable."""
    found: dict[str, str] = {}
    for rule in rule_book().rules:
        said = {one.result for one in examination.findings if one.rule == rule.id}
        if said:
            found[rule.id] = "broken" if "broken" in said else "doubtful"
        elif examination.form not in rule.forms:
            found[rule.id] = "not_applicable"
        else:
            found[rule.id] = "unseen" if rule.id in examination.unseen else "kept"
    return found


def _of_problem(one: Problem) -> Finding:
    rule = "L1-15" if one["problem_id"] == "not_rfc4180" else "L1-01"
    return Finding(rule, "broken", "", [], 1, "ファイル", one["message_ja"], one["message_en"])


def _of_csv(text: str, encoding: str) -> list[Finding]:
    made = grid.of_csv(text.removeprefix("\ufeff"))
    found = _of_grid(made, encoding == "cp932") if made.height and made.width else []
    if made.width <= 1:
        ja = "一列しかありません。区切りがカンマになっているか確かめてください。"
        found.append(Finding("L1-01", "doubtful", "", [], 1, "ファイル", ja, "A single column: is it CSV at all?"))
    return found


def _of_grid(made: Grid, is_cp932: bool) -> list[Finding]:
    table = table_of(made)
    if table is None:
        return []
    found = [one for check in readability_checks.TABLE_CHECKS for one in check(table)]
    return found + list(readability_checks.characters(table, is_cp932))


def _of_workbook(data: bytes, form: Form, lookers: Lookers) -> list[Finding]:
    workbook.inspect(data)
    made = lookers.structure(data)
    found: list[Finding] = []
    if form == "xls":
        ja = "旧形式(.xls)のブックです。"
        found.append(Finding("L1-01", "broken", "", [], 1, "ファイル", ja, "An old .xls workbook."))
    grids = {one.sheet: one for one in grid.of_sheets(lookers.parser.parse(data))}
    for sheet in made["sheets"]:
        found += readability_checks.make(sheet, grids.get(sheet["name"]))
        if (one := grids.get(sheet["name"])) and (table := table_of(one, sheet.get("merged"))):
            found += [finding for check in readability_checks.TABLE_CHECKS for finding in check(table)]
            found += readability_checks.characters(table, False)
            if sheet.get("marked"):
                found += readability_checks.looks(table, sheet["marked"])
    if made["links"]:
        ja, en = f"他のブックへのリンクが {made['links']} 残っています。", f"{made['links']} links to other workbooks."
        found.append(Finding("L2-06", "doubtful", "", [], made["links"], "リンク", ja, en))
    return found
