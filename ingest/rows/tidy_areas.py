"""The codes of our own tidy form, which people type.

Holds: what a code means where a zero may be lost, by the name beside it. Does not hold the areas of publishers' tables
(area_keys.py), or the meanings of a code by itself (typed_codes.py).
"""

from __future__ import annotations

import polars as pl

from sousei.ingest.areas import register as areas
from sousei.ingest.areas import shown, typed_codes
from sousei.ingest.cells.grid import Grid
from sousei.ingest.problems.record import SHOWN, Problem, problem
from sousei.ingest.recognise.recognised import Bound, Recognised
from sousei.ingest.rows.keys import one


def codes(grid: Grid, found: Recognised, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """Our own tidy form, which people type: the name beside a code says which one it was before a zero was lost."""
    code, name = one(found, "area_code"), one(found, "area_name")
    assert code is not None
    known = areas.register()
    stated = pl.col(f"c{name.place}") if name else pl.lit("")
    pairs = frame.select(text=f"c{code.place}", name=stated).unique(maintain_order=True)
    meant = [
        typed_codes.of_name(text, called, known) if name else typed_codes.alone(text, known)
        for text, called in pairs.iter_rows()
    ]
    pairs = pairs.with_columns(municipality_code=pl.Series(meant, dtype=pl.String))
    frame = frame.with_columns(text=f"c{code.place}", name=stated)
    frame = frame.join(pairs, on=["text", "name"], how="left", maintain_order="left")
    prefecture = pl.col("municipality_code").str.ends_with("000")
    wrong = frame.filter(pl.col("municipality_code").is_null() | prefecture).unique(["text", "name"], keep="first")
    problems = [
        _typed_code(grid, code, name, row, text, called)
        for row, text, called in wrong.sort("row").select("row", "text", "name").head(SHOWN).iter_rows()
    ]
    return frame.drop("text", "name"), problems


def _typed_code(grid: Grid, code: Bound, name: Bound | None, row: int, text: str, called: str) -> Problem:
    """Why a code of the tidy form is not taken."""
    known = areas.register()
    codes = typed_codes.meanings(text, known)
    places = "・".join(f"{one_code}({'・'.join(sorted(known.names_of[one_code]))})" for one_code in codes)
    if not codes or any(one_code.endswith("000") for one_code in codes):
        return problem(
            "not_a_code.typed", sheet=grid.sheet, row=row, column_label=code.label.shown, code=shown.cell(text, 12)
        )
    if name is None:
        return problem(
            "code_may_be_anothers",
            sheet=grid.sheet,
            row=row,
            column_label=code.label.shown,
            code=shown.cell(text, 12),
            places_ja=places,
            codes=" or ".join(codes),
        )
    return problem(
        "name_code_disagree.typed",
        sheet=grid.sheet,
        row=row,
        column_label=code.label.shown,
        code=shown.cell(text, 12),
        places_ja=places,
        name=shown.name(called),
        others_ja="・".join(known.places_of(called)[:3]) or "登録のない名前",
        codes=" or ".join(codes),
    )
