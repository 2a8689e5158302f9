-- Of an undisclosed donor nothing goes out that the company did not agree to: neither name nor amount nor remark. Sums
-- hold disclosed amounts only, so that no total less the others gives an undisclosed one.
with donations as (
    select
        *,
        coalesce(is_undisclosed, false) as is_hidden
    from {{ source('in_force', 'section_report_donation') }}
),

disclosed as (
    select
        municipality_code,
        plan_id,
        cast(donation_no as integer) as donation_no,
        if(is_hidden, '非公開', donor_ja) as donor_ja,
        is_hidden as is_undisclosed,
        case when not is_hidden then amount_yen end as amount_yen,
        fiscal_year,
        project_ja,
        section_ja,
        place_ja,
        case when not is_hidden then note_ja end as note_ja,
        source_id,
        sheet as source_sheet,
        "row" as source_row
    from donations
)

select
    municipality_code,
    plan_id,
    donation_no,
    donor_ja,
    is_undisclosed,
    amount_yen,
    fiscal_year,
    project_ja,
    case
        when project_ja is not null
            then cast(sum(amount_yen) over (partition by municipality_code, plan_id, project_ja) as bigint)
    end as project_disclosed_yen,
    cast(sum(amount_yen) over (partition by municipality_code, plan_id) as bigint) as plan_disclosed_yen,
    bool_or(is_undisclosed or amount_yen is null) over (partition by municipality_code, plan_id) as is_lower_bound,
    section_ja,
    place_ja,
    note_ja,
    source_id,
    source_sheet,
    source_row
from disclosed
order by municipality_code, plan_id, donation_no
