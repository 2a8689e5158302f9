"""What an answer about arrivals presumes: who comes, when in a step, whether they leave, who is a mother.

Holds: the kinds of arrivals that are asked about by name, the conventions and their words. Does not hold: any answer
(goal).

The default is that of the Cabinet Office flow, in which migrants are counted at the end of a step and are among the
women whose children are counted then: numbers of arrivals do what the same persons would do as a net migration ratio.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import NamedTuple

from sousei.projection.engine import SEXES, STEP_YEARS, ProjectionError

Profile = Mapping[tuple[str, int], float]
"""Persons per unit by (sex, first age of a five-year group)."""
PROFILES: dict[str, Profile] = {
    "family_30_34_one_child": {("male", 30): 1.0, ("female", 30): 1.0, ("male", 0): 0.5, ("female", 0): 0.5},
    "women_20_24": {("female", 20): 1.0},
    "persons_20_39": {(sex, age): 0.125 for sex in SEXES for age in (20, 25, 30, 35)},
}
PROFILE_LABELS = {
    "family_30_34_one_child": "夫婦（30〜34歳）と0〜4歳の子1人の世帯",
    "women_20_24": "20〜24歳の女性1人",
    "persons_20_39": "20〜39歳の人1人（男女・4階級均等）",
}
TIMINGS = {
    "start": ("全員が期首に来る", "all come at the start of a step"),
    "mid": (
        "半数が期首、半数が期末に来る（期間中均等の読み替え）",
        "half come at the start, half at the end of a step",
    ),
    "end": ("全員が期末に来る", "all come at the end of a step"),
}
LEAVING = {
    "next_step": (
        "来た期には転出せず、次の期から住民と同じ率で転出する（純移動は期末に数える）",
        "do not leave in the step in which they come, like residents from the next one on",
    ),
    "residents": ("来た日から住民と同じ率で転出する", "leave like residents from the first day"),
    "never": ("本人も子も転出しない（死亡だけ）", "neither they nor their children ever leave"),
}
MOTHERS = {
    True: ("期末に来た女性もその期の子の母に数える", "women who come at the end of a step are mothers in it"),
    False: ("期末に来た女性はその期の子の母に数えない", "women who come at the end of a step are no mothers in it"),
}


class Conventions(NamedTuple):
    """What an answer presumes of arrivals: a key of TIMINGS, of LEAVING, and of MOTHERS."""

    timing: str = "mid"
    leaving: str = "next_step"
    end_mothers: bool = True

    def told(self, lang: str = "ja") -> str:
        """The three in words."""
        at = 1 if lang == "en" else 0
        parts = (TIMINGS[self.timing][at], LEAVING[self.leaving][at], MOTHERS[self.end_mothers][at])
        return ("; " if at else "、").join(parts)


CABINET = Conventions()
"""The Cabinet Office flow: children from the women at the end of the step, migrants included."""
ALL_CONVENTIONS = [
    Conventions(*one)
    for one in itertools.product(TIMINGS, LEAVING, MOTHERS)
    if one[0] != "start" or one[2]  # nobody comes at the end
]


def conventions(timing: str, leaving: str, end_mothers: bool) -> Conventions:
    """The three by name. Raises ProjectionError naming a word that is none."""
    for word, known, name in ((timing, TIMINGS, "timing"), (leaving, LEAVING, "leaving")):
        if word not in known:
            raise ProjectionError(f"{name} {word} はありません。ある語: {'、'.join(known)} / unknown {name} {word}")
    return Conventions(timing, leaving, bool(end_mothers))


def checked(persons: Profile | None, name: object) -> Profile:
    """A profile that the five-year groups can hold. Raises ProjectionError naming what is wrong with it."""
    if persons is None:
        raise ProjectionError(f"転入の型 {name} はありません。ある型: {'、'.join(PROFILES)} / unknown profile {name}")
    for (sex, age), number in persons.items():
        if sex not in SEXES or age % STEP_YEARS or not 0 <= age <= 90 or not (math.isfinite(number) and number >= 0):
            raise ProjectionError(
                f"転入の型の {sex}:{age}:{number} は使えません。性は male / female、年齢は 0, 5 … 90"
                "（5歳階級の最初の年齢）、人数は0以上です / "
                "a profile is sex (male, female), first age of a five-year group, persons of 0 or more"
            )
    if not sum(persons.values()) > 0:
        raise ProjectionError(f"転入の型 {name} に人がいません / nobody is in this profile")
    return persons
