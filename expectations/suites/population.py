"""What must be true of counted population and its change: census, resident registry, births, deaths, moves.

Holds: frames and checks of fct_population and fct_population_change. Does not hold: projected population (`vision`).
"""

from __future__ import annotations

from sousei.expectations.owners import STATISTICS
from sousei.expectations.suites.forms import (
    FIX_MODEL,
    READ_AGAIN,
    Check,
    Frame,
    between,
    coverage,
    is_one_of,
    is_part,
    rows,
)

POPULATION = Frame(
    "population",
    "fct_population",
    "one municipality, series, scope and date",
    """
with figures as (
    select
        municipality_code, series, scope, as_of_date,
        min(source_id) as source_id,
        min(source_sheet) filter (where sex = 'total' and age_group = 'total') as sheet,
        min(source_row) filter (where sex = 'total' and age_group = 'total') as "row",
        max(population_persons) filter (where sex = 'total' and age_group = 'total') as total_persons,
        sum(population_persons) filter (where sex = 'female' and age_from >= 20 and age_to <= 39) as women_20_39_persons
    from main.fct_population
    group by all
)

select
    municipality_code, series, scope, strftime(as_of_date, '%Y-%m-%d') as as_of_date, source_id, sheet, "row",
    total_persons,
    women_20_39_persons,
    case when scope <> 'foreign' then 100.0 * women_20_39_persons / nullif(total_persons, 0) end
        as women_20_39_share_pct,
    series || ' ' || case
        when series = 'census' then strftime(as_of_date, '%m-%d')
        when as_of_date <= date '2013-12-31' then 'until 2013 ' || strftime(as_of_date, '%m-%d')
        else 'from 2014 ' || strftime(as_of_date, '%m-%d')
    end as day_of_count,
    case when series = 'resident_registry' and as_of_date < date '2012-07-09' then scope end
        as scope_before_foreign_residents,
    date_diff('day', (select max(as_of_date) from raw.run), as_of_date) as days_after_run
from figures
""",
    ("municipality_code", "series", "scope", "as_of_date", "source_id", "sheet", "row"),
    ("census_population", "registry_population"),
)

POPULATION_CHANGE = Frame(
    "population_change",
    "fct_population_change",
    "one component of change in one municipality and period",
    """
with population as (
    select municipality_code, as_of_date, max(population_persons) as persons
    from main.fct_population
    where series = 'resident_registry' and sex = 'total' and age_group = 'total' and scope <> 'foreign'
    group by all
)

select
    flows.municipality_code, flows.series, flows.component,
    strftime(flows.period_start, '%Y-%m-%d') as period_start, strftime(flows.period_end, '%Y-%m-%d') as period_end,
    flows.source_id, flows.source_sheet as sheet, flows.source_row as "row",
    case when flows.component = 'birth' then 1000.0 * flows.persons / nullif(population.persons, 0) end
        as births_per_1000,
    case when flows.component = 'death' then 1000.0 * flows.persons / nullif(population.persons, 0) end
        as deaths_per_1000,
    flows.period_basis || ' ' || strftime(flows.period_start, '%m-%d') || ' ' || strftime(flows.period_end, '%m-%d')
        || ' ' || (year(flows.period_end) - year(flows.period_start)) as shape_of_period
from main.fct_population_change as flows
left join population
    on population.municipality_code = flows.municipality_code
    and population.as_of_date between flows.period_end and flows.period_end + 1
""",
    ("municipality_code", "component", "period_start", "period_end", "source_id", "sheet", "row"),
    ("registry_dynamics",),
)

