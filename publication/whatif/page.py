"""A sitting at the desk -> the bytes of its what-if page.

Holds: filling the template: what stands on the page besides the numbers, the policy that it carries. Does not hold: the
numbers (projection.desk.whatif), the recursion in the browser (templates/whatif.js). The page is one file and loads
nothing; the policy names the hash of its script.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from sousei.foundation.html import environment
from sousei.projection import vision
from sousei.projection.conventions import PROFILE_LABELS, TIMINGS
from sousei.projection.desk import goals, whatif
from sousei.projection.desk.sitting import Desk

if TYPE_CHECKING:
    from jinja2 import Environment

EDITIONS = {
    "ipss_2018": "社人研「日本の地域別将来推計人口（平成30年推計）」",
    "ipss_2023": "社人研「日本の地域別将来推計人口（令和5年推計）」",
}
BAND_LABELS = {
    "0-14": "0〜14歳",
    "15-24": "15〜24歳",
    "25-39": "25〜39歳",
    "40-64": "40〜64歳",
    "65+": "65歳以上",
}
"""Labels of whatif.BANDS."""
UNITS = {"family_30_34_one_child": "世帯", "women_20_24": "人", "persons_20_39": "人"}
GOAL_YEAR = 2060
"""The year that stands first on the page, where the run reaches it."""


@cache
def _environment() -> Environment:
    return environment(Path(__file__).with_name("templates"))


def page(desk: Desk, *, name_ja: str, release_id: str) -> bytes:
    """The what-if page of a municipality on the base of the sitting; the same bytes for the same arguments."""
    base, years = desk.base, desk.run.years
    script = _environment().get_template("whatif.js").render()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    numbers = whatif.numbers(desk)
    line = whatif.answered(desk, whatif.Setting(goals.first_year(desk)))
    told: dict[str, Any] = {
        "name": name_ja,
        "code": desk.code,
        "base": base_argument(desk),
        "base_ja": desk.base_ja,
        "edition_ja": EDITIONS[desk.edition],
        "published_to": years[base.published - 1],
        "bands": BAND_LABELS,
        "labels": PROFILE_LABELS,
        "units": UNITS,
        "timings": {name: words[0] for name, words in TIMINGS.items()},
        "from_year": goals.first_year(desk),
        "tfr_year": next((year for year in years[1:] if year >= 2030), years[-1]),
        "shown_year": GOAL_YEAR if GOAL_YEAR in years else years[-1],
        "most": most(float(base.base.sum())),
    }
    mid, _, means = TIMINGS["mid"][0].rstrip("）").partition("（")  # a choice that is too long for its field is cut
    data = json.dumps(numbers | {"told": told}, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    text = (
        _environment()
        .get_template("whatif.html.j2")
        .render(
            told,
            timings_short=told["timings"] | {"mid": mid},
            mid_means=means,
            years=years,
            release_id=release_id,
            rows=_rows(line),
            tfr_line=f"{min(line.tfr[1:, 0]):.2f}〜{max(line.tfr[1:, 0]):.2f}",
            first_tfr=f"{line.tfr[0, 0]:.2f}",
            is_fitted=desk.basis.endswith("_fitted"),
            numbers=Markup(data),
            script=Markup(script),
            digest=digest,
        )
    )
    return text.encode()


def base_argument(desk: Desk) -> str:
    """What `sousei project --base` takes for the base of the sitting; nothing for the one that it takes itself."""
    edition, begin = desk.edition, desk.base.base_id
    if begin is None:
        return "" if edition == "ipss_2018" else edition
    return begin if edition == "ipss_2018" else f"{edition}@{begin}"


def most(persons: float) -> int:
    """The end of the slider of arrivals: a round number of about a thousandth of the population a year, 20 or more."""
    power = 10 ** math.floor(math.log10(max(persons / 1000, 1)))
    return max(20, power * math.ceil(persons / 1000 / power))


def _rows(line: vision.Run) -> list[dict[str, Any]]:
    """The table as it stands without a setting (and without a script): year and figures as the page prints them."""
    found = vision.measures(line.population)
    rows = []
    for t, year in enumerate(line.years):
        persons = {name: float(values[t, 0]) for name, values in found.items()}
        whole = {name: f"{math.floor(value + 0.5):,}" for name, value in persons.items()}
        share = persons["old"] / persons["total"] * 100 if persons["total"] else 0.0
        rows.append({"year": year, **whole, "share": f"{share:.1f}", "tfr": f"{line.tfr[t, 0]:.2f}"})
    return rows
