"""The arguments of `sousei`, call by call.

Holds: names, kinds and help of arguments, and which function answers a call. Does not hold: the answers (the modules
beside it).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from datetime import date
from pathlib import Path

from sousei.orchestration.command import (
    books,
    deliveries,
    desk,
    forms,
    handouts,
    indicators,
    lakes,
    nights,
    reach,
    releases,
    reports,
    traces,
)
from sousei.orchestration.command.usage import Parser

_EXTRACT_COLUMNS = """入力: 一行目が見出しの CSV（UTF-8 か Shift_JIS）。次の見出しの列だけを見る（ほかは捨てる）。
  生年月日 または 年齢    2026-04-01、2026/4/1、20260401、令和8年4月1日、R8.4.1、5080401（元号番号）。時刻つきも可
  性別                    男 女 1 2、空欄・不明は性別不詳
  町字 または 町字名      番地のない町字の名前
  異動事由                転入 出生 転居 転出 死亡 など。なければ空欄
  異動日 または 異動年月日  生年月日と同じ書き方。基準日より後の異動は数えない
  住民種別                日本人 外国人
  市区町村コード          --municipality を付けないときだけ。5桁、または検査数字の付いた6桁
確かに読めない日付（Excel の通し番号、月/日/年の順、2桁の年など）は種類ごとの件数を出し、列の日付の 1% を超えれば
集計しない。個人番号・住民票コードのある抽出は受け付けない。
input: a CSV of any size with these headers (市区町村コード only without --municipality); days that are not certain
(Excel serials, US order, two-digit years) are counted by kind and refused above 1% of a column; moves after the as-of
day are not counted."""


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"bad_date: {text!r} は YYYY-MM-DD の日付ではありません / not a YYYY-MM-DD date"
        ) from error


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = math.nan
    if not 0 < hours < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: 正の数で書いてください / a positive number of hours")
    return hours


def _limit(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"bad_limit: {text!r} は2以上の整数ではありません / not a whole number from 2")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """The whole parser; `run` of what it parses answers the call."""
    common = Parser(add_help=False)
    common.add_argument("--lang", choices=("ja", "en"), default="ja", help="表示の言語 / language of the output")
    common.add_argument("--json", action="store_true", help="機械向けの JSON / JSON for programs")
    whole = Parser(
        prog="sousei", description="創生: 地方創生の指標倉庫 / the indicator warehouse of municipal revitalization"
    )
    calls = whole.add_subparsers(dest="call", required=True, metavar="CALL")

    def add(name: str, run: Callable[[argparse.Namespace], int], about: str, example: str) -> argparse.ArgumentParser:
        one = calls.add_parser(
            name,
            parents=[common],
            help=about,
            description=about,
            epilog=f"例 / example:  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        one.set_defaults(run=run)
        return one

    call = add(
        "refresh",
        nights.refresh_call,
        "毎晩の更新を今一度だけ行う / run the nightly job once, now",
        "sousei refresh --as-of 2026-04-01 --landing /data/landing",
    )
    call.add_argument("--as-of", type=_day, metavar="YYYY-MM-DD", help="基準日（既定は日本時間の今日） / as-of date")
    call.add_argument("--landing", type=Path, metavar="DIR", help="受領ファイルの置き場 / folder with the deliveries")
    call.add_argument("--force", action="store_true", help="基準日が未来でも作る / also for an as-of date to come")
    call.add_argument(
        "--samples",
        action="store_true",
        help="見本での試行（自前の資料で公表した環境では使えない） / a trial with samples",
    )
    call.add_argument(
        "--by-prefecture",
        action="store_true",
        help="受領ファイルの読み取りを都道府県ごとに働き手の機械に分ける / workers read the deliveries by prefecture",
    )
    call = add(
        "status",
        nights.status_call,
        "現在の公表版と受領の状況、直すべきこと / the current release, what lies in landing, what is wrong",
        "sousei status",
    )
    call.add_argument(
        "--max-age-hours",
        type=_hours,
        default=30.0,
        metavar="N",
        help="更新がこの時間終わっていなければ異常（既定30） / unhealthy when no refresh ended for so long",
    )
    call.add_argument(
        "--as-of", type=_day, metavar="YYYY-MM-DD", help="資料の遅れを見る日（既定は今日） / the day for what is late"
    )
    call = add(
        "alert",
        reach.alert_call,
        "異常を alerts/alert.json に書き、決めた宛先に新しいものを知らせる / write the alert file; tell what is new",
        "sousei alert --no-send",
    )
    reach.add_alert(call, _day, _hours)
    call = add(
        "fetch",
        reach.fetch_call,
        "インターネットのある機械で e-Stat の資料を取り、運ぶフォルダを作る / fetch deliveries to carry over",
        "ESTAT_APP_ID=… sousei fetch --to carry --register plan.xlsx",
    )
    reach.add_fetch(call, _day)
    call = add(
        "check",
        deliveries.check_call,
        "受領ファイルを読み、夜間の検査にかけてみる（何も変えない） / what would happen to a delivery; touches nothing",
        "sousei check 2103ssjin.xlsx",
    )
    call.add_argument("files", nargs="+", type=Path, metavar="FILE")
    call.add_argument(
        "--quick", action="store_true", help="ファイルだけを読み、公表版と合わせない / read the file only"
    )
    call.add_argument(
        "--page", type=Path, metavar="DIR", help="作成者向けのページ（HTML・xlsx）を書く / write the maker's pages"
    )
    call = add(
        "form",
        forms.run,
        "記入する様式を書き出す：計画台帳、課ごとの実績報告 / the workbooks to fill in: plan register, section reports",
        "sousei form plan --municipality 01661 --to plan.xlsx",
    )
    forms.add(call, common)
    call = add(
        "book",
        books.book_call,
        "計画の進捗管理の資料（印刷用のExcel）を書き出す / the finished workbook of a plan, to print and to hand out",
        "sousei book --municipality 01223 --plan nemuro_strategy_2 --edition council --to nemuro_kpi.xlsx",
    )
    books.add(call)
    call = add(
        "report",
        reports.report_call,
        "団体の進捗管理報告（HTML、PDF）を書き出す / the report of a municipality: one page that stands alone, or PDF",
        "sousei report --municipality 012238 --edition council --to nemuro_report.html",
    )
    reports.add(call)
    call = add(
        "pull",
        handouts.pull_call,
        "一つの団体の資料と表を、一つの公表版からそろえて写す / papers and tables of a municipality, of one release",
        "sousei pull --municipality 01223 --edition public --to nemuro_public",
    )
    handouts.add_pull(call)
    call = add(
        "meeting",
        handouts.meeting_call,
        "一回の会議の資料（資料1～3、参考）を書き出す / the papers of one meeting",
        "sousei meeting --municipality 01223 --plan nemuro_strategy_2 --date 2026-10-15 "
        "--name 第1回創生有識者会議 --to 20261015",
    )
    handouts.add_meeting(call, _day)
    call = add(
        "aggregate",
        deliveries.aggregate_call,
        "住民記録の抽出を件数だけにする（個人の行は残さない） / counts from a register extract; keeps no person",
        "sousei aggregate extract.csv --municipality 01223 --as-of 2026-10-01 --to counts.csv",
    )
    call.add_argument("file", type=Path, metavar="FILE")
    call.add_argument(
        "--municipality",
        type=desk.code,
        metavar="CODE",
        help="なければ 市区町村コード の列による / without it the column 市区町村コード says whose residents they are",
    )
    call.add_argument("--as-of", required=True, type=_day, metavar="YYYY-MM-DD", help="年齢の基準日 / ages on this day")
    call.add_argument("--to", required=True, type=Path, metavar="CSV")
    call.add_argument("--years", type=int, choices=(1, 5), default=5, help="年齢の刻み / width of the age groups")
    call.add_argument(
        "--suppress-below",
        type=_limit,
        metavar="N",
        help="N 人未満の欄と、差し引きで分かる欄を秘匿する / hide cells below N and those that would give them away",
    )
    call.description = f"{call.description}\n\n{_EXTRACT_COLUMNS}"
    add("releases", releases.list_call, "公表版の一覧 / list the releases", "sousei releases")
    call = add(
        "verify", releases.verify_call, "公表版を読み直して検証する / re-read and verify a release", "sousei verify"
    )
    call.add_argument("release", nargs="?", default="current", metavar="RELEASE")
    call.add_argument(
        "--inputs", action="store_true", help="入力の保管ファイルも照合する / also check the stored bytes of its inputs"
    )
    call = add(
        "rebuild",
        releases.rebuild_call,
        "公表版を保管した資料から作り直し、表ごとに照合する（何も変えない） / make a release again and compare it",
        "sousei rebuild 2026-11-21.1",
    )
    call.add_argument("release", metavar="RELEASE")
    call.add_argument("--to", type=Path, metavar="DIR", help="作り直した表を残すフォルダ / keep the tables made there")
    call = add(
        "withdraw",
        deliveries.withdraw_call,
        "受領ファイルを取り下げる（次の更新から使わない） / a delivery counts no more from the next refresh",
        "sousei withdraw tourism-0123456789abcdef --reason 誤って受領 --by 統計担当課長",
    )
    call.add_argument("source_id", metavar="SOURCE_ID", help="meta_source の source_id / as in meta_source")
    call.add_argument("--reason", required=True, metavar="TEXT", help="理由 / why")
    call.add_argument("--by", required=True, metavar="NAME", help="決めた部署・役職 / office or role that decides")
    call.add_argument("--restore", action="store_true", help="取り下げをやめ、また使う / it counts again")
    call = add(
        "release",
        releases.release_call,
        "releases/current を別の公表版に向ける（戻す、失われたときに直す）。seal: 失われた封印を作り直す"
        " / move the pointer to a release; seal: make lost seals anew",
        "sousei release use 2026-11-21.1",
    )
    call.add_argument("action", choices=("use", "seal"))
    call.add_argument("release", nargs="?", default="", metavar="RELEASE")
    add(
        "lake",
        lakes.lake_call,
        "DuckLake（PostgreSQL）を現在の公表版と同じにする / make the DuckLake equal to the current release",
        "sousei lake",
    )
    call = add(
        "diff",
        releases.diff_call,
        "二つの公表版の間で動いた数値と理由 / which published figures moved, and why",
        "sousei diff 2026-11-21.1 current",
    )
    call.add_argument("a", metavar="A")
    call.add_argument("b", metavar="B")
    call = add(
        "trace",
        traces.trace_call,
        "公表した数値のもと（ファイル・シート・行・列）と算定式 / where a published figure is from, and its formula",
        "sousei trace n2-g1-2 2022 --municipality 01223",
    )
    traces.add(call)
    call = add(
        "query",
        releases.query_call,
        "公表版に対する読み取り専用の問い合わせ / one read-only query on a release",
        'sousei query "select * from mart_kpi_scorecard where grade is not null" --format csv',
    )
    call.add_argument("sql", nargs="?", metavar="SQL")
    call.add_argument("--list", action="store_true", help="よくある問い合わせの一覧 / the ready queries")
    call.add_argument("--name", metavar="NAME", help="よくある問い合わせを名前で行う / ask a ready query by its name")
    call.add_argument(
        "--municipality",
        type=desk.code,
        metavar="CODE",
        help="よくある問い合わせを、計画のない所も含め一つの市区町村に / a ready query about one municipality",
    )
    call.add_argument("--format", choices=("table", "csv", "json", "parquet", "schema"), default="table")
    call.add_argument("--release", default="current", metavar="RELEASE")
    call = add(
        "indicators",
        indicators.indicators_call,
        "計画台帳に書ける指標の一覧（定義・単位・期間・出典） / the indicators that a plan register can name",
        "sousei indicators --search 転入 --municipality 01223",
    )
    call.add_argument(
        "--search", metavar="WORD", help="ID・名称・定義・出典にある語 / a word of id, name, definition, source"
    )
    call.add_argument(
        "--municipality",
        type=desk.code,
        metavar="CODE",
        help="この団体の値がある年度も示す / also the fiscal years with a value for it",
    )
    call = add(
        "project",
        desk.run,
        "人口ビジョンを机上で問う / the population vision at the desk",
        "sousei project goal --municipality 01223 --target 9345 --year 2060",
    )
    desk.add(call, common)
    return whole
