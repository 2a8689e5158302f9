"""What must be true of visitors of a month.

Holds: frames and checks of fct_tourism_visitors. Does not hold: any other visitors of a plan (`kpi`).
"""

from __future__ import annotations

from sousei.expectations.owners import STATISTICS
from sousei.expectations.suites.forms import READ_AGAIN, Check, Frame, between, coverage, rows

TOURISM = Frame(
    "tourism",
    "fct_tourism_visitors",
    "one municipality and month",
    """
select
    municipality_code, strftime(month, '%Y-%m') as month, source_id, source_sheet as sheet, source_row as "row",
    visitors,
    visitors / nullif(lag(visitors) over (partition by municipality_code order by month), 0) as ratio_to_previous,
    date_diff('day', (select max(as_of_date) from raw.run), month) as days_after_run
from main.fct_tourism_visitors
""",
    ("municipality_code", "month", "source_id", "sheet", "row"),
    ("tourism_visitors",),
    and_nothing_else=True,
)

CHECKS: tuple[Check, ...] = (
    rows(
        "tourism_has_a_plausible_number_of_months",
        TOURISM,
        1_000_000,
        "観光来訪者数の行数が妥当である",
        "1,864地域に月次、2021年から20年分で約45万行。",
    ),
    between(
        "monthly_visitors_fit_a_japanese_municipality",
        TOURISM,
        "gate",
        "visitors",
        0,
        30_000_000,
        "月間来訪者数は0人以上3,000万人以下である",
        "2021〜2024年の全国の最大は千代田区の約358万人。政令市の合算でも3,000万人には達しない。",
        STATISTICS,
        READ_AGAIN,
    ),
    between(
        "monthly_visitors_move_less_than_300_fold",
        TOURISM,
        "gate",
        "ratio_to_previous",
        1 / 300,
        300,
        "来訪者数の前月比は300分の1以上300倍以下である",
        "2021〜2024年の全国（1,864地域）の実績は最小0.015倍、最大113倍。千人単位の混入は約1,000倍になる。",
        STATISTICS,
        READ_AGAIN,
    ),
    between(
        "visitors_are_not_of_the_future",
        TOURISM,
        "gate",
        "days_after_run",
        None,
        0,
        "来訪者数の月は基準日以前に始まる",
        "まだ来ていない月の実績は存在しない。年や月の列の読み違い。",
        STATISTICS,
        READ_AGAIN,
    ),
    *coverage(
        "tourism_files_name_municipalities",
        "every_delivered_municipality_has_visitors",
        "fct_tourism_visitors",
        ("tourism_visitors",),
        ("tourism", "tourism", "観光"),
        "デジタル観光統計の地域数は1,864。",
    ),
)
