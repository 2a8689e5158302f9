"""Which deliveries make tonight's release, and what keeps a night from starting.

Holds: landing, samples and the inputs of the last release put together; what was lost of them; what was delivered and
not used, with its reason. Does not hold: reading files (ingest), the run's identity (run), building (nightly).

Inputs are the deliveries in landing and those that the last good release was made from; one that is withdrawn stays
listed, gives no figure and may be restored. The embedded samples are inputs of a trial only: a refresh that is asked
for them, and the nights after it until the home's own files come.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest.receive.intake import SAMPLES as FROM_SAMPLES
from sousei.orchestration import run as runs

if TYPE_CHECKING:
    import polars as pl

    from sousei.ingest.decided.decisions import Decisions
    from sousei.ingest.raw import RawResult
    from sousei.ingest.receive.intake import Snapshot

SAMPLES = PROJECT_ROOT / "samples" / "landing"


class CannotStartError(Exception):
    """The night cannot start without losing what was published, or with what people decided unread; `reasons` are texts
    for the person who can act."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = list(reasons)


class WrongUseError(Exception):
    """A refresh was asked for what this home cannot give; the text is for its user, Japanese / English."""


@dataclass(frozen=True)
class Tonight:
    """run: its identity. result: what was read. decided, lines: decisions and lines of corrections with which it was
    read. not_used: one dict (file_name, problem_id, reason_ja, reason_en) per delivery in landing that gives no figure.
    left_behind: how many samples a home that goes live leaves out. is_trial: samples are among the inputs. is_empty:
    nothing that can be published."""

    run: runs.Run
    result: RawResult
    decided: Decisions
    lines: pl.DataFrame
    not_used: list[dict[str, str]] = field(default_factory=list)
    left_behind: int = 0
    is_trial: bool = False
    is_empty: bool = False

    def is_nothing_new(self, home: Home) -> bool:
        """True where the night has nothing to build: the last release was made from this, or there is nothing."""
        return runs.is_published(home, self.run) or (self.is_empty and runs.current_manifest(home) is None)

    def told_nothing(self, home: Home) -> tuple[str, list[str]]:
        """(state, reasons) of a night that has nothing to build: `nothing_new`, or `nothing_delivered` where a home has
        no release and nothing that came can be used; the reason names each file with its problem."""
        if not self.is_empty or runs.current_manifest(home) is not None:
            return "nothing_new", []
        named = ", ".join(f"{one['file_name']} ({one['problem_id']})" for one in self.not_used)
        ja, en = (
            (f"届いたファイルは一つも使えません: {named}。", f"no file that came can be used: {named}.")
            if named
            else ("landing に資料がありません。", "landing holds no delivery.")
        )
        return "nothing_delivered", [f"nothing_delivered: {ja} / nothing_delivered: {en}"]


def is_trial(manifest: dict[str, Any] | None) -> bool:
    """True where a release was made with samples."""
    return any(one.get("origin") == FROM_SAMPLES for one in (manifest or {}).get("inputs", []))


