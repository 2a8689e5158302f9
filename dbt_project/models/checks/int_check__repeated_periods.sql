-- Tables that repeat, figure by figure, what another period of the same table says: the mark of a period under a wrong
-- name. One row per delivered file, family and pair of periods. Figures below 100 say nothing, nor do two months more
-- than a year apart. `weight` is the number of decimal digits that agree.
with figures as (
    select
        subject_family,
        subject,
        municipality_code,
        period,
        source_id,
        source_sheet,
        source_row,
        -- the series is rounded to thousands of yen, the survey is exact
        if(subject = 'donation_jpy', floor(amount / 1000), amount) as amount
    from {{ ref('int_check__figures') }}
    where amount >= 100
),

equal as (
    select
        later.subject_family,
        later.source_id,
        later.period,
        earlier.period as other_period,
        earlier.source_id as other_source_id,
        later.source_sheet,
        later.source_row,
        later.municipality_code,
        later.amount
    from figures as later
    inner join figures as earlier
        on
            later.subject = earlier.subject
            and later.municipality_code = earlier.municipality_code
            and later.amount = earlier.amount
            and later.period > earlier.period
            and (later.subject_family <> 'visitors' or later.period <= earlier.period + interval 13 month)
),

repeated as (
    select
        subject_family,
        period,
        other_period,
        mode(source_id) as source_id,
        mode(other_source_id) as other_source_id,
        min(source_sheet) as source_sheet,
        min(source_row) as source_row,
        min(municipality_code) as municipality_code,
        count(*) as n_equal,
        sum(log10(amount)) as weight
    from equal
    group by subject_family, period, other_period
),

held as (
    select
        subject_family,
        period,
        count(*) as n_figures
    from figures
    group by subject_family, period
)

select
    repeated.*,
    held.n_figures,
    repeated.n_equal >= 2 and repeated.weight >= 6 and repeated.n_equal >= 0.9 * held.n_figures as is_certain
from repeated
inner join held on repeated.subject_family = held.subject_family and repeated.period = held.period
where repeated.n_equal >= 0.5 * held.n_figures and repeated.weight >= 3
