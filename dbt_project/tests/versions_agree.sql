{{ config(
    severity='warn',
    meta={
        'severity': 'warn',
        'message_ja': '同じ確定度の値が二つあります',
        'subject': 'main.fct_population',
        'owner_ja': '統計担当',
        'action_ja': '二つのファイルのどちらが正しいか公表元で確かめる。採用しているのは後から届いた方なので、それが正しければ何もしなくてよい。誤っていれば正しいファイルをもう一度届ける（一度公表に使った資料は取り下げても入力に残り、landing から消しても値は変わらない）',
        'threshold_reason': '同じ確定値は一つしかない。届け直しによる訂正ならこの警告は正しい知らせである',
    },
) }}
-- The same figure, equally settled, with two values in two deliveries.
select
    delivery.file_name,
    loser.source_sheet as sheet,
    loser.source_row as row_number,
    loser.municipality_code,
    cast(winner.population_persons as varchar) as expected,
    cast(loser.population_persons as varchar) as found,
    loser.municipality_code || ' ' || loser.series || ' ' || loser.as_of_date || ' ' || loser.sex || ' '
    || loser.age_group
    || ': 同じ確定度の値が二つあります（採用 '
    || winner.population_persons
    || '、不採用 '
    || loser.population_persons
    || '）'
        as reason_ja
from {{ ref('int_population__versions') }} as loser
inner join {{ ref('fct_population') }} as winner
    on
        loser.municipality_code = winner.municipality_code
        and loser.series = winner.series
        and loser.scope = winner.scope
        and loser.as_of_date = winner.as_of_date
        and loser.sex = winner.sex
        and loser.age_group = winner.age_group
        and loser.value_status = winner.value_status
left join {{ source('raw', 'delivery') }} as delivery on loser.source_id = delivery.source_id
where loser.version_rank > 1 and loser.population_persons <> winner.population_persons
