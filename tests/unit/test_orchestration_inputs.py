"""What keeps a night from starting, and what is said of files that are not used. The files are synthetic."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from sousei.foundation.home import Home
from sousei.ingest.decided import corrections, decisions, seeds
from sousei.ingest.decided.registers import Fault, RegisterError
from sousei.orchestration import command, inputs, refresh
from sousei.orchestration import run as runs
from tests.nights import FIRST_NIGHT

LINES = ",".join(corrections.LINE)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("SOUSEI_HOME", str(tmp_path))
    inputs._seeds_are_sound.cache_clear()
    one = Home(tmp_path)
    decisions.prepare(one)
    one.landing.mkdir(parents=True)
    yield one
    inputs._seeds_are_sound.cache_clear()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("corrections.csv", b""),
        ("corrections.csv", LINES.replace("evidence", "proof").encode()),
        ("corrections.csv", f"{LINES}\nfurusato_donation,area_code=01223\n".encode()),
        ("corrections.csv", b"\xff\xfe\xfd\xa0\n"),
        ("go_aheads.csv", b"rule;fact\n"),
        ("go_aheads.csv", "規則\n".encode("cp932")),
        ("withdrawals.csv", b"source_id\n"),
        ("withdrawals.csv", b'source_id,"decision\n'),
    ],
)
def test_decisions_that_cannot_be_read_keep_the_night_from_starting(home: Home, name: str, data: bytes) -> None:
    (home.landing / "a.csv").write_text("a,b\n1,2\n")
    (home.decisions / name).write_bytes(data)
    outcome = refresh.refresh(home, None, date(2026, 11, 22), FIRST_NIGHT)
    assert outcome.state == "refused"
    (reason,) = outcome.reasons
    assert reason.startswith(f"register_not_read: decisions/{name}") and "\n" not in reason
    assert not list(home.snapshots.glob("*")), "nothing was taken in"
    assert (runs.last(home) or {})["reasons"] == [reason]


def test_a_line_that_is_not_whole_keeps_no_night_from_starting(home: Home) -> None:
    (home.decisions / "corrections.csv").write_text(f"{LINES}\ntourism_visitors,area_code=1,many,,,,,,\n")
    (home.decisions / "go_aheads.csv").write_text(f"{','.join(decisions.GO_AHEADS)}\nrule,fact,,,\n")
    tonight = inputs.tonight(home, None, date(2026, 11, 22), FIRST_NIGHT)
    assert tonight.result.problems["problem_id"].to_list() == ["decision_not_whole"]


def test_seeds_that_are_not_in_the_one_form_keep_the_night_from_starting(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = [RegisterError(f"{name}.csv", [Fault(3, "a", "違います", "wrong", "直す。")]) for name in ("x", "y")]
    with monkeypatch.context() as patch:
        patch.setattr(seeds, "check", lambda: wrong)
        outcome = refresh.refresh(home, None, date(2026, 11, 22), FIRST_NIGHT)
        assert (outcome.state, outcome.reasons) == ("refused", [str(one) for one in wrong])
    mended = refresh.refresh(home, None, date(2026, 11, 22), FIRST_NIGHT)
    assert mended.state == "nothing_delivered", "once the seeds are mended the same process goes on"


def test_check_says_in_one_line_that_corrections_cannot_be_read(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    path = home.landing / "a.csv"
    path.write_text("a,b\n1,2\n")
    (home.decisions / "corrections.csv").write_text("a,b\n")
    assert command.main(["check", str(path)]) == command.REFUSED
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "decisions/corrections.csv" in said.err


def test_a_file_that_is_not_used_has_one_line_with_what_to_do(home: Home) -> None:
    (home.landing / "memo.csv").write_text("項目,内容\n連絡,会議\n")
    tonight = inputs.tonight(home, None, date(2026, 11, 22), FIRST_NIGHT)
    (told,) = tonight.not_used
    assert set(told) == {"file_name", "problem_id", "reason_ja", "reason_en"}
    assert told["file_name"] == "memo.csv" and told["reason_en"].startswith(f"{told['problem_id']}: ")
    (problem,) = tonight.result.problems.to_dicts()
    assert problem["message_ja"] in told["reason_ja"] and told["reason_ja"].endswith(problem["action_ja"])
    assert "\n" not in json.dumps(told)
    assert inputs.waiting(home) == ["memo.csv"]


@pytest.mark.parametrize(
    "name", ["~$表.xlsx", "写し/~$表.xlsx", ".git/表.xlsx", "__MACOSX/表.xlsx", ".Trash/a/表.xlsx"]
)
def test_litter_in_landing_waits_for_nothing(home: Home, name: str) -> None:
    path = home.landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    assert inputs.waiting(home) == []
    assert inputs.tonight(home, None, date(2026, 11, 22), FIRST_NIGHT).not_used == []


def test_a_reader_who_stops_reading_sees_no_traceback() -> None:
    calls = f"{sys.executable} -m sousei.orchestration.command indicators | (exec 0<&-; sleep 0.1)"
    said = subprocess.run(["bash", "-c", calls], capture_output=True, text=True, check=False)
    assert (said.stdout, said.stderr) == ("", "")


def test_a_home_whose_files_are_all_unusable_says_so_and_names_their_problems(home: Home) -> None:
    """Both by the command and by a night that Dagster starts."""
    import dagster as dg

    from sousei.orchestration.assets import ScheduledNight, build_intake
    from sousei.orchestration.health import health

    (home.landing / "memo.csv").write_text("備考,値\nx,1\n", "utf-8")
    (home.landing / "people.csv").write_text("氏名,生年月日,住所\n架空太郎,1980-04-01,架空町1-2-3\n" * 2, "utf-8")
    said = []
    for night in ("command", "dagster"):
        if night == "command":
            outcome = refresh.refresh(home, None, FIRST_NIGHT.date(), FIRST_NIGHT)
            assert outcome.state == "nothing_delivered" and "memo.csv" in outcome.reasons[0]
        else:
            assert dg.materialize([build_intake()], resources={"night": ScheduledNight()}).success
        last = runs.last(home)
        assert last is not None and last["state"] == "nothing_delivered", night
        (reason,) = last["reasons"]
        (fault,) = [one for one in health(home, FIRST_NIGHT).faults if one.startswith("last_refresh_")]
        for text in (reason, fault):
            assert "memo.csv" in text and "people.csv" in text and "(personal_data)" in text
        said.append([(one["file_name"], one["problem_id"]) for one in last["not_used"]])
    assert said[0] == said[1] and len(said[0]) == 2


@pytest.mark.parametrize(
    ("is_terminal", "words", "told"), [(True, [], True), (False, [], False), (True, ["--json"], False)]
)
def test_steps_are_told_on_a_terminal_alone(
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    is_terminal: bool,
    words: list[str],
    told: bool,
) -> None:
    (home.landing / "memo.txt").write_text("a\n")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    assert command.main(["refresh", *words]) == 1
    assert ("s] 受領ファイルを読んでいます" in capsys.readouterr().err) is told


@pytest.mark.promise("E1")
@pytest.mark.parametrize(
    ("what", "told"), [("lost", "published_input_lost"), ("other bytes", "published_input_changed")]
)
def test_a_published_delivery_that_is_not_whole_any_more_keeps_the_night_from_starting(
    what: str, told: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home.landing / "memo.csv").write_text("項目,内容\n連絡,会議\n")
    first = inputs.tonight(home, None, date(2026, 11, 22), FIRST_NIGHT)
    (folder,) = (path.parent for path in home.snapshots.glob("*/bytes"))
    one = {"sha256": folder.name, "source_id": "s-1", "file_name": "memo.csv", "verdict": "taken", "origin": "landing"}
    monkeypatch.setattr(runs, "last_release", lambda home: {"inputs": [one], "as_of_date": "2026-11-22"})
    (home.landing / "memo.csv").unlink()
    assert inputs.tonight(home, None, date(2026, 11, 22), FIRST_NIGHT).run.inputs == first.run.inputs
    if what == "lost":
        shutil.rmtree(folder)
    else:
        (folder / "bytes").chmod(0o644)
        (folder / "bytes").write_bytes(b"others")
    with pytest.raises(inputs.CannotStartError, match=f"{told}: 公表に使った memo.csv"):
        inputs.tonight(home, None, date(2026, 11, 22), FIRST_NIGHT)


@pytest.mark.promise("E1")
def test_samples_do_not_come_into_a_home_that_published_its_own(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    one = {"sha256": "a", "source_id": "s-1", "file_name": "x.csv", "verdict": "taken", "origin": "landing"}
    monkeypatch.setattr(runs, "last_release", lambda home: {"inputs": [one]})
    with pytest.raises(inputs.WrongUseError, match="samples_in_a_live_home"):
        inputs.tonight(home, None, date(2026, 11, 22), FIRST_NIGHT, samples=True)
