"""Whether what lies in landing asks for a night now: the judgement of the landing sensor.

Holds: what of landing is complete and was neither received before nor asked for before, and the memory from one look to
the next, which knows files by their place on the disk: no name and no hash of one that may not be kept. Does not hold:
reading or storing a delivery (ingest), when it is looked or what is started (job).

A file is complete when nobody has it open for writing and it is the one of the look before, with the same size and time
of change. A night takes all that lies in landing, so none is asked for while a file is being written: one for all.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field

from sousei.foundation.home import Home
from sousei.ingest.problems.record import Refusal
from sousei.ingest.receive import intake

_BEING_WRITTEN = "still_being_written"


@dataclass(frozen=True)
class Memory:
    """What one look leaves for the next, as JSON in a sensor's cursor.

    files: each file in landing (device, inode, time of change, size) -> whether it needs no night any more. nights: how
    many were asked for.
    """

    files: dict[str, bool] = field(default_factory=dict)
    nights: int = 0

    @property
    def text(self) -> str:
        return json.dumps(asdict(self))


def remembered(text: str | None) -> Memory:
    """The memory in a text; an empty one where there is none or it cannot be read: then files wait for one more look,
    and those that were received still ask for no night."""
    try:
        said = json.loads(text or "{}")
        return Memory({str(name): known is True for name, known in said["files"].items()}, int(said["nights"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return Memory()


@dataclass(frozen=True)
class Look:
    """One look. memory: what it leaves. new: how many complete files ask for a night. writing: how many are, or may be,
    still being written. key: names the night that is asked for, '' where none is: the same files after the same number
    of nights give the same key."""

    memory: Memory
    new: int
    writing: int
    key: str = ""


def look(home: Home, before: Memory) -> Look:
    """Look at landing once; changes nothing on disk.

    Links, empty files and the like ask for no night: the next one tells of them.
    """
    landing = home.landing.resolve()
    received = intake.lay_there(home, landing)
    files: dict[str, bool] = {}
    writing = 0
    for _, _, opened in intake.lying(landing):
        if isinstance(opened, Refusal):
            writing += opened.problems[0]["problem_id"] == _BEING_WRITTEN
            continue
        try:
            name = f"{intake.same_file(opened)}-{os.fstat(opened).st_size}"
            files[name] = before.files.get(name, False)
            if name not in before.files:
                writing += 1
            elif not files[name]:
                files[name] = hashlib.sha256(intake.content(opened)).hexdigest() in received
        except Refusal:  # it changed while it was read
            writing += 1
        finally:
            os.close(opened)
    new = 0 if writing else sum(not known for known in files.values())
    if not new:
        return Look(Memory(files, before.nights), 0, writing)
    key = hashlib.sha256(" ".join([str(before.nights), *sorted(files)]).encode()).hexdigest()[:16]
    return Look(Memory(dict.fromkeys(files, True), before.nights + 1), new, writing, key)
