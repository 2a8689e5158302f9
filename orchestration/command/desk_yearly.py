"""`sousei project yearly`: births and ages of every year.

Holds: reading the counts that divide the base, the table for people with what stands below it. Does not hold: the
answer (projection.desk.yearly), the arguments (desk_asked), heads (desk_shown).
"""

from __future__ import annotations

import argparse
from typing import Any

_NOTE = {
    "ja": "出生は10月1日までの12か月（1〜12月は、その4分の3と次の12か月の4分の1）。年齢は10月1日の満年齢で、学年では"
    "ありません。年齢帯の和は総人口、5年分の出生の和は推計の5年間の出生です。",
    "en": "Births: twelve months up to 1 October (Jan-Dec: three quarters of these and a quarter of the next). Ages "
    "at last birthday on 1 October, not school grades. Bands add up to the total, five years of births to a step.",
}


def answered(arguments: argparse.Namespace, opened: Any) -> Any:
    """Every year, its single ages from the counts that are given, if any."""
    import polars as pl

    from sousei.projection.counted import ages_of_counts
    from sousei.projection.desk import yearly
    from sousei.projection.engine import ProjectionError

    delivered = None
    if arguments.single_ages is not None:
        try:
            counts = pl.read_csv(arguments.single_ages, infer_schema=False)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise ProjectionError(
                f"各歳の件数 {arguments.single_ages} を読めません（{next(iter(str(error).splitlines()), '')}）。"
                "sousei aggregate … --years 1 の CSV を指定してください / the counts cannot be read"
            ) from None
        delivered = ages_of_counts(counts, arguments.municipality, opened.run.years[0])
    if not arguments.ages:
        return yearly.yearly_table(opened, arguments.scenario, years=arguments.year, delivered=delivered)
    if not arguments.year:
        raise ProjectionError("--ages には --year が要ります（何年の各歳か） / --ages needs --year")
    return yearly.ages_table(opened, arguments.scenario, years=arguments.year, delivered=delivered)


def readable(arguments: argparse.Namespace, frame: Any, below: list[str]) -> tuple[Any, list[str]]:
    """A block of years for every scenario; the name of a single one stands below."""
    import polars as pl

    from sousei.orchestration.command import desk_shown

    lang, question = arguments.lang, "ages" if arguments.ages else "yearly"
    names = frame.unique("scenario_id", keep="first", maintain_order=True)
    shown = desk_shown.shown(frame, question, lang)
    if names.height == 1:
        below.insert(0, names["label_en" if lang == "en" else "label_ja"][0])
    else:
        shown = pl.concat([desk_shown.shown(frame, "named", lang), shown], how="horizontal")
    return shown, below if arguments.ages else [*below, _NOTE[lang]]
