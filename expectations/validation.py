"""Great Expectations at work: judge the frames of `suites` on a candidate, here or in a process of its own.

Holds: running the suites and turning their results into plain outcomes; a child process that imports Great
Expectations (seconds of CPU) while the caller does other work. Does not hold: what is expected (`suites`), or what an
outcome means for publication (`gate`).

No telemetry, an ephemeral context, no progress bars. Great Expectations is imported only inside `validate`.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections import defaultdict
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from sousei.expectations.outcome import EXAMPLES
from sousei.expectations.suites.declared import CHECKS
from sousei.expectations.suites.forms import Check, Frame
from sousei.foundation.child import Child, end_with_parent, module, same_code
from sousei.foundation.environment import changed

TIME_LIMIT_SECONDS = 600.0
GX_SEVERITY = {"gate": "critical", "warn": "warning", "review": "info"}


class ValidationProcessError(RuntimeError):
    """The process that runs Great Expectations died, hung or answered nonsense (gx_process_failed)."""


@dataclass(frozen=True)
class SuiteOutcome:
    """What one check found; `examples`: key columns of at most EXAMPLES failing rows, with the `value` judged."""

    check_id: str
    passed: bool
    observed: str
    threshold: str
    n_failing: int
    examples: tuple[dict[str, Any], ...] = ()
    error: str | None = None


def threshold_of(check: Check) -> str:
    """The bound of a check in words that need no code: `0 .. 4000000`, `in [True]`, `A >= B`."""
    arguments = check.arguments
    if "value_set" in arguments:
        return "in " + json.dumps(arguments["value_set"], ensure_ascii=False)
    if "regex" in arguments:
        return arguments["regex"]
    if "column_A" in arguments:
        return f"{arguments['column_A']} >= {arguments['column_B']}"
    low, high = arguments.get("min_value"), arguments.get("max_value")
    return f"{'' if low is None else f'{low:g}'} .. {'' if high is None else f'{high:g}'}".strip()


def is_fed(connection: duckdb.DuckDBPyConnection, fed_by: tuple[str, ...]) -> bool:
    """Whether any of a frame's sources has a row (Frame.fed_by)."""
    if not fed_by:
        return True
    sources = [name if "." in name else f"raw.{name}" for name in fed_by]
    query = " union all ".join(f"(select 1 from {name} limit 1)" for name in sources)  # noqa: S608
    return bool(connection.execute(query).fetchall())


def _plain(value: Any) -> Any:
    """A cell as JSON can hold it; whole floats as integers, missing as None."""
    value = value.item() if hasattr(value, "item") else value
    if value is None or type(value).__name__ in ("NAType", "NaTType") or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, bool | int | float | str) else str(value)


def _failed(check: Check, error: str) -> SuiteOutcome:
    return SuiteOutcome(check.check_id, False, "", threshold_of(check), 0, (), error)


def _outcome(check: Check, result: Any, rows: int, threshold: str, keys: tuple[str, ...]) -> SuiteOutcome:
    raised = next(
        (
            info["exception_message"]
            for info in (result.exception_info or {}).values()
            if isinstance(info, dict) and info.get("raised_exception")
        ),
        None,
    )
    if raised is not None:
        return _failed(check, raised)
    details = result.result
    if "unexpected_count" not in details:
        observed = _plain(details.get("observed_value"))
        return SuiteOutcome(check.check_id, bool(result.success), str(observed), threshold, int(not result.success))
    failing = int(details["unexpected_count"])
    judged = {"column", "column_A", "column_B"} & check.arguments.keys()
    examples = []
    for row in (details.get("partial_unexpected_index_list") or [])[:EXAMPLES]:
        found = [str(_plain(row[check.arguments[name]])) for name in sorted(judged) if check.arguments[name] in row]
        examples.append({key: _plain(row.get(key)) for key in keys} | {"value": " / ".join(found)})
    return SuiteOutcome(
        check.check_id, bool(result.success), f"{failing} / {rows}", threshold, failing, tuple(examples)
    )


def judge_frame(any_frame: Any, frame: Frame, checks: list[Check], judged: Any, fed: bool) -> list[SuiteOutcome]:
    """The checks of one frame on its rows (a pandas DataFrame), an outcome each; any_frame: Great Expectations' batch
    definition. Nothing but the arguments decides it."""
    import great_expectations as gx
    import great_expectations.expectations as gxe

    expected, thresholds = [], {}
    for check in checks:
        arguments = dict(check.arguments)
        thresholds[check.check_id] = threshold_of(check)
        if check.expectation == "ExpectTableRowCountToBeBetween" and not fed:
            arguments |= {"min_value": 0} | ({"max_value": 0} if frame.and_nothing_else else {})
            thresholds[check.check_id] = f"0 .. {arguments['max_value']:g}"
        expected.append(
            getattr(gxe, check.expectation)(
                **arguments, severity=GX_SEVERITY[check.severity], meta={"check_id": check.check_id}
            )
        )
    batch = any_frame.get_batch(batch_parameters={"dataframe": judged})
    report = batch.validate(
        gx.ExpectationSuite(name=frame.name, expectations=expected),
        result_format={
            "result_format": "SUMMARY",
            "unexpected_index_column_names": list(frame.keys),
            "partial_unexpected_count": EXAMPLES,
        },
    )
    results = {
        result.expectation_config.meta["check_id"]: result
        for result in report.results
        if result.expectation_config is not None and result.expectation_config.meta is not None
    }
    return [
        _failed(check, "no result")
        if (result := results.get(check.check_id)) is None
        else _outcome(check, result, len(judged), thresholds[check.check_id], frame.keys)
        for check in checks
    ]


