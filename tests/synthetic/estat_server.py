"""A server on loopback that answers as the e-Stat API does, whole or with a planted fault.

Holds: tables of synthetic values, pages with NEXT_KEY, and the faults. Does not hold: figures of anybody.
"""

from __future__ import annotations

import gzip
import json
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

APP_ID = "0123456789abcdef0123456789abcdef01234567"
AREAS = {"01223": "北海道 根室市", "03211": "岩手県 釜石市", "01000": "北海道"}
ITEMS = {"C3101": "C3101_漁獲量", "C3102": "C3102_養殖収獲量"}


@dataclass
class Server:
    """What the server does and what it saw.

    page: most records of a page. faults: what to do at each request in turn (`500`, `403key`, `html`, `cut`,
    `cut_json`, `loop`, `changed`, `skip`, `echo`, `redirect`, `slow`, `error`, `empty`); after the last of them, or at
    `ok`, it answers rightly. single: one value, each list of one as the thing itself. packed: gzip.
    """

    page: int = 100_000
    values: int = 6
    faults: list[str] = field(default_factory=list)
    single: bool = False
    packed: bool = False
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def document(self, call: str, asked: dict[str, str], fault: str) -> dict[str, Any]:
        """The JSON of an answer."""
        if asked.get("appId") != APP_ID:
            return {f"GET_{call}": {"RESULT": {"STATUS": 100, "ERROR_MSG": "認証に失敗しました。"}}}
        if call == "META_INFO":
            return {"GET_META_INFO": {"RESULT": {"STATUS": 0}, "METADATA_INF": {"CLASS_INF": self.classes()}}}
        if fault == "error":
            said = f"パラメータの誤りです {asked['appId']}"
            return {"GET_STATS_DATA": {"RESULT": {"STATUS": 300, "ERROR_MSG": said}}}
        if fault == "empty":
            return {"GET_STATS_DATA": {"RESULT": {"STATUS": 1, "ERROR_MSG": "該当データはありませんでした。"}}}
        rows = self.rows(asked)
        start = int(asked.get("startPosition", "1"))
        end = min(start - 1 + min(self.page, int(asked["limit"])), len(rows))
        info: dict[str, Any] = {"TOTAL_NUMBER": len(rows), "FROM_NUMBER": start, "TO_NUMBER": end}
        if end < len(rows):
            info["NEXT_KEY"] = {"loop": start, "skip": end + 2}.get(fault, end + 1)
        if fault == "changed":
            info["TOTAL_NUMBER"] += 1
        some: Any = rows[start - 1 : end]
        parameter: dict[str, Any] = {"LANG": "J", "STATS_DATA_ID": asked["statsDataId"], "START_POSITION": start}
        if fault == "echo":
            parameter["APP_ID"] = asked["appId"]
        data: dict[str, Any] = {
            "RESULT_INF": info,
            "TABLE_INF": {
                "@id": asked["statsDataId"],
                "STAT_NAME": {"@code": "00200502", "$": "社会・人口統計体系"},
                "STATISTICS_NAME": "市区町村データ",
                "TITLE": {"@no": "3", "$": "経済基盤"},
            },
            "DATA_INF": {
                "NOTE": {"@char": "***", "$": "当該数値がないもの"},
                "VALUE": some[0] if len(some) == 1 else some,
            },
        }
        if asked.get("metaGetFlg") != "N":
            data["CLASS_INF"] = self.classes()
        return {"GET_STATS_DATA": {"RESULT": {"STATUS": 0}, "PARAMETER": parameter, "STATISTICAL_DATA": data}}

    def classes(self) -> dict[str, Any]:
        def one(name: str, label: str, codes: dict[str, str], **more: str) -> dict[str, Any]:
            entries: list[dict[str, str]] = [{"@code": code, "@name": text} | more for code, text in codes.items()]
            return {"@id": name, "@name": label, "CLASS": entries[0] if len(entries) == 1 else entries}

        years = {f"{year}100000": f"{year}年度" for year in range(1980, 2041)}
        return {
            "CLASS_OBJ": [
                one("tab", "観測値", {"00001": "観測値"}),
                one("cat01", "Ｃ　経済基盤", ITEMS, **{"@unit": "トン"}),
                one("area", "地域", AREAS),
                one("time", "調査年", years),
            ]
        }

    def rows(self, asked: dict[str, str]) -> list[dict[str, str]]:
        items = asked.get("cdCat01", "C3101").split(",")
        areas = [code for code in asked.get("cdArea", ",".join(AREAS)).split(",") if code in AREAS]
        found = [
            {"@tab": "00001", "@cat01": item, "@area": area, "@time": f"{year}100000", "@unit": "トン", "$": str(year)}
            for item in items
            for area in areas
            for year in range(1980, 2041)
        ]
        return found[: 1 if self.single else self.values]


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

        def do_GET(self) -> None:
            parts = urllib.parse.urlsplit(self.path)
            asked = dict(urllib.parse.parse_qsl(parts.query))
            call = {"getStatsData": "STATS_DATA", "getMetaInfo": "META_INFO"}[parts.path.rsplit("/", 1)[-1]]
            server.seen.append((parts.path.rsplit("/", 1)[-1], asked))
            fault = server.faults.pop(0) if server.faults else "ok"
            body = json.dumps(server.document(call, asked, fault), ensure_ascii=False).encode()
            if fault == "redirect":
                self.send_response(302)
                self.send_header("Location", f"http://example.invalid/?{parts.query}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if fault == "slow":
                threading.Event().wait(1.0)
            if fault == "html":
                body = "<html>メンテナンス中</html>".encode()
            status = 500 if fault == "500" else 503 if fault == "503" else 200
            if asked.get("appId") != APP_ID:
                status = 403  # a firewall before the API turns its STATUS 100 into this
            packed = server.packed and "gzip" in self.headers.get("Accept-Encoding", "")
            body = gzip.compress(body) if packed else body
            told = len(body)
            if fault == "cut":
                body = body[: len(body) // 2]
            if fault == "cut_json":
                body = body[: len(body) // 2]
                told = len(body)
            self.send_response(status)
            if packed:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(told))
            self.end_headers()
            with suppress(BrokenPipeError):  # who asked has given up
                self.wfile.write(body)
            self.close_connection = True

    return Handler


@contextmanager
def serving(**what: Any) -> Iterator[Server]:
    """A server for the time of the block; `url` is its address."""
    server = Server(**what)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_port}/rest/3.0/app/json/"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
