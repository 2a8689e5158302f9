"""The rows of a grid that hold figures, and whether their keys came whole.

Holds: which rows are figures, notes or not understood; characters, gaps and widths that show a broken file. Does not
hold what the keys mean: areas (area_keys.py), other dimensions (dimensions.py).
"""

from __future__ import annotations

import re

import polars as pl

from sousei.ingest.areas import shown
from sousei.ingest.cells.grid import Grid
from sousei.ingest.problems.record import SHOWN, Problem, problem
from sousei.ingest.recognise.recognised import Bound, Recognised

PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
"""Characters of a publisher's own (private use): names are read by their code where they have one (area_keys.py)."""
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd]" + f"|{PRIVATE.pattern}")
"""Control, format, replacement and private-use characters."""
_NONE = re.compile(r"(?!)")
_ODD = re.compile(rf"{_UNSEEN.pattern}|['\"`\\]")
"""The same, quotes and backslash."""
_ODD_IN_NAMES = re.compile(rf"{_ODD.pattern}|\?")
"""A question mark in a name is what a lossy conversion leaves."""


def one(found: Recognised, role: str) -> Bound | None:
    """The column of a role, or None."""
    return next((bound for bound in found.columns if bound.column.role == role), None)


def measures(found: Recognised) -> list[Bound]:
    """The columns of figures, in the order of the grid."""
    return [bound for bound in found.columns if bound.column.role == "measure"]


def records(grid: Grid, found: Recognised, aside: frozenset[int] = frozenset()) -> tuple[pl.DataFrame, list[Problem]]:
    """One row per row of the grid that holds figures: `at` (0-based row), `row` (as counted), `c<place>` the cells of
    each key column squeezed, `figures` (it has any). Problems mean that the rows must not be used. aside: rows, as
    counted, that are left out."""
    body, end = found.header.body, grid.height
    squeezed = {
        bound.place: grid.squeezed(bound.place, body)
        for bound in found.columns
        if bound.column.role not in {"measure", "ignore", "check"}
    }
    at = pl.int_range(body, end, eager=True)
    frame = pl.DataFrame({"at": at, **{f"c{place}": text for place, text in squeezed.items()}})
    frame = frame.with_columns(row=grid.lines_from(body))
    frame = frame.with_columns(figures=pl.Series(grid.filled([bound.place for bound in measures(found)], body, end)))
    beside = pl.Series(grid.filled([bound.place for bound in found.columns if bound.place not in squeezed], body, end))
    frame = frame.filter(pl.any_horizontal(pl.col(f"c{place}") != "" for place in squeezed) | beside)
    frame, parts = _whole_areas(grid, found, frame, aside)
    if aside:
        frame = frame.filter(~pl.col("row").is_in(sorted(aside)))
    frame, problems = _notes(grid, found, frame, squeezed)
    problems += parts
    problems += _odd_characters(grid, found, frame, squeezed)
    problems += _gaps_beside(grid, found, frame)
    if grid.widths is not None:
        problems += _ragged(grid, found, frame)
    return frame, problems


def _whole_areas(
    grid: Grid, found: Recognised, frame: pl.DataFrame, aside: frozenset[int]
) -> tuple[pl.DataFrame, list[Problem]]:
    """The rows of whole areas. A row of a part (人口集中地区) stands under the same code as the whole's. One that
    stands alone may be the whole's, and is told but where it is put aside."""
    part = one(found, "part")
    if part is None:
        return frame, []
    whole = pl.col(f"c{part.place}").str.contains(f"^(?:{part.column.keep})$")
    left = frame.filter(~whole)
    if left.is_empty():
        return frame, []
    frame = frame.filter(whole)
    roles = {"area_code", "area_name", "sex", "scope", "age", "year"}
    keys = [f"c{bound.place}" for bound in found.columns if bound.column.role in roles]
    alone = left.filter(~pl.col("row").is_in(sorted(aside))).join(frame, on=keys, how="anti")
    return frame, [
        problem(
            "part_without_whole",
            sheet=grid.sheet,
            row=row,
            column_label=part.label.shown,
            part=row_part,
            count=alone.height,
            keep=part.column.keep,
        )
        for row, row_part in alone.select("row", f"c{part.place}").head(SHOWN).iter_rows()
    ]


def parts_left_out(grid: Grid, found: Recognised) -> list[Problem]:
    """How many rows of parts of areas were not read."""
    part = one(found, "part")
    if part is None:
        return []
    words = grid.squeezed(part.place, found.header.body)
    left = words.filter((words != "") & ~words.str.contains(f"^(?:{part.column.keep})$"))
    if left.is_empty():
        return []
    return [
        problem(
            "part_left_out",
            sheet=grid.sheet,
            column_label=part.label.shown,
            parts_ja="、".join(left.unique().sort().head(3)),
            count=len(left),
            keep=part.column.keep,
        )
    ]


