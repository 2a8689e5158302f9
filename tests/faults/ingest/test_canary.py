"""Nothing that a cell says about a person leaves the stored bytes: not in messages, pages, readings or raw rows.

A canary (a synthetic name, address and number) is put into every kind of cell of deliveries that are recognised, and
into lists of persons; then everything that a night writes and says is searched for it.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from sousei.feedback.pages import write_all
from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest import raw
from sousei.ingest.dry_run import describe
from sousei.ingest.receive import intake

SAMPLES = PROJECT_ROOT / "samples" / "landing"
NIGHT = dt.datetime(2026, 11, 22, 2, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
CANARY = "架空花子"
MAIL = "kanaria@example.jp"
NUMBER = "090-5555-0199"
SAID = tuple(
    map(re.compile, (CANARY, "花子", "kanaria", "5555-0199", "09055550199", r"(?<![0-9a-f.])5555(?![0-9a-f])"))
)


def searched(data: bytes) -> str:
    """Text of a file; of the parts of a zip, one after the other."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            return "\n".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())
    return data.decode("utf-8", "replace")


def told(landing: Path, home: Home) -> list[str]:
    """Everything that a night and `sousei check` write and say about landing, without the stored bytes."""
    result = raw.read(home, intake.take(home, landing, NIGHT, "test"), NIGHT.date())
    write_all(home, result.problems, result.deliveries, home.root / "pages")
    texts = [json.dumps(result.problems.rows(), ensure_ascii=False, default=str)]
    texts += [json.dumps(result.deliveries.rows(), ensure_ascii=False, default=str)]
    texts += [json.dumps(describe(path), ensure_ascii=False, default=str) for path in landing.iterdir()]
    listed = home.snapshots / "landing.json"
    if listed.exists():  # hashes, and numbers of the file system that may hold any digits
        for files in json.loads(listed.read_text("utf-8")).values():
            for digest, marks in files.items():
                assert re.fullmatch(r"[0-9a-f]{64}", digest) and all(re.fullmatch(r"\d+-\d+-\d+", one) for one in marks)
    said = (path for path in home.root.rglob("*") if path.is_file() and path.name != "bytes" and path != listed)
    texts += [searched(path.read_bytes()) for path in said]
    return texts


def assert_silent(texts: list[str]) -> None:
    """A hash or a duration may hold the four digits by chance; a part of the number stands alone."""
    found = ((word, text, word.search(text)) for text in texts for word in SAID)
    leaks = [(word.pattern, text[max(0, hit.start() - 60) :][:120]) for word, text, hit in found if hit]
    assert leaks == []


TOURISM = (SAMPLES / "tourism" / "city2021.csv").read_text("utf-8-sig")


@pytest.mark.sampled(6)
@pytest.mark.promise("D6")
@pytest.mark.parametrize("canary", [CANARY, MAIL, NUMBER])
@pytest.mark.parametrize("place", range(9))
def test_any_cell_of_a_csv(tmp_path: Path, place: int, canary: str) -> None:
    lines = TOURISM.splitlines()
    cells = lines[7].split(",")
    cells[place] = canary
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "a.csv").write_text("\n".join([*lines[:7], ",".join(cells), *lines[8:]]) + "\n", "utf-8-sig")
    texts = told(landing, Home(tmp_path / "home"))
    assert '"refused"' in texts[1] or place == 5  # a prefecture that nobody knows, beside a code
    assert_silent(texts)


@pytest.mark.sampled(2)
@pytest.mark.promise("D6")
@pytest.mark.parametrize("canary", [CANARY, MAIL, NUMBER])
@pytest.mark.parametrize(
    "name", ["furusato_nozei/R1_gain.xlsx", "resident_registry/2203ssjin.xlsx", "resident_registry/2304ssnen.xlsx"]
)
def test_any_cell_of_a_workbooks_body(tmp_path: Path, name: str, canary: str) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    data = (SAMPLES / name).read_bytes()
    width = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].max_column
    for column in range(1, min(width, 12) + 1):
        book = openpyxl.load_workbook(io.BytesIO(data))
        sheet = book.worksheets[0]
        sheet.cell(sheet.max_row - 1, column).value = canary
        book.save(landing / f"{column}.xlsx")
    assert_silent(told(landing, Home(tmp_path / "home")))


@pytest.mark.parametrize("canary", [CANARY, MAIL, NUMBER])
def test_a_row_that_is_no_row_of_the_table(tmp_path: Path, canary: str) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "a.csv").write_text(TOURISM + f"担当,{canary},,,,,,,\n", "utf-8-sig")
    (landing / "b.csv").write_text(TOURISM + f"{canary}\n", "utf-8-sig")
    (landing / "c.csv").write_text(f"{canary}\n" + TOURISM, "utf-8")
    (landing / "d.csv").write_text(TOURISM + f'"{canary}"x,1\n', "utf-8-sig")
    assert_silent(told(landing, Home(tmp_path / "home")))


@pytest.mark.promise("D6")
def test_lists_of_persons_are_not_stored_either(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", Home(tmp_path / "home")
    landing.mkdir()
    (landing / "a.csv").write_text(f"個人番号,氏名,電話\n123456789018,{CANARY},{NUMBER}\n", "utf-8")
    (landing / "b.csv").write_text(f"氏名,生年月日,住所\n{CANARY},1980-01-01,{MAIL}\n", "utf-8")
    (landing / "c.csv").write_text(f"{CANARY},{MAIL},{NUMBER}\n", "utf-8")
    assert_silent(told(landing, home))
    stored = [path.read_bytes().decode("utf-8") for path in home.snapshots.rglob("bytes")]
    assert all("氏名" not in text and "個人番号" not in text for text in stored)


@pytest.mark.sampled(6)
@pytest.mark.parametrize("canary", [CANARY, MAIL, NUMBER])
@pytest.mark.parametrize("text", [
    "団体コード,人口,{0}\n012238,3,{0}\n", "{0},{0}\n1,2\n", "{0}\n{0}\n",
    "都道府県名,人口,{0}\n北海道,3,{0}\n岩手県,4,x\n",
    "年月,人口,{0}\n2024年3月,3,{0}\n",
    "年,月,週,地域区分,データ区分,都道府県コード,都道府県名,地域コード,地域名称,人数\n"
    "2024,1,1,市区町村,観光来訪者数,1,北海道,1223,{0},9\n", "<html><body>{0}</body></html>", "%PDF-1.4 {0}\n",
    "From: {0}\nTo: {0}\nSubject: {0}\n\n{0}\n", '{{"{0}": "{0}"}}',
])  # fmt: skip
def test_a_file_that_nothing_recognises(tmp_path: Path, text: str, canary: str) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "a.csv").write_text(text.format(canary), "utf-8")
    texts = told(landing, Home(tmp_path / "home"))
    assert "not_" in texts[0] or "personal_data" in texts[0]
    assert_silent(texts)
