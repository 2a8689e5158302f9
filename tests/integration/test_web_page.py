"""Dagster's page as it is documented: on this machine only, and to look at only. It has no login."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from sousei.foundation.child import same_code
from sousei.foundation.home import PROJECT_ROOT

UNIT = PROJECT_ROOT / "wheelhouse" / "units" / "sousei-web.service"
START = """
mutation {
  startSensor(sensorSelector: {
    repositoryName: "__repository__", repositoryLocationName: "sousei.orchestration.definitions",
    sensorName: "new_files_in_landing"
  }) { __typename }
}
"""


def test_every_documented_way_starts_it_on_this_machine_to_look_at_only() -> None:
    texts = [PROJECT_ROOT / name for name in ("Makefile", "README.md", "README.ja.md")]
    texts += [*(PROJECT_ROOT / "docs").rglob("*.md"), *(PROJECT_ROOT / "wheelhouse").rglob("*.*")]
    calls = [
        line
        for path in texts
        if path.suffix != ".pyc"
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"dagster-webserver +-|dagster +dev", line) and "しないでください" not in line
    ]
    assert len(calls) >= 2
    assert [
        line for line in calls if "--read-only --host 127.0.0.1" not in line or re.search("dagster +dev", line)
    ] == []


@pytest.fixture
def page(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """(address, process group) of the page as its unit starts it, on a free port."""
    (call,) = re.findall(r"^ExecStart=/opt/sousei/bin/(dagster-webserver .*)$", UNIT.read_text("utf-8"), re.M)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program, *options = call.replace("--port 3000", f"--port {port}").split()
    (tmp_path / "dagster").mkdir()
    settings = (PROJECT_ROOT / "orchestration" / "dagster.yaml").read_text("utf-8")
    (tmp_path / "dagster" / "dagster.yaml").write_text(settings, "utf-8")
    given = same_code(SOUSEI_HOME=str(tmp_path / "var"), DAGSTER_HOME=str(tmp_path / "dagster"))
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [str(Path(sys.executable).with_name(program)), *options],
            env=given, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        until = time.monotonic() + 180
        while time.monotonic() < until and server.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5).close()
                break
            except OSError:
                time.sleep(0.5)
        yield f"http://127.0.0.1:{port}", server.pid
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)


def listening(group: int) -> set[str]:
    """Addresses (hex, as in /proc/net) on which processes of a group listen by TCP."""
    inodes = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) == group:
                links = [str(link.readlink()) for link in (process / "fd").iterdir()]
                inodes |= {link[8:-1] for link in links if link.startswith("socket:[")}
        except OSError:
            continue
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        if (table := Path("/proc/net") / name).exists()
        for line in table.read_text().splitlines()[1:]
    ]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes}


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="no /proc/net")
def test_the_page_listens_on_loopback_alone_and_starts_nothing(page: tuple[str, int]) -> None:
    address, group = page
    with urllib.request.urlopen(f"{address}/server_info", timeout=30) as answer:
        assert "dagster_version" in json.load(answer)
    assert listening(group) == {"0100007F"}
    asked = urllib.request.Request(
        f"{address}/graphql", json.dumps({"query": START}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:
        assert json.load(answer)["data"]["startSensor"]["__typename"] == "UnauthorizedError"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{address}/logs/../../../../../../etc/passwd", timeout=30)