def validate(candidate: Path, tables: Collection[str] | None = None) -> list[SuiteOutcome]:
    """Judge the candidate's marts, in this process.

    candidate: a DuckDB file that nobody has open for writing; opened read-only.
    tables: judge only the suites of these marts; all by default.
    Returns one outcome per check. A check whose frame or rule cannot be computed fails with `error` set.
    """
    with changed(GX_ANALYTICS_ENABLED="false"):
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    any_frame = (
        context.data_sources.add_pandas("candidate")
        .add_dataframe_asset("frame")
        .add_batch_definition_whole_dataframe("all rows")
    )

    by_frame: dict[Frame, list[Check]] = defaultdict(list)
    for check in CHECKS:
        if tables is None or check.table in tables:
            by_frame[check.frame].append(check)

    outcomes: list[SuiteOutcome] = []
    with duckdb.connect(str(candidate), read_only=True, config={"threads": 1}) as connection:
        for frame, checks in by_frame.items():
            try:
                judged = connection.sql(frame.sql).df()
                fed = is_fed(connection, frame.fed_by)
            except duckdb.Error as error:
                outcomes += [_failed(check, str(error)) for check in checks]
                continue
            outcomes += judge_frame(any_frame, frame, checks, judged, fed)
    return outcomes


class SuiteProcess:
    """A child that imports Great Expectations at once and judges a candidate when it is told to.

    Use as a context manager; leaving the block ends the child. The child also ends when its parent dies.
    """

    def __init__(self) -> None:
        quiet = {"GX_ANALYTICS_ENABLED": "false", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        environment = same_code(**quiet, MALLOC_ARENA_MAX="2")
        self._child = Child(module("sousei.expectations.validation"), environment, told=True)
        self._asked: Future[tuple[int, bytes, bytes]] | None = None

    def __enter__(self) -> SuiteProcess:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        return self._child.pid

    def begin(self, candidate: Path, time_limit: float = TIME_LIMIT_SECONDS) -> None:
        """Have the candidate judged meanwhile, where that was not begun; nobody may write to it until `outcomes`."""
        if self._asked is not None:
            return
        asking = ThreadPoolExecutor(1)
        order = json.dumps({"candidate": str(candidate)}).encode()
        self._asked = asking.submit(self._child.ask_once, order, time_limit)
        asking.shutdown(wait=False)

    def outcomes(self, candidate: Path, time_limit: float = TIME_LIMIT_SECONDS) -> list[SuiteOutcome]:
        """What was found in the candidate; it is judged now where that was not begun. May be called once.

        Raises ValidationProcessError when the child died, did not answer in `time_limit` seconds, or answered
        something that is not a list of outcomes.
        """
        self.begin(candidate, time_limit)
        assert self._asked is not None
        try:
            code, answer, complaint = self._asked.result()
        except TimeoutError as error:
            raise ValidationProcessError(f"no answer within {time_limit:g} s") from error
        except (OSError, ValueError) as error:
            raise ValidationProcessError(f"not reachable: {error}") from error
        if code != 0:
            last = complaint.decode(errors="replace").strip().splitlines()[-1:] or [""]
            raise ValidationProcessError(f"exit code {code}: {last[0]}")
        try:
            return [SuiteOutcome(**(one | {"examples": tuple(one["examples"])})) for one in json.loads(answer.decode())]
        except (ValueError, TypeError, KeyError) as error:
            raise ValidationProcessError(f"unreadable answer: {error}") from error

    def close(self) -> None:
        """End the child if it still lives; harmless when it does not."""
        self._child.close()


def main() -> int:
    """The child: import first, then wait for the path of the candidate on stdin; answer as JSON on stdout."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints goes to stderr, never into the answer
    import great_expectations.expectations  # noqa: F401

    gc.freeze()  # what the import left is never garbage: the collector need not look at it again
    order = sys.stdin.read()
    if not order:
        return 1
    json.dump([asdict(one) for one in validate(Path(json.loads(order)["candidate"]))], answer, ensure_ascii=False)
    answer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
