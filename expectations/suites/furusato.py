"""What must be true of hometown-tax donations of a fiscal year.

Holds: frames and checks of fct_furusato_donation. Does not hold: a plan's target for them (`kpi`).
"""

from __future__ import annotations

from sousei.expectations.owners import STATISTICS
from sousei.expectations.suites.forms import READ_AGAIN, Check, Frame, between, coverage, rows

FURUSATO = Frame(
    "furusato",
    "fct_furusato_donation",
    "one municipality and fiscal year",
    """
select
    municipality_code, fiscal_year, source_id, source_sheet as sheet, source_row as "row",
    donation_jpy,
    case when donation_count >= 1000 then donation_jpy / donation_count end as yen_per_donation,
    fiscal_year - (select max(fiscal_year) from raw.run) as years_after_run
from main.fct_furusato_donation
""",
    ("municipality_code", "fiscal_year", "source_id", "sheet", "row"),
    ("furusato_donation",),
    and_nothing_else=True,
)

CHECKS: tuple[Check, ...] = (
    rows(
        "donations_have_a_plausible_number_of_years",
        FURUSATO,
        200_000,
        "ふるさと納税の行数が妥当である",
        "1,788団体に2008年度からの年度数。50年分でも約9万行。",
    ),
    between(
        "donations_of_a_year_stay_below_200_billion_yen",
        FURUSATO,
        "gate",
        "donation_jpy",
        0,
        200_000_000_000,
        "ふるさと納税の受入額は0円以上2,000億円以下である",
        "一団体の年間受入額の過去最高は497.5億円（泉佐野市2018年度）で、その4倍まで。千円と円の取り違え（1,000倍）はこの上限を超える。",
        STATISTICS,
        READ_AGAIN,
    ),
    between(
        "average_donation_is_plausible",
        FURUSATO,
        "gate",
        "yen_per_donation",
        500,
        8_000_000,
        "受入件数1,000件以上の団体では、1件あたり受入額は500円以上800万円以下である",
        "通常は1〜16万円。千円単位の表を円として読むと10〜160円になり、逆は1,000万円を超える。1,000件以上の団体の実データ（2008〜2020年度）は1,540円から44万円。1,000件未満では公表元の値に13円や521万円があり、対象にしない。",
        STATISTICS,
        "表の単位（円・千円）と読取定義の unit を確認し、誤りを正して再実行する。",
    ),
    between(
        "donations_start_in_fiscal_year_2008",
        FURUSATO,
        "gate",
        "fiscal_year",
        2008,
        None,
        "ふるさと納税の年度は2008年度以降である",
        "制度は2008年5月に始まった。それ以前の年度は列見出し（平成・令和）の読み違い。",
        STATISTICS,
        READ_AGAIN,
    ),
    between(
        "donations_are_not_of_the_future",
        FURUSATO,
        "gate",
        "years_after_run",
        None,
        0,
        "ふるさと納税の年度は基準日の年度以前である",
        "まだ始まっていない年度の実績は存在しない。",
        STATISTICS,
        READ_AGAIN,
    ),
    *coverage(
        "donation_files_name_municipalities",
        "every_delivered_municipality_has_donations",
        "fct_furusato_donation",
        ("furusato_donation",),
        ("furusato", "donation", "ふるさと納税"),
        "現況調査の対象は1,788団体。",
    ),
)
