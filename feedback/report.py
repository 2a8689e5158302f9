"""What the maker of one delivery is told: the report that a page, or its twin as a workbook, shows.

Holds: the report's records, how they are put together, the Japanese names of results and verdicts. Does not hold how a
report is shown (html.py, workbook.py), the checks (feedback.checks) or the reading (ingest.raw). A report names cells'
addresses and counts, never what a cell holds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sousei.feedback.examine import results
from sousei.feedback.findings import Examination, Finding
from sousei.feedback.rules import Rule, RuleBook, rule_book

RESULTS = {
    "broken": "不適合",
    "doubtful": "要確認",
    "kept": "適合",
    "unseen": "確認できない",
    "not_applicable": "対象外",
}
VERDICTS = {"taken": "取り込みました", "refused": "取り込みませんでした"}
ACTIONS = {"gate": "公開を止めました", "warn": "使いませんでした", "review": "確認してください"}
NOTHING = "該当なし"
_FIRST = 3
"""Broken rules that the summary names; the worst first."""
_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|[\ud800-\udfff]"
)


def shown(value: object) -> str:
    """A text from a file for people: control, direction and broken characters as '?', runs of white space as one."""
    return " ".join(_UNSAFE.sub("?", "" if value is None else str(value)).split())[:500]


class Delivery(NamedTuple):
    """What is known of the delivery itself; '' where it is not known."""

    file_name: str = ""
    source_id: str = ""
    statistic_ja: str = ""
    publisher_ja: str = ""
    period: str = ""
    received: str = ""
    verdict: str = ""

    @property
    def verdict_ja(self) -> str:
        return VERDICTS.get(self.verdict, "")


class RuleResult(NamedTuple):
    """How the file stands to a rule. result: a key of RESULTS. reason: why it was not judged, or only in part."""

    rule: Rule
    result: str
    reason: str

    @property
    def result_ja(self) -> str:
        return RESULTS[self.result]


class ReportedFinding(NamedTuple):
    """One finding beside its rule; its texts are safe to show."""

    rule: Rule
    found: Finding

    @property
    def result_ja(self) -> str:
        return RESULTS[self.found.result]

    @property
    def unnamed(self) -> int:
        """How many of those that are counted stand at no address of the finding."""
        return self.found.total - sum(size for _, size in self.found.addresses)

    @property
    def count_ja(self) -> str:
        return f"{self.found.total:,} {self.found.counted_ja}"

    @property
    def where_ja(self) -> str:
        named = ", ".join(address for address, _ in self.found.addresses)
        return named + (f" ほか {self.unnamed:,} {self.found.counted_ja}" if self.unnamed > 0 and named else "")


class ReportedProblem(NamedTuple):
    """One problem of reading: what a page shows of a row of raw.problem; its texts are safe to show."""

    problem_id: str
    severity: str
    sheet: str
    row: int | None
    column_label: str
    message_ja: str
    expected: str
    found: str
    action_ja: str

    @property
    def severity_ja(self) -> str:
        return ACTIONS.get(self.severity, self.severity)


_TEXTS = tuple(name for name in ReportedProblem._fields if name != "row")


@dataclass(frozen=True)
class Report:
    """All that the maker of one file is told. findings: the broken rules first. notes_ja: facts about the file."""

    delivery: Delivery
    form_ja: str
    notes_ja: list[str]
    book: RuleBook
    rules: list[RuleResult]
    findings: list[ReportedFinding]
    problems: list[ReportedProblem]

    @property
    def is_refused(self) -> bool:
        return self.delivery.verdict == "refused"

    @property
    def counts(self) -> Counter[str]:
        """Result -> how many rules."""
        return Counter(one.result for one in self.rules)

    @property
    def counts_by_level(self) -> dict[str, Counter[str]]:
        """Level -> result -> how many rules."""
        return {
            level: Counter(one.result for one in self.rules if one.rule.level == level) for level in self.book.levels
        }

    @property
    def to_mend_first(self) -> list[str]:
        """Ids of the broken rules of the worst severity."""
        worst = list(self.book.severities)
        broken = [one.rule for one in self.rules if one.result == "broken"]
        return [rule.id for rule in sorted(broken, key=lambda rule: (worst.index(rule.severity), rule.id))[:_FIRST]]


def report_of(examination: Examination, problems: Sequence[Mapping[str, Any]], delivery: Delivery) -> Report:
    """The report of one file. problems: rows of raw.problem."""
    book = rule_book()
    by_id = {rule.id: rule for rule in book.rules}
    judged = results(examination)
    return Report(
        delivery=Delivery(*map(shown, delivery)),
        form_ja=book.forms[examination.form],
        notes_ja=examination.notes_ja,
        book=book,
        rules=[
            RuleResult(rule, judged[rule.id], _reason(rule.id, judged[rule.id], examination)) for rule in book.rules
        ],
        findings=[
            ReportedFinding(
                by_id[one.rule],
                one._replace(
                    sheet=shown(one.sheet), message_ja=shown(one.message_ja), message_en=shown(one.message_en)
                ),
            )
            for one in sorted(examination.findings, key=lambda one: (one.result != "broken", one.rule))
        ],
        problems=[ReportedProblem(**{name: shown(one[name]) for name in _TEXTS}, row=one["row"]) for one in problems],
    )


def _reason(rule: str, result: str, examination: Examination) -> str:
    if result == "unseen":
        return examination.unseen[rule]
    if result == "not_applicable":
        return "この形式には当てはまりません。"
    partly = examination.unseen.get(rule, "")
    return f"見える範囲での判定です。{partly}" if partly and result != "kept" else ""
