"""`sousei form plan` and `sousei form report`: the workbooks that offices and sections fill in.

Holds: arguments, and printing which file was written for whom. Does not hold: the rows and the workbooks
(feedback.forms), where plans lie (orchestration.plans).
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Any

from sousei.foundation import clock
from sousei.foundation.home import Home
from sousei.orchestration.command.desk import code
from sousei.orchestration.command.words import MISUSE, OK, REFUSED, complain, emit, say

_FIRST_YEAR, _LAST_YEAR = 1989, 2199


def year(text: str) -> int:
    """A fiscal year, as an argument of the command."""
    if not text.isdecimal() or not _FIRST_YEAR <= int(text) <= _LAST_YEAR:
        raise argparse.ArgumentTypeError(
            f"bad_year: {text!r} は西暦の年度ではありません / not a fiscal year, e.g. 2024"
        )
    return int(text)


def add(call: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """The two forms and their arguments."""
    kinds = call.add_subparsers(dest="form", required=True, metavar="FORM")

    def form(name: str, about: str, example: str) -> argparse.ArgumentParser:
        one = kinds.add_parser(
            name,
            parents=[common],
            help=about,
            description=about,
            epilog=f"例 / example:  sousei form {name} {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        one.add_argument(
            "--municipality", required=True, type=code, metavar="CODE", help="5桁の団体コード / five-digit code"
        )
        one.add_argument("--plan", metavar="ID", help="計画ID / plan")
        one.add_argument("--force", action="store_true", help="既にあるファイルを置き換える / replace what is there")
        return one

    one = form(
        "plan",
        "計画台帳：空のもの、または公表版の計画を書き込んだもの / a plan register, empty or filled from the release",
        "--municipality 01661 --to plan.xlsx",
    )
    one.add_argument("--to", required=True, type=Path, metavar="FILE", help="書き出す .xlsx / workbook to write")
    one.add_argument("--empty", action="store_true", help="計画があっても空の台帳にする / empty though there is a plan")
    one = form(
        "report",
        "実績報告：課ごとに1冊、その課の指標だけ / section reports: one workbook per section with only its KPI",
        "--municipality 01223 --fiscal-year 2024 --to reports",
    )
    one.add_argument("--fiscal-year", required=True, type=year, metavar="YEAR", help="年度（西暦） / fiscal year")
    one.add_argument("--section", metavar="NAME", help="この課の分だけ。例：水産課 / this section only")
    one.add_argument("--to", required=True, type=Path, metavar="DIR", help="書き出すフォルダー / folder to write into")


def run(arguments: argparse.Namespace) -> int:
    """Write the form; 0 written, 1 something is in its place, 2 it cannot be asked so."""
    from sousei.ingest.areas.register import register

    if arguments.municipality not in register().names_of or arguments.municipality.endswith("000"):
        return _wrong(
            arguments,
            f"municipality_unknown: {arguments.municipality} という市区町村はありません。",
            f"municipality_unknown: there is no municipality {arguments.municipality}.",
        )
    return _plan(arguments) if arguments.form == "plan" else _reports(arguments)


def _plan(arguments: argparse.Namespace) -> int:
    from sousei.feedback.forms import plan
    from sousei.orchestration.plans import plan_sheets

    home = Home.from_environment()
    if arguments.to.suffix.lower() != ".xlsx":
        return _wrong(
            arguments,
            f"not_a_workbook_name: --to {arguments.to} は .xlsx で終わる名前にしてください。",
            f"not_a_workbook_name: --to {arguments.to} must end in .xlsx.",
        )
    chosen: list[str] = [] if arguments.empty else _plans(home, arguments)
    if not chosen and arguments.plan and not arguments.empty:
        return _no_plan(arguments, home)
    if len(chosen) > 1:
        return _several(arguments, chosen)
    rows = plan.filled(plan_sheets(home, arguments.municipality, chosen[0])) if chosen else None
    book = _book(plan.FORM, rows or plan.empty(arguments.municipality), home)
    if refusal := _write(arguments, {arguments.to: book}):
        return refusal
    if arguments.json:
        emit({"file": arguments.to, "municipality_code": arguments.municipality, "plan_id": next(iter(chosen), None)})
        return OK
    say(
        arguments,
        f"{arguments.to}: " + (f"計画 {chosen[0]} の台帳" if chosen else "空の計画台帳"),
        f"{arguments.to}: " + (f"register of plan {chosen[0]}" if chosen else "empty plan register"),
    )
    return OK


def _reports(arguments: argparse.Namespace) -> int:
    from sousei.feedback.forms import report
    from sousei.orchestration.plans import grades_of, plan_sheets, values_of

    home, where, asked = Home.from_environment(), arguments.municipality, arguments.fiscal_year
    chosen = _plans(home, arguments)
    if not chosen:
        return _no_plan(arguments, home)
    plans = {name: plan_sheets(home, where, name) for name in chosen}
    if arguments.plan is None:
        plans = {name: plan for name, plan in plans.items() if _is_of_term(plan, asked)}
    told = report.Told(values_of(home, where, asked - 1), grades_of(home, where, asked))
    found = [one for plan in plans.values() for one in report.reports(plan, asked, told)]
    if not found:
        return _wrong(
            arguments,
            f"nothing_to_report: {asked}年度に報告を求める指標や施策のある計画がありません（{'、'.join(chosen)}）。",
            f"nothing_to_report: no plan has KPI or measures to report for fiscal year {asked} ({', '.join(chosen)}).",
        )
    numbered = {arguments.to / f"report_{where}_{asked}_{n}.xlsx": one for n, one in enumerate(found, 1)}
    wanted = {path: one for path, one in numbered.items() if arguments.section in {None, one.section_ja}}
    if not wanted:
        there = list(dict.fromkeys(one.section_ja for one in found))
        return _wrong(
            arguments,
            f"section_unknown: 「{arguments.section}」という課は計画台帳にありません。ある課: {'、'.join(there)}",
            f"section_unknown: no section {arguments.section}; there are: {', '.join(there)}",
        )
    if refusal := _write(arguments, {path: _book(report.FORM, one.rows, home) for path, one in wanted.items()}):
        return refusal
    if arguments.json:
        emit([{"file": p, "plan_id": o.plan_id, "section_ja": o.section_ja, "kpis": o.kpis} for p, o in wanted.items()])
        return OK
    for path, one in wanted.items():
        say(
            arguments,
            f"{one.section_ja}（計画 {one.plan_id}、指標 {one.kpis}件） → {path}",
            f"{one.section_ja} (plan {one.plan_id}, {one.kpis} KPI) -> {path}",
        )
    return OK


def _is_of_term(plan: Any, fiscal_year: int) -> bool:
    cover = plan["plan"].to_dicts()[0]
    return bool(cover["first_fiscal_year"] <= fiscal_year <= cover["last_fiscal_year"])


def _plans(home: Home, arguments: argparse.Namespace) -> list[str]:
    """Names of the municipality's plans in force, or of the one that was asked for."""
    from sousei.orchestration.plans import plans_of

    return [name for name in plans_of(home, arguments.municipality) if arguments.plan in {None, name}]


