"""The pages for the makers of deliveries: of a night's deliveries with their list, and of a file not delivered yet.

Holds: which file gets a page and under which name, and the findings that are kept from night to night. Does not hold
what stands on a page (report.py), its forms (html.py, workbook.py), the checks (feedback.checks) or the reading
(ingest.raw).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import polars as pl

from sousei.feedback import examine as readability
from sousei.feedback import html
from sousei.feedback.checks.form import cannot_be_opened
from sousei.feedback.findings import Examination, Finding
from sousei.feedback.report import Delivery, Report, report_of
from sousei.feedback.rules import rule_book
from sousei.feedback.workbook import xlsx
from sousei.foundation.files import sync_folder, write_bytes, write_json
from sousei.foundation.fingerprint import fingerprint
from sousei.foundation.home import Home
from sousei.ingest.dry_run import describe
from sousei.ingest.receive.intake import MAX_BYTES, display_name


def checker_version() -> str:
    """Hash of what decides the findings: the checker with its rules, and the readers below it."""
    return fingerprint("feedback", "ingest", "foundation")


def forms_of(report: Report) -> dict[str, bytes]:
    """Suffix -> bytes of the forms in which a report is handed out."""
    return {"html": html.page(report).encode(), "xlsx": xlsx(report)}


def page_of(path: Path) -> Report:
    """The report of a file that was not delivered yet, for `sousei check FILE`. Writes nothing.

    Raises FileNotFoundError where there is no such file. A file that intake would not open is not opened here either.
    """
    said = describe(path)
    data = _bytes(path)
    with readability.Lookers() as lookers:
        examination = _looked_at(data, lookers)[0] if data is not None else _closed(said["problems"])
    delivery = Delivery(
        file_name=display_name(path.name),
        statistic_ja=said["statistic_ja"],
        publisher_ja=said["publisher_ja"],
        period=said["period"],
        verdict="taken" if said["would_be_taken"] else "refused",
    )
    return report_of(examination, said["problems"], delivery)


def write_all(home: Home, problems: pl.DataFrame, deliveries: pl.DataFrame, to: Path) -> list[Path]:
    """Write <source_id>.html and .xlsx of every delivery, and index.html, below `to`; give the paths.

    problems, deliveries: raw.problem and raw.delivery of the run. What a file holds is looked at once per checker: the
    findings are kept in raw/readability/<sha256>.json. A delivery that was not stored has a page from its problems.
    """
    to.mkdir(parents=True, exist_ok=True)
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in problems.iter_rows(named=True):
        found.setdefault((one["source_id"], one["file_name"]), []).append(one)
    written: list[Path] = []
    listed: list[tuple[str, Report]] = []
    with readability.Lookers() as lookers:
        for row in deliveries.unique(["source_id", "file_name"], maintain_order=True).iter_rows(named=True):
            said = found.get((row["source_id"], row["file_name"]), [])
            report = report_of(_examined(home, row["sha256"], said, lookers), said, _delivery(row))
            name = _page_name(row)
            listed.append((name, report))
            for suffix, data in forms_of(report).items():
                written.append(to / f"{name}.{suffix}")
                write_bytes(written[-1], data, sync=False)
    written.append(to / "index.html")
    write_bytes(written[-1], html.index(listed).encode(), sync=False)
    sync_folder(to)
    return written


def _delivery(row: dict[str, Any]) -> Delivery:
    received = row["received_at"]
    known = {name: row[name] or "" for name in Delivery._fields if name != "received"}
    return Delivery(**known, received=f"{received:%Y-%m-%d %H:%M}" if received else "")


def _page_name(delivery: dict[str, Any]) -> str:
    """The source_id; for deliveries that were not stored, which share one, with a hash of the file's name."""
    name = re.sub(r"[^0-9A-Za-z_.-]", "_", delivery["source_id"])
    if delivery["sha256"]:
        return name
    return f"{name}-{hashlib.sha256(delivery['file_name'].encode('utf-8', 'replace')).hexdigest()[:8]}"


def _examined(home: Home, sha256: str, problems: list[dict[str, Any]], lookers: readability.Lookers) -> Examination:
    stored = home.snapshots / sha256 / "bytes"
    if not re.fullmatch(r"[0-9a-f]{64}", sha256) or not stored.is_file():
        return _closed(problems)
    kept = home.raw / "readability" / f"{sha256}.json"
    if kept.exists():
        known = json.loads(kept.read_text("utf-8"))
        if known["checker"] == checker_version():
            findings = [Finding(*fields) for fields in known["findings"]]
            return Examination(known["form"], findings, known["notes_ja"], known["unseen"])
    examination, whole = _looked_at(stored.read_bytes(), lookers)
    if not whole:
        return examination
    write_json(kept, {"checker": checker_version(), **examination._asdict()}, sync=False)
    return examination


def _bytes(path: Path) -> bytes | None:
    """Contents of a regular file of a size that intake takes; None of anything else."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or not 0 < found.st_size <= MAX_BYTES:
            return None
        return file.read(MAX_BYTES)


def _looked_at(data: bytes, lookers: readability.Lookers) -> tuple[Examination, bool]:
    """What was found in a file, and whether the look came to its end: a page for its maker must not stop the night, and
    says itself that it is not whole."""
    try:
        return readability.examine(data, lookers), True
    except Exception as error:
        note = f"検査が途中で止まりました({type(error).__name__})。"
        return Examination("other", [], [note], {rule.id: note for rule in rule_book().rules}), False


def _closed(problems: list[dict[str, Any]]) -> Examination:
    """The examination of a file that was refused before it was stored: its problems say why."""
    said = problems[0] if problems else {"message_ja": "受け取れないファイルです。", "message_en": "Refused."}
    finding = Finding("L1-01", "", *cannot_be_opened(said))
    if any(one["problem_id"] == "personal_data" for one in problems):
        reason, findings = "個人の情報があるため保存しておらず、判定していません。", []
    else:
        reason, findings = "受け取れないファイルのため判定していません。", [finding]
    return Examination("other", findings, [], {rule.id: reason for rule in rule_book().rules})
