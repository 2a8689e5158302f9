"""A way past a publisher's error: the lines of the corrections with which a refused delivery is taken.

Holds: what is wrong on a sheet -> the figures that are named (one figure with its true value, where the sums of the
file itself give it; else an area, a row or a cell that is not used), the trial that those lines suffice, and their text
for a person to paste. Does not hold the application of lines (named.py, corrections.py) or the rules that find errors.

A way past is for single rows. Where too much of a delivery would have to be put aside there is none: all is wrong.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from sousei.ingest.cells.grid import Grid
from sousei.ingest.consistency import blocks
from sousei.ingest.decided.corrections import DECISIONS, DELIVERY_DIGITS, LINE, PLACEHOLDERS
from sousei.ingest.decided.named import PUBLISHED, UNKNOWN, Line, plain_sheet
from sousei.ingest.problems.record import TO_PASTE, Problem, problem
from sousei.ingest.reading.result import Proposal, Reading
from sousei.ingest.recognise.recognised import Recognised
from sousei.ingest.tables import FIGURES, figure_of, key_of

if TYPE_CHECKING:
    from sousei.ingest.consistency.keyed import Equation
    from sousei.ingest.reading.sheet import Page

MOST_LINES = 20
"""Lines that a person pastes at most; more errors than that are the file's, not a row's."""
_ROUNDS = 6
"""Trials: what one error hides shows when it is named."""
_MOST_UNUSED = 0.5
"""Share of a delivery's figures that may be put aside."""
_MANY_AREAS = {"sexes_exchanged": 3}
"""Areas of a prefecture from which the whole prefecture is named: what finds men above women of old age sees a few of
the rows of a prefecture whose columns have slipped (長崎県 1995: 14 of 87). Other rules see each wrong row."""
_USUAL_MANY = 6
_MOST_PREFECTURES = 3
_NEVER = {"unit_suspect", "prefecture_missing", "no_rows", "name_content_disagree"}
"""Said of a whole table; the row that they name is only its first or last."""
_TOTALS = {"area_total_differs", "block_total_differs"}
"""Said of a total; which of its parts is wrong is not known."""
_CELL = {"unreadable_value", "blank_value", "fraction", "negative_value", "value_too_large", "part_missing"}
_OF_KEY = {"sex", "age_group", "item"}
"""Keys that a row's sums go over: an area is named with all of them."""


def propose(sheet: Grid, found: Recognised, page: Page, several: bool) -> list[Proposal]:
    """What could be named so that the problems of a sheet go. several: the delivery has more than one sheet that is
    read, so that the sheet is named too."""
    stopping = [
        (p, p["row"]) for p in page.problems if p["severity"] == "gate" and p["row"] and p["problem_id"] not in _NEVER
    ]
    if not stopping:
        return []
    table, rows = found.layout.raw_table, page.rows
    if table not in FIGURES:
        return []
    place = f"sheet={plain_sheet(sheet.sheet)} " if several and sheet.sheet else ""
    fixes = _solved(rows, page.broken, table) if page.whole else {}
    made = [_fixed(rows, at, value, table, count) for at, (value, count) in fixes.items()]
    mended = {_area(rows, at) for at in fixes}
    mended |= {spot for one in page.broken if set(fixes) & _members(one) for spot in [_area(rows, one.total)]}
    areas: dict[tuple[str, str], set[str]] = defaultdict(set)
    cells: dict[int, set[str]] = defaultdict(set)
    whys: dict[str | int, str] = {}
    body = sheet.line(found.header.body) if found.header.body < sheet.height else 0
    for p, row in stopping:
        kind = p["problem_id"]
        if row < body:
            return []
        here = rows.filter(pl.col("row") == row) if not rows.is_empty() else rows
        whys[row] = kind
        if here.is_empty() or kind == "columns_contradict":
            cells[row].add("")
        elif kind in _CELL:
            cells[row].add(_cell(rows, here.filter(pl.col("column_label").cast(pl.String) == p["column_label"]), table))
        elif kind in _TOTALS:
            if not fixes:
                labelled = here.filter(pl.col("column_label").cast(pl.String) == p["column_label"])
                made.append(_total(labelled if labelled.height else here, table, place, kind))
        elif (code := here[key_of(table)[0]].cast(pl.String)[0]) is None:
            cells[row].add(_part(rows, here, table))
        elif code not in mended:
            areas[kind, _part(rows, here, table)].add(code)
            whys.setdefault(code, kind)
    made += _areas(areas, table, place)
    for row, keys in cells.items():
        whole = "" in keys or len(keys) > 2
        made += [
            _many(table, place, f"row={row}{'' if whole else key}", whys[row]) for key in ([""] if whole else keys)
        ]
    return list(dict.fromkeys(_joined(made)))


