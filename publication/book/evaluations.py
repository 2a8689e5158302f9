"""The sheets 評価シート: one per measure (施策) with its KPI, projects and evaluation.

Holds: the layout of the sheet. Does not hold: which state of an evaluation an edition shows (`told`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sousei.publication.book import trends
from sousei.publication.book.page import DEFAULT_ROW, HEAD_FILL, Book, Column, Page, height, parts
from sousei.publication.told.figures import Cell, actual, grade_of, milestone, rate
from sousei.publication.told.read import Row, Told
from sousei.publication.told.words import NONE, UNKNOWN, digits, era_day, printed

_WIDTHS = (9, 21, 7, 11, 11, 12, 10, 10, 17)
_KPI = [
    *(Column("No", 9), Column("指標名", 21), Column("単位", 7, "center"), Column("目安", 11, "right")),
    *(Column("実績", 11, "right"), Column("最終目標値", 12, "right"), Column("達成率\n（％）", 10, "right")),
    *(Column("進捗率\n（％）", 10, "right"), Column("評価\n（前年）", 17)),
]
_HEADING = 90.0
"""Points below which a heading is not left at the foot of a page."""
_WITH, _MOST = 4, 0.9
"""Projects that stand on one page with the evaluation that follows, where they take no more than this part of it."""
_TRENDS = ((0, 1), (2, 3), (4, 4), (5, 5), (6, 8))
_TEXTS = (
    ("achievements_ja", "取組内容・成果"),
    ("cause_ja", "要因分析"),
    ("issues_ja", "課題"),
    ("improvement_ja", "改善点"),
    ("committee_opinion_ja", "外部評価（委員意見）"),
)
_BAD = re.compile(r"[\[\]:*?/\\'\s]")


def add(book: Book) -> None:
    """Add a sheet for each measure, and one for projects outside all measures."""
    told = book.told
    names: set[str] = set()
    for one in told.measures:
        _measure(book, _name(one["node_id"], names), one)
    known = {one["node_id"] for one in told.measures}
    loose = [one for one in told.projects if one["node_id"] not in known]
    if told.measures and not loose:
        return
    page = Page(book, _name("その他", names), "施策に属さない事業", _WIDTHS, landscape=False, size=9.5)
    if not told.measures:
        page.line("この計画には施策がありません。評価は「KPI一覧」にあります。")
    _projects(page, loose)


def _name(node: str, names: set[str]) -> str:
    """A name of a sheet that Excel takes and that is not taken."""
    base = name = ("評価シート_" + _BAD.sub("", node))[:28]
    number = 2
    while name.lower() in names:
        name, number = f"{base}_{number}"[:31], number + 1
    names.add(name.lower())
    return name


def _measure(book: Book, name: str, measure: Row) -> None:
    told = book.told
    page = Page(
        book, name, f"施策の評価：{measure['measure_ja']}", _WIDTHS, landscape=False, size=9.5, title="施策評価シート"
    )
    for head, text in (
        ("基本目標", measure["basic_goal"]),
        ("政策", measure["policy_area"]),
        ("施策", measure["measure_ja"]),
        ("担当課", measure["section_ja"] or _sections(told, measure) or "未定"),
        ("内容", measure["text_ja"]),
    ):
        _pair(page, head, text or NONE)
    page.gap()
    page.line(f"１　指標　{told.fiscal_year(told.year)}", bold=True, font_size=11)
    kpis = [one for one in told.kpis if one["node_id"] == measure["node_id"]]
    if kpis:
        page.header(_KPI)
        for kpi in kpis:
            page.cells(_KPI, _kpi(told, kpi), together=True)
    else:
        page.line("この施策には指標がありません。")
    page.gap()
    pairs = _evaluation(told, measure)
    tall = sum(_tall(page, head, text) for head, text in pairs) + _HEADING / 2
    with_it = max(_HEADING, min(tall, page.room() / 2))
    projects = [one for one in told.projects if one["node_id"] == measure["node_id"]]
    _projects(page, projects, with_it + DEFAULT_ROW)  # points, and more than the blank line takes
    page.gap()
    page.keep(with_it)
    page.line("３　評価", bold=True, font_size=11)
    for head, text in pairs:
        _pair(page, head, text)
    found = told.evaluations.get(measure["node_id"])
    if found is not None:
        source = told.sources.get(found["source_id"] or "", {})
        page.line(f"資料：{source.get('file_name') or found['source_id']}　{era_day(told.as_of)}現在")
    trends.add(page, told, kpis, _TRENDS, "４　指標の推移")


def _sections(told: Told, measure: Row) -> str:
    """Sections of its KPI where the measure itself names none."""
    return "、".join(
        dict.fromkeys(
            one["section_ja"] for one in told.kpis if one["node_id"] == measure["node_id"] and one["section_ja"]
        )
    )


def _pair(page: Page, head: str, text: str) -> None:
    """A heading on the left, a text over the rest; a long text goes on in further rows: a row has a greatest height."""
    look: dict[str, Any] = {"border": 1, "border_color": "#808080"}
    last = len(page.widths) - 1
    for number, part in enumerate(parts(text, sum(page.widths[2:]), page.size)):
        said = f"{head}（続き）" if number else head
        tall = height([(part, sum(page.widths[2:])), (said, sum(page.widths[:2]))], page.size)
        page.keep(tall)
        page.block(page.row, 0, 1, said, bold=True, bg_color=HEAD_FILL, valign="vcenter", **look)
        page.block(page.row, 2, last, part, **look)
        page.sheet.set_row(page.row, tall)
        page.row += 1


def _kpi(told: Told, kpi: Row) -> list[Cell]:
    score = told.scores.get((kpi["kpi_id"], told.year))
    target = score["target_value"] if score else kpi["target_value"]
    return [
        kpi["kpi_no"] or kpi["kpi_id"],
        kpi["kpi_name_ja"],
        kpi["unit"] or NONE,
        milestone(score),
        actual(score),
        NONE if target is None else printed(target, digits(target)),
        rate(score, "attainment_pct"),
        rate(score, "progress_pct"),
        grade_of(told, kpi),
    ]


def _projects(page: Page, projects: list[Row], after: float = 0.0) -> None:
    """The table of projects; after: height of what follows, which the last of them (_WITH) stand on one page with, so
    that it is not left alone on one."""
    spans = ((0, 0, "行"), (1, 3, "事業名"), (4, 6, "内容"), (7, 7, "区分"), (8, 8, "財源・担当課"))
    rows = [_project(one) for one in projects]
    heights = [
        height(
            [(text, sum(page.widths[first : last + 1])) for (first, last, _), text in _told(spans, texts)], page.size
        )
        for texts in rows
    ]
    whole = _HEADING + sum(heights) + after
    page.keep(whole if len(projects) <= _WITH and whole <= page.room() * _MOST else _HEADING)
    page.line("２　主な事業", bold=True, font_size=11)
    if not projects:
        page.line("載っている事業はありません。")
        return
    look: dict[str, Any] = {"border": 1, "border_color": "#808080"}
    for first, last, head in spans:
        page.block(page.row, first, last, head, bold=True, bg_color=HEAD_FILL, align="center", **look)
    page.sheet.set_row(page.row, height([], page.size))
    page.row += 1
    for number, (one, texts, tall) in enumerate(zip(projects, rows, heights, strict=True)):
        rest = sum(heights[number:]) + after
        page.keep(rest if number == len(projects) - _WITH and rest <= page.room() * _MOST else tall)
        for (first, last, _), text in _told(spans, texts):
            page.block(page.row, first, last, text, **look)
        page.put(page.row, 0, str(one["line_no"] or number + 1), "center")
        page.sheet.set_row(page.row, tall)
        page.row += 1


def _project(one: Row) -> tuple[str, ...]:
    """Texts of a project beside its number."""
    return (
        one["printed_name_ja"] or one["project_name_ja"],
        one["content_ja"] or NONE,
        "・".join(filter(None, (one["mark_ja"], "再掲" if one["is_repeated"] else None))) or NONE,
        "\n".join(filter(None, (one["fund_name_ja"], one["section_ja"]))) or NONE,
    )


def _told(spans: Sequence[tuple[int, int, str]], texts: Sequence[str]) -> Iterator[tuple[tuple[int, int, str], str]]:
    return zip(spans[1:], texts, strict=True)


def _evaluation(told: Told, measure: Row) -> list[tuple[str, str]]:
    """Headings and texts of the evaluation of a measure."""
    found = told.evaluations.get(measure["node_id"])
    machine = found["machine_grade"] if found and found["machine_grade"] else _machine(told, measure)
    first = ("機械判定（指標の評価と数）", machine or NONE)
    if found is None:
        shown = "公表された" if told.is_public else "内部評価の確定した" if not told.is_staff else ""
        none = f"{UNKNOWN}　{told.fiscal_year(told.year)}の{shown}評価の報告はまだありません。"
        return [first, ("内部評価・外部評価", none)]
    return [
        first,
        ("状態", found["evaluation_state_ja"] or found["evaluation_state"]),
        ("確定評価", found["confirmed_grade"] or f"{UNKNOWN}　未定"),
        *((head, found[name] or UNKNOWN) for name, head in _TEXTS),
        ("今後の方向性", found["future_direction_ja"] or f"{UNKNOWN}　未定"),
    ]


def _tall(page: Page, head: str, text: str) -> float:
    """Height of what _pair writes."""
    across = sum(page.widths[2:])
    return sum(
        height([(part, across), (head, sum(page.widths[:2]))], page.size) for part in parts(text, across, page.size)
    )


def _machine(told: Told, measure: Row) -> str:
    return str(measure["grades_ja"] or "") if measure["graded_fiscal_year"] == told.year else ""
