"""The e-Stat API, version 3: the whole answer to one question, with the user's own appId.

Holds: getStatsData page by page to the end, getMetaInfo for the classes of a table, and the API's errors in words. Does
not hold: what is asked for (asked.py), the writing of what came (carry.py), or what an answer means
(ingest.sources.estat_api). Limits of the API that are kept: 100,000 records a page, 100 codes a condition, one request
after another with a pause.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

from sousei.ingest.receive.intake import MAX_BYTES
from sousei.outside.http import Asker, ReachError

API = "https://api.e-stat.go.jp/rest/3.0/app/json/"
PAGE = 100_000
"""Most records of one page."""
MOST_VALUES = 600_000
"""Values of one delivery: with some 100 bytes each they stay below what the night takes as one file (64 MB)."""
MOST_CODES = 100
_CONDITION = re.compile(r"(?:cd|lv)(?:Tab|Time|Area|Cat(?:0[1-9]|1[0-5]))(?:From|To)?")
_WRONG_KEY = "100"
"""STATUS: the appId is not accepted."""
_ATTEMPTS = 3
"""How often a page is asked for whose JSON breaks off, where the server told no length."""


class EstatError(Exception):
    """A question has no usable answer. what: identifier; ja, en: why and what to do. ends: no other question has a
    chance either (the appId, the network)."""

    def __init__(self, what: str, ja: str, en: str, ends: bool = False) -> None:
        super().__init__(f"{what}: {ja} / {what}: {en}")
        self.what, self.ja, self.en, self.ends = what, ja, en, ends


@dataclass(frozen=True)
class Question:
    """What is asked of one table.

    stats_data_id: the table (統計表ID, ten digits). conditions: parameters that narrow it, such as cdCat01, cdArea,
    cdTime; codes joined by ','. what_ja: for people.
    """

    stats_data_id: str
    conditions: dict[str, str] = field(default_factory=dict)
    what_ja: str = ""

    def __post_init__(self) -> None:
        """Raises EstatError where it is no question of the API."""
        if not re.fullmatch(r"\d{10}", self.stats_data_id):
            ja = f"統計表ID「{self.stats_data_id}」は10桁の数字ではありません"
            raise EstatError("bad_question", ja, f"{self.stats_data_id!r} is no table id of ten digits")
        for name, codes in self.conditions.items():
            if not _CONDITION.fullmatch(name) or not re.fullmatch(r"[0-9A-Za-z_.,#-]+", codes):
                ja = f"{self.stats_data_id} の条件 {name}={codes} は読めません（例 cdCat01=A1101,A1102）"
                raise EstatError("bad_question", ja, f"{name}={codes} is no condition (e.g. cdCat01=A1101,A1102)")
            if codes.count(",") >= MOST_CODES:
                ja = f"{self.stats_data_id} の {name} は一度に {MOST_CODES} 個までです"
                raise EstatError("bad_question", ja, f"{name}: at most {MOST_CODES} codes at once")


class Estat:
    """Asks the API with one appId, which goes into requests and nowhere else."""

    def __init__(self, app_id: str, asker: Asker | None = None, api: str = API) -> None:
        self._app_id, self._asker, self._api = app_id, asker or Asker(), api

    def answer(self, question: Question) -> bytes:
        """The whole answer as JSON: the bytes as they came where it is one page; else its pages put together into one
        answer, which begins at 1 and has no NEXT_KEY.

        Raises EstatError.
        """
        parameters = {"statsDataId": question.stats_data_id, **question.conditions, "limit": str(PAGE)}
        first_bytes, first = self._ask("getStatsData", parameters)
        body = self._body(first, "GET_STATS_DATA")
        data = _data(body)
        total, after = _number(data, "TOTAL_NUMBER"), _next_key(data)
        if total > MOST_VALUES:
            raise EstatError(
                "too_many_values",
                f"{question.stats_data_id} は {total:,} 件あります（一つのファイルは {MOST_VALUES:,} 件まで）。項目・"
                "地域・時間の条件（cdCat01、cdArea、cdTime）で分けてください",
                f"{total:,} values; split it by conditions into parts of at most {MOST_VALUES:,}",
            )
        if after is None:
            return self._kept(first_bytes)
        values = _values(data)
        while after is not None:
            if after != len(values) + 1 or after > total:
                raise EstatError(
                    "pages_do_not_follow",
                    f"続きの位置 {after} が、受け取った {len(values)} 件の次ではありません。e-Stat の障害とみられます。"
                    "時間をおいて実行してください",
                    f"NEXT_KEY {after} does not follow the {len(values)} values so far; try again later",
                )
            _, page = self._ask("getStatsData", parameters | {"startPosition": str(after), "metaGetFlg": "N"})
            more = _data(self._body(page, "GET_STATS_DATA"))
            if _number(more, "TOTAL_NUMBER") != total or not _values(more):
                raise EstatError(
                    "changed_between_pages",
                    "取得の途中で表が変わりました（件数が異なります）。もう一度実行してください",
                    "the table changed while its pages were fetched; run again",
                )
            values += _values(more)
            after = _next_key(more)
        data["DATA_INF"]["VALUE"] = values
        data["RESULT_INF"] = {"TOTAL_NUMBER": total, "FROM_NUMBER": 1, "TO_NUMBER": len(values)}
        parameter = body.get("PARAMETER")
        if isinstance(parameter, dict):
            parameter.pop("START_POSITION", None)
        return self._kept(json.dumps(first, ensure_ascii=False, separators=(",", ":")).encode())

    def classes(self, stats_data_id: str) -> list[tuple[str, str, frozenset[str]]]:
        """(id, name, codes) of the classes of a table that are neither area nor time, in their order.

        Raises EstatError.
        """
        _, found = self._ask("getMetaInfo", {"statsDataId": stats_data_id})
        body = self._body(found, "GET_META_INFO")
        objects = _list(_dict(_dict(body.get("METADATA_INF")).get("CLASS_INF")).get("CLASS_OBJ"))
        return [
            (
                str(one.get("@id")),
                str(one.get("@name")),
                frozenset(str(c.get("@code")) for c in _list(one.get("CLASS"))),
            )
            for one in objects
            if one.get("@id") not in {"area", "time"}
        ]

    def _ask(self, call: str, parameters: dict[str, str]) -> tuple[bytes, Any]:
        address = f"{self._api}{call}?{urllib.parse.urlencode({'appId': self._app_id, **parameters})}"
        for _ in range(_ATTEMPTS):
            try:
                raw = self._asker.get(address)
            except ReachError as error:
                return _refused(error)
            if (found := _json(raw)) is not None:
                return raw, found
            if not raw.lstrip().startswith(b"{"):
                ja = "e-Stat の応答が JSON ではありません（プロキシや障害の画面とみられます）"
                raise EstatError("not_json", ja, "the answer is no JSON (a page of a proxy, or a failure of e-Stat)")
        raise EstatError("cut_off", "e-Stat の応答が途中で切れています", "the answer of e-Stat breaks off", ends=True)

    def _body(self, found: Any, name: str) -> dict[str, Any]:
        """The answer of a call. Raises EstatError where its STATUS is not 0."""
        body = _dict(_dict(found).get(name))
        result = _dict(body.get("RESULT"))
        status = str(result.get("STATUS", ""))
        if status == "0" and body:
            return body
        said = str(result.get("ERROR_MSG", "")).replace(self._app_id, "***")[:200]
        if status == _WRONG_KEY:
            raise _wrong_key()
        if status == "1":
            raise EstatError("no_data", "条件に合う値がありません", "no value meets the conditions")
        raise EstatError(
            "estat_error",
            f"e-Stat がエラーを返しました（{status or '?'}: {said}）",
            f"e-Stat says {status or '?'}: {said}",
        )

    def _kept(self, raw: bytes) -> bytes:
        if self._app_id.encode() in raw:
            raise EstatError(
                "answer_holds_the_key",
                "応答に appId が含まれているため、書き込みません。e-Stat の窓口に確かめてください",
                "the answer holds the appId; it is not written",
            )
        if len(raw) > MAX_BYTES:
            raise EstatError(
                "too_large",
                f"応答が {len(raw) >> 20} MB あります（夜間処理の上限 {MAX_BYTES >> 20} MB）。条件で分けてください",
                f"{len(raw) >> 20} MB; a night takes {MAX_BYTES >> 20} MB. Split it by conditions",
            )
        return raw


def _refused(error: ReachError) -> tuple[bytes, Any]:
    """What the API itself says in an answer with an HTTP error: it tells a wrong appId with HTTP 403 and a body of its
    own. Raises EstatError where it says nothing."""
    ends = not error.status or error.status >= 500
    if not ends and isinstance(said := _json(error.body), dict):
        return error.body, said
    if error.status == 403 and b"<STATUS>100</STATUS>" in error.body:
        raise _wrong_key() from None
    raise EstatError(error.what, f"e-Stat: {error.ja}", f"e-Stat: {error.en}", ends) from None


def _wrong_key() -> EstatError:
    return EstatError(
        "wrong_app_id",
        "appId が認められませんでした。e-Stat のマイページのアプリケーションIDを確かめてください",
        "the appId was not accepted; compare it with your page at e-Stat",
        ends=True,
    )


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _data(body: dict[str, Any]) -> dict[str, Any]:
    data = _dict(body.get("STATISTICAL_DATA"))
    if not isinstance(data.get("DATA_INF"), dict) or not isinstance(data.get("RESULT_INF"), dict):
        raise EstatError("not_understood", "e-Stat の応答の形が仕様と異なります", "the answer has another form")
    return data


def _number(data: dict[str, Any], name: str) -> int:
    text = str(data["RESULT_INF"].get(name, ""))
    if not text.isdecimal():
        raise EstatError("not_understood", f"e-Stat の応答に {name} がありません", f"the answer has no {name}")
    return int(text)


def _next_key(data: dict[str, Any]) -> int | None:
    return _number(data, "NEXT_KEY") if "NEXT_KEY" in data["RESULT_INF"] else None


def _values(data: dict[str, Any]) -> list[Any]:
    return list(_list(data["DATA_INF"].get("VALUE")))


def _list(value: Any) -> list[Any]:
    """The API gives a list of one as the thing itself."""
    return [] if value is None else value if isinstance(value, list) else [value]


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
