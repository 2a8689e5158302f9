"""What a question may name: measures, scenarios, years; anything else is refused by its name.

Holds: the labels of measures, the checks. Does not hold: any answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from sousei.projection.desk.sitting import Desk
from sousei.projection.engine import ProjectionError

MEASURE_LABELS = {
    "total": "総人口",
    "young": "年少人口（0〜14歳）",
    "working_age": "生産年齢人口（15〜64歳）",
    "old": "老年人口（65歳以上）",
    "women_20_39": "20〜39歳の女性人口",
}
MEASURE_LABELS_EN = {
    "total": "total population",
    "young": "population 0-14",
    "working_age": "population 15-64",
    "old": "population 65+",
    "women_20_39": "women 20-39",
}


def known_measure(measure: str) -> str:
    """The measure. Raises ProjectionError where there is none of the name."""
    if measure not in MEASURE_LABELS:
        raise ProjectionError(
            f"指標 {measure} はありません。ある指標: {'、'.join(f'{k}（{v}）' for k, v in MEASURE_LABELS.items())} / "
            f"no measure {measure}; measures: {', '.join(MEASURE_LABELS)}"
        )
    return measure


def known_scenarios(desk: Desk, scenario_ids: Sequence[str]) -> list[str]:
    """The scenarios. Raises ProjectionError naming the first that the desk does not run."""
    known = desk.run.keys.get_column("scenario_id").unique(maintain_order=True).to_list()
    for wanted in scenario_ids:
        if wanted not in known:
            raise ProjectionError(
                f"scenario {wanted} はありません。ある scenario: {'、'.join(known)} / no scenario {wanted}; "
                f"scenarios: {', '.join(known)}"
            )
    return list(scenario_ids)


def known_years(desk: Desk, years: Sequence[int], *, after_base: bool = False) -> list[int]:
    """The years. Raises ProjectionError naming the first that is not in the run; after_base: nor its base year."""
    known = desk.run.years[1:] if after_base else desk.run.years
    for wanted in years:
        if wanted not in known:
            raise ProjectionError(
                f"{wanted}年はありません。5年ごとの年で聞いてください: {'、'.join(map(str, known))} / "
                f"no year {wanted}; years: {', '.join(map(str, known))}"
            )
    return list(years)
