"""`sousei fetch`: the folder that is carried over, made from answers of a server on loopback."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sousei.ingest.dry_run import describe
from sousei.orchestration.command import main
from sousei.outside import asked, carry
from sousei.outside.estat import Estat, EstatError, Question
from tests.synthetic.books import book
from tests.synthetic.estat_server import APP_ID, Server, serving

REQUESTS = "stats_data_id,conditions,what_ja\n0000020203,cdCat01=C3101,漁獲量\n"


@pytest.fixture
def fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setenv("ESTAT_APP_ID", APP_ID)
    requests = tmp_path / "requests.csv"
    requests.write_text(REQUESTS, encoding="utf-8")

    def call(server: Server | None, *more: str) -> int:
        where = ["--api", server.url] if server else []
        return main(
            ["fetch", "--to", str(tmp_path / "carry"), "--requests", str(requests), "--pause", "0", *where, *more]
        )

    return call


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() + str(path).encode() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_folder_is_written_that_the_other_side_can_check_and_take(
    fetch: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "carry"
    with serving(page=4) as server:
        assert fetch(server) == 0
    told = capsys.readouterr()
    assert "漁獲量" in told.out and "6件" in told.out
    (file,) = (folder / "deliveries").iterdir()
    assert file.name.startswith("estat_0000020203_") and file.suffix == ".json"
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (said,) = json.loads((folder / "fetched.json").read_text("utf-8"))["questions"]
    assert said["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest() and said["values"] == 6
    taken = describe(file)
    assert taken["would_be_taken"] and taken["source"] == "estat_api" and taken["rows"] == {"estat_value": 6}
    assert APP_ID.encode() not in everything(folder) and APP_ID not in told.out + told.err


def test_what_is_fetched_by_hand_is_listed_with_page_and_date(fetch: Callable[..., int], tmp_path: Path) -> None:
    assert fetch(None, "--list-only", "--as-of", "2026-11-30") == 0
    with (tmp_path / "carry" / "to_fetch.csv").open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    registry = next(row for row in rows if row["情報源"] == "resident_registry")
    assert (registry["公表済みの版"], registry["次の版"], registry["次の公表の目安"]) == ("2026", "2027", "2027-08-31")
    assert registry["ページ"].startswith("https://www.soumu.go.jp/") and "ssjin" in registry["そこでのファイルの名前"]
    assert {row["情報源"] for row in rows} >= {"census", "furusato_nozei", "ipss_projection", "tourism"}
    assert "estat_api" not in {row["情報源"] for row in rows}
    assert (tmp_path / "carry" / "SHA256SUMS").read_text() == ""


def test_the_list_alone_needs_no_key_and_no_network(
    fetch: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ESTAT_APP_ID")
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("a connection was opened"))
    assert fetch(None, "--list-only") == 0
    assert fetch(None) == 2
    assert "no_app_id" in capsys.readouterr().err


def test_the_key_may_lie_in_a_file(fetch: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ESTAT_APP_ID")
    (tmp_path / "key").write_text(APP_ID + "\n")
    with serving() as server:
        assert fetch(server, "--app-id-file", str(tmp_path / "key")) == 0
        assert server.seen[0][1]["appId"] == APP_ID


def test_items_that_a_register_names_are_fetched(fetch: Callable[..., int], tmp_path: Path) -> None:
    names = [["指標の系列ID"], ["estat:0000020203:C3102"], ["registry_births_persons"], ["estat:0000020203:C3101"]]
    (tmp_path / "plan.xlsx").write_bytes(book(names, "指標"))
    with serving(values=200) as server:
        assert fetch(server, "--register", str(tmp_path / "plan.xlsx"), "--municipality", "012238") == 0
    asked_for = [query for call, query in server.seen if call == "getStatsData"]
    assert [(one["cdCat01"], one["cdArea"]) for one in asked_for] == [("C3101", "01223"), ("C3101,C3102", "01223")]


def test_an_item_that_the_table_does_not_have_costs_itself(
    fetch: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "items.csv").write_text("id\nestat:0000020203:X9999\n", encoding="utf-8")
    with serving() as server:
        assert fetch(server, "--register", str(tmp_path / "items.csv")) == 1
    assert "item_unknown" in capsys.readouterr().err
    assert len(list((tmp_path / "carry" / "deliveries").iterdir())) == 1


def test_a_question_that_fails_costs_itself_and_is_told(
    fetch: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "requests.csv").write_text(REQUESTS + "0000020204,,二つ目\n", encoding="utf-8")
    with serving(faults=["error"]) as server:
        assert fetch(server) == 1
    told = capsys.readouterr().err
    assert "estat_error" in told and APP_ID not in told
    said = json.loads((tmp_path / "carry" / "fetched.json").read_text("utf-8"))["questions"]
    assert [bool(one["file"]) for one in said] == [False, True]
    assert APP_ID.encode() not in everything(tmp_path / "carry")


def test_a_wrong_key_stops_at_once(fetch: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESTAT_APP_ID", "f" * 40)
    (tmp_path / "requests.csv").write_text(REQUESTS + "0000020204,,\n", encoding="utf-8")
    with serving() as server:
        assert fetch(server) == 1
        assert len(server.seen) == 1


def test_an_answer_that_the_night_would_refuse_is_not_carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as server:
        rows = [{"@tab": "00001", "@cat01": "C3101", "@area": "01223", "@time": "2020100000", "$": "不明な字"}]
        monkeypatch.setattr(server, "rows", lambda asked: rows)
        (one,) = carry.fetch(Estat(APP_ID, api=server.url), [Question("0000020203")], tmp_path)
    assert one.file is None and one.problem_ja.startswith("would_be_refused")
    assert not (tmp_path / "deliveries").exists()


def test_a_folder_with_other_files_is_left_alone(fetch: Callable[..., int], tmp_path: Path) -> None:
    (tmp_path / "carry").mkdir()
    (tmp_path / "carry" / "mine.txt").write_text("x")
    assert fetch(None, "--list-only") == 2
    assert [path.name for path in (tmp_path / "carry").iterdir()] == ["mine.txt"]
    (tmp_path / "carry" / "mine.txt").unlink()
    assert fetch(None, "--list-only") == fetch(None, "--list-only") == 0


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("id\n1\n", "requests_header"),
        ("stats_data_id,conditions,what_ja\n123,,x\n", "2行目"),
        ("stats_data_id,conditions,what_ja\n0000020203,appId=x,y\n", "2行目"),
        ("stats_data_id,conditions,what_ja\n0000020203,cdCat01=A\n", "2行目"),
    ],
)
def test_a_list_of_requests_with_a_slip_is_told_by_line(
    fetch: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, word: str
) -> None:
    (tmp_path / "requests.csv").write_text(text, encoding="utf-8")
    assert fetch(None) == 2
    assert word in capsys.readouterr().err


def test_the_products_own_list_is_sound() -> None:
    assert len(asked.listed(asked.REQUESTS)) >= 2


def test_items_of_several_classes_are_asked_by_each_of_them() -> None:
    def classes(_: str) -> Any:
        return [("tab", "表章項目", frozenset({"020"})), ("cat01", "男女", frozenset({"0", "1"}))]

    questions, faults = asked.of_items({"0003445078": {"020/1", "020/7", "020"}}, classes)
    assert [one.conditions for one in questions] == [{"cdTab": "020", "cdCat01": "1"}]
    assert [one.what for one in faults] == ["item_unknown", "item_unknown"]


def test_more_than_a_hundred_codes_are_several_questions() -> None:
    codes = {f"A{number:04d}" for number in range(150)}
    questions, _ = asked.of_items({"0000020201": codes}, lambda _: [("cat01", "A", frozenset(codes))])
    assert [one.conditions["cdCat01"].count(",") + 1 for one in questions] == [100, 50]
    areas = [f"{number:05d}" for number in range(1000, 1101)]
    assert len(asked.narrowed(questions, areas)) == 4
    assert asked.narrowed([Question("0000020201", {"cdArea": "01223"})], areas)[0].conditions == {"cdArea": "01223"}


def test_a_table_whose_classes_cannot_be_had_costs_itself() -> None:
    def classes(table: str) -> Any:
        raise EstatError("no_data", "ない", "none")

    questions, faults = asked.of_items({"0000020201": {"A"}, "0000020202": {"B"}}, classes)
    assert questions == [] and len(faults) == 2
