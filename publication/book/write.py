"""A release and a plan -> the bytes of the workbook, or of the papers of one meeting.

Holds: the order of the sheets, which of them make a paper of a meeting, the cover, properties of the file. Does not
hold: where it is written (the command).
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sousei.publication.book import annexes, basis, evaluations, kpis, machine, peers, summary
from sousei.publication.book.page import Book, Page, created, height
from sousei.publication.query import Readable
from sousei.publication.told.read import EDITIONS, Told, told
from sousei.publication.told.words import era_day

SHEETS: dict[str, Callable[[Book], None]] = {
    "summary": summary.add,
    "targets": lambda book: kpis.add(book, "数値目標", headline=True),
    "kpis": lambda book: kpis.add(book, "KPI一覧", headline=False),
    "evaluations": evaluations.add,
    "grants": annexes.add_grants,
    "population": annexes.add_population,
    "peers": peers.add,
    "basis": basis.add_basis,
    "missing": annexes.add_missing,
    "notes": annexes.add_notes,
    "history": basis.add_history,
    "machine": machine.add,
}
"""What stands in a workbook after its cover, in this order."""


class Paper(NamedTuple):
    """A paper of a meeting. word: its part of the file's name. sheets: names of SHEETS."""

    word: str
    number_ja: str
    title_ja: str
    sheets: tuple[str, ...]


PAPERS = (
    Paper("1_summary", "資料１", "総括", ("summary", "population")),
    Paper("2_kpi", "資料２", "KPI一覧", ("targets", "kpis", "peers", "notes")),
    Paper("3_evaluation", "資料３", "評価シート", ("evaluations", "grants")),
    Paper("4_basis", "参考資料", "算定根拠", ("basis", "history")),
)
"""The papers of a meeting, in their order."""


class Meeting(NamedTuple):
    """The meeting that a paper is for."""

    name_ja: str
    day: dt.date


MEETINGS = {"staff": "庁内資料", "council": "有識者会議・議会 資料", "public": "公表資料"}


def workbook(release: Readable, municipality: str, plan_id: str, edition: str, paper_no: str = "") -> bytes:
    """The workbook of a plan of a release; the same bytes for the same arguments.

    edition: staff, council (without what the staff is to do and readings) or public (also without open questions and
    remarks). paper_no: printed at the top right of each page, e.g. 資料２. Values only: no formula, macro, link or
    hidden row. Raises NotThereError (told) where the release has no such plan.
    """
    return written(told(release, municipality, plan_id, edition), paper_no)


def meeting_papers(
    release: Readable, municipality: str, plan_id: str, edition: str, meeting: Meeting
) -> dict[str, bytes]:
    """File name -> paper, of each of PAPERS: 20261015_1_summary.xlsx. Raises what `workbook` raises."""
    about = told(release, municipality, plan_id, edition)
    return {
        f"{meeting.day:%Y%m%d}_{one.word}.xlsx": written(about, one.number_ja, one.sheets, one.title_ja, meeting)
        for one in PAPERS
    }


def written(
    about: Told,
    paper_no: str = "",
    sheets: Sequence[str] | None = None,
    paper_ja: str = "",
    meeting: Meeting | None = None,
) -> bytes:
    """The workbook of what was read: with all SHEETS, or those that are named, as a paper of that title."""
    sink = io.BytesIO()
    book = Book(sink, about, paper_no)
    title = f"{about.town} {about.plan['plan_name_ja']} {paper_ja or '進捗管理'}"
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
    for name, add in SHEETS.items():
        if name in (sheets or SHEETS) and not (name == "missing" and about.is_public):
            add(book)
    _cover(cover, book, paper_ja, meeting)
    book.file.close()
    return sink.getvalue()


def _cover(page: Page, book: Book, paper_ja: str, meeting: Meeting | None) -> None:
    about = book.told
    page.row = 2
    occasion = [("会議", meeting.name_ja), ("開催日", era_day(meeting.day))] if meeting else []
    page.line(about.town, font_size=14)
    page.paragraph(about.plan["plan_name_ja"], font_size=20, bold=True)
    page.sheet.set_row(page.row - 1, 64)
    page.line(f"{book.paper_no}　{paper_ja}".strip() if paper_ja else "進捗管理・評価", font_size=18, bold=True)
    page.gap()
    look: dict[str, Any] = {"border": 1, "border_color": "#808080"}
    for head, text in (
        *occasion,
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
