select
    plan.municipality_code,
    plan.plan_id,
    plan.edition,
    plan.plan_name_ja,
    plan.plan_name_en,
    plan.first_fiscal_year,
    plan.last_fiscal_year,
    {{ fiscal_year_label('plan.first_fiscal_year') }} || '～' || {{ fiscal_year_label('plan.last_fiscal_year') }}
        as term_label_ja,
    plan.grade_rule_id,
    coalesce(own_rule.label_ja, product_rule.label_ja) as grade_rule_label_ja,
    plan.publisher_ja,
    plan.secretariat_ja,
    plan.decided_on,
    plan.previous_plan_id,
    plan.document_ja,
    {%- for table, name in [
        ('kpi', 'n_kpi'), ('project', 'n_projects'), ('body', 'n_bodies'), ('fund', 'n_funds')
    ] %}
    cast((
        select count(*)
        from {{ source('in_force', 'plan_register_' ~ table) }} as counted
        where counted.municipality_code = plan.municipality_code and counted.plan_id = plan.plan_id
    ) as integer) as {{ name }},
    {%- endfor %}
    cast((
        select count(*)
        from {{ source('in_force', 'plan_register_node') }} as node
        where
            node.municipality_code = plan.municipality_code
            and node.plan_id = plan.plan_id
            and node.level = 'measure'
    ) as integer) as n_measures,
    cast((
        select count(*)
        from {{ source('in_force', 'plan_register_question') }} as question
        where
            question.municipality_code = plan.municipality_code
            and question.plan_id = plan.plan_id
            and question.question_state = 'open'
    ) as integer) as n_open_questions,
    plan.note_ja,
    plan.source_id,
    plan.sheet as source_sheet,
    plan.row as source_row
from {{ source('in_force', 'plan_register_plan') }} as plan
left join {{ ref('grade_rules') }} as product_rule on plan.grade_rule_id = product_rule.grade_rule_id
left join {{ source('in_force', 'plan_register_rule') }} as own_rule
    on
        plan.municipality_code = own_rule.municipality_code
        and plan.plan_id = own_rule.plan_id
        and plan.grade_rule_id = own_rule.grade_rule_id
order by plan.municipality_code, plan.plan_id
