"""A synthetic extract of the resident registry in CP932, of any size, the same for the same seed.

Holds: rows of nobody (a code of a municipality that exists, a made-up 町字, a birthday, a sex). Does not hold: anything
of a person or of a real register.

The persons lie in the order of their municipalities, as extracts of a prefecture put together do; a municipality has as
many as the square of a seeded number gives. Of the rows 3 per cent tell a move.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl

from sousei.foundation.home import SEEDS
from sousei.ingest.vocabulary.codes import check_digit

HEADER = "市区町村コード,生年月日,性別,町字,異動事由,異動日,住民種別"
AS_OF = dt.date(2026, 1, 1)
SEED = 20261122
_BLOCK = 500_000
_AREAS = ("光和町", "月岡町", "無有町")
_EVENTS = ("転入", "出生", "転居", "職権修正")


def municipalities() -> list[str]:
    """Five-digit codes of the 1,741 municipalities, from the seeds."""
    known = pl.read_csv(SEEDS / "municipalities.csv", infer_schema=False)
    return known.filter(pl.col("area_level") == "municipality")["municipality_code"].to_list()


def write(path: Path, rows: int, seed: int = SEED, codes: list[str] | None = None) -> None:
    """An extract of `rows` persons of these municipalities (None: all)."""
    random = np.random.default_rng(seed)
    codes = municipalities() if codes is None else codes
    six = pl.Series([code + check_digit(code) for code in codes])
    ends = np.cumsum(np.square(random.uniform(0.05, 1.0, len(codes))))
    ends = np.rint(ends / ends[-1] * rows).astype(np.int64)
    with path.open("wb") as out:
        out.write((HEADER + "\r\n").encode("cp932"))
        for start in range(0, rows, _BLOCK):
            places = np.arange(start, min(start + _BLOCK, rows))
            out.write(_lines(random, six[np.searchsorted(ends, places, side="right")]).encode("cp932"))


def _lines(random: np.random.Generator, six: pl.Series) -> str:
    n = len(six)
    days = (random.beta(1.3, 1.6, n) * 100 * 365.25).astype(np.int32)  # up to a hundred years
    moves = random.random(n) < 0.03
    frame = pl.DataFrame(
        {
            "code": six,
            "born": pl.Series(days),
            "sex": pl.Series(["男", "女"])[random.integers(0, 2, n)],
            "area": pl.Series(_AREAS)[random.integers(0, len(_AREAS), n)],
            "event": pl.Series(_EVENTS)[random.integers(0, len(_EVENTS), n)],
            "moved": pl.Series(random.integers(0, 365, n).astype(np.int32)),
            "moves": pl.Series(moves),
            "kind": pl.Series(["日本人", "外国人"])[(random.random(n) < 0.03).astype(np.int64)],
        }
    )
    day = pl.lit(AS_OF) - pl.duration(days=pl.col("born"))
    moved = pl.lit(AS_OF) - pl.duration(days=pl.col("moved"))
    line = pl.concat_str(
        "code",
        day.dt.strftime("%Y%m%d"),
        "sex",
        "area",
        pl.when("moves").then("event").otherwise(pl.lit("")),
        pl.when("moves").then(moved.dt.strftime("%Y-%m-%d")).otherwise(pl.lit("")),
        "kind",
        separator=",",
    )
    return frame.select(line)[:, 0].str.join("\r\n").item() + "\r\n"
