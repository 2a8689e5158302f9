-- What the readings taken of open questions set, one row per KPI: a field that no reading sets is null.
select
    question.municipality_code,
    question.plan_id,
    question.kpi_id,
    {%- for field in [
        'kind', 'direction', 'accumulation', 'count_basis', 'period_basis', 'indicator_id', 'target_series',
        'target_value', 'delta_value', 'baseline_value', 'baseline_year', 'baseline_type', 'is_baseline_confirmed',
        'benchmark_value', 'benchmark_year'
    ] %}
    max(case when reading.field = '{{ field }}' then reading.field_value end) as {{ field }},
    {%- endfor %}
    bool_or(question.question_state = 'open') as has_open_question,
    string_agg(distinct question.question_ja, '・' order by question.question_ja) filter (
        where question.question_state = 'open'
    ) as open_question_ja,
    string_agg(distinct reading.reading_ja, '・' order by reading.reading_ja) as reading_taken_ja
from {{ source('in_force', 'plan_register_question') }} as question
left join {{ source('in_force', 'plan_register_reading') }} as reading
    on
        question.municipality_code = reading.municipality_code
        and question.plan_id = reading.plan_id
        and question.question_id = reading.question_id
        and question.reading_taken = reading.reading_id
where question.kpi_id is not null
group by question.municipality_code, question.plan_id, question.kpi_id
