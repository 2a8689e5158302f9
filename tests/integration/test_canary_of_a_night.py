"""Whole nights over files that hold what is about a person: nothing of it is in any log, event, page, table or
temporary file of the home, nor in what the command says; only the bytes as they came keep it.
"""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import dagster as dg
import duckdb
import openpyxl
import polars as pl
import pytest

from sousei.foundation.child import same_code
from sousei.foundation.home import PROJECT_ROOT
from sousei.orchestration.job import new_files_in_landing
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


def read(path: Path) -> str:
    """Text of a file; of a table also what its compression hides."""
    text = searched(path.read_bytes())
    if path.suffix == ".parquet":
        return text + pl.read_parquet(path).select(pl.col(pl.String)).write_json()
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            names = connection.execute(
                "select schema_name, table_name from duckdb_tables() where not internal"
            ).fetchall()
            return text + "".join(str(connection.execute(f'from {one}."{two}"').fetchall()) for one, two in names)
    return text


def texts_of(home: Path) -> dict[str, str]:
    """Place below the home -> its text, of everything but the files as they came."""
    return {
        str(place): read(path)
        for path in home.rglob("*")
        if path.is_file()
        and (place := path.relative_to(home)).parts[0] != "landing"
        and path.name not in ("bytes", "landing.json")
    }


def leaks(texts: dict[str, str]) -> dict[str, str]:
    return {name: word.pattern for name, text in texts.items() for word in SAID[:5] if word.search(text)}


@pytest.mark.promise("D6")
@pytest.mark.exhaustive
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
    calls = [first, second, *(run_sousei(home, *words) for words in (("status",), ("alert", "--no-send")))]
    files = [str(path) for path in sorted((home / "landing").iterdir())]
    calls.append(run_sousei(home, "check", "--quick", "--page", str(home / "pages"), *files))
    monkeypatch.setenv("SOUSEI_HOME", str(home))
    looked = dg.build_sensor_context()
    said = new_files_in_landing(looked)
    texts = texts_of(home) | {"the sensor": f"{looked.cursor} {said}"}
    texts["the calls"] = "\n".join(one.stdout + one.stderr for one in calls)
    assert {Path(name).parts[0] for name in texts} >= {"alerts", "dagster", "dbt", "pages", "raw", "releases", "runs"}
    assert {Path(name).suffix for name in texts} >= {".parquet", ".duckdb", ".db", ".html", ".json", ".xlsx"}
    assert leaks(texts) == {}


@pytest.mark.promise("D6")
@pytest.mark.exhaustive
def test_a_night_that_dagster_starts_prints_nothing_of_a_person(tmp_path: Path) -> None:
    """What its steps print is kept by Dagster beside the events."""
    home = tmp_path / "var"
    deliver(home / "landing")
    (home / "dagster").mkdir()
    (home / "tmp").mkdir()
    places = {"SOUSEI_HOME": home, "DAGSTER_HOME": home / "dagster", "TMPDIR": home / "tmp"}
    program = [str(Path(sys.executable).with_name("dagster")), "job", "execute", "-j", "nightly_refresh"]
    done = subprocess.run(
        [*program, "-m", "sousei.orchestration.definitions"],
        env=same_code(**{name: str(path) for name, path in places.items()}),
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    texts = texts_of(home) | {"the call": done.stdout + done.stderr}
    assert "no_delivery_breaks_its_contract" in "".join(texts.values()), done.stderr[-2000:]
    assert [name for name in texts if "compute_logs" in name] and not list((home / "tmp").iterdir())
    assert leaks(texts) == {}


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    """The canary is in the bytes as they came, and is found there."""
    deliver(tmp_path / "landing")
    found = {path.name for path in (tmp_path / "landing").iterdir() if SAID[0].search(searched(path.read_bytes()))}
    assert found == {"header.csv", "cell.csv", "unknown.csv", "persons.csv", "sheets.xlsx", "plan.xlsx"}


def test_the_search_looks_into_tables(tmp_path: Path) -> None:
    """Compression hides a word from a search of the bytes, not from this one."""
    rows = pl.DataFrame({"note": [WHOLE] * 1000})
    rows.write_parquet(tmp_path / "one.parquet", compression="zstd")
    with duckdb.connect(str(tmp_path / "one.duckdb")) as connection:
        connection.register("frame", rows)
        connection.execute("create schema hidden; create table hidden.one as from frame")
    assert set(leaks(texts_of(tmp_path))) == {"one.parquet", "one.duckdb"}
