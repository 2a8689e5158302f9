-- Figures that left the size of what stands beside them: one row per finding. Counted or measured by others, so that a
-- person can tell a boom from a slip: donations against the year before, a month's visitors against its season, a
-- census against the one before, the registry and the projection, one series of flows against the other.
-- `is_certain` marks what no real file from 1980 to 2025 shows.
with figures as materialized (
    select * from {{ ref('int_check__figures') }}
),

donations as (
    select
        jpy.*,
        counts.amount as n_donations,
        lag(jpy.amount) over by_year as amount_before,
        lag(counts.amount) over by_year as n_before,
        lag(jpy.period) over by_year as period_before,
        count(*) over (partition by jpy.period) as n_places
    from figures as jpy
    left join figures as counts
        on
            jpy.municipality_code = counts.municipality_code
            and jpy.period = counts.period
            and counts.subject = 'donation_count'
    where jpy.subject = 'donation_jpy'
    window by_year as (partition by jpy.municipality_code order by jpy.period)
),

booms as (
    select
        *,
        median(amount / amount_before) filter (where amount_before >= 100000000) over (partition by period) as of_all,
        count(amount_before) filter (where amount_before >= 100000000) over (partition by period) as n_compared
    from donations
    where period_before = period - interval 1 year
),

-- How much more a month's visitors grew on the year before than the months beside it did.
grown as (
    select
        later.municipality_code,
        later.period,
        later.amount,
        earlier.amount as amount_before,
        ln(later.amount / earlier.amount) as growth,
        later.source_id,
        later.source_sheet,
        later.source_row
    from figures as later
    inner join figures as earlier
        on
            later.subject = earlier.subject
            and later.municipality_code = earlier.municipality_code
            and cast(later.period - interval 1 year as date) = earlier.period
            and later.comparable_from = earlier.comparable_from
    where later.subject = 'visitors'
),

spikes as (
    select
        *,
        least(
            growth - lag(growth) over by_month,
            coalesce(growth - lead(growth) over by_month, growth - lag(growth) over by_month)
        ) as rise,
        lag(period) over by_month as period_before
    from grown
    window by_month as (partition by municipality_code order by period)
),

-- Months that have no comparable month a year before.
alone as (
    select
        *,
        lag(amount) over by_month as amount_before,
        lead(amount) over by_month as amount_after,
        lag(period) over by_month as period_before,
        lead(period) over by_month as period_after
    from figures
    where subject = 'visitors'
    window by_month as (partition by municipality_code, comparable_from order by period)
),

seasons as (
    select
        *,
        median(rise) over (partition by period) as of_all,
        count(*) over (partition by period) as n_places,
        row_number() over (partition by period order by municipality_code) as place
    from spikes
    where period_before = period - interval 1 month
),

censuses as (
    select
        census.*,
        lag(census.amount) over by_date as amount_before,
        lag(census.period) over by_date as period_before
    from figures as census
    where census.subject = 'population census total'
    window by_date as (partition by census.municipality_code order by census.period)
),

projected as (
    select
        municipality_code,
        vintage,
        {{ census_day('year') }} as period,
        year = case vintage when 'ipss_2018' then 2015 else 2020 end as is_base,
        max(population_persons) as persons
    from {{ ref('stg_ipss__population') }}
    where
        version_rank = 1
        and sex = 'total'
        and age_group = 'total'
        and {{ is_municipality() }}
        and population_persons > 0
    group by municipality_code, vintage, year
),

registered as (
    select
        census.municipality_code,
        census.period,
        census.amount / max_by(
            registry.amount, (-abs(date_diff('day', registry.period, census.period)), registry.subject)
        ) as ratio
    from figures as census
    inner join figures as registry
        on
            census.municipality_code = registry.municipality_code
            and registry.subject in (
                'population resident_registry total', 'population resident_registry japanese'
            )
            and abs(date_diff('day', registry.period, census.period)) <= 800
    where census.subject = 'population census total'
    group by census.municipality_code, census.period, census.amount
),

ratios as (
    select
        *,
        lag(ratio) over (partition by municipality_code order by period) as ratio_before
    from registered
),

