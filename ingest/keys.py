"""The rows of a grid that hold figures, and whether their keys came whole.

Holds: which rows are figures, notes or not understood; characters, gaps and widths that show a broken file. Does not
hold what the keys mean: areas (area_keys.py), other dimensions (dimensions.py).
"""

from __future__ import annotations

import re

import polars as pl

from ingest import shown
from ingest.grid import Grid
from ingest.problems import SHOWN, Problem, problem
from ingest.recognised import Bound, Recognised

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd\ue000-\uf8ff]")
"""Control, format, replacement and private-use characters."""
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
    if aside:
        frame = frame.filter(~pl.col("row").is_in(sorted(aside)))
    frame, problems = _notes(grid, found, frame, squeezed)
    problems += _odd_characters(grid, found, frame, squeezed)
    problems += _gaps_beside(grid, found, frame)
    if grid.widths is not None:
        problems += _ragged(grid, found, frame)
    return frame, problems


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
                    "gate",
                    "数値のない行があります。注記なら契約の footnotes に書いてください。",
                    "A row without figures that is not a note of the contract.",
                    sheet=grid.sheet,
                    row=row,
                    expected=f"figures, or a note matching {found.layout.footnotes}",
                    found=shown.cell(words, 40),
                    action_ja="行の意味を確かめ、注記なら契約に加え、表が途切れているなら直した表を入れ直してください。",
                )
            )
    return frame.filter(~pl.col("at").is_in(note_rows)), problems[:SHOWN]


def _odd_characters(
    grid: Grid, found: Recognised, frame: pl.DataFrame, squeezed: dict[int, pl.Series]
) -> list[Problem]:
    """Keys with characters that no name or code has: the file was decoded or cut wrongly somewhere."""
    for bound in found.columns:
        if bound.place not in squeezed:
            continue
        odd = _ODD_IN_NAMES if bound.column.role in {"area_name", "prefecture"} else _ODD
        odd = _UNSEEN if bound.column.to == "primary_source_ja" else odd  # a sentence, which may quote
        words = [word for word in grid.words(bound.place, found.header.body) if odd.search(word)]
        rows = frame.filter(pl.col(f"c{bound.place}").is_in(words)) if words else frame.clear()
        if not rows.is_empty():
            return [
                problem(
                    "odd_character",
                    "gate",
                    f"名前やコードに使わない文字(制御文字・引用符など)が入っています(この列で {rows.height} 件)。",
                    f"A character that no name or code has ({rows.height} cells of this column).",
                    sheet=grid.sheet,
                    row=rows["row"][0],
                    column_label=bound.label.full,
                    expected="letters, digits, kana, kanji",
                    found=", ".join(sorted({f"U+{ord(sign):04X}" for word in words for sign in odd.findall(word)})),
                    action_ja="この欄の余分な文字を除き、文字コードを確かめた表を入れ直してください。",
                )
            ]
    return []


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
                    "blank_value",
                    "gate",
                    f"空欄です(この列で {blank.height} 件)。行がずれているおそれがあります。",
                    f"Blank ({blank.height} cells of this column); the row may have slipped.",
                    sheet=grid.sheet,
                    row=blank["row"][0],
                    column_label=bound.label.full,
                    expected="a figure or a sign",
                    found="",
                    action_ja="この行の欄のずれを直した表を入れ直してください。",
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
        problem(
            "ragged_record",
            "gate",
            f"項目の数が見出しと違います(見出し {wanted}、この行 {width})。",
            f"Fields differ from the header: {wanted} expected, {width} found.",
            row=row,
            expected=wanted,
            found=width,
            action_ja="この行のカンマと引用符を直した CSV を入れ直してください。",
        )
        for row, width in wrong.head(SHOWN).iter_rows()
    ]
