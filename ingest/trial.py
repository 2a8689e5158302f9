"""Whether a table could be read if what its refusal leaves to a person were decided.

Holds: signs that the contract does not know, tried as missing figures. Does not hold any reading that is used: a line
is offered only where it would help, and nothing is read by it until somebody has put it into the contract.
"""

from __future__ import annotations

from ingest import checks, proposals
from ingest.figures import value_column
from ingest.grid import Grid
from ingest.melt import melt
from ingest.problems import Problem
from ingest.recognised import Recognised
from ingest.text import squeeze


def with_symbols(grid: Grid, found: Recognised, problems: list[Problem]) -> list[Problem]:
    """The same problems; where all of them are signs that the contract does not know, and the table adds up without
    these figures, each with the entry to add."""
    signs = {squeeze(p["found"]) for p in problems}
    if any(p["problem_id"] != "unreadable_value" for p in problems) or not all(map(proposals.is_sign, signs)):
        return problems
    known = found.layout.symbols | dict.fromkeys(signs, "not_reported")
    layout = found.layout.model_copy(update={"symbols": known})
    again = melt(grid, found._replace(layout=layout))
    if any(p["severity"] == "gate" for p in again.problems):
        return problems
    _, broken = checks.check(again.rows, layout, value_column(layout.raw_table))
    if any(p["severity"] == "gate" for p in broken):
        return problems
    return [
        p | {"action_ja": p["action_ja"] + proposals.symbol_line(found.contract, found.layout, p["found"])}
        for p in problems
    ]
