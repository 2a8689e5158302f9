"""Bytes of a delivery -> what they hold: grids of a workbook or a CSV, or the document of a JSON.

Holds: telling the form by the first bytes, for the door (personal data) and the reader alike. Does not hold: what a
grid is about (recognise), or the parsers (csvtext.py, workbook.py).
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sousei.ingest.cells import csvtext, grid, kinds, workbook
from sousei.ingest.cells.grid import Grid
from sousei.ingest.problems.record import Refusal, problem


class Contents(NamedTuple):
    """What the bytes are: form (workbook, csv, json), grids, and for json the document."""

    form: str
    grids: list[Grid]
    document: Any = None


_recent: dict[str, Contents] = {}
"""Contents that were just opened at the door, by hash: the same night reads them a moment later."""
_RECENT_CELLS = 2_000_000
_JSON_BYTES = 64 << 20


def open_bytes(data: bytes, digest: str = "") -> Contents:
    """Contents of a delivery, by its first bytes. With a digest they are kept for the next call, up to a bound, until
    `forget()`.

    Raises Refusal where the bytes are no table or not safe to open.
    """
    if digest in _recent:
        return _recent.pop(digest)
    kinds.refuse(data)
    if workbook.is_workbook(data[:8]):
        made = Contents("workbook", grid.of_workbook(data))
    else:
        text, _ = csvtext.decode(data)
        if text.lstrip()[:1] in {"{", "["}:
            return Contents("json", [], _json(text))
        made = Contents("csv", [grid.of_csv(text)])
    if digest:
        kept = sum(one.height * one.width for contents in _recent.values() for one in contents.grids)
        if kept + sum(one.height * one.width for one in made.grids) <= _RECENT_CELLS:
            _recent[digest] = made
    return made


def _json(text: str) -> Any:
    try:
        if len(text) > _JSON_BYTES:
            raise ValueError(f"longer than {_JSON_BYTES} characters")
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refusal(problem("not_json", error=type(error).__name__)) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def forget() -> None:
    """Drop the contents that were kept."""
    _recent.clear()
