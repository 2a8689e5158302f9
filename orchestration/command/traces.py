"""`sousei trace`: from a published figure back to the cells of its files.

Holds: arguments, and printing. Does not hold: the trace (publication.trace).
"""

from __future__ import annotations

import argparse

from sousei.foundation.home import Home
from sousei.orchestration.command.desk import code
from sousei.orchestration.command.words import MISUSE, OK, complain, emit


def add(call: argparse.ArgumentParser) -> None:
    """The arguments of the call."""
    call.add_argument("kpi", nargs="?", metavar="KPI", help="指標のID・番号・名称 / id, number or name of a KPI")
    call.add_argument("year", nargs="?", type=int, metavar="YEAR", help="年度（西暦） / fiscal year")
    call.add_argument("--municipality", type=code, metavar="CODE", help="5桁の団体コード / five-digit code")
    call.add_argument("--plan", metavar="ID", help="計画ID / plan")
    call.add_argument(
        "--column", metavar="COLUMN", help="たどる列（既定は実績 actual_value） / column; the actual by default"
    )
    call.add_argument("--mart", metavar="TABLE", help="評価の表のほかの表の1行をたどる / a row of another table")
    call.add_argument("--key", metavar="COL=VALUE,...", help="その行のキー / the key of that row")
    call.add_argument("--release", default="current", metavar="RELEASE", help="公表版（既定は最新） / release")


def trace_call(arguments: argparse.Namespace) -> int:
    """Print where a figure is from; 2 where it is not there or more than one is named."""
    from sousei.publication import shelf, trace
    from sousei.publication.query import QueryError

    is_mart = arguments.mart is not None
    if is_mart == (arguments.kpi is not None) or (not is_mart and arguments.year is None):
        return _wrong(
            arguments,
            "not_a_figure: 指標と年度（sousei trace n2-g1-2 2022）か、--mart と --key のどちらかで示してください。",
            "not_a_figure: name a KPI and a year (sousei trace n2-g1-2 2022), or --mart and --key.",
        )
    home = Home.from_environment()
    release = shelf.find(home, arguments.release)
    try:
        if is_mart:
            key = dict(pair.partition("=")[::2] for pair in (arguments.key or "").split(",") if "=" in pair)
            found = trace.mart(release, arguments.mart, key, arguments.column, home.raw)
        else:
            found = trace.kpi(
                release,
                arguments.kpi,
                arguments.year,
                arguments.municipality,
                arguments.plan,
                arguments.column or "actual_value",
            )
    except trace.TraceError as refusal:
        return _wrong(arguments, refusal.ja, refusal.en)
    except QueryError as older:
        first = str(older).splitlines()[0]
        return _wrong(
            arguments,
            f"release_not_readable: 公表版 {release.release_id} に要る表がありません。更新してください（{first}）。",
            f"release_not_readable: release {release.release_id} lacks a table; refresh first ({first}).",
        )
    if arguments.json:
        emit(trace.told(found))
    else:
        print("\n".join(trace.lines(found)))
    return OK


def _wrong(arguments: argparse.Namespace, ja: str, en: str) -> int:
    complain(arguments, ja, en)
    return MISUSE
