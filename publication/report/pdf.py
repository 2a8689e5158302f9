"""The PDF of a page, printed by a browser that is on the machine.

Holds: finding a browser, running it without a window or network use, the day that the file gives as its own. Does not
hold: the page, or how it prints (templates/style.css).
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("msedge", "microsoft-edge", "microsoft-edge-stable"),
)
"""Commands that are tried in this order."""
_PLACES = (
    r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
    r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
SECONDS = 120
_DATES = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}")


class BrowserError(RuntimeError):
    """The browser made no PDF; the text is its last line."""


def browser() -> Path | None:
    """The first browser found, or None."""
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    return next((path for place in _PLACES if (path := Path(os.path.expandvars(place))).is_file()), None)


def printed_pdf(page: bytes, program: Path, day: dt.date, seconds: float = SECONDS) -> bytes:
    """The page as PDF with page numbers, tags and outline; its date is `day`: the same page gives the same bytes.

    Raises BrowserError where the browser fails or takes longer than `seconds`.
    """
    with tempfile.TemporaryDirectory(prefix="sousei-report-", ignore_cleanup_errors=True) as folder:
        source, to = Path(folder, "report.html"), Path(folder, "report.pdf")
        source.write_bytes(page)
        call = [
            str(program),
            *(
                "--headless",
                "--disable-gpu",
                "--no-first-run",
                "--disable-extensions",
                "--disable-background-networking",
            ),
            *("--disable-component-update", "--disable-sync", "--disable-default-apps", "--no-pings"),
            *("--generate-pdf-document-outline", "--no-pdf-header-footer", "--host-resolver-rules=MAP * ~NOTFOUND"),
            *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
            f"--user-data-dir={Path(folder, 'profile')}",
            f"--print-to-pdf={to}",
            source.as_uri(),
        ]
        try:
            child = subprocess.Popen(
                call,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd=folder,
                start_new_session=os.name == "posix",
            )
        except OSError as error:
            raise BrowserError(error.strerror or str(error)) from error
        try:
            said = child.communicate(timeout=seconds)[1]
        except subprocess.TimeoutExpired as error:
            _end(child)
            raise BrowserError(f"{seconds:g} s") from error
        if child.returncode or not to.is_file():
            lines = said.decode("utf-8", "replace").strip().splitlines()
            raise BrowserError(lines[-1][:300] if lines else f"exit {child.returncode}")
        return _DATES.sub(rb"/\1 (D:%s000000" % day.strftime("%Y%m%d").encode(), to.read_bytes())


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the browser and what it started."""
    if os.name == "posix":
        os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()
    child.communicate()
