"""What a release holds -> its pages.

Holds: which pages there are, the answers of the ready queries. Does not hold: reading the release (`inventory`), the
look (templates, foundation.html).

Every page is one file that loads nothing; links are relative and lead to files of the same release.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from sousei.foundation.html import environment
from sousei.publication.catalogue import words
from sousei.publication.inventory import PERIOD, Inventory, Paper
from sousei.publication.query import QueryError, Readable, queries
from sousei.publication.ready import Ready, ready
from sousei.publication.told.read import EDITIONS
from sousei.publication.told.words import era_day

if TYPE_CHECKING:
    from jinja2 import Environment

PAGES = {
    "index": "公表版の目次",
    "codebook": "表と列の説明",
    "queries": "問い合わせの例",
    "checks": "検査の結果",
    "sources": "出典と利用条件",
    "changes": "前回から変わったこと",
}
"""Name of the page -> its title, in the order of the menu."""
SHOWN_ROWS = 8
"""Rows of an answer that a page shows."""
SHOWN_CHANGES = 10
"""Changes that the first page shows."""
SEVERITIES = {"gate": "必須", "warn": "注意", "review": "要確認"}
KINDS = {"xlsx": "Excel", "html": "報告", "whatif": "試算"}
TYPES = (
    ("DECIMAL", "小数"),
    ("TIMESTAMP", "日時"),
    ("DATE", "日付"),
    ("BOOLEAN", "真偽"),
    ("VARCHAR", "文字"),
    ("DOUBLE", "小数"),
)


class Answer(NamedTuple):
    """A ready query and its first rows as text; problem_ja where this release cannot answer it."""

    asked: Ready
    columns: list[tuple[str, bool]]
    rows: list[list[str]]
    total: int
    problem_ja: str

    @property
    def heads(self) -> list[tuple[str, str]]:
        """Header and width of each column."""
        return [(name, "auto") for name, _ in self.columns]


class Papers(NamedTuple):
    """A line of the list of papers: a plan, or the municipality itself (plan_ja ''); edition -> its papers."""

    code: str
    town: str
    plan_ja: str
    term_ja: str
    of_edition: dict[str, list[Paper]]


@cache
def _environment() -> Environment:
    return environment(
        Path(__file__).with_name("templates"),
        pages=PAGES,
        editions=EDITIONS,
        severities=SEVERITIES,
        kinds=KINDS,
        words=words,
        era_day=era_day,
        type_ja=_type_ja,
        period_ja=period_ja,
        examples=_examples,
    )


def period_ja(*told: str) -> str:
    """Periods of deliveries as they are read, from the first to the last: 2008～2025年度 of FY2008 and FY2025."""
    ends = sorted(one for period in told for one in PERIOD.findall(period))
    if not ends:
        return ""
    years = "年度" if all(end.startswith("FY") for end in ends) else ""
    return "～".join(dict.fromkeys(end.removeprefix("FY") for end in (ends[0], ends[-1]))) + years


def answers(release: Readable) -> list[Answer]:
    """Every ready query with its first rows; one that fails costs itself only."""
    try:
        frames: list[pl.DataFrame | str] = list(queries([one.sql for one in ready()], release))
    except QueryError:
        frames = [_asked(one, release) for one in ready()]
    return [_answer(one, frame) for one, frame in zip(ready(), frames, strict=True)]


def pages(held: Inventory, answered: Sequence[Answer]) -> dict[str, str]:
    """Name of the page -> its text."""
    failed = [one for one in held.checks if not one["passed"]]
    counts = {
        severity: (
            sum(one["severity"] == severity and one["passed"] is True for one in held.checks),
            sum(one["severity"] == severity for one in failed),
        )
        for severity in SEVERITIES
    }
    told: dict[str, Any] = {
        "held": held,
        "papers": _papers(held),
        "problems": [one for one in held.papers if one.problem_ja],
        "failed": failed,
        "counts": counts,
        "answers": answered,
        "changes": held.changes,
        "shown_changes": SHOWN_CHANGES,
        "created": held.release["created_at"],
    }
    return {
        name: _environment()
        .get_template(f"{name}.html.j2")
        .render(page=name, heading="創生" if name == "index" else title, **told)
        for name, title in PAGES.items()
    }


def _asked(one: Ready, release: Readable) -> pl.DataFrame | str:
    try:
        return queries([one.sql], release)[0]
    except QueryError as error:
        return str(error).splitlines()[0]


def _answer(asked: Ready, frame: pl.DataFrame | str) -> Answer:
    if isinstance(frame, str):
        return Answer(asked, [], [], 0, frame)
    columns = [(name, kind.is_numeric()) for name, kind in frame.schema.items()]
    rows = [[_text(value) for value in row] for row in frame.head(SHOWN_ROWS).rows()]
    return Answer(asked, columns, rows, frame.height, "")


def _text(value: Any) -> str:
    """A value as data: no thousands commas, no zeros at the end; '' for a missing one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _papers(held: Inventory) -> list[Papers]:
    lines: dict[tuple[str, str | None], dict[str, list[Paper]]] = {}
    for one in held.papers:
        lines.setdefault((one.municipality_code, one.plan_id), {}).setdefault(one.edition, []).append(one)
    plans = {(one["municipality_code"], one["plan_id"]): one for one in held.plans}
    made = []
    for (code, plan_id), found in lines.items():
        plan = plans[code, plan_id] if plan_id else {"plan_name_ja": "", "term_label_ja": ""}
        made.append(Papers(code, held.towns.get(code, ""), plan["plan_name_ja"], plan["term_label_ja"] or "", found))
    return made


def _type_ja(kind: str) -> str:
    return next((ja for start, ja in TYPES if kind.startswith(start)), "整数")


def _examples(message: str | None) -> tuple[str, list[str]]:
    """(what failed, the examples) of a check's message."""
    said, _, examples = (message or "").partition(" 例: ")
    return said, [one for one in examples.split("; ") if one]
