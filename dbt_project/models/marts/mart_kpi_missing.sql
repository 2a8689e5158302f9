-- The chase list. A row that was not used stands here until the section sends its report of that year again.
with kpis as (
    select
        kpi.municipality_code,
        kpi.plan_id,
        kpi.kpi_id,
        kpi.kpi_name_ja,
        kpi.kind,
        kinds.is_summed,
        kinds.measured_from,
        kpi.how_measured,
        kpi.likely_source_ja,
        kpi.target_fiscal_year,
        kpi.baseline_value,
        kpi.baseline_type,
        kpi.is_baseline_confirmed,
        kpi.section_ja,
        coalesce(kpi.section_ja, plan.secretariat_ja, plan.publisher_ja) as asked_of_ja,
        kpi.source_id,
        kpi.source_sheet,
        kpi.source_row
    from {{ ref('dim_kpi') }} as kpi
    inner join {{ ref('kpi_kinds') }} as kinds on kpi.is_current and kpi.kind = kinds.kind
    inner join {{ ref('dim_plan') }} as plan
        on kpi.municipality_code = plan.municipality_code and kpi.plan_id = plan.plan_id
),

actuals as (
    select * from {{ ref('fct_kpi_actual') }}
    where is_latest
),

-- Years of the term that have ended, with a value or without; a status that explains a blank is an answer.
due as (
    select
        kpis.*,
        score.fiscal_year,
        coalesce(actual.value_status, 'not_reported') <> 'not_reported' as is_answered,
        actual.actual_value is not null as has_value,
        actual.accumulation in ('cumulative_term', 'cumulative_ever') as is_running_total
    from {{ ref('mart_kpi_scorecard') }} as score
    inner join kpis
        on
            score.municipality_code = kpis.municipality_code
            and score.plan_id = kpis.plan_id
            and score.kpi_id = kpis.kpi_id
    cross join {{ source('raw', 'fiscal_year') }} as run
    left join actuals as actual
        on
            score.municipality_code = actual.municipality_code
            and score.plan_id = actual.plan_id
            and score.kpi_id = actual.kpi_id
            and score.fiscal_year = actual.fiscal_year
    where kpis.kind <> 'milestone' and score.fiscal_year < run.fiscal_year
),

-- A running total stands for the years before it.
followed as (
    select
        *,
        coalesce(bool_or(is_running_total) over later, false) as is_covered,
        max(case when has_value then fiscal_year end) over (
            partition by municipality_code, plan_id, kpi_id
        ) as last_year_with_value
    from due
    window
        later as (
            partition by municipality_code, plan_id, kpi_id
            order by fiscal_year rows between current row and unbounded following
        )
),

unreported as (
    select
        municipality_code,
        plan_id,
        kpi_id,
        kpi_name_ja,
        section_ja,
        asked_of_ja,
        if(how_measured = 'computed', 'not_delivered', 'unreported') as reason,
        kpi_id || '/' || fiscal_year as item,
        fiscal_year,
        {{ last_day_of_fiscal_year('fiscal_year') }} + 1 as missing_since,
        case how_measured
            when 'not_available' then '実績を把握する方法が決まっていません'
            when 'computed' then '計算に使う資料が届いていません'
            else '年度が終わりましたが実績が未報告です'
        end as detail_ja,
        case how_measured
            when 'computed' then '公表資料が出ていれば届ける'
            else '実績（分からなければ状態：調査なし・秘匿・該当なし）を報告する'
        end || coalesce('：' || likely_source_ja, '') as action_ja,
        source_id,
        source_sheet,
        source_row
    from followed
    where not is_answered
),

partial as (
    select
        municipality_code,
        plan_id,
        kpi_id,
        any_value(kpi_name_ja) as kpi_name_ja,
        any_value(section_ja) as section_ja,
        any_value(asked_of_ja) as asked_of_ja,
        'partial' as reason,
        kpi_id as item,
        min(fiscal_year) as fiscal_year,
        {{ last_day_of_fiscal_year('min(fiscal_year)') }} + 1 as missing_since,
        '期間の合計が一部未集計です（値のない年度：' || string_agg({{ fiscal_year_label('fiscal_year') }}, '・' order by fiscal_year)
        || '）' as detail_ja,
        '値のない年度の実績か、期間の初めからの累計を報告する' as action_ja,
        any_value(source_id) as source_id,
        any_value(source_sheet) as source_sheet,
        any_value(source_row) as source_row
    from followed
    where is_summed and not has_value and not is_covered and last_year_with_value is not null
    group by municipality_code, plan_id, kpi_id
),

