"""A page in headless Chromium: what its console says and what axe-core finds, for the tests of every page.

Holds: opening a local page with a copy of axe-core inside, at a width. Does not hold: what must come out, or axe-core
itself (the wheel axe-core-python carries axe.min.js; AXE_CORE names another copy).
"""

from __future__ import annotations

import html
import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SCREEN, PHONE = 1280, 390
SERIOUS = ("serious", "critical")
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
_FOUND = re.compile(r'<pre id="axe-found">(.*?)</pre>', re.S)
_RUN = """
axe.run(document, {resultTypes: ["violations"]}).then(found => {
  const told = document.createElement("pre");
  told.id = "axe-found";
  told.textContent = JSON.stringify({
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    violations: found.violations.map(one => [one.impact, one.id, one.nodes.length, one.nodes[0].html.slice(0, 200)])});
  parent.document.body.append(told);
});
"""

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


class Seen(NamedTuple):
    """console: its lines. faults: (impact, rule, number, first element) that axe-core finds serious or critical.
    too_wide: pixels by which the page is wider than the window."""

    console: list[str]
    faults: list[tuple[str, str, int, str]]
    too_wide: int


def axe() -> str:
    """The text of axe-core; skips the test where there is none."""
    named = os.environ.get("AXE_CORE")
    package = importlib.util.find_spec("axe_core_python")
    places = [Path(named)] if named else []
    places += sorted(Path(package.origin).parent.rglob("axe.min.js")) if package and package.origin else []
    if not places:
        pytest.skip("axe-core is not installed (axe-core-python, or AXE_CORE)")
    return places[0].read_text("utf-8")


def look_at(page: Path, folder: Path, width: int = SCREEN) -> Seen:
    """Open a page in Chromium at a width in pixels, and as it is for its console.

    folder: for the copy that carries axe-core, in a frame, since windows are never narrower than 500 pixels. The page's
    own policy is taken out of the copy, for it forbids scripts.
    """
    text = _POLICY.sub("", page.read_text("utf-8"))
    text = text.replace("</body>", f"<script>{axe()}</script><script>{_RUN}</script></body>")
    copy = folder / f"axe-{page.stem}.html"
    frame = f'<iframe width="{width}" height="900" srcdoc="{html.escape(text)}"></iframe>'
    copy.write_text(f'<!doctype html><meta charset="utf-8">{frame}', "utf-8")
    dumped = _chromium("--dump-dom", "--virtual-time-budget=20000", "--window-size=1600,1000", url=copy)
    found = _FOUND.search(dumped.stdout)
    assert found, dumped.stderr[-2000:]
    told = json.loads(html.unescape(found[1]))
    faults = [(impact, rule, count, first) for impact, rule, count, first in told["violations"] if impact in SERIOUS]
    plain = _chromium("--dump-dom", url=page)
    console = [line for line in plain.stderr.splitlines() if ":CONSOLE" in line]
    return Seen(console, faults, told["wide"])


def _chromium(*arguments: str, url: Path) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM is not None
    return subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", *arguments, url.as_uri()],
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
