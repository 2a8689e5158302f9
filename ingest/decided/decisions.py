"""What named people decided about the deliveries of this home, kept as data below `decisions/`.

Holds: withdrawals (a delivery counts no more), go-aheads (a finding of a check was looked at and stands), readings of
steps in series of visitors, and where the home's own corrections lie. Does not hold: what follows from them (raw.py,
in_force.py, expectations, dbt), or decisions of the product itself (ingest/sources/<source>/corrections.csv).

    withdrawals.csv   source_id, decision (withdrawn / restored), decided_by, decided_at, reason_ja; the last line holds
    go_aheads.csv     rule, fact, decided_by, decided_on, reason_ja; one line lets one named finding of a rule pass
    corrections.csv   as ingest.decided.corrections says
    level_steps.csv   municipality_code, comparable_from, reading (break / movement), decided_by, decided_on, reason_ja:
                      what a step in the monthly visitors of a municipality is (another way of counting, or a real
                      movement) and its first month, as its first day; the last line on a month holds
    kept/<digest>/    the files of before, as the night of a release read them (rebuild)
    small_numbers.csv below, decided_by, decided_on, reason_ja: counts of persons under `below` (2 to 10) are hidden in
                      breakdowns; the last line holds, and 3 without one
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from sousei.foundation.files import sync_folder, write_bytes
from sousei.foundation.home import Home
from sousei.foundation.told import UnknownNameError
from sousei.ingest.cells import csvtext
from sousei.ingest.decided import corrections, registers
from sousei.ingest.problems.record import FileProblem, problem
from sousei.ingest.tables import schema_of

WITHDRAWALS = ("source_id", "decision", "decided_by", "decided_at", "reason_ja")
GO_AHEADS = ("rule", "fact", "decided_by", "decided_on", "reason_ja")
LEVEL_STEPS = ("municipality_code", "comparable_from", "reading", "decided_by", "decided_on", "reason_ja")
READINGS = ("break", "movement")
_KINDS: dict[str, registers.Kind] = {"decided_on": "date", "comparable_from": "date", "municipality_code": "code"}
"""Kinds of the columns that are not plain text."""
HOW_TO_PASTE = "decisions/go_aheads.csv に次の行を加え、決裁者・決裁日（YYYY-MM-DD）・理由を記入する:"
SMALL_NUMBERS = ("below", "decided_by", "decided_on", "reason_ja")
BELOW, GREATEST = 3, 10
"""Counts under BELOW are hidden where nothing else is decided; municipalities use 3, 5 and 10."""
WITHDRAWN, RESTORED = "withdrawn", "restored"


@dataclass(frozen=True)
class Decisions:
    """go_aheads: (rule, fact) -> its line. withdrawn: source_id -> its line. faults: lines that are not whole, which
    change nothing. digest: changes when a decision does. below: counts of persons under it are hidden in breakdowns.
    level_steps: (municipality_code, first month) -> its line."""

    go_aheads: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    withdrawn: dict[str, dict[str, str]] = field(default_factory=dict)
    faults: list[FileProblem] = field(default_factory=list)
    digest: str = ""
    below: int = BELOW
    level_steps: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def frame(self) -> pl.DataFrame:
        """raw.decision: one row per withdrawal in force and go-ahead."""
        rows = [
            {"kind": "withdrawal", "rule": "", "subject": line["source_id"], "decided_on": line["decided_at"][:10]}
            | line
            for line in self.withdrawn.values()
        ] + [{"kind": "go_ahead", "subject": line["fact"]} | line for line in self.go_aheads.values()]
        schema = schema_of("decision")
        table = pl.DataFrame(
            [{name: row.get(name) for name in schema} for row in rows], schema={**schema, "decided_on": pl.String}
        )
        return table.with_columns(pl.col("decided_on").str.to_date("%Y-%m-%d", strict=False))

    def steps(self) -> pl.DataFrame:
        """raw.level_step: one row per municipality and first month of a step that a person read."""
        schema = schema_of("level_step")
        lines = [self.level_steps[key] for key in sorted(self.level_steps)]
        table = pl.DataFrame(lines, schema=dict.fromkeys(schema, pl.String))
        return table.with_columns(pl.col("comparable_from", "decided_on").str.to_date("%Y-%m-%d"))

    def lets_pass(self, rule: str, fact: str) -> bool:
        """Whether a named person let this finding pass on a named day with a reason."""
        return (rule, fact) in self.go_aheads


def line_to_paste(rule: str, fact: str) -> str:
    """The go-ahead line for one finding, with words where a person fills in."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([rule, fact, "決裁者", "決裁日", "理由"])
    return out.getvalue()


