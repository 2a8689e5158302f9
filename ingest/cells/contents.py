"""Bytes of a delivery -> what they hold: grids of a workbook or a CSV, or the document of a JSON.

Holds: telling the form by the first bytes, for the door (personal data) and the reader alike, and what was opened at
the door for the reader of the same night. Does not hold: what a grid is about (recognise), or the parsers (csvtext.py,
workbook.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from sousei.ingest.cells import csvtext, kinds, workbook
from sousei.ingest.problems.record import Refusal, problem

if TYPE_CHECKING:
    from sousei.ingest.cells.grid import Grid


class Contents(NamedTuple):
    """What the bytes are: form (workbook, csv, json), grids, and for json the document."""

    form: str
    grids: list[Grid]
    document: Any = None


_KEPT_CELLS = 2_000_000
_JSON_BYTES = 64 << 20


class Opener:
    """Opens deliveries one after another; leaving the block ends the parser and forgets what was kept.

    Contents that were just opened at the door are kept by their hash, up to a bound: the reader takes them a moment
    later.
    """

    def __init__(self, parser: workbook.Parser | None = None) -> None:
        """parser: one that its owner closes; None: one of its own."""
        self._lent, self._parser = parser is not None, parser or workbook.Parser()
        self._kept: dict[str, Contents] = {}

    def __enter__(self) -> Opener:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def open(self, data: bytes, digest: str = "") -> Contents:
        """Contents of a delivery, by its first bytes; those that were kept under this digest are given away.

        Raises Refusal where the bytes are no table or not safe to open.
        """
        if digest in self._kept:
            return self._kept.pop(digest)
        from sousei.ingest.cells import grid  # here, since a night without new files needs no grid

        kinds.refuse(data)
        if workbook.is_workbook(data[:8]):
            return Contents("workbook", grid.of_sheets(self._parser.parse(data)))
        text, _ = csvtext.decode(data)
        if text.lstrip()[:1] in {"{", "["}:
            return Contents("json", [], _json(text))
        return Contents("csv", [grid.of_csv(text)])

    def keep(self, digest: str, contents: Contents) -> None:
        """Keep contents for the next `open` with this digest, where the bound allows it."""
        held = [one for kept in (*self._kept.values(), contents) for one in kept.grids]
        if sum(one.height * one.width for one in held) <= _KEPT_CELLS:
            self._kept[digest] = contents

    def close(self) -> None:
        """End the parser's child and forget what was kept."""
        self._kept.clear()
        if not self._lent:
            self._parser.close()


@contextmanager
def using(opener: Opener | None) -> Iterator[Opener]:
    """The opener that was given, or one of its own for the time of the block."""
    if opener is not None:
        yield opener
        return
    with Opener() as own:
        yield own


def _json(text: str) -> Any:
    try:
        if len(text) > _JSON_BYTES:
            raise ValueError(f"longer than {_JSON_BYTES} characters")
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refusal(problem("not_json", error=type(error).__name__)) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
