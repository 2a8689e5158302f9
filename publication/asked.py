"""A user's own query, answered in a process that can be ended: bounded in memory and time, whatever it asks.

Holds: that process and the call to it. Does not hold: the session (`query`), or the forms of an answer (`formats`).

Run as a program it takes a request (JSON) on stdin and gives the answer in its form on stdout; 2 and a text on stderr
where it refuses.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from sousei.foundation.child import Child, module, same_code
from sousei.foundation.told import ToldError

MEMORY_BYTES = 3 << 30
"""Address space of the process: DuckDB's own gigabyte, the libraries, and an answer of some hundred megabytes."""
SECONDS = 120.0
_LONGER = 10.0
"""Seconds for the form of the answer and for starting, after which the process is ended."""


class AskedError(ToldError):
    """The query was refused, failed, or asked for too much; the text is for its author."""


def asked(sql: str, database: Path, form: str, seconds: float = SECONDS, memory_bytes: int = MEMORY_BYTES) -> bytes:
    """The answer to one SELECT in a form (see formats.formatted).

    Raises AskedError: query_refused, query_failed, query_too_large, query_too_slow, release_not_readable.
    """
    request = {"sql": sql, "database": str(database), "form": form, "seconds": seconds, "memory_bytes": memory_bytes}
    with Child(module("sousei.publication.asked"), same_code(RUST_BACKTRACE="0"), told=True) as process:
        try:
            code, answer, complaints = process.ask_once(json.dumps(request).encode(), seconds + _LONGER)
        except TimeoutError:
            raise AskedError(
                f"query_too_slow: {seconds:g}秒を超えたため中止しました。条件を絞ってください。 / "
                f"stopped after {seconds:g} seconds; narrow the query."
            ) from None
    if code == 0:
        return answer
    if code == _REFUSED:
        raise AskedError(complaints.decode("utf-8", "replace").strip())
    raise AskedError(
        "query_too_large: 結果が大きすぎて中止しました。limit で行数を絞るか、公表版の parquet を読んでください。 / "
        "the answer is too large; use limit, or read the Parquet files of the release."
    )


_REFUSED = 2


def main() -> int:
    request = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (request["memory_bytes"], request["memory_bytes"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from sousei.publication import formats, query

    try:
        frame = query.answer(request["sql"], Path(request["database"]), request["seconds"])
        given = formats.formatted(frame, request["form"])
    except query.QueryError as refusal:
        print(refusal, file=sys.stderr)
        return _REFUSED
    sys.stdout.buffer.write(given)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