CHECKS: tuple[Check, ...] = (
    rows(
        "population_has_a_plausible_number_of_series",
        POPULATION,
        2_000_000,
        "人口系列（市区町村・統計・範囲・時点）の行数が妥当である",
        "全国1,741団体と政令市の区の計約1,920地域に3範囲、国勢調査10回と住民基本台帳35年分で約26万行。200万行を超えれば重複している。",
    ),
    between(
        "total_population_fits_a_japanese_municipality",
        POPULATION,
        "gate",
        "total_persons",
        0,
        4_000_000,
        "総人口は0人以上400万人以下である",
        "最大の市区町村は横浜市の約378万人（2020年国勢調査）。避難指示区域や北方領土の村では0人がありうる。超過は単位の取り違えや都道府県計の混入。",
        STATISTICS,
        READ_AGAIN,
    ),
    is_part(
        "women_20_39_do_not_exceed_total_population",
        POPULATION,
        "gate",
        "women_20_39_persons",
        "total_persons",
        "20〜39歳女性は総人口を超えない",
        "部分は全体を超えない。超えるのは列のずれか、総数行の読み落とし。",
        STATISTICS,
        READ_AGAIN,
    ),
    between(
        "women_20_39_share_is_plausible",
        POPULATION,
        "warn",
        "women_20_39_share_pct",
        0.5,
        30,
        "20〜39歳女性の割合は0.5％以上30％以下である",
        "社人研平成30年推計の全市区町村・全年次で最小1.2％、最大21.5％。被災地や離島では外れうるため警告。外国人だけの範囲は対象外。",
        STATISTICS,
        READ_AGAIN,
    ),
    is_one_of(
        "population_is_counted_on_its_statutory_day",
        POPULATION,
        "gate",
        "day_of_count",
        ["census 10-01", "resident_registry until 2013 03-31", "resident_registry from 2014 01-01"],
        "時点は国勢調査が10月1日、住民基本台帳が2013年まで3月31日・2014年から1月1日である",
        "国勢調査令と住民基本台帳調査の基準日。ずれは表題の年月日の読み違い。",
        STATISTICS,
        READ_AGAIN,
    ),
    is_one_of(
        "registry_before_july_2012_counts_japanese_only",
        POPULATION,
        "gate",
        "scope_before_foreign_residents",
        ["japanese"],
        "2012年7月より前の住民基本台帳人口は日本人だけである",
        "外国人住民が台帳に載ったのは2012年7月9日から。それ以前を総数と呼ぶと二つの定義が一本の線につながってしまう。",
        STATISTICS,
        FIX_MODEL,
    ),
    between(
        "population_is_not_of_the_future",
        POPULATION,
        "gate",
        "days_after_run",
        None,
        0,
        "実績人口の時点は基準日以前である",
        "基準日より後の実績は存在しない。年号や西暦の読み違い、または推計値の混入。",
        STATISTICS,
        READ_AGAIN,
    ),
    *coverage(
        "population_files_name_municipalities",
        "every_delivered_municipality_has_population",
        "fct_population",
        ("census_population", "registry_population"),
        ("population", "population", "人口"),
        "1970年以降の廃置分合を含めても市区町村コードは約4,000。",
    ),
    rows(
        "population_change_has_a_plausible_number_of_rows",
        POPULATION_CHANGE,
        2_000_000,
        "人口動態の行数が妥当である",
        "約1,920地域に5要素、35年分、2系列で約67万行。",
    ),
    between(
        "birth_rate_is_plausible",
        POPULATION_CHANGE,
        "gate",
        "births_per_1000",
        0,
        60,
        "出生は年に人口千人あたり60人以下である",
        "戦後のベビーブーム期の全国値でも34（1947年）。60を超えるのは列のずれか単位の取り違え。",
        STATISTICS,
        READ_AGAIN,
    ),
    between(
        "death_rate_is_plausible",
        POPULATION_CHANGE,
        "gate",
        "deaths_per_1000",
        0,
        200,
        "死亡は年に人口千人あたり200人以下である",
        "東日本大震災で最も被害の大きかった町でも人口の1割弱。200を超えるのは列のずれか単位の取り違え。",
        STATISTICS,
        READ_AGAIN,
    ),
    is_one_of(
        "flow_period_is_one_whole_year_of_its_basis",
        POPULATION_CHANGE,
        "gate",
        "shape_of_period",
        ["fiscal_year 04-01 03-31 1", "calendar_year 01-01 12-31 0"],
        "動態の期間は年度（4月1日〜翌3月31日）か暦年（1月1日〜12月31日）の1年間である",
        "住民基本台帳の動態は2012年度まで年度、2013年から暦年。それ以外の長さは表題の読み違い。",
        STATISTICS,
        READ_AGAIN,
    ),
)
