"""Nobody is told to change a publisher's file; the office mends its own."""

from __future__ import annotations

import re

import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.contract.loading import all_contracts
from sousei.ingest.problems import catalogue
from sousei.ingest.problems.record import Problem, problem
from sousei.ingest.reading import advice
from sousei.ingest.reading import delivery as reading
from tests.synthetic.problem_calls import calls

INGEST = PROJECT_ROOT / "ingest"
ELSEWHERE = {
    "persons",
    "tally",
    "personal",
    "advice",
    "intake",
    "kinds",
    "dry_run",
    "among_others",
    "corrections",
    "problems",
}
"""Rooms whose problems are of the office's own files, or of no contract."""
FORBIDDEN = re.compile(
    r"(?<!取り)(?<!し)直した|除いた|揃えた|埋めた|書いた表|保存し直して|書き出し直|作り直|示して入れ直|欄を直|表を直|行を直"
)
OWN_FORMS = re.compile("(form|plan|report|grant)_")
"""Problems of the workbooks of our own forms, which no publisher makes."""
PUBLISHER = next(contract for contract in all_contracts() if contract.source == "census")
OFFICE = next(contract for contract in all_contracts() if contract.source == "reference_series")


def actions() -> list[tuple[str, str]]:
    """(entry, text) of every advice that a rule gives; what is filled in is left out."""
    names = dict.fromkeys(
        name for call in calls() if call.module not in ELSEWHERE for name in call.names if not OWN_FORMS.match(name)
    )
    return [(name, re.sub(r"{[^}]*}", "", catalogue.entry(name).action_ja)) for name in names]


ACTIONS = [one for one in actions() if one[1]]


def given(text: str, row: int | None = 2) -> Problem:
    return {**problem("empty_file", row=row), "problem_id": "total_differs_from_parts", "action_ja": text}


def test_the_rules_advice_is_found() -> None:
    assert len(ACTIONS) > 40


@pytest.mark.parametrize("row", [7, None])
@pytest.mark.parametrize(("name", "text"), ACTIONS, ids=[name for name, _ in ACTIONS])
def test_no_advice_asks_to_change_a_publishers_file(name: str, text: str, row: int | None) -> None:
    (told,) = advice.advised([given(text, row)], PUBLISHER)
    said = re.sub(r"庁内で作った[^。]*。", "", told["action_ja"])  # what is said of the office's own files
    assert not FORBIDDEN.search(said), said


def test_the_office_is_told_to_mend_its_own_table() -> None:
    assert OFFICE.made_by == "office"
    one = given("この欄を埋めた表を入れ直してください。")
    assert advice.advised([one], OFFICE) == [one]


def test_a_line_to_paste_stays_beside_the_advice() -> None:
    line = "契約に加えてください: - {role: ignore, header: 'a'}"
    (told,) = advice.advised([given("この欄を確かめ、直した表を入れ直してください。" + line)], PUBLISHER)
    assert told["action_ja"].endswith(line) and "corrections.csv" in told["action_ja"]


def test_a_real_refusal_speaks_of_the_publisher() -> None:
    sample = INGEST.parent / "samples" / "landing" / "tourism" / "city2021.csv"
    text = sample.read_text("utf-8-sig").replace("2221", "二千")
    (found,) = reading.read(text.encode(), "x.csv").problems
    assert "公表元のファイルは書き換えません" in found["action_ja"]
