"""`sousei alert`: new faults and known ones apart, in a file and, where it is set up, to a mail server and a webhook on
loopback; nothing of a delivery goes out."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_string
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from sousei.foundation.home import Home
from sousei.foundation.told import ToldError
from sousei.orchestration import alarms, health, run
from sousei.orchestration.command import main
from sousei.outside import alerting
from tests.gate_candidate import NOW

NAME = "山田花子の届出_canary.xlsx"
KEYS = {"at", "healthy", "new_faults", "known_faults", "ended_faults", "late", "release_id"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose last refresh failed over a file with a person's name."""
    monkeypatch.setenv("SOUSEI_HOME", str(tmp_path / "home"))
    home = Home(tmp_path / "home")
    run.record(home, "failed", NOW, [f"step_failed: {NAME}"], [])
    (home.landing).mkdir(parents=True)
    (home.landing / NAME).write_bytes(b"x")
    return home


def at(home: Home, hours: float) -> dict[str, Any]:
    now = NOW + timedelta(hours=hours)
    return alarms.record(home, health.health(home, now), now)


def test_a_fault_is_new_once_and_known_until_it_ends(home: Home) -> None:
    first = at(home, 1)
    assert set(first) == KEYS
    assert (first["new_faults"], first["known_faults"]) == (["no_release", "last_refresh_failed"], [])
    second = at(home, 2)
    assert (second["new_faults"], second["known_faults"]) == ([], ["no_release", "last_refresh_failed"])
    run.record(home, "published", NOW, [], [])
    third = at(home, 3)
    assert (third["known_faults"], third["ended_faults"]) == (["no_release"], ["last_refresh_failed"])
    said = json.loads(home.alert.read_text("utf-8"))["faults"]
    assert [(one["id"], one["since"], one["is_new"]) for one in said] == [("no_release", first["at"], False)]


@pytest.mark.parametrize("text", ["", "[]", '{"faults": 5}', '{"faults": [{"id": 1}]}'])
def test_an_alert_file_that_cannot_be_read_makes_everything_new(home: Home, text: str) -> None:
    home.alerts.mkdir()
    home.alert.write_text(text)
    assert at(home, 1)["new_faults"] == ["no_release", "last_refresh_failed"]


def test_status_marks_what_the_last_alert_did_not_tell(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 1
    assert "新規" not in capsys.readouterr().out  # before the first alert nothing is known
    at(home, 1)
    (home.runs / "last.json").write_text("{")
    assert main(["status"]) == 1
    told = capsys.readouterr().out
    assert "［継続］no_release" in told and "［新規］last_run_unreadable" in told
    assert main(["status", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["new_faults"], said["known_faults"]) == (["last_run_unreadable"], ["no_release"])
    assert {"disk", "sources", "late", "waiting_in_landing", "healthy", "faults"} <= said.keys()
    assert said["disk"]["free_bytes"] > 0 and {one["source"] for one in said["sources"]} >= {"census", "tourism"}


def test_nothing_is_sent_until_it_is_set_up(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("a connection was opened"))
    assert main(["alert"]) == 1
    assert json.loads(home.alert.read_text("utf-8"))["new_faults"]


@contextmanager
def mail_server() -> Iterator[tuple[int, list[str]]]:
    letters: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (text := self.rfile.readline()) != b".\r\n":
                        lines.append(text)
                    letters.append(b"".join(lines).decode())
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.server_address[1], letters
        server.shutdown()


@contextmanager
def hook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    said: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

        def do_POST(self) -> None:
            said.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/alert", said
        server.shutdown()


def test_mail_and_webhook_get_identifiers_and_no_name_of_a_file(home: Home) -> None:
    with mail_server() as (port, letters), hook() as (url, said):
        home.alerts.mkdir()
        (home.alerts / "settings.yaml").write_text(
            f"mail: {{host: 127.0.0.1, port: {port}, sender: a@example.jp, to: [b@example.jp]}}\n"
            f"webhook: {{url: '{url}'}}\n"
        )
        assert main(["alert"]) == 1
        assert main(["alert"]) == 1  # nothing new: nothing is sent
    (sent,) = said
    assert set(sent) == KEYS and {"no_release", "last_refresh_failed"} <= set(sent["new_faults"])
    letter = message_from_string(letters[0])
    body = letter.get_payload(decode=True)
    assert isinstance(body, bytes) and len(letters) == 1
    assert "新しい異常:\n  no_release" in body.decode().replace("\r\n", "\n")
    assert letter["To"] == "b@example.jp"
    out = json.dumps(sent, ensure_ascii=False) + body.decode() + letters[0]
    assert "canary" not in out and "山田" not in out


@pytest.mark.parametrize(
    ("when", "message", "sends"),
    [
        ("new", {"new_faults": ["a"]}, True),
        ("new", {"known_faults": ["a"]}, False),
        ("new", {"ended_faults": ["a"], "healthy": True}, True),
        ("always", {"known_faults": ["a"]}, True),
        ("always", {"healthy": True}, False),
        ("new", {"late": ["tourism/visitors 2026-07"], "healthy": True}, False),
    ],
)
def test_when_something_is_sent(when: str, message: dict[str, Any], sends: bool) -> None:
    empty = {"new_faults": [], "known_faults": [], "ended_faults": [], "late": [], "healthy": False}
    with hook() as (url, said):
        settings = alerting.Settings.model_validate({"when": when, "webhook": {"url": url}})
        assert alerting.send(settings, empty | {"at": "t", "release_id": None} | message) == []
    assert bool(said) == sends


def test_a_server_that_is_not_there_is_told_and_the_file_is_written(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    with hook() as (url, _):
        pass
    home.alerts.mkdir()
    (home.alerts / "settings.yaml").write_text(
        f"webhook: {{url: '{url}'}}\nmail: {{host: 127.0.0.1, port: 1, sender: a, to: [b]}}\n"
    )
    assert main(["alert"]) == 1
    assert capsys.readouterr().err.count("alert_not_sent") == 2
    said = json.loads(home.alert.read_text("utf-8"))["faults"]
    assert said and not any(one["is_told"] for one in said)
    with hook() as (url, heard):
        (home.alerts / "settings.yaml").write_text(f"webhook: {{url: '{url}'}}\n")
        assert main(["alert"]) == 1  # what could not be told is still new
    assert "no_release" in heard[0]["new_faults"]
    assert json.loads(home.alert.read_text("utf-8"))["faults"][0]["since"] == said[0]["since"]


@pytest.mark.parametrize(
    "text", ["mail: {host: a}", "webhook: 5", "mails: {}", "when: never", "a: [", "webhook: {url: x, token: y}"]
)
def test_settings_with_a_slip_are_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.yaml").write_text(text)
    with pytest.raises(ToldError, match="alert_settings"):
        alerting.settings(tmp_path)


def test_a_webhook_on_another_machine_must_be_https() -> None:
    settings = alerting.Settings.model_validate({"webhook": {"url": "http://example.jp/"}})
    message = {"new_faults": ["a"], "known_faults": [], "ended_faults": [], "late": [], "healthy": False}
    (problem,) = alerting.send(settings, message)
    assert "https" in problem


def test_low_disk_is_a_fault(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LEAST_BYTES", 1 << 62)
    assert any(fault.startswith("disk_low:") for fault in health.health(home, NOW).faults)
