"""Python's garbage collector in a process that does one thing and ends.

Holds: how seldom it looks, and that it does not look at the end. Does not hold: memory of a long-lived process.

The frameworks' imports make millions of objects that live to the end: looking through them again and again is a tenth
of a night, and once more at the end is half a second.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = (100_000, 50, 100)


@contextmanager
def seldom() -> Iterator[None]:
    """While it lasts, the collector looks seldom."""
    before = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def rest() -> None:
    """Called where a process is done: what it still holds goes with it, and nothing looks through it before."""
    gc.disable()
    gc.freeze()
