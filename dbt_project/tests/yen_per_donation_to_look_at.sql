{{ config(
    severity='warn',
    meta={
        'severity': 'review',
        'message_ja': '1件当たりの受入額が前後の年度と大きく違う団体があります',
        'subject': 'main.fct_furusato_donation',
        'owner_ja': 'ふるさと納税担当',
        'action_ja': '示された行の金額と件数を原資料で確かめる（隣の団体の金額が入っていないか）。本当の増減であれば何もしなくてよい',
        'threshold_reason': '1件当たりの受入額は返礼品の見直しや大口の寄附で本当に10倍動くことがあるため止めない（片側だけと比べた実ファイル3年分で10倍を超えたのは11団体）。前後の両方から8倍、片側だけなら10倍を超えた団体と、3行以内の二つの団体で金額を入れ替えるとどちらも隣の年度の1.5倍以内に収まる組（3倍以上ずれたものに限る。実ファイルは0組）を人が見る',
    },
) }}
-- What is beyond is stopped by yen_per_donation_keeps_its_size.
with suspicious as (
    select
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        yen_of_neighbour,
        year_of_neighbour,
        yen_per_donation,
        municipality_code || ' ' || fiscal_year || '年度: 1件当たりの受入額が'
        || if(has_both_neighbours, '前後の年度', '隣の年度') || 'と約' || cast(times_off as bigint)
        || '倍違います' as reason_ja
    from {{ ref('int_furusato__unit_price') }}
    where
        times_off >= if(has_both_neighbours, 8, 10)
        and not (least_count >= 1000 and times_off > if(has_both_neighbours, 20, 100))
    union all
    -- Two rows close to each other whose amounts fit once they change places.
    select
        one.source_id,
        one.source_sheet,
        one.source_row,
        one.municipality_code,
        one.yen_of_neighbour,
        one.year_of_neighbour,
        one.yen_per_donation,
        one.municipality_code || ' ' || one.fiscal_year || '年度: 金額が ' || other.municipality_code || '（'
        || other.source_row || '行目）と入れ替わっているようです' as reason_ja
    from {{ ref('int_furusato__unit_price') }} as one
    inner join {{ ref('int_furusato__unit_price') }} as other
        on
            one.source_id = other.source_id
            and one.fiscal_year = other.fiscal_year
            and one.source_row <> other.source_row
            and abs(one.source_row - other.source_row) <= 3
    where
        greatest(one.yen_per_donation, one.yen_of_neighbour) >= 3 * least(one.yen_per_donation, one.yen_of_neighbour)
        and greatest(other.yen_per_donation, other.yen_of_neighbour)
        >= 3 * least(other.yen_per_donation, other.yen_of_neighbour)
        and other.donation_jpy / one.donation_count
        between one.yen_of_neighbour / 1.5 and one.yen_of_neighbour * 1.5
        and one.donation_jpy / other.donation_count
        between other.yen_of_neighbour / 1.5 and other.yen_of_neighbour * 1.5
)

select
    delivery.file_name,
    suspicious.source_sheet as sheet,
    suspicious.source_row as row_number,
    suspicious.municipality_code,
    '1件当たり ' || cast(suspicious.yen_of_neighbour as bigint) || '円（' || suspicious.year_of_neighbour
    || '年度）' as expected,
    '1件当たり ' || cast(suspicious.yen_per_donation as bigint) || '円' as found,
    suspicious.reason_ja
from suspicious
left join {{ source('raw', 'delivery') }} as delivery on suspicious.source_id = delivery.source_id
