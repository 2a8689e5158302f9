"""The workbook as LibreOffice prints it: pages, cells too narrow, texts cut off. Skipped where a program is missing."""

from __future__ import annotations

import html
import io
import re
import shutil
import subprocess
import unicodedata
from pathlib import Path

import openpyxl
import pytest

from sousei.foundation.home import Home
from sousei.publication import shelf
from sousei.publication.book.write import Meeting, meeting_papers, workbook

OFFICE = next(filter(None, map(shutil.which, ("libreoffice", "soffice"))), None)
POPPLER = shutil.which("pdftotext") and shutil.which("pdfinfo")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(OFFICE is None, reason="no LibreOffice to print with"),
    pytest.mark.skipif(not POPPLER, reason="no poppler (pdftotext, pdfinfo) to read what was printed"),
]
PLANS = [("03211", "kamaishi_open_city_2"), ("01223", "nemuro_strategy_2")]
MACHINE = {"data_kpi_long", "data_codebook"}


def printed(data: bytes, folder: Path) -> Path:
    """The PDF of a workbook."""
    path = folder / "book.xlsx"
    path.write_bytes(data)
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    asked = [str(OFFICE), profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(path)]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=600, check=False)
    assert path.with_suffix(".pdf").is_file(), done.stderr
    return path.with_suffix(".pdf")


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def words(pdf: Path) -> set[str]:
    """What stands in one line of one cell, for all pages."""
    told = subprocess.run(["pdftotext", "-bbox", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    return {squeezed(html.unescape(one)) for one in re.findall(r"<word [^>]*>(.*?)</word>", told)}


def pages(pdf: Path) -> int:
    told = subprocess.run(["pdfinfo", str(pdf)], capture_output=True, text=True, check=True).stdout
    found = re.search(r"Pages:\s+(\d+)", told)
    assert found
    return int(found[1])


def is_laid(text: str, lines: set[str]) -> bool:
    """Whether a text is made of printed lines: it is not where its last line is cut off."""
    longest = max(map(len, lines))
    reached = {0}
    for end in range(1, len(text) + 1):
        if any(start in reached and text[start:end] in lines for start in range(max(0, end - longest), end)):
            reached.add(end)
    return len(text) in reached


@pytest.mark.sampled
@pytest.mark.parametrize(("code", "plan"), PLANS)
def test_every_sheet_prints_whole(published: Path, tmp_path: Path, code: str, plan: str) -> None:
    data = workbook(shelf.find(Home(published)), code, plan, "staff", "資料２")
    pdf = printed(data, tmp_path)
    book = openpyxl.load_workbook(io.BytesIO(data))
    lines = words(pdf)
    assert len(book.sheetnames) <= pages(pdf) <= 4 * len(book.sheetnames)
    assert not [one for one in lines if "###" in one], "a number is wider than its column"
    cut = []
    for sheet in book:
        if sheet.title in MACHINE:
            continue
        texts = {cell for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, str)}
        cut += [(sheet.title, text) for text in sorted(texts) if not is_laid(squeezed(text), lines)]
    assert not cut


@pytest.mark.exhaustive
def test_the_papers_of_a_meeting_print(published: Path, tmp_path: Path) -> None:
    from datetime import date

    meeting = Meeting("第1回創生有識者会議", date(2026, 10, 15))
    made = meeting_papers(shelf.find(Home(published)), *PLANS[0], "council", meeting)
    folder = tmp_path / "x"
    folder.mkdir()
    lines = words(pdf := printed(made["20261015_2_kpi.xlsx"], folder))
    assert "資料2" in lines and squeezed("第1回創生有識者会議") in lines and pages(pdf) >= 4
