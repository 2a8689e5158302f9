with scored as (
    select
        score.municipality_code,
        score.plan_id,
        coalesce(kpi.basic_goal, '（基本目標なし）') as basic_goal,
        kpi.row_class_ja,
        score.fiscal_year,
        score.grade_rule_id,
        {{ grade_class('score') }} as grade_class,
        score.grade,
        score.grade_label_ja,
        coalesce(score.grade_is_provisional, false) as is_provisional
    from {{ ref('mart_kpi_scorecard') }} as score
    inner join {{ ref('dim_kpi') }} as kpi
        on
            kpi.is_current
            and score.municipality_code = kpi.municipality_code
            and score.plan_id = kpi.plan_id
            and score.kpi_id = kpi.kpi_id
),

years as (
    select
        municipality_code,
        plan_id,
        basic_goal,
        row_class_ja,
        fiscal_year,
        any_value(grade_rule_id) as grade_rule_id,
        count(*) as n_kpi_all,
        count(grade) as n_kpi_graded
    from scored
    group by municipality_code, plan_id, basic_goal, row_class_ja, fiscal_year
),

counted as (
    select
        municipality_code,
        plan_id,
        basic_goal,
        row_class_ja,
        fiscal_year,
        grade_class,
        count(grade) > 0 as is_grade,
        max(grade_label_ja) as grade_label_ja,
        count(*) as n_kpi,
        count_if(is_provisional) as n_kpi_provisional
    from scored
    group by municipality_code, plan_id, basic_goal, row_class_ja, fiscal_year, grade_class
),

-- A grade of last year that nobody has this year stands there with 0.
shown as (
    select
        years.*,
        counted.grade_class,
        bool_or(counted.is_grade) as is_grade,
        max(counted.grade_label_ja) as grade_label_ja
    from years
    inner join counted
        on
            years.municipality_code = counted.municipality_code
            and years.plan_id = counted.plan_id
            and years.basic_goal = counted.basic_goal
            and years.row_class_ja = counted.row_class_ja
            and counted.fiscal_year in (years.fiscal_year, years.fiscal_year - 1)
    group by all
),

compared as (
    select
        shown.*,
        coalesce(this_year.n_kpi, 0) as n_kpi,
        coalesce(this_year.n_kpi_provisional, 0) as n_kpi_provisional,
        case when earlier.fiscal_year is not null then coalesce(last_year.n_kpi, 0) end as n_kpi_last_year
    from shown
    left join counted as this_year
        on
            shown.municipality_code = this_year.municipality_code
            and shown.plan_id = this_year.plan_id
            and shown.basic_goal = this_year.basic_goal
            and shown.row_class_ja = this_year.row_class_ja
            and shown.grade_class = this_year.grade_class
            and shown.fiscal_year = this_year.fiscal_year
    left join counted as last_year
        on
            shown.municipality_code = last_year.municipality_code
            and shown.plan_id = last_year.plan_id
            and shown.basic_goal = last_year.basic_goal
            and shown.row_class_ja = last_year.row_class_ja
            and shown.grade_class = last_year.grade_class
            and shown.fiscal_year - 1 = last_year.fiscal_year
    left join years as earlier
        on
            shown.municipality_code = earlier.municipality_code
            and shown.plan_id = earlier.plan_id
            and shown.basic_goal = earlier.basic_goal
            and shown.row_class_ja = earlier.row_class_ja
            and shown.fiscal_year - 1 = earlier.fiscal_year
)

select
    municipality_code,
    plan_id,
    basic_goal,
    row_class_ja,
    fiscal_year,
    grade_class,
    is_grade,
    grade_label_ja,
    grade_rule_id,
    cast(n_kpi as integer) as n_kpi,
    cast(n_kpi_provisional as integer) as n_kpi_provisional,
    cast(n_kpi_last_year as integer) as n_kpi_last_year,
    cast(n_kpi - n_kpi_last_year as integer) as n_kpi_change,
    cast(n_kpi_all as integer) as n_kpi_all,
    cast(n_kpi_graded as integer) as n_kpi_graded,
    {{ percentage('n_kpi', 'n_kpi_all') }} as share_of_all_pct,
    case when is_grade then {{ percentage('n_kpi', 'n_kpi_graded') }} end as share_of_graded_pct
from compared
order by municipality_code, plan_id, basic_goal, row_class_ja, fiscal_year, grade_class