def tonight(
    home: Home,
    landing: Path | None,
    as_of: date,
    now: datetime,
    samples: bool = False,
    ahead: Callable[[list[Snapshot], pl.DataFrame], object] | None = None,
) -> Tonight:
    """Take in what was delivered and plan the run; stores snapshots and raw Parquet, nothing else.

    landing: another folder than the home's. samples: a trial with the embedded samples beside what lies in landing.
    ahead: is given what will be read and the lines of corrections; what it stores as read is not read again.
    Raises CannotStartError where published inputs or the pointer to the last release are lost, where a seed, the
    corrections or the decisions cannot be read, or where the clock stands behind the last release; WrongUseError where
    samples are asked for in a home that has published its own deliveries.
    """
    from sousei.ingest import raw
    from sousei.ingest.cells.contents import using
    from sousei.ingest.decided import corrections, decisions
    from sousei.ingest.decided.registers import RegisterError
    from sousei.ingest.receive import intake

    manifest = runs.last_release(home)
    if samples and manifest is not None and not is_trial(manifest):
        raise WrongUseError(
            "samples_in_a_live_home: この環境は自前の資料で公表しているため、見本は使いません。"
            "見本は別の SOUSEI_HOME で試してください。 / "
            "This home has published its own deliveries; try the samples in another SOUSEI_HOME."
        )
    if behind := runs.clock_behind(manifest, now):
        raise CannotStartError(behind)
    _seeds_are_sound()
    decisions.prepare(home)
    try:
        decided, lines = decisions.read(home), corrections.declared(decisions=home.corrections)
    except RegisterError as error:
        raise CannotStartError(str(error)) from None
    home.landing.mkdir(parents=True, exist_ok=True)
    with using(None) as opener:
        taken = intake.take(home, (landing or home.landing).resolve(), now, "landing", opener)
        own = any(one.in_landing and one.path is not None for one in taken)
        here = {one.sha256 for one in taken if one.in_landing and one.path is not None}
        if samples:
            given = intake.take(home, SAMPLES, now, FROM_SAMPLES, opener)
            here |= {one.sha256 for one in given if one.in_landing and one.path is not None}
            refused = [one for one in taken if one.path is None]
            taken = [one for one in given if one.path is not None] + refused
        # one that is withdrawn stays among them wherever its file went: it may be restored
        inputs = [one for one in (manifest or {}).get("inputs", []) if one["verdict"] in ("taken", "withdrawn")]
        goes_live = own and not samples and is_trial(manifest)
        kept = [one for one in inputs if not (goes_live and one.get("origin") == FROM_SAMPLES)]
        _nothing_is_lost(kept, taken, decided.withdrawn)
        published = {one["sha256"] for one in kept}
        chosen = [one for one in taken if one.path is None or one.sha256 in here | published]
        if runs.is_of_the_past(home, as_of):
            chosen = _known_on(as_of, chosen)
        if ahead is not None:
            ahead([one for one in chosen if one.path is not None], lines)
        result = raw.read(home, [_now(one, here) for one in chosen], as_of, decided, lines, opener)
    told = not_used(result, {one.sha256 for one in chosen if one.in_landing})
    left_behind = [one for one in inputs if one not in kept and one["verdict"] == "taken"]
    return _planned(result, decided, lines, as_of, now, told, len(left_behind))


def again(home: Home, names: Mapping[str, str], as_of: date, now: datetime) -> Tonight:
    """The plan of a run that was made before, from what a home holds: these deliveries and the decisions there.

    names: SHA-256 -> file name by which a delivery went then. Raises CannotStartError where the decisions cannot be
    read.
    """
    from sousei.ingest import raw
    from sousei.ingest.decided import corrections, decisions
    from sousei.ingest.decided.registers import RegisterError
    from sousei.ingest.receive import intake

    try:
        decided, lines = decisions.read(home), corrections.declared(decisions=home.corrections)
    except RegisterError as error:
        raise CannotStartError(str(error)) from None
    stored = intake.stored(home, {digest: {name} for digest, name in names.items()})
    chosen = [_now(one, set()) for one in stored if one.sha256 in names]
    return _planned(raw.read(home, chosen, as_of, decided, lines), decided, lines, as_of, now)


def _planned(
    result: RawResult,
    decided: Decisions,
    lines: pl.DataFrame,
    as_of: date,
    now: datetime,
    told: list[dict[str, str]] | None = None,
    left_behind: int = 0,
) -> Tonight:
    """What was read, as the plan of a run; told: Tonight.not_used."""
    stops = set(result.problems.filter(result.problems["severity"] == "gate")["source_id"])
    columns = ("source_id", "source", "layout", "file_name", "sha256", "period", "verdict", "received_order", "origin")
    delivered = [one | {"stops": one["source_id"] in stops} for one in result.deliveries.select(columns).to_dicts()]
    run = runs.plan([one for one in delivered if one["sha256"]], as_of, now, decided.digest)
    return Tonight(
        run,
        result,
        decided,
        lines,
        told or [],
        left_behind,
        is_trial({"inputs": [one for one in run.inputs if one["verdict"] == "taken"]}),
        not any(one["verdict"] == "taken" for one in delivered),
    )