def _notes(
    grid: Grid, found: Recognised, frame: pl.DataFrame, squeezed: dict[int, pl.Series]
) -> tuple[pl.DataFrame, list[Problem]]:
    """Rows without figures are notes of the contract, or not understood."""
    if not squeezed:
        return frame, []
    if frame["figures"].all():
        return frame, []
    first = pl.concat_str([pl.col(f"c{place}") for place in squeezed], separator="")  # '' where only others are filled
    bare = frame.filter(~pl.col("figures")).select("at", "row", words=first)
    note_rows, problems = [], []
    code = one(found, "area_code")
    for at, row, words in bare.iter_rows():
        if found.layout.footnotes_pattern.search(words):
            note_rows.append(at)
        elif code is not None and re.match(r"\d{4,6}", str(squeezed[code.place][at - found.header.body])):
            continue  # an area whose figures are all blank; the blank policy decides
        else:
            problems.append(
                problem(
                    "row_without_figures",
                    sheet=grid.sheet,
                    row=row,
                    footnotes=found.layout.footnotes,
                    words=shown.cell(words, 40),
                )
            )
    return frame.filter(~pl.col("at").is_in(note_rows)), problems[:SHOWN]


def _odd_characters(
    grid: Grid, found: Recognised, frame: pl.DataFrame, squeezed: dict[int, pl.Series]
) -> list[Problem]:
    """Keys with characters that no name or code has: the file was decoded or cut wrongly somewhere."""
    coded = one(found, "area_code") is not None
    for bound in found.columns:
        if bound.place not in squeezed:
            continue
        name = bound.column.role in {"area_name", "prefecture"}
        odd = _ODD_IN_NAMES if name else _ODD
        odd = _UNSEEN if bound.column.to == "primary_source_ja" else odd  # a sentence, which may quote
        known = PRIVATE if name and coded else _NONE
        words = [word for word in grid.words(bound.place, found.header.body) if odd.search(word)]
        words = [word for word in words if odd.search(known.sub("", word))]
        rows = frame.filter(pl.col(f"c{bound.place}").is_in(words)) if words else frame.clear()
        if not rows.is_empty():
            signs = "".join(sign for word in words for sign in odd.findall(word))
            return [odd_character(grid, bound, rows["row"][0], signs, rows.height)]
    return []


def odd_character(grid: Grid, bound: Bound, row: int, signs: str, count: int) -> Problem:
    """A key with characters that no name or code has. signs: a text that holds them; no other part of it is shown."""
    shown_signs = sorted({f"U+{ord(sign):04X}" for sign in signs if _ODD_IN_NAMES.match(sign)})
    return problem(
        "odd_character",
        sheet=grid.sheet,
        row=row,
        column_label=bound.label.shown,
        count=count,
        signs=", ".join(shown_signs),
    )


def hidden_rows(found: Recognised, records: pl.DataFrame) -> pl.Series | None:
    """Which rows (of `records`) have the publisher's sign that their age classes are hidden; None where none has."""
    signs = found.layout.hidden
    places = [bound.place for bound in found.columns if bound.column.role in {"area_name", "prefecture"}]
    if signs is None or not places:
        return None
    marked = pl.any_horizontal(pl.col(f"c{at}").str.strip_chars(signs) != pl.col(f"c{at}") for at in places)
    rows = records.select(marked).to_series()
    return rows if rows.any() else None


def own_columns(grid: Grid, found: Recognised) -> list[Bound]:
    """The columns of names in which characters of the publisher's own stand."""
    names = [bound for bound in found.columns if bound.column.role in {"area_name", "prefecture"}]
    return [bound for bound in names if PRIVATE.search("".join(grid.words(bound.place, found.header.body)))]


def own_characters(grid: Grid, found: Recognised, records: pl.DataFrame) -> list[Problem]:
    """Names in which the publisher's own characters were read by the code. records: with area_name."""
    problems = []
    for bound in own_columns(grid, found):
        rows = records.filter(pl.col(f"c{bound.place}").str.contains(PRIVATE.pattern))
        if rows.is_empty():
            continue
        names = "、".join(rows["area_name"].unique(maintain_order=True).head(5))
        problems.append(
            problem(
                "own_characters",
                sheet=grid.sheet,
                row=rows["row"][0],
                column_label=bound.label.shown,
                count=rows.height,
                names=names,
                signs=", ".join(
                    sorted({f"U+{ord(sign):04X}" for word in rows[f"c{bound.place}"] for sign in PRIVATE.findall(word)})
                ),
            )
        )
    return problems


def _gaps_beside(grid: Grid, found: Recognised, frame: pl.DataFrame) -> list[Problem]:
    """Blank cells in columns that are not read but, by their contract, are never blank: the row has slipped."""
    rows = frame.filter(pl.col("figures"))
    for bound in found.columns:
        if bound.column.role != "ignore" or bound.column.blank != "error":
            continue
        text = grid.squeezed(bound.place, found.header.body).gather(rows["at"] - found.header.body)
        blank = rows.filter(text == "")
        if not blank.is_empty():
            return [
                problem(
                    "blank_value.beside",
                    sheet=grid.sheet,
                    row=blank["row"][0],
                    column_label=bound.label.shown,
                    count=blank.height,
                )
            ]
    return []


def _ragged(grid: Grid, found: Recognised, frame: pl.DataFrame) -> list[Problem]:
    """CSV records that are not exactly as wide as the header."""
    assert grid.widths is not None
    wanted = int(grid.widths[found.header.body - 1])
    frame = frame.select("row", width=pl.Series(grid.widths[frame["at"].to_numpy()], dtype=pl.Int64))
    wrong = frame.filter(pl.col("width") != wanted)
    return [
        problem("ragged_record", row=row, wanted=wanted, width=width) for row, width in wrong.head(SHOWN).iter_rows()
    ]
