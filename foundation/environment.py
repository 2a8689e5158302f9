"""The environment of this process, changed for the time of a block.

Holds: setting and hiding variables so that what a called library reads is ours and not the user's, and giving all back.
Does not hold: which variables (their user knows).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def changed(*, without: tuple[str, ...] = (), **values: str) -> Iterator[None]:
    """Set `values` and hide every other variable whose name begins with one of `without`, until the block ends."""
    before = {name: text for name, text in os.environ.items() if name.startswith(without)} if without else {}
    before |= {name: os.environ[name] for name in values if name in os.environ}
    for name in before:
        del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            os.environ.pop(name, None)
        os.environ.update(before)
