{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '別の時点の値がそのまま載っています（年・月の取り違え）',
        'subject': 'main.fct_tourism_visitors, main.fct_furusato_donation, main.fct_population, main.fct_population_change',
        'owner_ja': '統計担当',
        'action_ja': '示された二つのファイルの表題や年・月の欄が、それぞれの値の時点と合っているか原資料で確かめる。誤っている方の正しいファイルを届け直せば新しい方を採用する',
        'threshold_reason': '100以上の値が二つ以上あり、その9割以上が別の時点と等しく、等しい桁が合わせて6桁以上のときに止める。実データ（1995～2026年の全団体）で、時点どうしで等しい値の割合の最大は、2団体以上の表で1.8％',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
select
    delivery.file_name,
    repeated.source_sheet as sheet,
    repeated.source_row as row_number,
    repeated.municipality_code,
    repeated.other_period || '（' || coalesce(other.file_name, '') || '）と違う値' as expected,
    repeated.n_figures || '件のうち ' || repeated.n_equal || '件が同じ' as found,
    repeated.subject_family || ' ' || repeated.period || ': ' || repeated.other_period || '（'
    || coalesce(other.file_name, '') || '）の値と同じです' as reason_ja
from {{ ref('int_check__repeated_periods') }} as repeated
left join {{ source('raw', 'delivery') }} as delivery on repeated.source_id = delivery.source_id
left join {{ source('raw', 'delivery') }} as other on repeated.other_source_id = other.source_id
where repeated.is_certain