def _many(table: str, place: str, key: str, why: str) -> Proposal:
    return Proposal(table, f"{place}{key}".strip(), None, None, f"届いた表の中の食い違い（{why}）")


def _areas(areas: dict[tuple[str, str], set[str]], table: str, place: str) -> list[Proposal]:
    """Areas, or their prefecture where they are many; none where they are all over the country."""
    first = key_of(table)[0]
    made = []
    for (why, part), codes in areas.items():
        counts = Counter(code[:2] for code in codes)
        many = {code for code, count in counts.items() if count >= _MANY_AREAS.get(why, _USUAL_MANY)}
        if len(counts) > _MOST_PREFECTURES and why in _MANY_AREAS:
            continue
        made += [_many(table, place, f"{first}={code}*{part}", why) for code in sorted(many)]
        made += [_many(table, place, f"{first}={code}{part}", why) for code in sorted(codes) if code[:2] not in many]
    return made


def _part(rows: pl.DataFrame, here: pl.DataFrame, table: str) -> str:
    """The keys, beside area, sex, age and item, that tell rows of one area in this table apart: its years."""
    names = [
        name
        for name in key_of(table)[1:]
        if name not in _OF_KEY and name not in {"series", "indicator_id"} and rows[name].n_unique() > 1
    ]
    years = [f" {name}={here[name].cast(pl.String)[0]}" for name in names if here[name].n_unique() == 1]
    return "".join(years)


def _cell(rows: pl.DataFrame, here: pl.DataFrame, table: str) -> str:
    """The keys that tell the figures of one row of the file apart."""
    if here.height != 1:
        return ""
    beside = rows.filter(pl.col("row") == here["row"][0])
    names = [name for name in key_of(table)[1:] if beside[name].n_unique() > 1]
    return "".join(f" {name}={here[name].cast(pl.String)[0]}" for name in names)


def _total(here: pl.DataFrame, table: str, place: str, why: str) -> Proposal:
    """A prefecture whose municipalities do not add up: which of them is wrong is not known. The nation alone, where its
    prefectures do not. A total between the rows has no code: its name begins with its prefecture's."""
    keys = key_of(table)
    code = here[keys[0]].cast(pl.String)[0] or blocks.prefecture_of(str(here["area_name"][0])) or ""
    wanted = code if code == "00000" else f"{code[:2]}*"
    same = [name for name in keys[1:] if here[name].n_unique() == 1 and here[name].cast(pl.String)[0] is not None]
    parts = "".join(f" {name}={here[name].cast(pl.String)[0]}" for name in same)
    return _many(table, place, f"{keys[0]}={wanted}{parts}", why)


def _joined(made: list[Proposal]) -> list[Proposal]:
    """The same with sums of one prefecture over many keys as one line."""
    wide: dict[tuple[str, str, str], list[Proposal]] = defaultdict(list)
    for one in made:
        if one.as_published is None and (why := next((kind for kind in _TOTALS if kind in one.why_ja), "")):
            wide[one.raw_table, one.row_key.split(" ")[0], why].append(one)
    for (table, area, why), ones in wide.items():
        if len(ones) > 2:
            at = made.index(ones[0])
            kept = [one for one in made if one not in ones]
            made = [*kept[:at], _many(table, "", area, why), *kept[at:]]
    return made


def _area(rows: pl.DataFrame, at: int) -> str | None:
    name = "area_code" if "area_code" in rows.columns else "municipality_code"
    code = rows[name][at]
    return None if code is None else str(code)


def _members(one: Equation) -> set[int]:
    return {one.total, *(spot for spot, _ in one.parts)}


def _solved(rows: pl.DataFrame, broken: Sequence[Equation], table: str) -> dict[int, tuple[int, int]]:
    """Figure -> (its true value, sums that say so), where two sums or more are wrong by the same amount, have exactly
    one figure in common, and hold with the other value."""
    figures = rows[figure_of(table)]
    solved = {}
    for group in _together(broken):
        if len(group) < 2:
            continue
        common = set.intersection(*map(_members, group))
        if len(common) != 1:
            continue
        (at,) = common
        signs = [-1 if one.total == at else dict(one.parts)[at] for one in group]
        exact = {sign * one.short for one, sign in zip(group, signs, strict=True) if one.most == 0}
        if len(exact) != 1 or figures[at] is None:
            continue
        (change,) = exact
        fits = all(0 <= one.short - sign * change <= one.most for one, sign in zip(group, signs, strict=True))
        true = figures[at] + change
        if fits and (true >= 0 or figures[at] < 0) and not (PUBLISHED in rows.columns and rows[UNKNOWN][at]):
            solved[at] = (true, len(group))
    return solved


