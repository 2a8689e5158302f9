"""The arguments of `sousei project`, question by question.

Holds: names, kinds and help of the desk's arguments, and reading those that are written as text. Does not hold: the
answers (desk).
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from pathlib import Path

SEX_WORDS = {"male": ("male",), "female": ("female",), "both": ("male", "female")}


def add(call: argparse.ArgumentParser, common: argparse.ArgumentParser, code: Callable[[str], str]) -> None:
    """Add the desk's questions below `sousei project`."""
    asked = call.add_subparsers(dest="question", required=True, metavar="QUESTION")
    desk = argparse.ArgumentParser(add_help=False)
    desk.add_argument(
        "--municipality", required=True, type=code, metavar="CODE", help="5桁の団体コード / five-digit code"
    )
    desk.add_argument("--release", default="current", metavar="RELEASE")
    desk.add_argument(
        "--scenarios",
        type=Path,
        metavar="CSV",
        help="自分のシナリオ表 / a scenario table of your own",
    )
    desk.add_argument(
        "--base",
        metavar="[EDITION@]BASE",
        help="どこから始めるか（census_2020、census_2025、registry_2023-01-01、ipss_2023、ipss_2023@census_2025。"
        "既定は平成30年推計の2015年） / what the runs start from; default: the 2018 edition from 2015",
    )
    table = argparse.ArgumentParser(add_help=False)
    table.add_argument("--format", choices=("table", "csv", "json", "parquet"), default="table")

    def question(name: str, about: str, example: str, *, is_table: bool = True) -> argparse.ArgumentParser:
        return asked.add_parser(
            name,
            parents=[common, desk, table] if is_table else [common, desk],
            help=about,
            description=about,
            epilog=f"例 / example:  sousei project {name} --municipality 01223 {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    one = question(
        "scenarios", "シナリオ別の将来人口と誤差の幅 / scenarios with their bands", "--year 2040 --year 2060"
    )
    one.add_argument("--scenario", action="append", metavar="ID")
    one.add_argument("--year", action="append", type=int, metavar="YEAR")
    one = question(
        "yearly",
        "毎年の出生と年齢帯（就学前、小中高、75歳以上）、合計の一致する整数 / births and ages of every year",
        "--base census_2025 --year 2026 --year 2030",
    )
    one.add_argument("--scenario", action="append", metavar="ID")
    one.add_argument("--year", action="append", type=int, metavar="YEAR", help="毎年どれでも / any year of the run")
    one.add_argument("--ages", action="store_true", help="その年の各歳を男女別に / single ages of the years by sex")
    one.add_argument(
        "--single-ages",
        type=Path,
        metavar="CSV",
        help="基準の年に近い日の各歳の件数（sousei aggregate … --years 1）。なければ5年階級をスプレイグの係数で分ける "
        "/ counts by single age of a day near the base; without them groups are divided by Sprague's multipliers",
    )
    _goal(question("goal", "目標に届くのに毎年何人要るか / arrivals that reach a target", "--target 9345 --year 2060"))
    one = question(
        "whatif",
        "出生率・純移動・転入を変えた試算（見込みではない） / what would follow, not what is to be expected",
        "--tfr 1.8 --tfr-year 2030 --migration 15-24=0.8 --arrivals 5 --from-year 2025",
    )
    _whatif(one)
    one = question("arrivals", "転入1人の目標年での値打ち / value of one arrival by sex and age", "--year 2060")
    one.add_argument("--year", type=int, required=True, metavar="YEAR")
    one.add_argument("--from-year", type=int, metavar="YEAR")
    one.add_argument(
        "--measure", action="append", metavar="MEASURE", help="total, young, working_age, old, women_20_39"
    )
    one.add_argument("--scenario", metavar="ID")
    one = question("decompose", "差を自然と社会に分ける / natural and social parts of a difference", "--year 2060")
    one.add_argument("--year", type=int, required=True, metavar="YEAR")
    one = question(
        "probability", "ある人数以下・以上になる確率 / how likely a figure is", "--year 2060 --at-most 8000 --seed 1"
    )
    one.add_argument("--year", type=int, required=True, metavar="YEAR")
    one.add_argument("--at-most", type=float, metavar="PERSONS", help="この人数以下 / at or below")
    one.add_argument("--at-least", type=float, metavar="PERSONS", help="この人数以上 / at or above")
    one.add_argument(
        "--measure", default="total", metavar="MEASURE", help="total, young, working_age, old, women_20_39"
    )
    one.add_argument("--draws", type=int, default=1000, metavar="N", help="試行の数 / number of draws")
    one.add_argument("--seed", type=int, default=1, metavar="N", help="乱数の種 / seed of the draws")
    one.add_argument("--scenario", metavar="ID")
    question("backtest", "これまでの推計はどれだけ外れたか / how far projections have been off", "")
    one = question(
        "charts", "図（SVG、--png で PNG も） / charts as SVG, with --png also PNG", "--to charts --png", is_table=False
    )
    one.add_argument("--to", type=Path, required=True, metavar="DIR")
    one.add_argument("--png", action="store_true")
    one = question(
        "page",
        "出生率・純移動・転入を動かして見る1枚のページ（ブラウザーで開く。通信なし） / "
        "one page with sliders that stands alone, to open in a browser",
        "--to whatif.html",
        is_table=False,
    )
    one.add_argument("--to", type=Path, required=True, metavar="FILE")
    one.add_argument("--force", action="store_true", help="既にあるファイルを置き換える / replace what is there")


