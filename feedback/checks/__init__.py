"""The checks of machine readability, part by part of what is looked at.

Holds: the list of all checks by the rule that each of them judges. Does not hold a check (its module here), the rules'
names and mending (rules.yaml) or the opening of files (feedback.examine).

A new rule: its entry in rules.yaml, and a plain function in the module of its subject, listed there under the rule's
id. A check is given a file, a sheet or a table, and yields what it found.
"""

from __future__ import annotations

from collections.abc import Iterator

from sousei.feedback.checks import figures, form, header, layout, meaning, records, texts, workbook
from sousei.feedback.checks.seen import File, Sheet
from sousei.feedback.findings import Finding

FILE_CHECKS = (*form.FILE_CHECKS, *records.FILE_CHECKS, *workbook.FILE_CHECKS)
SHEET_CHECKS = (*texts.SHEET_CHECKS, *workbook.SHEET_CHECKS)
TABLE_CHECKS = (
    *records.TABLE_CHECKS,
    *layout.TABLE_CHECKS,
    *header.TABLE_CHECKS,
    *texts.TABLE_CHECKS,
    *figures.TABLE_CHECKS,
    *meaning.TABLE_CHECKS,
)
"""(id of the rule, its check): checks of a file as a whole, of a sheet, of the table of a sheet."""


def of_file(file: File) -> Iterator[Finding]:
    """Findings about a file as a whole."""
    for rule, check in FILE_CHECKS:
        for found in check(file):
            yield Finding(rule, "", *found)


def of_sheet(sheet: Sheet) -> Iterator[Finding]:
    """Findings about one sheet, and about its table if it has one."""
    name = sheet.built.get("shown_as", "")
    for rule, check in SHEET_CHECKS:
        for found in check(sheet):
            yield Finding(rule, name, *found)
    if sheet.table is not None:
        for rule, of_table in TABLE_CHECKS:
            for found in of_table(sheet.table):
                yield Finding(rule, name, *found)
