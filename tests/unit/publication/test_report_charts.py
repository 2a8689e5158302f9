"""Charts and cells of the report: what is joined, what is said, what a number looks like. All figures are synthetic."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest

from sousei.publication.report.charts import Line, Point, bar_chart, line_chart
from sousei.publication.report.parts import cells_of, ident
from sousei.publication.report.summary import _is_reached, shares
from sousei.publication.told.figures import Number, shown
from sousei.publication.told.words import number_format


def _chart(lines: list[Line], **told: object) -> ET.Element:
    years = {2021: "令和3", 2022: "令和4", 2024: "令和6"}
    return ET.fromstring(line_chart("c", "題", "説明", lines, years=years, unit="人", **told))  # type: ignore[arg-type]


def _dashes(chart: ET.Element) -> set[str | None]:
    return {one.get("stroke-dasharray") for one in chart.iter("path") if one.get("fill") == "none"}


def test_a_run_is_one_line_and_two_runs_are_two() -> None:
    points = [Point(2021, 10), Point(2022, 12)], [Point(2024, 30)]
    apart = _chart([Line("実績", "actual", points)])
    joined = _chart([Line("実績", "actual", [[*points[0], *points[1]]])])
    drawn = [[one.get("d", "") for one in chart.iter("path") if one.get("fill") == "none"] for chart in (apart, joined)]
    joints = [[path.count("L") for path in paths if "L" in path] for paths in drawn]
    assert joints == [[1], [2]]
    assert len(list(apart.iter("circle"))) == len(list(joined.iter("circle"))) == 4


def test_series_differ_by_dash_and_a_proxy_is_hollow() -> None:
    two = [Point(2021, 10), Point(2024, 20)]
    chart = _chart(
        [
            Line("実績", "actual", [[Point(2021, 10)], [Point(2024, 7, "7（代理）", hollow=True)]]),
            Line("目安", "milestone", [two]),
            Line("推計", "benchmark", [two]),
            Line("目標", "target", [two]),
        ]
    )
    assert len(_dashes(chart)) == 3
    assert [one.get("fill") for one in chart.iter("circle")][:2] == ["#000", "#fff"]
    texts = ["".join(one.itertext()) for one in chart.iter("text")]
    assert {"実績", "目安", "推計", "目標", "7（代理）", "令和3"} <= set(texts)


def test_title_and_description_name_the_chart_and_text_is_escaped() -> None:
    hostile = "<script>&\"'"
    raw = line_chart(
        "c", hostile, hostile, [Line(hostile, "actual", [[Point(1, 1, hostile)]])], years={1: hostile}, unit=hostile
    )
    chart = ET.fromstring(raw)
    assert chart.get("role") == "img" and chart.get("aria-labelledby") == "c-t c-d"
    assert "<script" not in raw and chart.findtext("title") == hostile
    bars = ET.fromstring(bar_chart("b", hostile, hostile, [(hostile, {hostile: 3})], [hostile, "評価不能", "未報告"]))
    assert hostile in ["".join(one.itertext()) for one in bars.iter("text")]


@pytest.mark.parametrize(("low", "high", "cut"), [(10, 20, False), (990, 1000, True), (-5, 5, False), (3, 3, False)])
def test_an_axis_that_does_not_start_at_0_says_so(low: float, high: float, cut: bool) -> None:
    chart = _chart([Line("実績", "actual", [[Point(2021, low), Point(2024, high)]])])
    said = "".join(chart.itertext())
    ticks = [one for one in chart.iter("path") if re.match(r"M[\d.]+ [\d.]+H", one.get("d", ""))]
    assert ("0から始まらない" in said) is (cut or low == high)
    assert 2 <= len(ticks) <= 7


def test_bars_have_a_part_for_each_class_and_none_for_a_class_without_kpi() -> None:
    names = ["A", "D", "評価不能", "未報告"]
    chart = ET.fromstring(bar_chart("b", "評価", "説明", [("数値目標", {"A": 3, "D": 0, "未報告": 4})], names))
    fills = [one.get("fill") for one in chart.iter("rect") if "url" in one.get("fill", "")]
    assert len(fills) == len(set(fills)) == 2
    assert "計7" in "".join(chart.itertext())


@pytest.mark.parametrize("value", ["1234.5", "-0.004", "0", "12", "-1234567.891"])
@pytest.mark.parametrize("places", [None, 0, 1])
def test_a_cell_is_printed_as_its_number_format_prints_it(value: str, places: int | None) -> None:
    cell = Number(Decimal(value), "約", "以上", places)
    text = shown(cell)
    assert text.startswith("約") and text.endswith("以上")
    number = text.removeprefix("約").removesuffix("以上")
    assert number.startswith("▲ ") is value.startswith("-")
    after = number.partition(".")[2]
    shape = number_format(len(after), "約", "以上")
    assert shape.split(";")[0] == '"約"#,##0' + (f".{'0' * len(after)}" if after else "") + '"以上"'
    if places is not None:
        assert len(after) == places
    assert abs(Decimal(number.removeprefix("▲ ").replace(",", "")) - abs(Decimal(value))) <= Decimal("0.5")


def test_a_missing_cell_is_no_number() -> None:
    assert shown(None) == "" and shown("… 未報告") == "… 未報告"
    assert shown(Number(2024, is_year=True)) == "2024"


def test_an_id_can_stand_in_a_link() -> None:
    assert re.fullmatch(r"[\w.-]+", ident("kpi", "計画 1", "a#b%c"), re.ASCII)
    assert ident("a", "b") != ident("a", "c")


@pytest.mark.parametrize(
    ("wanted", "given"),
    [([9, 9, 9], [3, 3, 3]), ([1, 0, 20], [1, 0, 8]), ([0, 0, 0], [0, 0, 0]), ([2, 5, 5], [2, 4, 3])],
)
def test_lists_share_the_room_of_the_first_page(wanted: list[int], given: list[int]) -> None:
    assert shares(wanted, 9) == given


@pytest.mark.parametrize(
    ("milestone_pct", "is_target_reached", "said"),
    [
        (Decimal(100), False, True),
        (Decimal("99.99"), None, False),
        (None, True, True),
        (None, False, False),
        (None, None, None),  # a sum that is still below its limit
    ],
)
def test_a_milestone_is_reached_or_missed_or_nobody_can_say(
    milestone_pct: Decimal | None, is_target_reached: bool | None, said: bool | None
) -> None:
    assert _is_reached({"milestone_pct": milestone_pct, "is_target_reached": is_target_reached}) is said


def test_a_column_of_numbers_is_one_in_every_body_of_its_table() -> None:
    """A body with nothing but dashes in it stood on the left, beside numbers on the right."""
    bodies = cells_of([[["推計", Number(1234)]], [["計画", "−"]]])
    assert [[is_number for _, is_number in row] for rows in bodies for row in rows] == [[False, True]] * 2
    assert cells_of([]) == []
