"""A report -> its page, and the list of all pages, as HTML.

Holds: filling the templates. Does not hold what stands on a page (report.py, templates/) or its twin as a workbook
(workbook.py). A page is one file, without script, that loads nothing from elsewhere.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment

from sousei.feedback.report import NOTHING, RESULTS, Report
from sousei.foundation.html import environment


@cache
def _environment() -> Environment:
    return environment(
        Path(__file__).with_name("templates"),
        results=RESULTS,
        result_columns=[(name, "auto") for name in RESULTS.values()],
        nothing=NOTHING,
    )


def page(report: Report) -> str:
    """The page of one delivery."""
    return _environment().get_template("page.html.j2").render(report=report)


def index(listed: list[tuple[str, Report]]) -> str:
    """The list of all deliveries with their counts. listed: (name of the page without suffix, report)."""
    in_order = sorted(
        listed, key=lambda one: (one[1].delivery.statistic_ja, one[1].delivery.period, one[1].delivery.file_name)
    )
    return _environment().get_template("index.html.j2").render(listed=in_order)
