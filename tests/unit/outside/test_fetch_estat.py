"""The e-Stat API asked by a server on loopback that answers like it, faults included."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.sources.estat_api import reader
from sousei.outside.estat import API, MOST_VALUES, Estat, EstatError, Question
from sousei.outside.http import Asker, ReachError, allowed
from tests.synthetic.estat_server import APP_ID, Server, serving

TABLE = Question("0000020203")


def api(server: Server, app_id: str = APP_ID, **asker: Any) -> Estat:
    return Estat(app_id, Asker(**{"pause": 0, "wait": 0, "timeout": 5, "attempts": 3} | asker), server.url)


def values(raw: bytes) -> list[Any]:
    rows, problems, _, _ = reader.read(json.loads(raw))
    assert problems == []
    return [(row["area_code"], row["time_code"], int(row["value"])) for row in rows.to_dicts()]


def fails(server: Server, question: Question = TABLE, **asker: Any) -> EstatError:
    with pytest.raises(EstatError) as raised:
        api(server, **asker).answer(question)
    assert APP_ID not in str(raised.value) and server.url not in str(raised.value)
    return raised.value


def test_an_answer_of_one_page_is_kept_as_it_came() -> None:
    with serving() as server:
        raw = api(server).answer(TABLE)
        assert json.loads(raw) == server.document("STATS_DATA", server.seen[0][1], "ok")
    assert values(raw)[0] == ("01223", "1980100000", 1980) and len(values(raw)) == 6
    assert [call for call, _ in server.seen] == ["getStatsData"]
    assert server.seen[0][1]["limit"] == "100000"


@pytest.mark.parametrize(("page", "requests"), [(1, 6), (2, 3), (4, 2), (5, 2), (6, 1)])
def test_pages_are_followed_to_the_end_and_give_the_same_values(page: int, requests: int) -> None:
    with serving() as whole, serving(page=page) as paged:
        assert values(api(paged).answer(TABLE)) == values(api(whole).answer(TABLE))
        assert len(paged.seen) == requests
        starts = [asked.get("startPosition", "1") for _, asked in paged.seen]
        assert starts == [str(1 + page * number) for number in range(requests)]


def test_pages_put_together_say_that_they_are_whole() -> None:
    with serving(page=4) as server:
        data = json.loads(api(server).answer(TABLE))["GET_STATS_DATA"]
    assert data["STATISTICAL_DATA"]["RESULT_INF"] == {"TOTAL_NUMBER": 6, "FROM_NUMBER": 1, "TO_NUMBER": 6}
    assert "START_POSITION" not in data["PARAMETER"]


def test_a_single_value_comes_as_the_thing_itself() -> None:
    with serving(single=True) as server:
        assert values(api(server).answer(TABLE)) == [("01223", "1980100000", 1980)]


def test_a_packed_answer_is_unpacked() -> None:
    with serving(packed=True, page=5) as server:
        assert len(values(api(server).answer(TABLE))) == 6


@pytest.mark.parametrize("fault", ["500", "503", "cut", "cut_json"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_failure_that_passes_is_asked_again(fault: str, packed: bool) -> None:
    with serving(faults=[fault, "ok", fault], page=4, packed=packed) as server:
        assert len(values(api(server).answer(TABLE))) == 6
        assert len(server.seen) == 4


def test_a_server_that_is_slow_once_is_asked_again() -> None:
    with serving(faults=["slow"]) as server:
        assert len(values(api(server, timeout=0.3).answer(TABLE))) == 6


@pytest.mark.parametrize(
    ("fault", "what", "requests"),
    [
        ("500", "http_status", 3),
        ("cut", "cut_off", 3),
        ("cut_json", "cut_off", 3),
        ("html", "not_json", 1),
        ("redirect", "redirected", 1),
        ("error", "estat_error", 1),
        ("empty", "no_data", 1),
        ("echo", "answer_holds_the_key", 1),
    ],
)
def test_a_failure_that_stays_is_told_without_the_key(fault: str, what: str, requests: int) -> None:
    with serving(faults=[fault] * 9) as server:
        assert fails(server).what == what
        assert len(server.seen) == requests


@pytest.mark.parametrize(("fault", "what"), [("loop", "pages_do_not_follow"), ("skip", "pages_do_not_follow")])
def test_a_next_key_that_leads_nowhere_ends(fault: str, what: str) -> None:
    with serving(faults=[fault] * 9, page=4) as server:
        assert fails(server).what == what
        assert len(server.seen) <= 2


def test_a_table_that_changes_between_pages_is_no_answer() -> None:
    with serving(faults=["ok", "changed"], page=4) as server:
        assert fails(server).what == "changed_between_pages"


def test_a_wrong_app_id_is_told_and_ends_everything() -> None:
    with serving() as server, pytest.raises(EstatError) as raised:
        api(server, app_id="f" * 40).answer(TABLE)
    assert raised.value.what == "wrong_app_id" and raised.value.ends
    assert "f" * 40 not in str(raised.value) and len(server.seen) == 1


def test_nobody_at_the_address() -> None:
    with serving() as server:
        pass
    assert fails(server).what == "unreachable"
    assert fails(server).ends


def test_a_table_of_too_many_values_is_refused_before_its_pages_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sousei.outside.estat.MOST_VALUES", 5)
    with serving(page=2) as server:
        assert fails(server).what == "too_many_values"
        assert len(server.seen) == 1
    assert MOST_VALUES * 100 < 64 << 20


def test_an_answer_larger_than_the_bound_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sousei.outside.http.MAX_BYTES", 500)
    for packed in (False, True):
        with serving(packed=packed) as server:
            assert fails(server).what == "answer_too_large"
            assert len(server.seen) == 1


def test_requests_wait_for_each_other_and_longer_after_each_failure() -> None:
    slept: list[float] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        now[0] += seconds

    with serving(faults=["500", "500", "ok"], page=5) as server:
        api(server, pause=1.5, wait=2, sleep=sleep, clock=lambda: now[0]).answer(TABLE)
    assert slept == [2, 0, 4, 0, 1.5]  # after a failure the wait is longer than the pause


@pytest.mark.parametrize("address", ["http://api.e-stat.go.jp/", "ftp://127.0.0.1/", "file:///etc/passwd"])
def test_only_https_goes_to_another_machine(address: str) -> None:
    with pytest.raises(ReachError, match="not_https"):
        allowed(address)
    allowed(API)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Question("20203"),
        lambda: Question("0000020203", {"appId": "x"}),
        lambda: Question("0000020203", {"cdCat01": "A&appId=x"}),
        lambda: Question("0000020203", {"cdCat16": "A"}),
        lambda: Question("0000020203", {"cdCat01": ",".join(["A1"] * 101)}),
    ],
)
def test_what_is_no_question_of_the_api_is_refused(make: Callable[[], Question]) -> None:
    with pytest.raises(EstatError) as raised:
        make()
    assert raised.value.what == "bad_question"


def test_the_classes_of_a_table_are_those_that_name_an_item() -> None:
    with serving() as server:
        found = api(server).classes("0000020203")
    assert [(name, label) for name, label, _ in found] == [("tab", "観測値"), ("cat01", "Ｃ　経済基盤")]
    assert found[1][2] == {"C3101", "C3102"}


GENUINE = PROJECT_ROOT.parent / "shared" / "data" / "extracts" / "census" / "estat_api_getStatsData_sample.json"


@pytest.mark.shared
def test_a_genuine_answer_in_pages_is_put_together_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    if not GENUINE.exists():
        pytest.skip("the genuine answer is not in ../shared")
    genuine = json.loads(GENUINE.read_text("utf-8"))
    cells = genuine["GET_STATS_DATA"]["STATISTICAL_DATA"]["DATA_INF"]["VALUE"]
    assert len(cells) == 10

    def page(call: str, asked: dict[str, str], fault: str) -> Any:
        start = int(asked.get("startPosition", "1"))
        answer = json.loads(GENUINE.read_text("utf-8"))
        data = answer["GET_STATS_DATA"]["STATISTICAL_DATA"]
        data["RESULT_INF"] = {"TOTAL_NUMBER": 10, "FROM_NUMBER": start, "TO_NUMBER": min(start + 3, 10)}
        if start + 4 <= 10:
            data["RESULT_INF"]["NEXT_KEY"] = start + 4
        some = cells[start - 1 : start + 3]
        data["DATA_INF"]["VALUE"] = some[0] if len(some) == 1 else some
        return answer

    with serving() as server:
        monkeypatch.setattr(server, "document", page)
        raw = api(server).answer(Question("0000020202"))
    rows, problems, title, _ = reader.read(json.loads(raw))
    assert problems == [] and rows.height == 10 and "自然環境" in title
    whole = json.loads(raw)["GET_STATS_DATA"]["STATISTICAL_DATA"]
    assert whole["DATA_INF"]["VALUE"] == cells
    assert whole["TABLE_INF"] == genuine["GET_STATS_DATA"]["STATISTICAL_DATA"]["TABLE_INF"]
