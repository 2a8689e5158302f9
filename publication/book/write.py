"""A release and a plan -> the bytes of the workbook.

Holds: the order of the sheets, the cover, properties of the file. Does not hold: where it is written (the command).
"""

from __future__ import annotations

import io
from typing import Any

from sousei.publication.book import annexes, basis, evaluations, kpis, machine, summary
from sousei.publication.book.page import Book, Page, created, height
from sousei.publication.query import Readable
from sousei.publication.told.read import EDITIONS, Told, told
from sousei.publication.told.words import era_day

MEETINGS = {"staff": "庁内資料", "council": "有識者会議・議会 資料", "public": "公表資料"}


def workbook(release: Readable, municipality: str, plan_id: str, edition: str, paper_no: str = "") -> bytes:
    """The workbook of a plan of a release; the same bytes for the same arguments.

    edition: staff, council (without what the staff is to do and readings) or public (also without open questions and
    remarks). paper_no: printed at the top right of each page, e.g. 資料２. Values only: no formula, macro, link or
    hidden row. Raises NotThereError (told) where the release has no such plan.
    """
    return written(told(release, municipality, plan_id, edition), paper_no)


def written(about: Told, paper_no: str = "") -> bytes:
    """The workbook of what was read."""
    sink = io.BytesIO()
    book = Book(sink, about, paper_no)
    title = f"{about.town} {about.plan['plan_name_ja']} 進捗管理"
    book.file.set_properties(
        {
            "title": title,
            "subject": f"{about.fiscal_year(about.year)}実績 {EDITIONS[about.edition]}",
            "author": f"{about.town} {about.plan['secretariat_ja'] or ''}".strip(),
            "comments": f"公表版 {about.release_id}",
            "created": created(about),
        }
    )
    cover = Page(book, "表紙", "表紙・目次", (7, 26, 70), landscape=False, titled=False, size=9.5)
    summary.add(book)
    kpis.add(book, "数値目標", headline=True)
    kpis.add(book, "KPI一覧", headline=False)
    evaluations.add(book)
    annexes.add_grants(book)
    annexes.add_population(book)
    basis.add_basis(book)
    if not about.is_public:
        annexes.add_missing(book)
    annexes.add_notes(book)
    basis.add_history(book)
    machine.add(book)
    _cover(cover, book)
    book.file.close()
    return sink.getvalue()


def _cover(page: Page, book: Book) -> None:
    about = book.told
    page.row = 2
    page.line(about.town, font_size=14)
    page.paragraph(about.plan["plan_name_ja"], font_size=20, bold=True)
    page.sheet.set_row(page.row - 1, 64)
    page.line("進捗管理・評価", font_size=18, bold=True)
    page.gap()
    look: dict[str, Any] = {"border": 1, "border_color": "#808080"}
    for head, text in (
        ("対象年度", f"{about.fiscal_year(about.year)}実績"),
        ("計画期間", about.plan["term_label_ja"] or ""),
        ("版", f"{EDITIONS[about.edition]}（{MEETINGS[about.edition]}）"),
        ("資料番号", book.paper_no or "−"),
        ("基準日・作成日", f"{era_day(about.as_of)}（{about.as_of.isoformat()}）"),
        ("公表版の番号", about.release_id),
        ("作成", f"{about.town} {about.plan['secretariat_ja'] or ''}".strip()),
        (
            "指標・施策・事業",
            f"指標 {about.plan['n_kpi']}件、施策 {about.plan['n_measures']}件、事業 {about.plan['n_projects']}件",
        ),
    ):
        page.block(page.row, 0, 1, head, bold=True, bg_color="#DCE6F1", **look)
        page.put(page.row, 2, text)
        page.row += 1
    page.gap()
    page.line("目次", bold=True, font_size=12)
    for number, (name, told_of) in enumerate(book.contents[1:], 1):
        page.put(page.row, 0, number)
        page.put(page.row, 1, name)
        page.put(page.row, 2, told_of)
        page.sheet.set_row(page.row, height([(told_of, page.widths[2])], page.size))
        page.row += 1
