"""Ready queries: what analysts ask of a release, as SQL that may be copied.

Holds: reading queries/*.sql with the question, the answer and the grain that each states. Does not hold: a session to
run them in (`query`), or how an answer is shown (`site`).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).with_name("queries")
OF_PLANS = "(select municipality_code from dim_plan)"
"""The municipalities that a query is about, in its own words: those with a plan."""
_HEAD = re.compile(r"-- 問い: (?P<question>.+)\n-- 答え: (?P<answer>.+)\n-- 1行: (?P<grain>.+)\n(?P<sql>(?s:.+))")


class Ready(NamedTuple):
    """One query; `text` is the file with its head. The three texts are Japanese: what is asked, what comes, a row."""

    file_name: str
    name: str
    question_ja: str
    answer_ja: str
    grain_ja: str
    sql: str
    text: str

    def of(self, municipality: str) -> str | None:
        """The SQL about one municipality (five digits), with or without a plan; None where rows have no such code."""
        if OF_PLANS in self.sql:
            return self.sql.replace(OF_PLANS, f"('{municipality}')")
        if re.search(r"\bmunicipality_code,", self.sql):
            return f"select * from ({self.sql.strip()}) where municipality_code = '{municipality}'"  # noqa: S608 digits
        return None


@cache
def ready() -> tuple[Ready, ...]:
    """All of them in order, which is the number before their names.

    Raises ValueError where a file does not begin with its three lines.
    """
    found = []
    for path in sorted(FOLDER.glob("*.sql")):
        text = path.read_text("utf-8")
        if not (head := _HEAD.fullmatch(text)):
            raise ValueError(f"query_without_head: {path.name}")
        found.append(
            Ready(
                path.name,
                path.stem.partition("_")[2],
                head["question"],
                head["answer"],
                head["grain"],
                head["sql"],
                text,
            )
        )
    return tuple(found)
