"""A process beside the publication that makes papers on the other core, from the end of their list.

Holds: starting and asking that process, and what it runs. Does not hold: how a paper is made (`making`), files and what
a failure costs (`papers`).

The process only reads the release's database and answers with bytes: it writes no file, so none can be left half
written, and a full disk is met by the one who publishes. What it has not made when the other one is done, the other one
makes: that it dies, hangs, answers nonsense or fails costs time alone, and nobody waits for it.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Iterator, MutableSequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

from sousei.foundation.child import Child, end_with_parent, module, same_code
from sousei.publication.making import Asked, Making, Unsealed

LEAST = 8
"""Papers from which a process is started. Its start costs a second and more of the other core; the seven of one
municipality with one plan are made in less."""
SECONDS = 600.0
"""Longest wait for one paper; one takes about a tenth of a second, the first as long as the start besides."""
_LEAN = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}

Answer = tuple[Asked, bytes | None]


@contextmanager
def asked(release: Unsealed, left: MutableSequence[Asked]) -> Iterator[deque[Answer]]:
    """Have papers made from the end of `left`, one after another; the caller takes others from its beginning.

    Gives where the answers arrive, in no order. A paper that was taken and is not among them is the caller's to make.
    Leaving the block ends the process. No process is started for few papers, where there is one core, or where the
    machine does not give one.
    """
    answers: deque[Answer] = deque()
    is_worth_it = len(left) >= LEAST and len(os.sched_getaffinity(0)) > 1
    begun = _begun(release, left, answers) if is_worth_it else None
    try:
        yield answers
    finally:
        if begun is not None:
            child, asking = begun
            child.end()
            asking.join()
            child.close()


def _begun(
    release: Unsealed, left: MutableSequence[Asked], answers: MutableSequence[Answer]
) -> tuple[Child, Thread] | None:
    """The process and the thread that asks it; None where the machine does not give them."""
    try:
        child = Child(module("sousei.publication.beside", str(release.path.absolute())), same_code(**_LEAN))
    except OSError:
        return None
    asking = Thread(target=_ask, args=(child, left, answers), daemon=True)
    try:
        asking.start()
    except RuntimeError:
        child.close()
        return None
    return child, asking


def _ask(child: Child, left: MutableSequence[Asked], answers: MutableSequence[Answer]) -> None:
    """Ask for the last of what is left until nothing is, or the process is dead, hangs or answers nonsense."""
    with suppress(Exception):  # whatever it was, the caller makes what was not answered
        while True:
            one = left.pop()
            answer = json.loads(child.ask(json.dumps(one).encode() + b"\n", _is_whole, SECONDS))
            if _asked_of(answer["asked"]) != one:
                return
            if "made" in answer:
                made = answer["made"]
                answers.append((one, None if made is None else base64.b64decode(made, validate=True)))


def _asked_of(told: list[Any]) -> Asked:
    kind, code, plan_id, editions = told
    return Asked(kind, code, plan_id, tuple(editions))


def _is_whole(answer: bytearray) -> bool:
    return answer.endswith(b"\n")


def _answered(making: Making, asked: Asked) -> dict[str, object]:
    """What a paper became, as JSON can hold it; nothing of one that failed, which is made again where it is told."""
    try:
        made = making.made(asked)
    except Exception:
        return {"asked": asked}
    return {"asked": asked, "made": None if made is None else base64.b64encode(made).decode()}


def main() -> None:
    """The process: the argument is the release's directory; each line of stdin asks for a paper, each of stdout
    answers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    sink = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # whatever a library prints goes to stderr, never into an answer
    making = Making(Unsealed(Path(sys.argv[1])))
    making.papers()  # read ahead; one that cannot read is of no use
    for line in sys.stdin:
        sink.write(json.dumps(_answered(making, _asked_of(json.loads(line)))) + "\n")
        sink.flush()


if __name__ == "__main__":
    main()
