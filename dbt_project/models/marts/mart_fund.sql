with projects as (
    select
        municipality_code,
        plan_id,
        fund_id,
        count(*) as n_projects
    from {{ source('in_force', 'plan_register_project') }}
    where fund_id is not null
    group by municipality_code, plan_id, fund_id
)

select
    fund.municipality_code,
    fund.plan_id,
    fund.fund_id,
    cast(
        case
            when used.fund_id is null then 0
            else row_number() over (
                partition by fund.municipality_code, fund.plan_id, fund.fund_id
                order by used.fiscal_year, used.purpose_ja nulls first, used.source_id, used.row
            )
        end as integer
    ) as entry_no,
    fund.fund_name_ja,
    fund.purpose_ja as fund_purpose_ja,
    used.fiscal_year,
    used.purpose_ja as used_for_ja,
    used.deposit_yen,
    used.used_yen,
    used.balance_yen,
    cast(used.n_projects as integer) as n_projects_paid,
    cast(coalesce(projects.n_projects, 0) as integer) as n_projects_in_plan,
    used.section_ja,
    used.source_ja,
    used.note_ja,
    fund.place_ja,
    coalesce(used.source_id, fund.source_id) as source_id,
    coalesce(used.sheet, fund.sheet) as source_sheet,
    coalesce(used.row, fund.row) as source_row
from {{ source('in_force', 'plan_register_fund') }} as fund
left join {{ source('in_force', 'section_report_fund_use') }} as used
    on
        fund.municipality_code = used.municipality_code
        and fund.plan_id = used.plan_id
        and fund.fund_id = used.fund_id
left join projects
    on
        fund.municipality_code = projects.municipality_code
        and fund.plan_id = projects.plan_id
        and fund.fund_id = projects.fund_id
order by fund.municipality_code, fund.plan_id, fund.fund_id, entry_no