milestones as (
    select
        kpis.municipality_code,
        kpis.plan_id,
        kpis.kpi_id,
        kpis.kpi_name_ja,
        kpis.section_ja,
        kpis.asked_of_ja,
        'milestone_overdue' as reason,
        kpis.kpi_id as item,
        kpis.target_fiscal_year as fiscal_year,
        {{ last_day_of_fiscal_year('kpis.target_fiscal_year') }} + 1 as missing_since,
        '期限の年度が終わりましたが達成が報告されていません' as detail_ja,
        '節目の状態（達成・遅れて達成・遅れ・中止）を報告する' as action_ja,
        kpis.source_id,
        kpis.source_sheet,
        kpis.source_row
    from kpis
    cross join {{ source('raw', 'fiscal_year') }} as run
    anti join (
        select * from actuals
        where milestone_state in ('done', 'done_late', 'dropped')
    ) as settled
        on
            kpis.municipality_code = settled.municipality_code
            and kpis.plan_id = settled.plan_id
            and kpis.kpi_id = settled.kpi_id
    where kpis.kind = 'milestone' and kpis.target_fiscal_year < run.fiscal_year
),

baselines as (
    select
        kpis.municipality_code,
        kpis.plan_id,
        kpis.kpi_id,
        kpis.kpi_name_ja,
        kpis.section_ja,
        kpis.asked_of_ja,
        'baseline_to_be_confirmed' as reason,
        kpis.kpi_id as item,
        cast(null as integer) as fiscal_year,
        cast(delivery.received_at at time zone 'Asia/Tokyo' as date) as missing_since,
        case kpis.baseline_type
            when 'implied' then '基準値は目標と増減から逆算した値で、確認されていません'
            when 'undecided' then '基準値が過去の実績か推計か決まっていません'
            else '基準値が確認されていません'
        end as detail_ja,
        '基準値と基準年を資料で確かめ、計画台帳の「基準値は確認済み」に○を付ける' as action_ja,
        kpis.source_id,
        kpis.source_sheet,
        kpis.source_row
    from kpis
    left join {{ source('raw', 'delivery') }} as delivery on kpis.source_id = delivery.source_id
    where
        kpis.measured_from = 'baseline'
        and kpis.baseline_value is not null
        and kpis.baseline_type <> 'benchmark_projection'
        and not coalesce(kpis.is_baseline_confirmed, false)
),

questions as (
    select
        question.municipality_code,
        question.plan_id,
        question.kpi_id,
        kpis.kpi_name_ja,
        coalesce(kpis.section_ja, question.who_answers_ja) as section_ja,
        coalesce(question.who_answers_ja, kpis.asked_of_ja, plan.secretariat_ja, plan.publisher_ja) as asked_of_ja,
        'question_open' as reason,
        question.question_id as item,
        cast(null as integer) as fiscal_year,
        cast(delivery.received_at at time zone 'Asia/Tokyo' as date) as missing_since,
        question.question_ja
        || coalesce(
            '（今の読み：' || question.reading_taken || coalesce(' ' || reading.reading_ja, '') || '）', ''
        ) as detail_ja,
        '答えを決め、計画台帳の「要確認」の採る読みと状態を直す' as action_ja,
        question.source_id,
        question.sheet as source_sheet,
        question.row as source_row
    from {{ source('in_force', 'plan_register_question') }} as question
    inner join {{ ref('dim_plan') }} as plan
        on question.municipality_code = plan.municipality_code and question.plan_id = plan.plan_id
    left join kpis
        on
            question.municipality_code = kpis.municipality_code
            and question.plan_id = kpis.plan_id
            and question.kpi_id = kpis.kpi_id
    left join (
        select
            municipality_code,
            plan_id,
            question_id,
            reading_id,
            any_value(reading_ja) as reading_ja
        from {{ source('in_force', 'plan_register_reading') }}
        group by municipality_code, plan_id, question_id, reading_id
    ) as reading
        on
            question.municipality_code = reading.municipality_code
            and question.plan_id = reading.plan_id
            and question.question_id = reading.question_id
            and question.reading_taken = reading.reading_id
    left join {{ source('raw', 'delivery') }} as delivery on question.source_id = delivery.source_id
    where question.question_state = 'open'
),

