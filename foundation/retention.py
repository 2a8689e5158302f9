"""How much of what passes is kept: numbers that the operator may set in the environment of the night.

Holds: names, defaults and bounds of the settings. Does not hold: removing anything (each room removes its own; what was
delivered stays, so that each kept release can be made again).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from sousei.foundation.told import ToldError

MOST = 10_000


@dataclass(frozen=True)
class Retention:
    """releases: those kept besides the ones that a pointer names; two weeks of nights, so that a Monday can look back
    over a long holiday. runs: run folders kept for a look at what was refused; each holds a candidate. decisions:
    states of the decisions kept besides those that a release on the shelf was made with; some KB each, more than a year
    of weekly decisions."""

    releases: int = 14
    runs: int = 5
    decisions: int = 100


VARIABLES = {"releases": "SOUSEI_KEEP_RELEASES", "runs": "SOUSEI_KEEP_RUNS", "decisions": "SOUSEI_KEEP_DECISIONS"}


def from_environment() -> Retention:
    """What the environment sets, the defaults where it sets nothing.

    Raises ToldError (setting_invalid) for what is no whole number from 1 to 10,000.
    """
    given = {}
    for name, variable in VARIABLES.items():
        text = os.environ.get(variable, "").strip()
        if not text:
            continue
        if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST):
            raise ToldError(
                f"setting_invalid: 環境変数 {variable} の値が使えません。1 から {MOST:,} の整数を書くか、設定を外して"
                f"ください（外したときは {getattr(Retention, name)}）。"
                f" / {variable}: expected a whole number, 1 to {MOST:,}"
            )
        given[name] = int(text)
    return Retention(**given)
