"""docs/problems.md is what the catalogue gives."""

from __future__ import annotations

import re

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.problems import page
from sousei.ingest.problems.catalogue import entries


def test_the_page_in_the_docs_is_the_one_that_the_catalogue_gives() -> None:
    committed = (PROJECT_ROOT / "docs" / "problems.md").read_text("utf-8")
    assert committed == page.page(), "python -m sousei.ingest.problems.page > docs/problems.md"


def test_every_problem_is_a_whole_row_of_the_page() -> None:
    rows = [line for line in page.page().splitlines() if line.startswith("| `")]
    assert len(rows) == len(entries()) + len(page.SEVERITIES)
    assert {len(re.findall(r"(?<!\\\\)\|", row)) for row in rows[len(page.SEVERITIES) :]} == {5}
    assert not [row for row in rows if re.search(r"{\w+[:!]", row)], "how a number is written is no matter of the page"
