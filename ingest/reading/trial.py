"""Whether a table could be read if what its refusal leaves to a person were decided.

Holds: signs that the contract does not know, tried as missing figures. Does not hold any reading that is used: a line
is offered only where it would help, and nothing is read by it until somebody has put it into the contract.
"""

from __future__ import annotations

from collections.abc import Sequence

from sousei.ingest.cells.grid import Grid
from sousei.ingest.decided.named import Line
from sousei.ingest.problems.record import Problem
from sousei.ingest.reading.sheet import read_sheet
from sousei.ingest.recognise import proposals
from sousei.ingest.recognise.recognised import Recognised
from sousei.ingest.vocabulary.text import squeeze


def with_symbols(grid: Grid, found: Recognised, problems: list[Problem], lines: Sequence[Line] = ()) -> list[Problem]:
    """The same problems; where all that stop the table are signs that the contract does not know, and it adds up
    without these figures, each with the entry to add. lines: of the corrections, as the table was read with."""
    stopping = [p for p in problems if p["severity"] == "gate"]
    signs = {squeeze(p["found"]) for p in stopping}
    strange = any(p["problem_id"] != "unreadable_value" for p in stopping)
    if not stopping or strange or not all(map(proposals.is_sign, signs)):
        return problems
    known = found.layout.symbols | dict.fromkeys(signs, "not_reported")
    layout = found.layout.model_copy(update={"symbols": known})
    again = read_sheet(grid, found._replace(layout=layout), lines)
    if not again.whole or any(p["severity"] == "gate" for p in again.problems):
        return problems
    return [
        p | {"action_ja": p["action_ja"] + proposals.symbol_line(found.contract, found.layout, p["found"])}
        if p["severity"] == "gate"
        else p
        for p in problems
    ]
