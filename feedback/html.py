"""A report -> its page, and the list of all pages, as HTML.

Holds: filling the templates. Does not hold what stands on a page (report.py, templates/) or its twin as a workbook
(workbook.py). A page is one file, without script, that loads nothing from elsewhere.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sousei.feedback.report import NOTHING, RESULTS, Report


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.globals.update(results=RESULTS, result_columns=[(name, "auto") for name in RESULTS.values()], nothing=NOTHING)
    return made


def page(report: Report) -> str:
    """The page of one delivery."""
    return _environment().get_template("page.html.j2").render(report=report)


def index(listed: list[tuple[str, Report]]) -> str:
    """The list of all deliveries with their counts. listed: (name of the page without suffix, report)."""
    in_order = sorted(
        listed, key=lambda one: (one[1].delivery.statistic_ja, one[1].delivery.period, one[1].delivery.file_name)
    )
    return _environment().get_template("index.html.j2").render(listed=in_order)
