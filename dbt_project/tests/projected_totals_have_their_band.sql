{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '幅のない将来推計か、幅のある目標・仮定の計算があります',
        'subject': 'main.mart_population_vision, main.mart_population_projection, main.mart_population_integer',
        'owner_ja': '将来推計担当',
        'action_ja': '示されたシナリオの基準年（国勢調査）の総人口があるか確かめる。幅は基準年の人口規模と期間から引く。誤差の表は projection/reference/error_quantiles.csv',
        'threshold_reason': '目標と仮定の計算（封鎖・シミュレーション・計画）は予測ではないので幅を付けない。推計は必ず外れる。幅のない総人口は確かな数値に見えるため、一つも出さない。幅は過去の推計の誤差の80％の範囲で、推計値を含む',
    },
) }}
-- No projected total leaves the house without its band, in whatever mart it stands; no goal or what-if has one.
with totals as (
    select
        'mart_population_vision' as mart,
        municipality_code,
        scenario_id,
        vintage,
        year,
        total_persons as persons,
        total_lower_persons as lower_persons,
        total_upper_persons as upper_persons
    from {{ ref('mart_population_vision') }}
    where coalesce(is_projection, true)
    union all
    select
        'mart_population_projection' as mart,
        municipality_code,
        scenario_id,
        vintage,
        year,
        population_persons as persons,
        lower_persons,
        upper_persons
    from {{ ref('mart_population_projection') }}
    where is_projection and sex = 'total' and age_group = 'total'
    union all
    select
        'mart_population_integer' as mart,
        municipality_code,
        scenario_id,
        vintage,
        year,
        population_persons as persons,
        lower_persons,
        upper_persons
    from {{ ref('mart_population_integer') }}
    where sex = 'total' and age_group = 'total'
)

select
    cast(null as varchar) as file_name,
    cast(null as varchar) as sheet,
    cast(null as integer) as row_number,
    municipality_code,
    if({{ is_forecast() }}, '推計値を含む80％の幅', '幅なし（予測ではない）') as expected,
    coalesce(lower_persons || '～' || upper_persons, '幅がない') as found,
    mart || ' ' || municipality_code || ' ' || scenario_id || '（' || vintage || '）' || year || '年: 総人口 ' || persons
    || if({{ is_forecast() }}, ' に幅がないか、幅が推計値を含みません', ' は予測でないのに幅があります') as reason_ja
from totals
where
    case
        when {{ is_forecast() }} then not coalesce(persons between lower_persons and upper_persons, false)
        else lower_persons is not null or upper_persons is not null
    end
