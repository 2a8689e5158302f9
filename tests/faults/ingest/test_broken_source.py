"""A mistake in one contract.yaml or reader.py names file and line, and costs that source only."""

from __future__ import annotations

import datetime as dt
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest import raw
from sousei.ingest.contract import broken
from sousei.ingest.contract import loading as contracts
from sousei.ingest.contract.yaml_lines import Mistake
from sousei.ingest.dry_run import describe
from sousei.ingest.reading import delivery as reading
from sousei.ingest.receive import intake

SAMPLES = PROJECT_ROOT / "samples" / "landing"
NIGHT = dt.datetime(2026, 11, 22, 2, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
CODES = "code,prefecture,city,prefecture_kana,city_kana\n010006,北海道,,ﾎｯｶｲﾄﾞｳ,\n012238,北海道,根室市,ﾎｯｶｲﾄﾞｳ,ﾈﾑﾛｼ\n"


def replaced(old: str, new: str) -> Callable[[str], str | bytes]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


SLIPS: dict[str, tuple[str, Callable[[str], str | bytes], str]] = {
    "a tab": ("tourism", replaced("    anchor: 年", "\tanchor: 年"), "    anchor: 年"),
    "a bracket left open": ("tourism", replaced("digits: 5}", "digits: 5"), "地域名称"),
    "an unknown key of a column": ("tourism", replaced("digits: 5}", "digts: 5}"), "地域コード"),
    "an unknown key of a layout": ("tourism", replaced("    about:", "    abot:"), "    about:"),
    "an unknown key of the source": ("tourism", replaced("licence:", "licens:"), "licence:"),
    "a broken pattern of a header": ("tourism", replaced("header: '人数'", "header: '人数('"), "人数"),
    "a broken pattern of cells": ("tourism", replaced(r"cells: '\d{4}'", r"cells: '(\d{4}'"), r"\d{4}'"),
    "a broken pattern of a title": ("census", replaced("人口速報集計'", "人口速報集計('"), "国勢調査人口速報集計"),
    "a broken pattern of the file's name": ("tourism", replaced("'^city", "'^(city"), "file_name"),
    "a broken pattern of metadata": ("census", replaced("表題: '.*'", "表題: '*'"), "    表題:"),
    "like a layout that is not there": (
        "resident_registry", replaced("like: flows_2013", "like: flow"), "like: flows_2013",
    ),
    "a date that never was": ("resident_registry", replaced("2013-12-31", "2013-13-31"), "2013-12-31"),
    "a key twice": ("tourism", replaced("    form: csv", "    form: csv\n    form: csv"), "    about:"),
    "an unknown role": ("tourism", replaced("role: prefecture", "role: prefectures"), "都道府県名"),
    "an unknown table": ("tourism", replaced("tourism_visitors", "visitors"), "raw_table"),
    "an unknown meaning of a sign": ("resident_registry", replaced("'X': suppressed", "'X': hidden"), "symbols"),
    "an unknown meaning of a cell": ("census", replaced("うち日本人: japanese", "うち日本人: japanes"), "うち日本人"),
    "a check of what is not there": (
        "resident_registry", replaced("birth, other_in]", "brth, other_in]"), "checks: {areas",
    ),
    "an alias that is not there": ("resident_registry", replaced("*flow_sums", "*flow_sum"), "*flow_sums"),
    "no layouts": ("tourism", lambda text: text.split("layouts:")[0], "source:"),
    "an empty file": ("tourism", lambda text: "", "# "),
    "neither published nor own": ("tourism", replaced("disclosure: published", "disclosure: open"), "disclosure"),
    "own without breakdowns": ("tourism", replaced("disclosure: published", "disclosure: own"), "disclosure"),
    "another source": ("tourism", replaced("source: tourism", "source: turism"), "source:"),
    "two layouts of one name": (
        "resident_registry", replaced("layout: flows_1996", "layout: flows_1995"), "flows_1996",
    ),
    "saved in CP932": ("tourism", lambda text: text.encode("cp932"), "# "),
    "a truth value that is none": ("tourism", replaced("nationwide: true", "nationwide: yess"), "nationwide"),
    "text for a list": ("resident_registry", replaced("columns: *flows", "columns: flows"), "columns: *flows"),
    "a number for a text": ("tourism", replaced("anchor: 年", "anchor: 5"), "anchor"),
}  # fmt: skip
"""What slipped: source, change, and what stands on the line that must be named."""


def with_slip(folder: Path, source: str, change: Callable[[str], str | bytes]) -> Path:
    shutil.copytree(contracts.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / source / "contract.yaml"
    made = change(path.read_text("utf-8"))
    path.write_bytes(made if isinstance(made, bytes) else made.encode())
    return folder


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_names_file_and_line_and_costs_one_source(tmp_path: Path, slip: str) -> None:
    source, change, mark = SLIPS[slip]
    folder = with_slip(tmp_path / "sources", source, change)
    every = {contract.source for contract in contracts.all_contracts()}
    assert {contract.source for contract in contracts.all_contracts(folder)} == every - {source}
    ((name, mistake),) = contracts.mistakes(folder).items()
    text = (contracts.FOLDER / source / "contract.yaml").read_text("utf-8").splitlines()
    near = text[max(mistake.line - 2, 0) : mistake.line + 1]
    assert name == source and any(mark in line for line in near), (mistake, near)
    assert mistake.where == f"ingest/sources/{source}/contract.yaml:{mistake.line}" and mistake.ja


def test_a_contract_that_is_gone_is_a_mistake(tmp_path: Path) -> None:
    folder = with_slip(tmp_path / "sources", "tourism", lambda text: text)
    (folder / "tourism" / "contract.yaml").unlink()
    assert list(contracts.mistakes(folder)) == ["tourism"]


@pytest.fixture
def slipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes the installed contract of tourism one with a slip, as after an edit between two nights."""
    folder = with_slip(tmp_path / "sources", *SLIPS["an unknown role"][:2])
    real = contracts._loaded

    def make() -> None:
        monkeypatch.setattr(contracts, "_loaded", lambda _: real(folder))
        monkeypatch.setattr(raw, "reader_version", lambda: "after the edit")

    return make


def night(home: Home, landing: Path) -> raw.RawResult:
    return raw.read(home, intake.take(home, landing, NIGHT, "landing"), NIGHT.date())


def landing_of(tmp_path: Path, *names: str) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    for name in names:
        shutil.copy(SAMPLES / name, folder)
    return folder


def test_what_was_read_before_the_slip_stays_and_other_sources_go_on(
    tmp_path: Path, slipped: Callable[[], None]
) -> None:
    landing, home = landing_of(tmp_path, "tourism/city2021.csv"), Home(tmp_path / "home")
    before = night(home, landing)
    slipped()
    shutil.copy(SAMPLES / "resident_registry" / "2104ssnen.xlsx", landing)
    for _ in range(2):
        after = night(home, landing)
        assert not after.refused
        assert after.files["tourism_visitors"] == before.files["tourism_visitors"]
        assert set(after.files) == {"tourism_visitors", "registry_population"}
        (told,) = after.problems.to_dicts()
        assert (told["problem_id"], told["severity"]) == ("source_broken", "warn")
        assert told["file_name"] == "city2021.csv" and told["source_id"].startswith("tourism-")
        assert "ingest/sources/tourism/contract.yaml:30" in told["message_ja"] + told["action_ja"]


def test_a_new_file_of_the_broken_source_waits_and_is_told(tmp_path: Path, slipped: Callable[[], None]) -> None:
    slipped()
    landing, home = landing_of(tmp_path, "tourism/city2021.csv", "census/census_2020_sex_age.csv"), Home(tmp_path / "h")
    result = night(home, landing)
    assert not result.refused
    verdicts = dict(result.deliveries.select("file_name", "verdict").iter_rows())
    assert verdicts == {"city2021.csv": "refused", "census_2020_sex_age.csv": "taken"}
    assert result.problems["problem_id"].to_list()[0] == "source_broken"
    said = describe(landing / "city2021.csv")
    assert not said["would_be_taken"] and said["problems"][0]["problem_id"] == "source_broken"


def test_a_published_delivery_whose_reading_is_lost_stops_the_night(
    tmp_path: Path, slipped: Callable[[], None]
) -> None:
    landing, home = landing_of(tmp_path, "tourism/city2021.csv"), Home(tmp_path / "home")
    (parquet,) = night(home, landing).files["tourism_visitors"]
    parquet.unlink()
    slipped()
    result = night(home, landing)
    assert result.refused and "source_broken" in result.problems["problem_id"].to_list()


def test_the_mended_source_is_read_again(
    tmp_path: Path, slipped: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    landing, home = landing_of(tmp_path, "tourism/city2021.csv"), Home(tmp_path / "home")
    with monkeypatch.context() as inside:
        folder = with_slip(tmp_path / "again", *SLIPS["an unknown role"][:2])
        real = contracts._loaded
        inside.setattr(contracts, "_loaded", lambda _: real(folder))
        inside.setattr(raw, "reader_version", lambda: "with the slip")
        assert night(home, landing).files == {}
    assert set(night(home, landing).files) == {"tourism_visitors"}


def _no_import(source: str) -> Any:
    raise Mistake(
        contracts.FOLDER / source / "reader.py", 7, "Python として読めません(invalid syntax)", "invalid syntax"
    )


def _raises(document: object) -> bool:
    raise KeyError("架空花子")


READERS: dict[str, Callable[[str], Any]] = {
    "does not load": _no_import,
    "fails to recognise": lambda source: SimpleNamespace(recognises=_raises, read=_raises),
    "fails to read": lambda source: SimpleNamespace(recognises=lambda document: True, read=_raises),
}


@pytest.mark.parametrize("kind", ["does not load", "fails to recognise"])
def test_a_reader_with_a_mistake_costs_no_other_source(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(broken, "reader_of", READERS[kind])
    for name in ("tourism/city2021.csv", "resident_registry/2104ssnen.xlsx"):
        assert reading.read((SAMPLES / name).read_bytes(), Path(name).name).taken
    found = reading.read(b'{"GET_STATS_DATA": {}}', "x.json")
    told = [p for p in found.problems if p["problem_id"] == "source_broken"]
    assert {p["expected"] for p in told} == {"estat_api", "municipality_codes"}
    assert all("reader.py" in p["message_ja"] for p in told) and "架空" not in str(told)


def test_a_reader_names_the_line_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contracts, "FOLDER", tmp_path)
    path = tmp_path / "x" / "reader.py"
    path.parent.mkdir()
    path.write_text("a = 1\n\n\nraise RuntimeError('x')\n")
    with pytest.raises(RuntimeError) as raised:
        runpy.run_path(str(path))
    assert broken.in_reader("x", raised.value).where == "ingest/sources/x/reader.py:4"


def test_a_reader_that_fails_on_a_file_keeps_what_was_read_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing, home = tmp_path / "landing", Home(tmp_path / "home")
    landing.mkdir()
    (landing / "codes.csv").write_text(CODES, "utf-8")
    before = night(home, landing)
    assert set(before.files) == {"municipality"}, before.problems.to_dicts()
    monkeypatch.setattr(raw, "reader_version", lambda: "after the edit")
    monkeypatch.setattr(broken, "reader_of", READERS["fails to read"])
    after = night(home, landing)
    assert after.files == before.files and not after.refused
    assert set(after.problems["problem_id"]) == {"source_broken"}
