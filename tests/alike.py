"""Cases of one kind: the first of them in every run of the tests, all of them in the exhaustive one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def alike(cases: Iterable[Any], in_every_run: int = 1) -> list[Any]:
    """The cases for `parametrize`; those after the first ones are marked exhaustive. A tuple is one case's values."""
    return [
        case
        if place < in_every_run
        else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.exhaustive)
        for place, case in enumerate(cases)
    ]
