"""What a benchmark tells: one row for each bar, and the tables that the documents show.

Holds: the shape of a row, the store of what was measured last (results.json), the tables in docs/benchmarks.md and in
both READMEs. Does not hold: a measurement, or a date.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sousei.foundation.home import PROJECT_ROOT

RESULTS = PROJECT_ROOT / "benchmarks" / "results.json"
PAGE = PROJECT_ROOT / "docs" / "benchmarks.md"
READMES = {"en": PROJECT_ROOT / "README.md", "ja": PROJECT_ROOT / "README.ja.md"}
BEGIN, END = "<!-- benchmarks: written by `python -m benchmarks` -->\n", "<!-- end of benchmarks -->\n"
_HEADS = {
    "en": ("what", "ours", "beside it", "ratio or exponent", "bar", "held"),
    "ja": ("何を", "本システム", "比べた相手", "比・伸びの指数", "目標", "達成"),
}
_HELD = {"en": {True: "yes", False: "**no**", None: "–"}, "ja": {True: "はい", False: "**いいえ**", None: "－"}}


@dataclass(frozen=True)
class Row:
    """One bar and what was measured for it. key: benchmark and size, one of a kind. value: ratio, exponent or whatever
    the bar is about; at_most / at_least: the bar, neither where a figure is only told. memory_mb: peak of ours.
    shown: in the READMEs. loaded: other work ran meanwhile."""

    key: str
    what_en: str
    what_ja: str
    ours: str
    peer: str = ""
    value: float | None = None
    kind: str = "ratio"
    at_most: float | None = None
    at_least: float | None = None
    memory_mb: float | None = None
    memory_at_most: float | None = None
    shown: bool = False
    loaded: bool = False

    @property
    def held(self) -> bool | None:
        """Whether every bar of the row holds; None where it has none or was not measured."""
        judged = []
        if self.value is not None:
            judged += [self.value <= self.at_most] if self.at_most is not None else []
            judged += [self.value >= self.at_least] if self.at_least is not None else []
        if self.memory_mb is not None and self.memory_at_most is not None:
            judged.append(self.memory_mb <= self.memory_at_most)
        return all(judged) if judged else None

    @property
    def bar(self) -> str:
        """The bar in signs."""
        said = [f"≤ {self.at_most:g}"] if self.at_most is not None else []
        said += [f"≥ {self.at_least:g}"] if self.at_least is not None else []
        said += [f"≤ {self.memory_at_most:g} MB"] if self.memory_at_most is not None else []
        return ", ".join(said)


def exponent(seconds: Mapping[int, float]) -> float:
    """Growth exponent over sizes: slope of the least squares line through the logarithms.

    Raises ValueError for fewer than two sizes.
    """
    if len(seconds) < 2:
        raise ValueError("a growth has two sizes at least")
    xs, ys = [math.log(size) for size in seconds], [math.log(one) for one in seconds.values()]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)) / sum(
        (x - middle_x) ** 2 for x in xs
    )


def stored() -> list[Row]:
    """What was measured last, in order of its keys."""
    rows = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else []
    return [Row(**row) for row in rows]


def store(rows: Iterable[Row], loaded: bool) -> list[Row]:
    """Put rows in the place of those with the same key; all rows. loaded: other work ran while they were measured."""
    known = {row.key: row for row in stored()} | {row.key: replace(row, loaded=loaded) for row in rows}
    every = [known[key] for key in sorted(known)]
    RESULTS.write_text(json.dumps([asdict(row) for row in every], ensure_ascii=False, indent=1) + "\n", "utf-8")
    return every


def page(rows: list[Row]) -> str:
    """The whole table."""
    lines = [
        "| | what | ours | beside it | value | peak memory | bar | held |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        memory = "" if row.memory_mb is None else f"{row.memory_mb:,.0f} MB"
        cells = (
            row.key,
            row.what_en + _mark(row),
            row.ours,
            row.peer,
            _value(row, "en"),
            memory,
            row.bar,
            _HELD["en"][row.held],
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def short(rows: list[Row], language: str) -> str:
    """The rows that a README shows."""
    lines = [f"| {' | '.join(_HEADS[language])} |", "|---" * len(_HEADS[language]) + "|"]
    for row in rows:
        if row.shown:
            what = row.what_en if language == "en" else row.what_ja
            cells = (what + _mark(row), row.ours, row.peer, _value(row, language), row.bar, _HELD[language][row.held])
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _mark(row: Row) -> str:
    return " †" if row.loaded else ""


def _value(row: Row, language: str) -> str:
    if row.value is None:
        return ""
    if row.kind == "exponent":
        return f"{'exponent' if language == 'en' else '指数'} {row.value:.2f}"
    return f"{row.value:.2f}" + {"ratio": "", "faster": " x faster" if language == "en" else " 倍速い"}.get(
        row.kind, ""
    )


def between(text: str, table: str) -> str:
    """A document with its table. Raises ValueError where it has no place for one."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("no place for the table of benchmarks")
    return before + BEGIN + table + END + after


def pages() -> dict[Path, str]:
    """Each document as it should be, from what was measured last."""
    rows = stored()
    made = {PAGE: between(PAGE.read_text("utf-8"), page(rows))}
    return made | {path: between(path.read_text("utf-8"), short(rows, of)) for of, path in READMES.items()}


def write() -> None:
    """Write the tables into the documents."""
    for path, text in pages().items():
        path.write_text(text, "utf-8")