def _together(broken: Sequence[Equation]) -> list[list[Equation]]:
    """Sums that have a figure in common, directly or over others."""
    groups: list[tuple[set[int], list[Equation]]] = []
    for one in broken:
        mine, members = [one], _members(one)
        rest = []
        for figures, others in groups:
            if figures & members:
                mine, members = [*others, *mine], members | figures
            else:
                rest.append((figures, others))
        groups = [*rest, (members, mine)]
    return [others for _, others in groups]


def _fixed(rows: pl.DataFrame, at: int, true: int, table: str, sums: int) -> Proposal:
    keys, value = key_of(table), figure_of(table)
    one = rows.row(at, named=True)
    published = one[PUBLISHED] if PUBLISHED in one else one[value]
    return Proposal(
        table,
        " ".join(f"{name}={one[name]}" for name in keys),
        Decimal(str(published)),
        Decimal(str(true)),
        f"届いた表の中の {sums} 個の和が同じ値を示す",
    )


def lines_of(proposals: Sequence[Proposal], digest: str) -> list[Line]:
    """The lines as they would be read once pasted."""
    made = []
    for one in proposals:
        given = dict(part.split("=", 1) for part in one.row_key.split(" "))
        first, _, last = given.pop("row", "").partition("-")
        sheet = given.pop("sheet", "")
        bound = digest[:DELIVERY_DIGITS] if one.as_published is None else ""
        span = (int(first), int(last or first)) if first else None
        made.append(Line("", one.raw_table, given, bound, sheet, span, one.as_published, one.corrected))
    return made


def find(refused: Reading, read: Callable[[list[Line]], Reading], digest: str) -> tuple[list[Proposal], int]:
    """(the lines with which a refused delivery is taken, figures that they put aside), tried with `read` (the
    reading with these lines beside the declared ones); no line where there is no such way."""
    found: list[Proposal] = []
    reading = refused
    for _ in range(_ROUNDS):
        new = [one for one in reading.proposed if one not in found]
        found = [one for one in found if not any(_within(one, other) for other in new)] + new
        if not new or len(found) > MOST_LINES:
            return [], 0
        reading = read(lines_of(found, digest))
        if reading.taken:
            figures = sum(rows.height for rows in reading.tables.values())
            few = reading.unused <= _MOST_UNUSED * figures
            return (found, reading.unused - refused.unused) if few else ([], 0)
    return [], 0


def _within(one: Proposal, other: Proposal) -> bool:
    """Whether a line names nothing beside what another names: an area of a prefecture that is not used at all."""
    if one.raw_table != other.raw_table or other.as_published is not None:
        return False
    mine, others = (dict(part.split("=", 1) for part in line.row_key.split(" ")) for line in (one, other))
    return one != other and all(
        name in mine and (mine[name] == value or (value.endswith("*") and mine[name].startswith(value[:-1])))
        for name, value in others.items()
    )


def text_of(proposals: Sequence[Proposal], digest: str) -> str:
    """The lines as CSV, what only a person knows as placeholders."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for one in proposals:
        many = one.as_published is None
        key = f"delivery={digest[:DELIVERY_DIGITS]} {one.row_key}" if many else one.row_key
        said = {"raw_table": one.raw_table, "row_key": key, "status": "declared", "evidence": one.why_ja}
        said |= PLACEHOLDERS | {"as_published": _plain(one.as_published), "corrected": _plain(one.corrected)}
        writer.writerow([said[name] for name in LINE])
    return out.getvalue().rstrip("\n")


def _plain(number: Decimal | None) -> str:
    return "" if number is None else f"{number.normalize():f}"


def told(proposals: Sequence[Proposal], unused: int, digest: str) -> Problem:
    """What the person who decides may do about a delivery that is refused for single rows. unused: figures that these
    lines put aside."""
    mended = sum(one.as_published is not None for one in proposals)
    what = f"{mended} 個の値を直し、" if mended else ""
    what += f"名指しした数値 {unused:,} 個を使わず空欄とし、" if unused else ""
    return problem(
        TO_PASTE,
        lines=len(proposals),
        what_ja=what,
        unused=unused,
        to_fill_ja="・".join(PLACEHOLDERS.values()),
        file=DECISIONS,
        text=text_of(proposals, digest),
    )


def beside(reading: Reading, read: Callable[[list[Line]], Reading], digest: str) -> Reading:
    """A refused reading of the bytes with this sha256, with the lines to paste as its last problem where there are."""
    found, unused = find(reading, read, digest)
    if not found:
        return reading
    return reading._replace(problems=[*reading.problems, told(found, unused, digest)])
