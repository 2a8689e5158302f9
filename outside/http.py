"""One HTTP request, asked again while asking again can help.

Holds: timeouts, a pause between requests, retries with growing waits, gzip, bounds on what is read, and refusing to be
led to another host. Does not hold: what is asked for. No address is ever put into an error: it carries the user's key.
"""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from typing import IO

MAX_BYTES = 256 << 20
"""Largest answer, unpacked: 100,000 records of the e-Stat API take some 20 MB."""
_PIECE = 1 << 20
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
"""Answers after which asking again may help."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class ReachError(Exception):
    """The server gave no whole answer. what: identifier; ja, en: why, without the address. status: of the answer, with
    its body where there was one."""

    def __init__(self, what: str, ja: str, en: str, status: int | None = None, body: bytes = b"") -> None:
        super().__init__(f"{what}: {en}")
        self.what, self.ja, self.en, self.status, self.body = what, ja, en, status, body


class _StaysAtItsHost(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, request: urllib.request.Request, file: IO[bytes], code: int, message: str, headers: Message, to: str
    ) -> None:
        raise ReachError(
            "redirected", f"別の場所へ移るよう言われました（HTTP {code}）", f"told to go elsewhere (HTTP {code})", code
        )


@dataclass
class Asker:
    """Sends requests one after another.

    pause: seconds from the end of one request to the next. attempts: how often one is sent at most. wait: seconds
    before the second time; doubled each time. sleep, clock: time, for tests.
    """

    pause: float = 1.0
    timeout: float = 60.0
    attempts: int = 5
    wait: float = 2.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _ended: float | None = field(default=None, init=False)

    def get(self, address: str) -> bytes:
        """The body of an answer with status 200, unpacked. Raises ReachError."""
        return self._again(urllib.request.Request(address, headers={"Accept-Encoding": "gzip"}))

    def post(self, address: str, body: bytes, kind: str = "application/json") -> bytes:
        """The answer to a POST. Raises ReachError."""
        return self._again(urllib.request.Request(address, data=body, headers={"Content-Type": kind}))

    def _again(self, request: urllib.request.Request) -> bytes:
        allowed(request.full_url)
        for attempt in range(1, self.attempts + 1):
            if self._ended is not None:
                self.sleep(max(0.0, self._ended + self.pause - self.clock()))
            try:
                try:
                    return self._once(request)
                finally:
                    self._ended = self.clock()
            except ReachError as error:
                helps = error.status is None or error.status in _AGAIN
                if not helps or error.what == "answer_too_large" or attempt == self.attempts:
                    raise
                self.sleep(self.wait * 2 ** (attempt - 1))
        raise AssertionError("at least one attempt")

    def _once(self, request: urllib.request.Request) -> bytes:
        opener = urllib.request.build_opener(_StaysAtItsHost)
        try:
            with opener.open(request, timeout=self.timeout) as answer:
                return _read(answer, answer.headers.get("Content-Encoding", ""), answer.headers.get("Content-Length"))
        except urllib.error.HTTPError as error:
            with error:
                body = _error_body(error)
            said = f"HTTP {error.code}"
            raise ReachError("http_status", f"サーバーの応答が {said} でした", said, error.code, body) from None
        except TimeoutError:
            raise ReachError("timeout", "時間内に応答がありません", "no answer in time") from None
        except urllib.error.URLError as error:
            if isinstance(error.reason, ssl.SSLCertVerificationError):
                raise ReachError(
                    "certificate", "相手の証明書を確かめられません", "the certificate is not valid", 0
                ) from None
            kind = type(error.reason).__name__
            raise ReachError("unreachable", f"接続できません（{kind}）", f"cannot connect ({kind})") from None
        except (http.client.HTTPException, OSError, zlib.error, EOFError) as error:
            kind = type(error).__name__
            raise ReachError(
                "cut_off", f"応答が途中で切れました（{kind}）", f"the answer was cut off ({kind})"
            ) from None


def allowed(address: str) -> None:
    """Raises ReachError where an address is not https; http is allowed on this machine only."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise ReachError("not_https", "接続先は https:// で始まる必要があります", "the address must be https://", 0)


def _read(answer: http.client.HTTPResponse, coding: str, length: str | None) -> bytes:
    unpack = zlib.decompressobj(wbits=31) if coding.strip().lower() in {"gzip", "x-gzip"} else None
    data, received = bytearray(), 0
    while piece := answer.read(_PIECE):
        received += len(piece)
        data += unpack.decompress(piece, MAX_BYTES + 1 - len(data)) if unpack else piece
        if len(data) > MAX_BYTES:
            said = f"{MAX_BYTES >> 20} MB"
            raise ReachError("answer_too_large", f"応答が大きすぎます（上限 {said}）", f"the answer is over {said}", 0)
    if (unpack and not unpack.eof) or (length and length.isdecimal() and received < int(length)):
        raise ReachError("cut_off", "応答が途中で切れました", "the answer was cut off")
    return bytes(data)


def _error_body(error: urllib.error.HTTPError) -> bytes:
    """What an answer with an error says, as far as it can be read."""
    try:
        data = error.read(_PIECE)
        if error.headers.get("Content-Encoding", "").lower() == "gzip":
            return zlib.decompressobj(wbits=31).decompress(data, _PIECE)
        return data
    except (OSError, http.client.HTTPException, zlib.error):
        return b""
