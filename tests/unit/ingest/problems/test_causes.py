"""One cause is said once, whatever the number of rows in which it shows."""

from __future__ import annotations

from typing import Any

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.problems.causes import causes, one_line
from sousei.ingest.reading import delivery as reading

SAMPLES = PROJECT_ROOT / "samples" / "landing"


def _row(problem_id: str = "a", severity: str = "gate", **more: Any) -> dict[str, Any]:
    said = {"message_ja": f"{problem_id} です。", "message_en": f"This is {problem_id}.", "action_ja": "直す。"}
    place = {"sheet": "", "row": None, "column_label": "", "expected": "", "found": ""}
    return {"problem_id": problem_id, "severity": severity} | said | place | more


def test_twenty_rows_of_one_cause_are_one_line_with_their_number_and_first_place() -> None:
    ja, en = one_line([_row(sheet="表", row=row, column_label="人口") for row in range(5, 25)])
    assert ja == "a です。(同じ理由 20 件、最初は シート「表」 5 行目 列「人口」)"
    assert en == "a: This is a. (20 times, first: sheet '表', row 5)"


def test_the_gravest_cause_is_the_line_and_others_are_counted() -> None:
    rows = [_row("b", "review"), _row("c", "warn"), _row("a", "gate", row=3), _row("c", "warn")]
    ja, en = one_line(rows)
    assert ja == "a です。(3 行目) ほかに 2 種類の理由があります。" and en.endswith("2 other causes.")


def test_a_broken_source_is_said_before_all_else() -> None:
    assert one_line([_row("a", "gate"), _row("source_broken", "warn")])[0].startswith("source_broken")


def test_a_delivery_without_problems_has_no_line() -> None:
    assert one_line([]) == ("", "")


def test_a_line_is_one_line() -> None:
    ja, en = one_line([_row() | {"message_ja": "一\n二", "message_en": "a\nb"}])
    assert "\n" not in ja + en


def test_causes_are_kept_apart_by_what_is_to_be_done() -> None:
    rows = [_row(row=1), _row(row=2), _row(row=3, action_ja="次の行を加える: x"), _row("b", "warn")]
    assert [(one["problem_id"], one["row"], one["count"]) for one in causes(rows)] == [
        ("a", 1, 2), ("a", 3, 1), ("b", None, 1),
    ]  # fmt: skip


def test_causes_of_two_files_are_not_one() -> None:
    assert len(causes([_row() | {"file_name": name} for name in ("a.csv", "b.csv")])) == 2


def test_a_real_file_with_many_bad_cells_is_told_in_one_line() -> None:
    text = (SAMPLES / "tourism" / "city2021.csv").read_text("utf-8-sig").splitlines()
    text[1:] = [line.rpartition(",")[0] + ",不明" for line in text[1:]]
    problems = reading.read("\n".join([*text, ""]).encode(), "x.csv").problems
    assert len(problems) == 20
    assert len(causes(problems)) == 1
    ja, en = one_line(problems)
    assert "同じ理由 20 件、最初は 2 行目" in ja and en.startswith("unreadable_value: ")