def read(home: Home) -> Decisions:
    """The decisions of a home. A line that is not whole is a fault, changes nothing and is told.

    Raises RegisterError (a ValueError of one line) where the characters, the header or the records of a file are not
    certain: then nobody knows what was decided.
    """
    faults: list[FileProblem] = []
    withdrawn: dict[str, dict[str, str]] = {}
    for number, line in _lines(home.decisions / "withdrawals.csv", WITHDRAWALS, faults):
        if line["decision"] == WITHDRAWN:
            withdrawn[line["source_id"]] = line
        elif line["decision"] == RESTORED:
            withdrawn.pop(line["source_id"], None)
        else:
            faults.append(_fault("withdrawals.csv", number, "decision", "withdrawn か restored です"))
    go_aheads = {}
    for _, line in _lines(home.decisions / "go_aheads.csv", GO_AHEADS, faults):
        go_aheads[line["rule"], line["fact"]] = line
    below = BELOW
    for number, line in _lines(home.decisions / "small_numbers.csv", SMALL_NUMBERS, faults):
        if line["below"].isdecimal() and 2 <= int(line["below"]) <= GREATEST:
            below = int(line["below"])
        else:
            faults.append(_fault("small_numbers.csv", number, "below", f"2 から {GREATEST} の整数です"))
    steps = {}
    for number, line in _lines(home.decisions / "level_steps.csv", LEVEL_STEPS, faults):
        if line["reading"] not in READINGS:
            faults.append(_fault("level_steps.csv", number, "reading", "break か movement です"))
        elif not line["comparable_from"].endswith("-01"):
            faults.append(_fault("level_steps.csv", number, "comparable_from", "段差の最初の月の1日（2024-01-01）です"))
        else:
            steps[line["municipality_code"], line["comparable_from"]] = line
    return Decisions(go_aheads, withdrawn, faults, _digest(home.decisions), below, steps)


def prepare(home: Home) -> None:
    """Make the two files that people add lines to, with their headers, where they are not there yet."""
    for name, columns in (("go_aheads.csv", GO_AHEADS), ("corrections.csv", corrections.LINE)):
        if not (home.decisions / name).exists():
            write_bytes(home.decisions / name, (",".join(columns) + "\n").encode("utf-8-sig"))


def keep(home: Home, digest: str) -> None:
    """Keep the files of decisions as a night reads them, once, below kept/<digest>: a release is made again with those
    of its own night. Nothing is kept where they were changed since they were read (digest: of then). The folder's time
    says when a night last read them (prune)."""
    folder = kept(home, digest)
    if folder.is_dir():
        os.utime(folder)
        return
    if _digest(home.decisions) != digest:
        return
    begun = folder.with_name(f".{digest}.tmp")
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir(parents=True)
    for path in home.decisions.glob("*.csv"):
        write_bytes(begun / path.name, path.read_bytes(), 0o440)
    begun.rename(folder)
    sync_folder(folder.parent)


def kept(home: Home, digest: str) -> Path:
    """Where the decisions of a digest are kept."""
    return home.decisions / "kept" / digest


