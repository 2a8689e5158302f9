{{ config(materialized='table') }}
-- Composed indicators of the plans in force: one row per year of the plan's term up to the year of the run, and per
-- other year in which every part is there. A year has a value only when every part has one; a missing part is named and
-- never counts as 0. A part is the version in force of an indicator, or the value that a section reported for a KPI of
-- the same plan: of a year or a date, since a running total has another period. A part that is not exact (約, 以上) or has
-- a caveat of its own leaves its mark.
with parts as (
    select
        part.municipality_code,
        part.plan_id,
        part.composed_id,
        part.part_no,
        part.indicator_id,
        part.kpi_id,
        coalesce(part.role, 'numerator') as side,
        if(part.sign = 'minus', -1, 1) as sign,
        coalesce(part.divisor, 1) as divisor,
        coalesce(kpi.kpi_name_ja, known.name_ja, part.indicator_id) as part_ja
    from {{ source('in_force', 'plan_register_composed_part') }} as part
    left join {{ ref('indicators') }} as known on part.indicator_id = known.indicator_id
    left join {{ source('in_force', 'plan_register_kpi') }} as kpi
        on
            part.municipality_code = kpi.municipality_code
            and part.plan_id = kpi.plan_id
            and part.kpi_id = kpi.kpi_id
),

measured as (
    select
        parts.*,
        measured.fiscal_year,
        measured.measured_value as part_value,
        measured.period_start,
        measured.as_of_date,
        measured.value_status,
        measured.caveat,
        measured.source_id,
        measured.source_sheet,
        measured.source_row,
        measured.source_ids
    from parts
    inner join {{ ref('int_indicator__of_sources') }} as measured
        on parts.municipality_code = measured.municipality_code and parts.indicator_id = measured.indicator_id
    qualify
        row_number() over (
            partition by
                parts.municipality_code, parts.plan_id, parts.composed_id, parts.part_no, measured.fiscal_year
            order by
                measured.caveat is null desc,
                {{ status_rank('measured.value_status') }} desc,
                measured.version_rank asc,
                measured.source_id asc
        ) = 1
),

reported as (
    select
        parts.*,
        reported.fiscal_year,
        reported.reported_value as part_value,
        {{ first_day_of_fiscal_year('reported.fiscal_year') }} as period_start,
        {{ last_day_of_fiscal_year('reported.fiscal_year') }} as as_of_date,
        reported.value_status,
        if(coalesce(reported.comparator, '=') = '=', null, 'part_not_exact') as caveat,
        coalesce(reported.accumulation, kpi.accumulation, 'year') as accumulation,
        reported.source_id,
        reported.sheet as source_sheet,
        reported.row as source_row,
        reported.source_id as source_ids
    from parts
    inner join {{ source('delivered', 'section_report_value') }} as reported
        on
            parts.municipality_code = reported.municipality_code
            and parts.plan_id = reported.plan_id
            and parts.kpi_id = reported.kpi_id
    inner join {{ source('in_force', 'plan_register_kpi') }} as kpi
        on
            reported.municipality_code = kpi.municipality_code
            and reported.plan_id = kpi.plan_id
            and reported.kpi_id = kpi.kpi_id
    where coalesce(reported.fit, 'same') = 'same' and reported.subseries_ja is null
    qualify
        row_number() over (
            partition by
                parts.municipality_code, parts.plan_id, parts.composed_id, parts.part_no, reported.fiscal_year
            order by reported.version_rank asc
        ) = 1
),

given as (
    select * from measured
    union all by name
    select * exclude (accumulation)
    from reported
    where part_value is not null and accumulation in ('year', 'point', 'point_or_year')
),

full_years as (
    select
        given.municipality_code,
        given.plan_id,
        given.composed_id,
        given.fiscal_year
    from given
    group by given.municipality_code, given.plan_id, given.composed_id, given.fiscal_year
    having
        count(*) = (
            select count(*) from parts
            where
                parts.municipality_code = given.municipality_code
                and parts.plan_id = given.plan_id
                and parts.composed_id = given.composed_id
        )
),

years as (
    select
        composed.municipality_code,
        composed.plan_id,
        composed.composed_id,
        cast(
            unnest(range(plan.first_fiscal_year, least(plan.last_fiscal_year, run.fiscal_year) + 1)) as integer
        ) as fiscal_year
    from {{ source('in_force', 'plan_register_composed') }} as composed
    inner join {{ source('in_force', 'plan_register_plan') }} as plan
        on composed.municipality_code = plan.municipality_code and composed.plan_id = plan.plan_id
    cross join {{ source('raw', 'fiscal_year') }} as run
    union
    select * from full_years
),

put_together as (
    select
        years.municipality_code,
        years.plan_id,
        years.composed_id,
        years.fiscal_year,
        count(*) as n_parts,
        count(given.part_value) as n_parts_given,
        string_agg(parts.part_ja, '・' order by parts.part_no) filter (where given.part_value is null)
            as missing_parts_ja,
        sum(parts.sign * cast(given.part_value / parts.divisor as decimal(28, 8)))
        filter (where parts.side = 'numerator') as numerator,
        sum(parts.sign * cast(given.part_value / parts.divisor as decimal(28, 8)))
        filter (where parts.side = 'denominator') as denominator,
        min(given.period_start) as period_start,
        max(given.as_of_date) as as_of_date,
        arg_min(given.value_status, {{ status_rank('given.value_status') }}) as value_status,
        max(given.caveat) as caveat,
        arg_min(given.source_id, parts.part_no) as source_id,
        arg_min(given.source_sheet, parts.part_no) as source_sheet,
        arg_min(given.source_row, parts.part_no) as source_row,
        string_agg(distinct given.source_ids, ' ' order by given.source_ids) as source_ids
    from years
    inner join parts
        on
            years.municipality_code = parts.municipality_code
            and years.plan_id = parts.plan_id
            and years.composed_id = parts.composed_id
    left join given
        on
            parts.municipality_code = given.municipality_code
            and parts.plan_id = given.plan_id
            and parts.composed_id = given.composed_id
            and parts.part_no = given.part_no
            and years.fiscal_year = given.fiscal_year
    group by years.municipality_code, years.plan_id, years.composed_id, years.fiscal_year
)

select
    put_together.* exclude (numerator, denominator, missing_parts_ja),
    composed.name_ja,
    composed.unit,
    composed.formula,
    composed.definition_ja,
    if(n_parts_given = n_parts, cast(numerator as decimal(28, 8)), null) as numerator,
    if(n_parts_given = n_parts, cast(denominator as decimal(28, 8)), null) as denominator,
    case
        when n_parts_given < n_parts then null
        when composed.formula in ('rate', 'share')
            then cast(
                {{ quotient('numerator', 'denominator') }}
                * if(composed.formula = 'share', 100, coalesce(composed.multiplier, 1)) as decimal(28, 8)
            )
        else cast(numerator * coalesce(composed.multiplier, 1) as decimal(28, 8))
    end as composed_value,
    case
        when n_parts_given < n_parts then 'まだない部分：' || missing_parts_ja
        when composed.formula in ('rate', 'share') and denominator = 0 then '分母が0'
    end as not_available_ja
from put_together
inner join {{ source('in_force', 'plan_register_composed') }} as composed
    on
        put_together.municipality_code = composed.municipality_code
        and put_together.plan_id = composed.plan_id
        and put_together.composed_id = composed.composed_id