def _book(form: Any, rows: Any, home: Home) -> bytes:
    """The bytes of a workbook. Its day is that of the release that it is made from, else today."""
    import datetime as dt

    from sousei.feedback.forms.writer import write
    from sousei.publication import shelf

    release, sink = shelf.current(home), io.BytesIO()
    made_on = dt.date.fromisoformat(release.manifest.as_of_date) if release else clock.now().date()
    write(form, rows, sink, made_on=made_on)
    return sink.getvalue()


def _write(arguments: argparse.Namespace, books: dict[Path, bytes]) -> int:
    """Write all workbooks or none; the exit code where they cannot be written, else 0."""
    from sousei.foundation.files import write_bytes

    there = [path for path in books if path.exists() or path.is_symlink()]
    if there and not arguments.force:
        named = "、".join(map(str, there))
        complain(
            arguments,
            f"file_exists: {named} が既にあります。名前を変えるか、置き換えるなら --force を付けてください。",
            f"file_exists: {named} is there already; take another name, or --force to replace it.",
        )
        return REFUSED
    try:
        for path, book in books.items():
            write_bytes(path, book)
    except OSError as error:
        return _wrong(
            arguments,
            f"place_not_usable: {arguments.to} に書き込めません（{error.strerror}）。",
            f"place_not_usable: cannot write to {arguments.to}: {error.strerror}.",
        )
    return OK


def _no_plan(arguments: argparse.Namespace, home: Home) -> int:
    from sousei.orchestration.plans import plans_of

    there = list(plans_of(home, arguments.municipality))
    asked_ja, asked_en = (f"計画 {arguments.plan}", f"plan {arguments.plan}") if arguments.plan else ("計画", "plan")
    ja = f"ある計画: {'、'.join(there)}" if there else "計画台帳を landing に置き、更新してから実行してください。"
    en = f"there are: {', '.join(there)}" if there else "deliver its plan register and refresh first."
    return _wrong(
        arguments,
        f"no_plan: 団体 {arguments.municipality} の{asked_ja}は公表版にありません。{ja}",
        f"no_plan: the release has no {asked_en} of {arguments.municipality}; {en}",
    )


def _several(arguments: argparse.Namespace, there: list[str]) -> int:
    return _wrong(
        arguments,
        f"several_plans: 計画が{len(there)}つあります。--plan で選んでください: {'、'.join(there)}"
        "（空の台帳なら --empty）",
        f"several_plans: choose one with --plan: {', '.join(there)} (or --empty for an empty register)",
    )


def _wrong(arguments: argparse.Namespace, ja: str, en: str) -> int:
    complain(arguments, ja, en)
    return MISUSE