def prune(home: Home, keep: int, used: Callable[[dict[str, Path]], set[Path] | None]) -> None:
    """Remove the states of the decisions that are kept, but for the `keep` that nights read last and those in use.

    used: given digest -> folder of every state that is there, the folders that must stay; None where that is not
    certain, and then all stay. It is asked only where there are more than `keep`.
    """
    place = home.decisions / "kept"
    for left in place.glob(".*.gone"):  # of a night that was killed
        shutil.rmtree(left)
    folders = [path for path in place.glob("*") if path.is_dir() and not path.name.startswith(".")]
    old = sorted(folders, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)[keep:]
    if not old or (staying := used(known(home))) is None:
        return
    for folder in set(old) - staying:
        gone = folder.with_name(f".{folder.name}.gone")
        folder.rename(gone)  # what is half removed is no state of the decisions
        shutil.rmtree(gone)
    sync_folder(place)


def known(home: Home) -> dict[str, Path]:
    """digest -> folder of every state of the decisions that is there, that of now among them."""
    there = sorted((home.decisions / "kept").glob("*"))
    folders = [path for path in there if path.is_dir() and not path.name.startswith(".")]
    return {_digest(folder): folder for folder in (home.decisions, *folders)}


def withdraw(home: Home, source_id: str, by: str, reason: str, now: dt.datetime, *, restore: bool = False) -> None:
    """Write down that a delivery counts no more from the next refresh, or counts again (restore).

    Raises ValueError where by or reason is blank, UnknownNameError where no such delivery was received or where it
    already stands so.
    """
    if not by.strip() or not reason.strip():
        raise ValueError("withdrawal_needs_name_and_reason: 誰が・なぜ決めたかを書いてください（--by と --reason）。")
    digest = source_id.rpartition("-")[2]
    if len(digest) != 16 or not any(home.snapshots.glob(f"{digest}*/receipt.json")):
        raise UnknownNameError(
            f"source_unknown: {source_id} という受領ファイルはありません（meta_source の source_id）。"
        )
    if (source_id in read(home).withdrawn) is not restore:
        raise UnknownNameError(
            f"not_withdrawn: {source_id} は取り下げられていません。"
            if restore
            else f"already_withdrawn: {source_id} は取り下げ済みです。"
        )
    path = home.decisions / "withdrawals.csv"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    before = csvtext.decode(path.read_bytes())[0].removeprefix("\ufeff") if path.exists() else ""
    if not before:
        writer.writerow(WITHDRAWALS)
    decision = RESTORED if restore else WITHDRAWN
    writer.writerow([source_id, decision, by.strip(), now.isoformat(timespec="seconds"), reason.strip()])
    before += "\n" if before and not before.endswith("\n") else ""
    write_bytes(path, (before + out.getvalue()).encode("utf-8-sig"))


def _lines(path: Path, columns: tuple[str, ...], faults: list[FileProblem]) -> list[tuple[int, dict[str, str]]]:
    """(line number, cells) of every whole line; all columns must be filled. Days are as 2026-04-01."""
    if not path.is_file():
        return []
    kinds: dict[str, registers.Kind] = {name: _KINDS.get(name, "text") for name in columns}
    found = registers.scan(path, kinds, filled=columns, file=f"decisions/{path.name}", others=True)
    wrong = {fault.row: fault for fault in reversed(found.faults) if fault.row is not None}
    faults += [_fault(path.name, row, fault.column, fault.message_ja) for row, fault in sorted(wrong.items())]
    whole = found.frame.filter(~pl.col("line_number").is_in(list(wrong)))
    return [
        (number, {name: str(cell) for name, cell in zip(columns, cells, strict=True)})
        for number, *cells in whole.iter_rows()
    ]


def _fault(name: str, number: int, column: str, why_ja: str) -> FileProblem:
    return {
        **problem("decision_not_whole", row=number, column_label=column, file=name, why_ja=why_ja),
        "file_name": name,
    }


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.csv")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
