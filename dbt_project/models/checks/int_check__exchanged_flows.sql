-- Births and deaths, or in- and out-migrants, that fit independent figures only with their names exchanged: one row per
-- municipality, series, scope, period, pair and evidence. `evidence`: balance (the population of both ends of the
-- period; part_balance where the layout does not give the other entries and removals), other_series
-- (vital statistics or the migration report against the registry), before (the nearest earlier
-- period), ages (women of 20-39 and persons of 65 and over). `misfit` is the departure as published,
-- `misfit_exchanged` with the names exchanged: persons for the balance, sums of logarithms else.
with flows as (
    select
        municipality_code,
        series,
        scope,
        period_start,
        period_end,
        max(persons) filter (where component = 'birth') as births,
        max(persons) filter (where component = 'death') as deaths,
        max(persons) filter (where component = 'in_migration') as entries,
        max(persons) filter (where component = 'out_migration') as departures,
        max(persons) filter (where component = 'other') as other_net,
        min_by(source_id, source_row) as source_id,
        min_by(source_sheet, source_row) as source_sheet,
        min(source_row) as source_row
    from {{ ref('fct_population_change') }}
    where scope <> 'foreign'
    group by municipality_code, series, scope, period_start, period_end
),

-- One row per pair of flows; each pair is looked at in the same ways.
pairs as (
    {%- for pair_ja, gain, loss, rest in [
        ('出生と死亡', 'births', 'deaths', 'entries - departures'),
        ('転入と転出', 'entries', 'departures', 'births - deaths'),
    ] %}
    select
        * exclude (births, deaths, entries, departures, other_net),
        '{{ pair_ja }}' as pair_ja,
        {{ gain }} as gain,
        {{ loss }} as loss,
        {{ rest }} + coalesce(other_net, 0) as rest,
        other_net is not null as is_whole
    from flows
    where {{ gain }} is not null and {{ loss }} is not null
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

registry as (
    select
        municipality_code,
        scope,
        as_of_date,
        population_persons
    from {{ ref('fct_population') }}
    where series = 'resident_registry' and sex = 'total' and age_group = 'total' and scope <> 'foreign'
),

-- Where the area changed within the period there is no balance.
redrawn as (
    select
        old_code as municipality_code,
        change_date
    from {{ ref('municipality_changes') }}
    union
    select
        new_code as municipality_code,
        change_date
    from {{ ref('municipality_changes') }}
),

balanced as (
    select
        pairs.*,
        later.population_persons - earlier.population_persons - pairs.rest as net
    from pairs
    inner join registry as earlier
        on
            pairs.municipality_code = earlier.municipality_code
            and pairs.scope = earlier.scope
            and earlier.as_of_date between pairs.period_start - interval 1 day and pairs.period_start
    inner join registry as later
        on
            pairs.municipality_code = later.municipality_code
            and pairs.scope = later.scope
            and later.as_of_date between pairs.period_end and pairs.period_end + interval 1 day
    where
        pairs.series = 'resident_registry'
        and pairs.rest is not null
        and not exists (
            select 1 from redrawn
            where
                redrawn.municipality_code = pairs.municipality_code
                and redrawn.change_date between pairs.period_start and pairs.period_end + interval 1 day
        )
),

by_others as (
    select
        one.*,
        'other_series' as evidence,
        '別の統計の ' || other.gain || ' と ' || other.loss as evidence_ja,
        other.gain as gain_expected,
        other.loss as loss_expected
    from pairs as one
    inner join pairs as other
        on
            one.municipality_code = other.municipality_code
            and one.pair_ja = other.pair_ja
            and one.period_start = other.period_start
            and one.period_end = other.period_end
            and one.series = 'resident_registry'
            and other.series <> 'resident_registry'
    where one.gain > 0 and one.loss > 0 and other.gain > 0 and other.loss > 0
    -- All residents where they are counted, else Japanese.
    qualify
        row_number() over (
            partition by one.municipality_code, one.pair_ja, one.period_start, other.series order by one.scope desc
        ) = 1
),

by_before as (
    select
        *,
        'before' as evidence,
        '前の期間の ' || lag(gain) over by_period || ' と ' || lag(loss) over by_period as evidence_ja,
        lag(gain) over by_period as gain_expected,
        lag(loss) over by_period as loss_expected
    from pairs
    where gain > 0 and loss > 0
    window by_period as (partition by municipality_code, series, scope, pair_ja order by period_start)
    qualify lag(period_start) over by_period >= period_start - interval 4 year
),

ages as (
    select
        municipality_code,
        as_of_date,
        scope,
        sum(population_persons) filter (where sex = 'female' and age_from between 20 and 35) as women,
        sum(population_persons) filter (where sex = 'total' and age_from >= 65) as aged
    from {{ ref('fct_population') }}
    where scope <> 'foreign'
    group by municipality_code, as_of_date, scope
    having women > 0 and aged > 0
),

-- 7 births for 100 women of 20-39 and 4 deaths for 100 persons of 65 and over are the medians of 1998-2023.
by_ages as (
    select
        pairs.*,
        'ages' as evidence,
        '20～39歳の女と65歳以上の人口' as evidence_ja,
        0.07 * ages.women as gain_expected,
        0.04 * ages.aged as loss_expected
    from pairs
    inner join ages
        on
            pairs.municipality_code = ages.municipality_code
            and abs(date_diff('day', pairs.period_start, ages.as_of_date)) <= 1200
    where pairs.pair_ja = '出生と死亡' and pairs.gain > 0 and pairs.loss > 0
    qualify
        row_number() over (
            partition by pairs.municipality_code, pairs.series, pairs.scope, pairs.period_start
            order by abs(date_diff('day', pairs.period_start, ages.as_of_date)), ages.scope = pairs.scope desc
        ) = 1
),

expected as (
    select * from by_others
    union all
    select * from by_before
    union all
    select * from by_ages
),

compared as (
    select
        * exclude (net),
        if(is_whole, 'balance', 'part_balance') as evidence,
        '前後の人口の差' as evidence_ja,
        abs(net - (gain - loss)) as misfit,
        abs(net - (loss - gain)) as misfit_exchanged,
        abs(gain - loss) as gap
    from balanced
    union all by name
    select
        * exclude (gain_expected, loss_expected),
        abs(ln(gain / gain_expected)) + abs(ln(loss / loss_expected)) as misfit,
        abs(ln(gain / loss_expected)) + abs(ln(loss / gain_expected)) as misfit_exchanged,
        least(abs(ln(gain / loss)), if(evidence = 'ages', null, abs(ln(gain_expected / loss_expected)))) as gap
    from expected
)

select
    * exclude (period_end, rest, is_whole),
    case evidence
        when 'balance' then true
        when 'part_balance' then false
        when 'other_series' then gap >= 0.25 and least(gain, loss) >= 50
        when 'before' then pair_ja = '出生と死亡' and gap >= 0.7 and least(gain, loss) >= 30
        else misfit >= 1.6 and least(gain, loss) >= 30
    end as is_certain
from compared
where
    case evidence
        when 'balance' then misfit >= 10 and misfit_exchanged <= 0.1 * misfit
        when 'part_balance' then misfit >= 50 and gap >= 50 and misfit_exchanged < 0.35 * misfit
        when 'other_series' then misfit_exchanged < 0.35 * misfit and gap >= 0.1
        when 'before' then misfit_exchanged < 0.35 * misfit and gap >= 0.15 and least(gain, loss) >= 100
        else misfit_exchanged < 0.35 * misfit and misfit >= 1.2 and least(gain, loss) >= 30
    end
    or (evidence = 'before' and misfit_exchanged < 0.35 * misfit and gap >= 0.7 and least(gain, loss) >= 30)
