"""requirements.lock without what only developers need.

Holds: the entries of the lock, and which of them the product needs to run. Does not hold: downloading them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ENTRY = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==", re.MULTILINE)


def entries(text: str) -> list[tuple[str, str]]:
    """(name, lines with all hashes) of each entry, in the order of the lock; a distribution may have several, each with
    the marker of the Python that it is for."""
    starts = list(_ENTRY.finditer(text))
    ends = [one.start() for one in starts[1:]] + [len(text)]
    return [(canonicalize_name(one[1]), text[one.start() : end]) for one, end in zip(starts, ends, strict=True)]


def needed(top: Iterable[str], of: Callable[[str], list[str] | None] = requires) -> set[str]:
    """Every distribution that these requirements need on this Python and platform, extras followed.

    of: the requirements that an installed distribution states. One that is not installed needs nothing further.
    """
    found: dict[str, set[str]] = {}
    waiting = [Requirement(one) for one in top]
    while waiting:
        one = waiting.pop()
        name, extras = canonicalize_name(one.name), {"", *one.extras}
        new = extras - found.get(name, set())
        if not new:
            continue
        found.setdefault(name, set()).update(new)
        try:
            stated = [Requirement(text) for text in of(name) or []]
        except PackageNotFoundError:
            continue
        waiting += [
            other for other in stated
            if other.marker is None or any(other.marker.evaluate({"extra": extra}) for extra in new)
        ]  # fmt: skip
    return set(found)


def for_running(text: str, top: Iterable[str], of: Callable[[str], list[str] | None] = requires) -> str:
    """The lock with the entries that the product needs to run.

    Raises LookupError naming a distribution that is needed and not locked.
    """
    locked, wanted = entries(text), needed(top, of)
    if missing := sorted(wanted - {name for name, _ in locked}):
        raise LookupError(f"not_locked: {', '.join(missing)}")
    return "".join(lines for name, lines in locked if name in wanted)