found as (
    select
        {{ figure_of() }},
        cast(cast(amount_before as bigint) as varchar) || '円（前の年度）の2.5倍未満' as expected,
        cast(cast(amount as bigint) as varchar) || '円' as found,
        year(period) || '年度: ふるさと納税の受入額が前の年度の ' || printf('%.1f', amount / amount_before)
        || ' 倍です' as reason_ja,
        false as is_certain
    from booms
    where amount >= 2.5 * amount_before and amount_before >= if(n_places < 20, 100000000, 500000000)
    union all
    select
        {{ figure_of() }},
        '1件当たり ' || cast(cast(amount_before / n_before as bigint) as varchar) || '円（前の年度）の2.5倍未満' as expected,
        '1件当たり ' || cast(cast(amount / n_donations as bigint) as varchar) || '円' as found,
        year(period) || '年度: 1件当たりの受入額が前の年度の '
        || printf('%.1f', amount / n_donations * n_before / amount_before) || ' 倍です' as reason_ja,
        false as is_certain
    from booms
    where least(n_donations, n_before) >= 1000 and amount / n_donations >= 2.5 * amount_before / n_before
    union all
    select
        min(municipality_code) as municipality_code,
        period,
        mode(source_id) as source_id,
        min(source_sheet) as source_sheet,
        min(source_row) as source_row,
        '前の年度の2.2倍未満（受入額1億円以上の団体の中央値）' as expected,
        printf('%.2f倍', any_value(of_all)) as found,
        year(period) || '年度: ふるさと納税の受入額が全体に前の年度と大きく違います' as reason_ja,
        false as is_certain
    from booms
    where n_compared >= 20 and of_all >= 2.2
    group by period
    union all
    select
        {{ figure_of() }},
        '前年同月比が前後の月と同じくらい' as expected,
        cast(amount as bigint) || '人（前年同月 ' || cast(amount_before as bigint) || '人）' as found,
        strftime(period, '%Y-%m') || ': 来訪者数の前年同月比が、前後の月の ' || printf('%.1f', exp(rise))
        || ' 倍です' as reason_ja,
        n_places >= 20 as is_certain
    from seasons
    where
        (n_places < 20 and rise between ln(1.6) and ln(8))
        or (n_places >= 20 and of_all >= 0.5 and place = 1)
    union all
    select
        {{ figure_of() }},
        '前月 ' || cast(amount_before as bigint) || '人、翌月 ' || cast(amount_after as bigint) || '人の8倍未満' as expected,
        cast(amount as bigint) || '人' as found,
        strftime(period, '%Y-%m') || ': 来訪者数が前月とも翌月とも8倍以上違います' as reason_ja,
        false as is_certain
    from alone
    where
        period < comparable_from + interval 1 year
        and period_before = period - interval 1 month
        and period_after = period + interval 1 month
        and (amount >= 8 * greatest(amount_before, amount_after) or 8 * amount <= least(amount_before, amount_after))
    union all
    select
        {{ figure_of('censuses') }},
        cast(cast(amount_before as bigint) as varchar) || '人（' || period_before || '）の0.7～1.42倍' as expected,
        cast(cast(amount as bigint) as varchar) || '人' as found,
        period || ': 国勢調査の人口が前回と大きく違います' as reason_ja,
        false as is_certain
    from censuses
    where
        period_before >= period - interval 6 year
        and greatest(amount, amount_before) >= 300
        and abs(ln(amount / amount_before)) > 0.35
    union all
    select
        {{ figure_of('censuses') }},
        '推計 ' || projected.persons || '人（' || projected.vintage || '）' as expected,
        cast(cast(censuses.amount as bigint) as varchar) || '人' as found,
        censuses.period || ': 国勢調査の人口が' || if(projected.is_base, '推計の基準人口', '推計')
        || 'と大きく違います' as reason_ja,
        projected.is_base or abs(ln(censuses.amount / projected.persons)) > ln(2) as is_certain
    from censuses
    inner join projected
        on censuses.municipality_code = projected.municipality_code and censuses.period = projected.period
    where
        abs(censuses.amount - projected.persons) >= 50
        and abs(ln(censuses.amount / projected.persons)) > if(projected.is_base, 0.02, 0.15)
    union all
    select
        {{ figure_of('censuses') }},
        '住民基本台帳との比が前回の国勢調査（' || printf('%.2f', ratios.ratio_before) || '）と同じくらい' as expected,
        printf('%.2f', ratios.ratio) as found,
        censuses.period || ': 国勢調査と住民基本台帳の人口の比が前回と大きく違います' as reason_ja,
        false as is_certain
    from censuses
    inner join ratios on censuses.municipality_code = ratios.municipality_code and censuses.period = ratios.period
    where
        censuses.period >= date '2015-10-01'
        and censuses.amount >= 300
        and abs(ln(ratios.ratio / ratios.ratio_before)) > 0.15
    union all
    -- Without a census before, the two counts of people are compared as they are.
    select
        {{ figure_of('censuses') }},
        '住民基本台帳の0.8～1.25倍' as expected,
        printf('%.2f倍', ratios.ratio) as found,
        censuses.period || ': 国勢調査と住民基本台帳の人口が大きく違います' as reason_ja,
        false as is_certain
    from censuses
    inner join ratios on censuses.municipality_code = ratios.municipality_code and censuses.period = ratios.period
    where
        censuses.period >= date '2010-10-01'
        and censuses.amount >= 300
        and ratios.ratio_before is null
        and ratios.ratio not between 0.8 and 1.25
    union all
    select
        {{ figure_of('registry') }},
        cast(cast(other.amount as bigint) as varchar) || '人（' || other.subject_ja || '）の0.7～1.42倍' as expected,
        cast(cast(registry.amount as bigint) as varchar) || '人' as found,
        registry.period || ' からの1年間: ' || registry.subject_ja || 'が別の統計と大きく違います' as reason_ja,
        false as is_certain
    from figures as registry
    inner join figures as other
        on
            registry.municipality_code = other.municipality_code
            and registry.period = other.period
            and split_part(registry.subject, ' ', 1) = split_part(other.subject, ' ', 1)
            and registry.subject like '% resident_registry total'
            and other.subject not like '% resident_registry %'
    where greatest(registry.amount, other.amount) >= 50 and abs(ln(registry.amount / other.amount)) > 0.35
)

select * from found