def _goal(one: argparse.ArgumentParser) -> None:
    one.add_argument("--target", type=float, required=True, metavar="PERSONS")
    one.add_argument("--year", type=int, required=True, metavar="YEAR", help="目標の年 / target year")
    one.add_argument("--from-year", type=int, metavar="YEAR", help="始める年 / first year of arrivals")
    one.add_argument("--to-year", type=int, metavar="YEAR", help="終える年（既定は目標の年） / last year of arrivals")
    one.add_argument(
        "--measure", default="total", metavar="MEASURE", help="total, young, working_age, old, women_20_39"
    )
    one.add_argument(
        "--profile",
        action="append",
        type=profile,
        metavar="NAME",
        help="誰が来るか：型の名前、または 名前=性:年齢:人数,… / who comes: a name, or NAME=SEX:AGE:PERSONS,... "
        "(male, female, both; 0, 5 ... 90)",
    )
    one.add_argument("--timing", choices=("start", "mid", "end"), default="mid", help="来る時 / when in a period")
    one.add_argument(
        "--leaving",
        choices=("next_step", "residents", "never"),
        default="next_step",
        help="次の期から・来た日から住民と同じ率で転出する、転出しない / leave like residents from the next step or "
        "from the first day, or never",
    )
    one.add_argument(
        "--end-mothers",
        choices=("yes", "no"),
        default="yes",
        help="期末に来た女性をその期の母に数えるか / are women who come at the end mothers in the step",
    )
    one.add_argument(
        "--tfr",
        action="append",
        type=knot,
        metavar="YEAR=TFR[:linear]",
        help="出生率の道筋を変える（その年から、linear はその年まで直線） / another TFR path: from that year on, or on "
        "a straight line to it",
    )
    one.add_argument(
        "--conventions",
        action="store_true",
        help="約束ごとを一つずつ変えた答えだけを表にする / the answers with one convention changed at a time",
    )
    one.add_argument("--scenario", action="append", metavar="ID")


def _whatif(one: argparse.ArgumentParser) -> None:
    one.add_argument("--tfr", type=float, metavar="TFR", help="合計特殊出生率 / total fertility rate")
    one.add_argument("--tfr-year", type=int, metavar="YEAR", help="その率になる年（既定は --from-year） / reached in")
    one.add_argument(
        "--tfr-shape", choices=("linear", "step"), default="linear", help="直線でその年へ、またはその年から / path"
    )
    one.add_argument(
        "--migration",
        action="append",
        type=factor,
        metavar="AGES=FACTOR",
        help="純移動率の倍率（0-14, 15-24, 25-39, 40-64, 65+。0は移動なし） / factor on net migration ratios",
    )
    one.add_argument("--arrivals", type=float, default=0.0, metavar="UNITS", help="毎年の転入（型の単位） / a year")
    one.add_argument("--profile", type=profile, default="family_30_34_one_child", metavar="NAME")
    one.add_argument("--timing", choices=("start", "mid", "end"), default="mid", help="来る時 / when in a period")
    one.add_argument(
        "--from-year",
        type=int,
        metavar="YEAR",
        help="移動と転入を変える最初の年 / first year of migration and arrivals",
    )
    one.add_argument("--year", action="append", type=int, metavar="YEAR")


def profile(text: str) -> str | tuple[str, dict[tuple[str, int], float]]:
    """A kind of arrivals: its name, or NAME=SEX:AGE:PERSONS,... as (name, persons by sex and first age)."""
    name, equal, cells = text.partition("=")
    if not equal:
        return name
    found: dict[tuple[str, int], float] = {}
    for cell in cells.split(","):
        match = re.fullmatch(r"(male|female|both):(\d{1,2}):(\d+(?:\.\d+)?)", cell.strip())
        if not match:
            raise argparse.ArgumentTypeError(
                f"bad_profile: {cell!r} は 性:年齢:人数（例 female:30:1、both:0:1）ではありません / not SEX:AGE:PERSONS"
            )
        sexes = SEX_WORDS[match[1]]
        for sex in sexes:
            key = (sex, int(match[2]))
            found[key] = found.get(key, 0.0) + float(match[3]) / len(sexes)
    return name, found


def knot(text: str) -> tuple[int, float, str]:
    """A point of a TFR path: YEAR=TFR or YEAR=TFR:linear."""
    match = re.fullmatch(r"(\d{4})=(\d(?:\.\d+)?)(?::(linear|step))?", text)
    if not match:
        raise argparse.ArgumentTypeError(
            f"bad_tfr: {text!r} は 年=率（例 2030=1.8、2030=1.8:linear）ではありません / not YEAR=TFR"
        )
    return int(match[1]), float(match[2]), match[3] or "step"


def factor(text: str) -> tuple[str, float]:
    """A factor on net migration: AGES=FACTOR."""
    ages, _, number = text.partition("=")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(
            f"bad_factor: {text!r} は 年齢=倍率（例 15-24=0.8）ではありません / not AGES=FACTOR"
        )
    return ages, value
