-- Yen per donation of a municipality in a fiscal year beside its neighbouring years, where 100 donations or more are
-- counted in each: the mark of amounts that stand in another municipality's row. times_off is how many times it lies
-- above or below the nearer one of the years before and after (or the only one of them); least_count the fewest
-- donations of these years.
with priced as (
    select
        receipts.municipality_code,
        receipts.fiscal_year,
        receipts.amount as donation_jpy,
        donations.amount as donation_count,
        receipts.amount / donations.amount as yen_per_donation,
        receipts.source_id,
        receipts.source_sheet,
        receipts.source_row
    from {{ ref('int_furusato__resolved') }} as receipts
    inner join {{ ref('int_furusato__resolved') }} as donations
        on
            receipts.municipality_code = donations.municipality_code
            and receipts.fiscal_year = donations.fiscal_year
            and receipts.version_rank = 1
            and donations.version_rank = 1
            and receipts.item = 'donation_jpy'
            and donations.item = 'donation_count'
    where receipts.amount > 0 and donations.amount >= 100
),

neighbours as (
    select
        *,
        lag(yen_per_donation) over by_year as yen_before,
        lag(fiscal_year) over by_year as year_before,
        lag(donation_count) over by_year as count_before,
        lead(donation_count) over by_year as count_after,
        lead(yen_per_donation) over by_year as yen_after,
        lead(fiscal_year) over by_year as year_after
    from priced
    window by_year as (partition by municipality_code order by fiscal_year)
)

select
    municipality_code,
    fiscal_year,
    donation_jpy,
    donation_count,
    yen_per_donation,
    coalesce(yen_before, yen_after) as yen_of_neighbour,
    coalesce(year_before, year_after) as year_of_neighbour,
    yen_before is not null and yen_after is not null as has_both_neighbours,
    least(donation_count, count_before, count_after) as least_count,
    case
        when yen_before is null or yen_after is null
            then greatest(
                yen_per_donation / coalesce(yen_before, yen_after), coalesce(yen_before, yen_after) / yen_per_donation
            )
        when yen_per_donation > greatest(yen_before, yen_after)
            then yen_per_donation / greatest(yen_before, yen_after)
        when yen_per_donation < least(yen_before, yen_after)
            then least(yen_before, yen_after) / yen_per_donation
        else 1
    end as times_off,
    source_id,
    source_sheet,
    source_row
from neighbours
where yen_before is not null or yen_after is not null
