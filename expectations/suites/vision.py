"""What must be true of projected population and of the population vision made from it.

Holds: frames and checks of mart_population_projection and mart_population_vision. Does not hold: counted population
(`population`) or the method (projection).
"""

from __future__ import annotations

from sousei.expectations.owners import STATISTICS
from sousei.expectations.suites.forms import LOOK_AT_FIGURE_FIRST, READ_AGAIN, Check, Frame, between, is_part, rows

PROJECTION = Frame(
    "projection",
    "mart_population_projection",
    "one municipality in one year of one scenario",
    """
with totals as (
    select
        municipality_code, scenario_id, vintage, year,
        coalesce(
            max(population_persons) filter (where sex = 'total' and age_group = 'total'),
            sum(population_persons) filter (
                where sex in ('male', 'female') and age_group not in ('total', '0-14', '15-64', '65+')
            )
        ) as total_persons
    from main.mart_population_projection
    where vintage like 'ipss%'
    group by all
)

select
    municipality_code, scenario_id, vintage, year, total_persons,
    total_persons / nullif(
        lag(total_persons) over (partition by municipality_code, scenario_id, vintage order by year), 0
    ) as ratio_to_previous,
    year - lag(year) over (partition by municipality_code, scenario_id, vintage order by year) as years_since_previous,
    year % 5 as years_off_census
from totals
""",
    ("municipality_code", "scenario_id", "vintage", "year"),
    ("ipss_population",),
)

VISION = Frame(
    "vision",
    "mart_population_vision",
    "one municipality in one year of one scenario",
    """
select
    municipality_code, scenario_id, vintage, year,
    total_persons,
    women_20_39_persons,
    young_share_pct + working_age_share_pct + old_share_pct as shares_sum_pct,
    natural_change_5y + social_change_5y - (total_persons - lag(total_persons) over (
        partition by municipality_code, scenario_id, vintage order by year
    )) as change_minus_parts_persons,
    implied_tfr
from main.mart_population_vision
""",
    ("municipality_code", "scenario_id", "vintage", "year"),
    ("ipss_population",),
)

CHECKS: tuple[Check, ...] = (
    rows(
        "projection_has_a_plausible_number_of_years",
        PROJECTION,
        2_000_000,
        "将来推計（市区町村・シナリオ・年）の行数が妥当である",
        "約1,900地域に20シナリオ、12年次で約46万行。",
    ),
    between(
        "projected_total_moves_within_a_half_in_five_years",
        PROJECTION,
        "gate",
        "ratio_to_previous",
        0.5,
        1.5,
        "推計総人口の5年間の変化は0.5倍以上1.5倍以下である",
        "社人研の全市区町村・全期間で、平成30年推計は最小0.72倍・最大1.16倍、令和5年推計は最小0.59倍（球磨村）・最大1.12倍。",
        STATISTICS,
        "基準人口と仮定値を確認する。",
    ),
    between(
        "projection_years_are_five_apart",
        PROJECTION,
        "gate",
        "years_since_previous",
        5,
        5,
        "推計の年次は5年おきで抜けがない",
        "5歳階級を5年ずつ進める方法では、抜けた年次の後の値は成り立たない。",
        STATISTICS,
        "推計の入力に欠けた年次がないか確認する。",
    ),
    between(
        "projection_years_are_census_years",
        PROJECTION,
        "gate",
        "years_off_census",
        0,
        0,
        "推計の年次は国勢調査の年（西暦が5の倍数）である",
        "社人研の推計は各国勢調査年の10月1日。ずれは年の読み違い。",
        STATISTICS,
        READ_AGAIN,
    ),
    rows(
        "vision_has_a_plausible_number_of_years",
        VISION,
        2_000_000,
        "人口ビジョンの行数が妥当である",
        "約1,900地域に20シナリオ、12年次で約46万行。",
    ),
    is_part(
        "projected_women_20_39_do_not_exceed_total",
        VISION,
        "gate",
        "women_20_39_persons",
        "total_persons",
        "推計の20〜39歳女性は総人口を超えない",
        "部分は全体を超えない。",
        STATISTICS,
        LOOK_AT_FIGURE_FIRST,
    ),
    between(
        "age_group_shares_add_to_100",
        VISION,
        "gate",
        "shares_sum_pct",
        99.8,
        100.2,
        "年少・生産年齢・老年の割合の和は100％である",
        "小数第1位に丸めた3つの割合の和は100から最大0.15しか外れない。それを超えれば分母が違う。",
        STATISTICS,
        LOOK_AT_FIGURE_FIRST,
    ),
    between(
        "natural_and_social_change_explain_the_change",
        VISION,
        "gate",
        "change_minus_parts_persons",
        -1.5,
        1.5,
        "自然増減と社会増減の和は総人口の増減に等しい（差1人以内）",
        "国のワークシートの出力でもこの恒等式は差1人以内で成り立つ。",
        STATISTICS,
        "推計の要因分解（projection）を確認する。",
    ),
    between(
        "implied_fertility_is_plausible",
        VISION,
        "warn",
        "implied_tfr",
        0.6,
        3.0,
        "換算した合計特殊出生率は0.6以上3.0以下である",
        "市区町村別ベイズ推定値（2008〜2012年）は0.77〜2.81。人口の小さい村では子ども女性比が揺れるため警告にとどめる。",
        STATISTICS,
        "子ども女性比と換算係数（全国値）を確認する。",
    ),
)
