"""The sheet ほかの団体との比較: how ambitious the targets of the plan are, and where the municipality stands.

Holds: the layout of the sheet. Does not hold: rows and sentences (`told.peers`), who is compared with whom (marts).
"""

from __future__ import annotations

from sousei.publication.book.page import A3, Book, Column, Page
from sousei.publication.told import peers

_AMBITION = [
    Column(head, width, "left" if place < 3 else "right")
    for place, (head, width) in enumerate(zip(peers.AMBITION, (26, 44, 14, 15, 15, 15, 16, 15, 15), strict=True))
]
_STANDING = [
    Column(head, width, "left" if place < 3 else "right")
    for place, (head, width) in enumerate(zip(peers.STANDING, (26, 44, 14, 15, 15, 16, 17, 22), strict=True))
]


def add(book: Book) -> None:
    """Add ほかの団体との比較: targets beside what others did, then ranks with their spread."""
    told = book.told
    page = Page(
        book,
        "ほかの団体との比較",
        "目標の高さと、ほかの市区町村の中での位置",
        [max(one, other) for one, other in zip(_widths(_AMBITION), [*_widths(_STANDING), 0], strict=True)],
        paper=A3,
        size=9.0,
    )
    page.line("１　目標の高さ：ほかの団体は、同じことにどれだけ届いたか", bold=True, font_size=11)
    rows = peers.ambition_rows(told)
    if rows:
        for text in peers.ambition_sentences(told):
            page.paragraph(f"・{text}")
        page.header(_AMBITION)
        for row in rows:
            page.cells(_AMBITION, row)
        page.paragraph(peers.AMBITION_LIMITS)
    for text in peers.not_compared(told):
        page.paragraph(f"比べていない目標（{text}）。")
    if not told.ambition:
        page.line("ほかの団体の値と比べられる目標は、この計画にありません。")
    standing = peers.standing_rows(told)
    if standing:
        page.sheet.set_h_pagebreaks([page.row])
    page.gap()
    page.line("２　項目ごとの位置（順位／値のある団体の数）", bold=True, font_size=11)
    if standing:
        page.header(_STANDING)
        for row in standing:
            page.cells(_STANDING, row)
        page.paragraph(peers.STANDING_LIMITS)
    else:
        page.line("ほかの団体の値が10団体以上（集まりの8割以上）届いていないため、順位を出していません。")
    for text in peers.groups_used(told):
        page.paragraph(text)


def _widths(columns: list[Column]) -> list[float]:
    return [one.width for one in columns]
