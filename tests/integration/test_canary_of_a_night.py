"""Whole nights over files that hold what is about a person: nothing of it is in any log, event, page, table or
temporary file of the home, nor in what the command says; only the bytes as they came keep it.
"""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from sousei.foundation.home import PROJECT_ROOT
from tests.faults.ingest.test_canary import CANARY, MAIL, NUMBER, SAID, searched
from tests.integration.conftest import run_sousei

pytestmark = pytest.mark.slow
SAMPLES = PROJECT_ROOT / "samples" / "landing"
WHOLE = f"{CANARY} {MAIL} {NUMBER}"


REFUSED = ("header.csv", "cell.csv")
"""Files that stop a night."""


def deliver(landing: Path) -> None:
    """One good file, and one of each way in which a text about a person comes along."""
    landing.mkdir(parents=True)
    tourism = (SAMPLES / "tourism" / "city2021.csv").read_text("utf-8-sig")
    header, first, *rows = tourism.splitlines()
    (landing / "good.csv").write_text(tourism, "utf-8-sig")
    (landing / "header.csv").write_text("\n".join([f"{header},{WHOLE}", *(f"{row},1" for row in rows)]), "utf-8-sig")
    cells = first.split(",")
    (landing / "cell.csv").write_text("\n".join([header, ",".join([*cells[:-1], WHOLE]), *rows]), "utf-8-sig")
    (landing / "unknown.csv").write_text(f"備考,値\n{WHOLE},1\n", "utf-8-sig")
    (landing / "persons.csv").write_text(
        f"氏名;生年月日;住所;電話\n{CANARY};1980-04-01;架空町1-2-3;{NUMBER}\n" * 3, "utf-8-sig"
    )
    book = openpyxl.load_workbook(io.BytesIO((SAMPLES / "furusato_nozei" / "R1_gain.xlsx").read_bytes()))
    book.create_sheet(WHOLE[:31]).append([WHOLE, 1])
    book.worksheets[0].cell(1, book.worksheets[0].max_column + 2).value = WHOLE
    book.save(landing / "sheets.xlsx")
    plan = openpyxl.load_workbook(
        io.BytesIO((SAMPLES / "plan_register" / "kamaishi_comprehensive_6.xlsx").read_bytes())
    )
    plan.create_sheet(f"メモ {WHOLE}"[:31]).append([WHOLE])
    plan.save(landing / "plan.xlsx")


@pytest.mark.promise("D6")
def test_a_night_says_nothing_of_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "var"
    deliver(home / "landing")
    for name in REFUSED:
        (home / "landing" / name).rename(tmp_path / name)
    (home / "dagster").mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    monkeypatch.setenv("TMPDIR", str(home / "tmp"))
    (home / "tmp").mkdir()
    first = run_sousei(home, "refresh", "--as-of", "2026-11-22")
    assert first.returncode == 0, first.stderr
    for name in REFUSED:
        (tmp_path / name).rename(home / "landing" / name)
    second = run_sousei(home, "refresh", "--as-of", "2026-11-23")
    assert second.returncode == 1 and "no_delivery_breaks_its_contract" in second.stderr
    calls = (first, second, run_sousei(home, "status"))
    texts = {"the calls": "\n".join(one.stdout + one.stderr for one in calls)}
    for path in home.rglob("*"):
        place = path.relative_to(home)
        if path.is_file() and place.parts[0] != "landing" and path.name != "bytes" and path.name != "landing.json":
            texts[str(place)] = searched(path.read_bytes())
    assert {Path(name).parts[0] for name in texts} >= {"dagster", "dbt", "raw", "releases", "runs"}
    leaks = {name: word.pattern for name, text in texts.items() for word in SAID[:5] if word.search(text)}
    assert leaks == {}


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    """The canary is in the bytes as they came, and is found there."""
    deliver(tmp_path / "landing")
    found = {path.name for path in (tmp_path / "landing").iterdir() if SAID[0].search(searched(path.read_bytes()))}
    assert found == {"header.csv", "cell.csv", "unknown.csv", "persons.csv", "sheets.xlsx", "plan.xlsx"}
