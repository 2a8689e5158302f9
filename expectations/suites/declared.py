"""All subjects together, in the order in which outcomes are listed.

Holds: the list of checks and the frames that they look at. Does not hold: any check of its own.
"""

from __future__ import annotations

from sousei.expectations.suites import furusato, kpi, population, sources, tourism, vision
from sousei.expectations.suites.forms import Check, Frame

SUBJECTS = (population, tourism, furusato, kpi, vision, sources)

CHECKS: tuple[Check, ...] = tuple(check for subject in SUBJECTS for check in subject.CHECKS)

FRAMES: tuple[Frame, ...] = tuple(dict.fromkeys(check.frame for check in CHECKS))
