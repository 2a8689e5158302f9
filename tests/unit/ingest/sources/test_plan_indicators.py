"""An indicator that a plan register names is known, its unit goes with the KPI's, and composed indicators are whole.

All rows are synthetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sousei.ingest.cells.contents import Opener
from sousei.ingest.forms.product import units
from sousei.ingest.problems.record import Problem
from sousei.ingest.sources.plan_register import reader
from tests.synthetic.forms import kpi, plan, target, workbook

Rows = list[dict[str, object]]


Said = Callable[..., list[Problem]]


@pytest.fixture(scope="module")
def said() -> Iterator[Said]:
    """What is said of a register with these rows of 指標 and of other sheets."""
    with Opener() as opener:

        def read(kpis: Rows, **sheets: Rows) -> list[Problem]:
            targets = [target(str(one["kpi_id"]), 10) for one in kpis]
            book = workbook("plan_register", {"plan": [plan()], "kpi": kpis, "target": targets, **sheets})
            return reader.read_workbook(opener.open(book).grids).problems

        yield read


def computed(indicator: str, unit: str, scale: object = None, **changed: object) -> dict[str, object]:
    return kpi("a", how_measured="統計から計算", indicator_id=indicator, unit=unit, indicator_scale=scale, **changed)


def brief(problems: list[Problem]) -> list[tuple[str, str | None, int | None, str]]:
    return [(one["problem_id"], one["sheet"], one["row"], one["column_label"]) for one in problems]


@pytest.mark.parametrize(
    "indicator",
    ["furusato_donation_count", "estat:0000020202:C3101", "estat:0003448233:001/A10/B-2", "registry_births_persons"],
)
def test_what_sousei_indicators_lists_is_taken(said: Said, indicator: str) -> None:
    assert said([computed(indicator, "人")]) == []


@pytest.mark.parametrize(
    ("indicator", "hint"),
    [
        ("furusato_donation_cuont", "furusato_donation_count"),
        ("registry_births", "registry_births_persons"),
        ("estat:20202:C3101", ""),
        ("composed:none", ""),
    ],
)
def test_a_typo_is_told_at_its_cell_with_the_nearest(said: Said, indicator: str, hint: str) -> None:
    found = said([computed(indicator, "人")])
    assert brief(found) == [("plan_indicator_unknown", "指標", 4, "指標の系列ID")]
    assert hint in found[0]["message_ja"] and indicator in found[0]["message_ja"]


def test_words_that_may_be_about_a_person_are_not_shown(said: Said) -> None:
    (found,) = said([computed("根室花子 090-1234-5678", "人")])
    assert found["problem_id"] == "plan_indicator_unknown" and "花子" not in str(found) and "5678" not in str(found)


def test_a_typo_in_a_reading_is_told_too(said: Said) -> None:
    question = {"question_id": "q", "kpi_id": "a", "question_ja": "どの系列か", "reading_taken": "A"}
    reading = {"question_id": "q", "reading_id": "A", "reading_ja": "国勢調査", "field": "指標の系列ID"}
    for text, there in (("census_total_person", 1), ("census_total_persons", 0)):
        found = said(
            [computed("registry_total_persons", "人")],
            question=[question | {"question_state": "未回答"}],
            reading=[reading | {"field_value": text}],
        )
        assert [one["problem_id"] for one in found] == ["plan_indicator_unknown"] * there


@pytest.mark.parametrize(
    ("indicator", "unit", "scale"),
    [
        ("furusato_donation_jpy", "億円", 100_000_000),
        ("furusato_donation_jpy", "百万円", 1_000_000),
        ("furusato_donation_jpy", "円", None),
        ("census_total_persons", "千人", 1000),
        ("furusato_donation_count", "人（延べ）", None),
        ("registry_births_per_1000", "人/千人", None),
        ("registry_old_share_pct", "％", 1),
        ("tfr_bayes", "－", 1),
        ("estat:0000020202:C3101", "億円", None),
    ],
)
def test_a_unit_that_goes_with_the_indicator_is_taken(said: Said, indicator: str, unit: str, scale: object) -> None:
    assert said([computed(indicator, unit, scale)]) == []


@pytest.mark.parametrize(
    ("indicator", "unit", "scale", "column", "words"),
    [
        ("furusato_donation_jpy", "億円", None, "系列の除数", "100000000"),
        ("furusato_donation_jpy", "億円", 10_000_000, "系列の除数", "100000000"),
        ("furusato_donation_jpy", "円", 1000, "系列の除数", "は 1 です"),
        ("census_total_persons", "千人", None, "系列の除数", "1000"),
        ("furusato_donation_jpy", "人", None, "単位", "円"),
        ("registry_old_share_pct", "人", None, "単位", "％"),
        ("registry_households", "人", None, "単位", "世帯"),
    ],
)
def test_a_unit_that_does_not_go_is_told(
    said: Said, indicator: str, unit: str, scale: object, column: str, words: str
) -> None:
    found = said([computed(indicator, unit, scale)])
    assert brief(found) == [("plan_indicator_unit", "指標", 4, column)]
    assert words in found[0]["message_ja"]


COMPOSED: dict[str, object] = {"composed_id": "jobs", "name_ja": "人口千人当たり就職者", "unit": "人", "formula": "率"}
PARTS: Rows = [
    {"composed_id": "jobs", "part_no": 1, "kpi_id": "b"},
    {"composed_id": "jobs", "part_no": 2, "indicator_id": "registry_total_persons", "role": "分母"},
]


def composed(said: Said, changed: dict[str, object], parts: Rows, **of_b: object) -> list[Problem]:
    kpis = [computed("composed:jobs", "人"), kpi("b", accumulation="単年") | of_b]
    return said(kpis, composed=[COMPOSED | {"multiplier": 1000} | changed], composed_part=parts)


def test_a_kpi_names_a_composed_indicator_of_its_workbook(said: Said) -> None:
    assert composed(said, {}, PARTS) == []
    assert (
        composed(said, {"formula": "差", "multiplier": None}, [PARTS[0], PARTS[1] | {"role": None, "sign": "－"}]) == []
    )


@pytest.mark.parametrize(
    ("changed", "parts", "of_b", "place"),
    [
        ({}, [], {}, ("合成指標", "合成ID")),
        ({}, PARTS[:1], {}, ("合成指標", "計算")),
        ({"formula": "和"}, PARTS, {}, ("合成指標", "計算")),
        ({"formula": "差"}, PARTS[:1], {}, ("合成指標", "計算")),
        ({"formula": "割合"}, PARTS, {}, ("合成指標", "倍率")),
        ({}, [PARTS[0] | {"kpi_id": None}, PARTS[1]], {}, ("合成指標の部分", "指標の系列ID")),
        ({}, [PARTS[0] | {"indicator_id": "marriages"}, PARTS[1]], {}, ("合成指標の部分", "指標の系列ID")),
        ({}, [PARTS[0] | {"kpi_id": "a"}, PARTS[1]], {}, ("合成指標の部分", "指標ID")),
        ({}, PARTS, {"accumulation": "期間累計"}, ("合成指標の部分", "指標ID")),
        ({}, [PARTS[0], PARTS[1] | {"indicator_id": "composed:jobs"}], {}, ("合成指標の部分", "指標の系列ID")),
    ],
    ids=[
        "no_parts",
        "no_denominator",
        "sum_of_quotient",
        "difference_adds",
        "share_times",
        "neither",
        "both",
        "computed",
        "running",
        "nested",
    ],
)
def test_a_composed_indicator_that_cannot_be_computed_is_told(
    said: Said, changed: dict[str, object], parts: Rows, of_b: dict[str, object], place: tuple[str, str]
) -> None:
    found = composed(said, changed, parts, **of_b)
    assert [(one["problem_id"], one["sheet"], one["column_label"]) for one in found] == [
        ("plan_composed_parts", *place)
    ]


def test_a_typo_in_a_part_is_told(said: Said) -> None:
    found = composed(said, {}, [PARTS[0], PARTS[1] | {"indicator_id": "registry_total_person"}])
    assert [one["problem_id"] for one in found] == ["plan_indicator_unknown"]


def test_every_unit_of_the_seed_can_be_written(said: Said) -> None:
    for name, (unit, *_) in units().items():
        kind = {"kind": "割合"} if unit == "％" else {}
        assert said([computed(name, unit, **kind)]) == [], name
