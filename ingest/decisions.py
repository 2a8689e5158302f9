"""What named people decided about the deliveries of this home, kept as data below `decisions/`.

Holds: withdrawals (a delivery counts no more), go-aheads (a finding of a check was looked at and stands), and where the
home's own corrections lie. Does not hold: what follows from them (raw.py, in_force.py, expectations), or decisions of
the product itself (ingest/sources/<source>/corrections.csv).

    withdrawals.csv   source_id, decision (withdrawn / restored), decided_by, decided_at, reason_ja; the last line holds
    go_aheads.csv     rule, fact, decided_by, decided_on, reason_ja; one line lets one named finding of a rule pass
    corrections.csv   as ingest.corrections says
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ingest import corrections
from ingest.files import write_bytes
from ingest.home import Home
from ingest.problems import Problem, problem
from ingest.tables import schema_of

WITHDRAWALS = ("source_id", "decision", "decided_by", "decided_at", "reason_ja")
GO_AHEADS = ("rule", "fact", "decided_by", "decided_on", "reason_ja")
HOW_TO_PASTE = "decisions/go_aheads.csv に次の行を加え、決裁者・決裁日（YYYY-MM-DD）・理由を記入する:"
WITHDRAWN, RESTORED = "withdrawn", "restored"


@dataclass(frozen=True)
class Decisions:
    """go_aheads: (rule, fact) -> its line. withdrawn: source_id -> its line. faults: lines that are not whole, which
    change nothing. digest: changes when a decision does."""

    go_aheads: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    withdrawn: dict[str, dict[str, str]] = field(default_factory=dict)
    faults: list[Problem] = field(default_factory=list)
    digest: str = ""

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

    def lets_pass(self, rule: str, fact: str) -> bool:
        """Whether a named person let this finding pass on a named day with a reason."""
        return (rule, fact) in self.go_aheads


def line_to_paste(rule: str, fact: str) -> str:
    """The go-ahead line for one finding, with words where a person fills in."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([rule, fact, "決裁者", "決裁日", "理由"])
    return out.getvalue()


def read(home: Home) -> Decisions:
    """The decisions of a home. Never raises for what a file holds: a line that is not whole is a fault and is told."""
    faults: list[Problem] = []
    withdrawn: dict[str, dict[str, str]] = {}
    for number, line in _lines(home.decisions / "withdrawals.csv", WITHDRAWALS, faults):
        if line["decision"] == WITHDRAWN:
            withdrawn[line["source_id"]] = line
        elif line["decision"] == RESTORED:
            withdrawn.pop(line["source_id"], None)
        else:
            faults.append(_fault("withdrawals.csv", number, "decision", "withdrawn / restored"))
    go_aheads = {}
    for number, line in _lines(home.decisions / "go_aheads.csv", GO_AHEADS, faults):
        try:
            dt.date.fromisoformat(line["decided_on"])
        except ValueError:
            faults.append(_fault("go_aheads.csv", number, "decided_on", "YYYY-MM-DD"))
            continue
        go_aheads[line["rule"], line["fact"]] = line
    return Decisions(go_aheads, withdrawn, faults, _digest(home.decisions))


def prepare(home: Home) -> None:
    """Make the two files that people add lines to, with their headers, where they are not there yet."""
    for name, columns in (("go_aheads.csv", GO_AHEADS), ("corrections.csv", corrections.LINE)):
        if not (home.decisions / name).exists():
            write_bytes(home.decisions / name, (",".join(columns) + "\n").encode("utf-8-sig"))


def withdraw(home: Home, source_id: str, by: str, reason: str, now: dt.datetime, *, restore: bool = False) -> None:
    """Write down that a delivery counts no more from the next refresh, or counts again (restore).

    Raises ValueError where by or reason is blank, LookupError where no such delivery was received or where it already
    stands so.
    """
    if not by.strip() or not reason.strip():
        raise ValueError("withdrawal_needs_name_and_reason: 誰が・なぜ決めたかを書いてください（--by と --reason）。")
    digest = source_id.rpartition("-")[2]
    if len(digest) != 16 or not any(home.snapshots.glob(f"{digest}*/receipt.json")):
        raise LookupError(f"source_unknown: {source_id} という受領ファイルはありません（meta_source の source_id）。")
    if (source_id in read(home).withdrawn) is not restore:
        raise LookupError(
            f"not_withdrawn: {source_id} は取り下げられていません。"
            if restore
            else f"already_withdrawn: {source_id} は取り下げ済みです。"
        )
    path = home.decisions / "withdrawals.csv"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if not path.exists():
        writer.writerow(WITHDRAWALS)
    decision = RESTORED if restore else WITHDRAWN
    writer.writerow([source_id, decision, by.strip(), now.isoformat(timespec="seconds"), reason.strip()])
    write_bytes(path, (path.read_bytes() if path.exists() else b"") + out.getvalue().encode())


def _lines(path: Path, columns: tuple[str, ...], faults: list[Problem]) -> list[tuple[int, dict[str, str]]]:
    """(line number, cells) of every whole line; all columns must be filled."""
    if not path.is_file():
        return []
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_bytes().decode("cp932", errors="replace")
    rows = list(csv.DictReader(io.StringIO(text)))
    if rows and set(columns) - set(rows[0]):
        faults.append(_fault(path.name, 1, ", ".join(sorted(set(columns) - set(rows[0]))), ", ".join(columns)))
        return []
    whole = []
    for number, row in enumerate(rows, 2):
        cells = {name: (row[name] or "").strip() for name in columns}
        if missing := [name for name, cell in cells.items() if not cell]:
            if any(cells.values()):
                faults.append(_fault(path.name, number, missing[0], "記入"))
        else:
            whole.append((number, cells))
    return whole


def _fault(name: str, number: int, column: str, expected: str) -> Problem:
    return {
        **problem(
            "decision_not_whole",
            "review",
            f"decisions/{name} の{number}行目の {column} が決まりに合わないため、この行は効いていません。",
            f"Line {number} of decisions/{name} has no valid {column}; it has no effect.",
            row=number,
            expected=expected,
            action_ja="空欄や書き方を直してください。",
        ),
        "file_name": name,
    }


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.csv")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