reports as (
    select
        cover.*,
        delivery.received_order,
        max(delivery.received_order) over (
            partition by cover.municipality_code, cover.plan_id, cover.fiscal_year, cover.section_ja
        ) as newest_order
    from {{ source('delivered', 'section_report_cover') }} as cover
    inner join {{ source('raw', 'delivery') }} as delivery on cover.source_id = delivery.source_id
),

-- What a row says of itself, where it could be read as one.
read_rows as (
    select
        source_id,
        sheet,
        "row" as row_number,
        kpi_id,
        fiscal_year,
        section_ja
    from {{ source('raw', 'section_report_value') }}
),

not_used as (
    select
        problem.source_id,
        problem.problem_id,
        coalesce(problem.sheet, '') as sheet,
        problem.row as row_number,
        any_value(problem.file_name) as file_name,
        string_agg(
            distinct problem.message_ja || coalesce('（' || nullif(problem.column_label, '') || '）', ''), '／'
        ) as detail_ja,
        string_agg(distinct nullif(problem.action_ja, ''), '／') as action_ja
    from {{ source('raw', 'problem') }} as problem
    where problem.severity <> 'review'
    group by all
),

quarantined as (
    select
        reports.municipality_code,
        reports.plan_id,
        read_rows.kpi_id,
        kpis.kpi_name_ja,
        coalesce(read_rows.section_ja, reports.section_ja) as section_ja,
        coalesce(read_rows.section_ja, reports.section_ja) as asked_of_ja,
        'row_not_used' as reason,
        concat_ws('/', not_used.source_id, not_used.sheet, not_used.row_number, not_used.problem_id) as item,
        coalesce(read_rows.fiscal_year, reports.fiscal_year) as fiscal_year,
        cast(delivery.received_at at time zone 'Asia/Tokyo' as date) as missing_since,
        not_used.file_name || coalesce('「' || nullif(not_used.sheet, '') || '」', '')
        || coalesce(not_used.row_number || '行目', '') || '：' || not_used.detail_ja as detail_ja,
        coalesce(not_used.action_ja, '示された行を直し、同じ課の同じ年度の報告として送り直す') as action_ja,
        not_used.source_id,
        nullif(not_used.sheet, '') as source_sheet,
        not_used.row_number as source_row
    from not_used
    inner join {{ source('raw', 'delivery') }} as delivery
        on
            not_used.source_id = delivery.source_id
            and delivery.source = 'section_report'
            and delivery.verdict <> 'withdrawn'
    left join reports on not_used.source_id = reports.source_id
    left join read_rows
        on
            not_used.source_id = read_rows.source_id
            and not_used.sheet = read_rows.sheet
            and not_used.row_number = read_rows.row_number
    left join kpis
        on
            reports.municipality_code = kpis.municipality_code
            and reports.plan_id = kpis.plan_id
            and read_rows.kpi_id = kpis.kpi_id
    where coalesce(reports.received_order = reports.newest_order, true)
),

missing as (
    {%- for part in ['unreported', 'partial', 'milestones', 'baselines', 'questions', 'quarantined'] %}
    select * from {{ part }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    concat_ws('/', missing.municipality_code, missing.plan_id, missing.reason, missing.item) as missing_id,
    missing.municipality_code,
    missing.plan_id,
    missing.kpi_id,
    missing.kpi_name_ja,
    missing.section_ja,
    missing.asked_of_ja,
    missing.reason,
    case missing.reason
        when 'unreported' then '未報告'
        when 'not_delivered' then '資料未着'
        when 'partial' then '一部未集計'
        when 'milestone_overdue' then '節目の期限超過'
        when 'baseline_to_be_confirmed' then '基準値の確認'
        when 'question_open' then '要確認'
        when 'row_not_used' then '使えない行'
    end as reason_ja,
    cast(missing.fiscal_year as integer) as fiscal_year,
    missing.missing_since,
    missing.detail_ja,
    missing.action_ja,
    delivery.file_name,
    missing.source_id,
    missing.source_sheet,
    missing.source_row
from missing
left join {{ source('raw', 'delivery') }} as delivery on missing.source_id = delivery.source_id
order by missing_id