@cache
def _seeds_are_sound() -> None:
    """Raises CannotStartError with a line for each seed that not every reader takes as it is; once in a process."""
    from sousei.ingest.decided import seeds

    if faults := seeds.check():
        raise CannotStartError(*map(str, faults))


def _known_on(day: date, chosen: list[Snapshot]) -> list[Snapshot]:
    """The deliveries that this home had on a day that has passed; all of them where it had none yet, since then its
    receipts say nothing of what was known."""
    from sousei.foundation.clock import TOKYO
    from sousei.ingest.receive.intake import first_received

    had = [one for one in chosen if one.path is not None and first_received(one).astimezone(TOKYO).date() <= day]
    return had or chosen


def _now(one: Snapshot, here: set[str]) -> Snapshot:
    from dataclasses import replace

    return replace(one, in_landing=one.sha256 in here) if one.path is not None else one


def _nothing_is_lost(kept: list[dict[str, Any]], taken: list[Snapshot], withdrawn: dict[str, dict[str, str]]) -> None:
    """Raises CannotStartError naming each published delivery whose bytes are gone or are not those received."""
    sound = {one.sha256: one.is_sound for one in taken if one.path is not None}
    reasons = []
    for one in kept:
        if one["source_id"] in withdrawn or sound.get(one["sha256"]):
            continue
        what = (
            ("published_input_changed", "の保管したバイト列が、受け取ったときと異なります")
            if one["sha256"] in sound
            else ("published_input_lost", "の保管したバイト列が見つかりません")
        )
        reasons.append(
            f"{what[0]}: 公表に使った {one['file_name']}（{one['source_id']}）{what[1]}"
            f"（snapshots/{one['sha256'][:16]}…）。同じファイルをもう一度 landing に置くか、控えから戻してください。"
            f"もう使わないなら sousei withdraw {one['source_id']} を実行してください。"
        )
    if reasons:
        raise CannotStartError(*reasons)


def not_used(result: RawResult, here: set[str]) -> list[dict[str, str]]:
    """One line per delivery in landing that gives no figure: its gravest cause, how many more, and what to do."""
    from sousei.ingest.problems.causes import causes, one_line

    found = []
    for one in result.deliveries.filter(result.deliveries["verdict"] != "taken").to_dicts():
        if one["sha256"] and one["sha256"] not in here:
            continue
        told = result.problems.filter(result.problems["source_id"] == one["source_id"]).to_dicts()
        chief = next(iter(causes(told)), {"problem_id": "refused", "action_ja": ""})
        ja, en = one_line(told)
        action = " ".join(str(chief["action_ja"]).split())
        found.append(
            {
                "file_name": one["file_name"],
                "problem_id": str(chief["problem_id"]),
                "reason_ja": f"{ja or '使いませんでした。'} {action}".strip(),
                "reason_en": en or "refused: Not used.",
            }
        )
    return found


def waiting(home: Home) -> list[str]:
    """Names of the files in landing whose bytes the last release was not made from, also of files and folders that
    cannot be read; all of them where it cannot be read what the release was made from."""
    from sousei.ingest.problems.record import Refusal
    from sousei.ingest.receive.intake import lying

    try:
        published = (runs.last_release(home) or {}).get("inputs", [])
    except runs.PointerLostError:
        published = []
    known = {one["sha256"] for one in published if one["verdict"] == "taken"}
    names = []
    try:
        for _, name, opened in lying(home.landing):
            if not isinstance(opened, Refusal):
                with os.fdopen(opened, "rb") as file:
                    if hashlib.file_digest(file, "sha256").hexdigest() in known:
                        continue
            names.append(name)
    except PermissionError:
        names.append(home.landing.name)
    return names
