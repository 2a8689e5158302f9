"""Names that change under the reader's hand, and texts that are commands elsewhere."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import xlsxwriter

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest import raw
from sousei.ingest.decided import decisions
from sousei.ingest.receive import intake

NIGHT = dt.datetime(2026, 11, 22, 2, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
GOOD = (PROJECT_ROOT / "samples" / "landing" / "tourism" / "city2021.csv").read_text("utf-8-sig")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    (folder / "city2021.csv").write_text(GOOD, "utf-8")
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder that nobody delivered, with a file that would be taken."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "other.csv").write_text(GOOD.replace("2021", "2020"), "utf-8")
    return folder


def night(home: Home, landing: Path) -> raw.RawResult:
    return raw.read(home, intake.take(home, landing, NIGHT, "test"), NIGHT.date(), decisions.read(home))


def _swapped(monkeypatch: pytest.MonkeyPatch, name: str, swap: Callable[[], None]) -> None:
    """`swap` runs once, between the listing of `name` and its opening."""
    opened, left = os.open, [swap]

    def late(path, flags, *args, **more):
        if path == name and left:
            left.pop()()
        return opened(path, flags, *args, **more)

    monkeypatch.setattr(os, "open", late)


@pytest.mark.promise("D3")
@pytest.mark.parametrize(
    ("put", "told"),
    [
        (lambda path, other: path.symlink_to(other), "symbolic_link"),
        (lambda path, other: path.hardlink_to(other), "hard_link"),
        (lambda path, other: os.mkfifo(path), "not_regular"),
    ],
    ids=["link", "second_name", "fifo"],
)
def test_a_name_that_is_swapped_after_it_was_listed_is_not_followed(
    home: Home, landing: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, put, told: str
) -> None:
    path = landing / "city2021.csv"
    _swapped(monkeypatch, path.name, lambda: (path.unlink(), put(path, elsewhere / "other.csv")))
    result = night(home, landing)
    assert result.problems.select("file_name", "problem_id").rows() == [("city2021.csv", told)]
    assert list(home.snapshots.glob("*/bytes")) == []


@pytest.mark.promise("D3")
def test_a_folder_that_is_swapped_for_a_link_is_not_entered(
    home: Home, landing: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = landing / "inner"
    inner.mkdir()
    _swapped(monkeypatch, inner.name, lambda: (inner.rmdir(), inner.symlink_to(elsewhere)))
    result = night(home, landing)
    assert result.problems.select("file_name", "problem_id").rows() == [("inner", "not_readable")]
    assert len(list(home.snapshots.glob("*/bytes"))) == 1


def _rows(result: raw.RawResult, file_name: str) -> pl.DataFrame:
    """The figures that a night read from a file."""
    (source_id,) = result.deliveries.filter(pl.col("file_name") == file_name)["source_id"]
    (paths,) = result.files.values()
    return pl.read_parquet(next(path for path in paths if path.stem == source_id))


TEXTS = [
    "'; drop table raw.delivery; --", "1; attach '/etc/passwd' as x", '" or 1=1 --', "') union select 1 --", "$$x$$",
    "{{ var('as_of') }}", "{% raw %}", "${jndi:ldap://x}", "$(touch x)", "`id`", "%s%n%x", "{0.__class__}", "%00",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</td></table>", "&lt;b&gt;", "]]>", "<!--",
    "=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-2+3", "＝1＋1", "\t=1", "../../etc/passwd", r"C:\CON", "NUL", "aux",
    "null", "None", "NaN", "Infinity", "1e400", "0x1F", "-0", "٩٩٩", "¹²³", "1/0", "true", "undefined",
    "\u202egnirts", "\u200b\ufeff", "Z\u0337\u031ba\u0334l",
    "👩‍👩‍👧‍👦", "社會科學院", "ﾊﾝｶｸ", "㍿㌔", "\x1b[31mred", "字" * 9_000,
]  # fmt: skip
"""Kinds of text that some program between a file and a page has once taken for a command, a place or a number."""


@pytest.mark.promise("D4")
@pytest.mark.parametrize(
    "texts", [pytest.param(TEXTS[::4], id="each fourth"), pytest.param(TEXTS, id="all", marks=pytest.mark.exhaustive)]
)
def test_texts_that_are_commands_elsewhere_are_texts_here(
    home: Home, landing: Path, elsewhere: Path, texts: Sequence[str]
) -> None:
    """Each as a header, a municipality's name and a year of its own file, and as a sheet's name: what cannot be read is
    refused in words, no row of such a file counts as a figure, and the sound file beside them is read as alone."""
    alone = _rows(night(Home(home.root.parent / "alone"), landing), "city2021.csv")
    head, first = GOOD.splitlines()[:2]
    names = head.split(",")
    for number, text in enumerate(texts):
        quoted = '"' + text.replace('"', '""') + '"'
        for kind, place in (("year", 0), ("name", names.index("地域名称")), ("number", len(names) - 1)):
            cells = first.split(",")
            cells[place] = quoted
            (landing / f"{kind}{number}.csv").write_text(GOOD.replace(first, ",".join(cells), 1), "utf-8")
        (landing / f"header{number}.csv").write_text(GOOD.replace(names[-1], quoted, 1), "utf-8")
        book = xlsxwriter.Workbook(landing / f"sheet{number}.xlsx")
        with contextlib.suppress(xlsxwriter.exceptions.XlsxWriterException):  # what no sheet may be called
            book.add_worksheet(text[:31])
        (book.worksheets() or [book.add_worksheet("表")])[0].write_string(0, 0, text)
        book.close()
    sent = sorted(path.name for path in landing.iterdir())
    result = night(home, landing)
    assert sorted(result.deliveries["file_name"]) == sent
    assert "reader_failed" not in result.problems["problem_id"]
    taken = result.deliveries.filter(pl.col("verdict") == "taken")["file_name"].to_list()
    nought = [f"number{texts.index('-0')}.csv"] if "-0" in texts else []  # minus nought is nought
    assert taken == ["city2021.csv", *nought]
    assert _rows(result, "city2021.csv").equals(alone)
