"""The forms of a picture as SVG text: box, text, line, path, mark, and the page around them.

Holds: sizes, fonts, shades. Does not hold: scales (`axes`) or any chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

FONTS = "Noto Sans CJK JP, Noto Sans JP, IPAexGothic, Yu Gothic, YuGothic, Meiryo, Hiragino Sans, sans-serif"
WIDTH, HEIGHT = 880, 540
NOTE_WIDTH = 78
"""Characters of a note that fit in a row."""
INK, SOFT, GRID, SHADE, PAPER = "#111111", "#555555", "#d8d8d8", "#bdbdbd", "#ffffff"


def box(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'


def text(x: float, y: float, said: str, *, anchor: str = "start", size: int = 13, weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" '
        f'fill="{INK}">{escape(said)}</text>'
    )


def line(x0: float, y0: float, x1: float, y1: float, colour: str) -> str:
    return f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{colour}" stroke-width="1"/>'


def path(points: Sequence[tuple[float, float]], *, dash: str = "", weight: float = 1.5) -> str:
    if not points:
        return ""
    way = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="M{way}" fill="none" stroke="{INK}" stroke-width="{weight}"{dashed}/>'


def mark(x: float, y: float, kind: str, *, size: float = 3.0, filled: bool = False) -> str:
    fill = INK if filled else PAPER
    style = f'fill="{fill}" stroke="{INK}" stroke-width="1.2"'
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" {style}/>'
    if kind == "square":
        return f'<rect x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size}" height="{2 * size}" {style}/>'
    shapes: dict[str, list[tuple[float, float]]] = {
        "triangle": [(0, -1.25), (1.15, 0.9), (-1.15, 0.9)],
        "diamond": [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
        "cross": [(-1, -1), (1, 1), (0, 0), (1, -1), (-1, 1), (0, 0)],
        "down": [(0, 1.25), (1.15, -0.9), (-1.15, -0.9)],
        "plus": [(0, -1.3), (0, 1.3), (0, 0), (-1.3, 0), (1.3, 0), (0, 0)],
        "bar": [(-1.3, -0.4), (1.3, -0.4), (1.3, 0.4), (-1.3, 0.4)],
    }
    points = " ".join(f"{x + size * a:.1f},{y + size * b:.1f}" for a, b in shapes[kind])
    return f'<polygon points="{points}" {style}/>'


def _rows(note: str) -> list[str]:
    """A note in one row, or in two that break at a full stop."""
    if len(note) <= NOTE_WIDTH:
        return [note] if note else []
    stop = note.rfind("。", 0, NOTE_WIDTH) + 1
    return [note[:stop], note[stop:]] if stop else [note]


def picture(title: str, description: str, body: Sequence[str], note: str) -> str:
    rows = _rows(note)
    foot = "".join(
        text(56, HEIGHT - (12 if len(rows) == 1 else 18 - 13 * place), row, size=10) for place, row in enumerate(rows)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" lang="ja" font-family="{FONTS}"><title>{escape(title)}</title><desc>{escape(description)}</desc>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>{text(56, 30, title, size=17, weight="bold")}'
        + "".join(body)
        + foot
        + "</svg>\n"
    )
