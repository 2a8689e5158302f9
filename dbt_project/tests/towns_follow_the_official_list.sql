{{ config(
    severity='warn',
    meta={
        'severity': 'review',
        'message_ja': '届いた団体コード一覧と、本システムの団体の表が食い違っています',
        'subject': 'raw.municipality',
        'owner_ja': '統計担当',
        'action_ja': '廃置分合・名称変更なら municipality_changes.csv に1行を加える（更新版の製品に含まれていればそれを入れる）。一覧が古い版なら新しい一覧を届ける',
        'threshold_reason': '2024年1月1日の一覧は1,741団体のすべてで一致する。北方領土の6村は一覧にないが住民基本台帳の表に載るので除く。変更の一覧は、表の最後の変更より後のものだけを見る（それより前は表が別の資料でも補っている）',
    },
) }}
-- The last list of codes and of changes that was delivered, against the municipalities of the product.
with listed as (
    select
        town.municipality_code,
        town.name_ja,
        town.source_id,
        town."row"
    from {{ source('raw', 'municipality') }} as town
    inner join {{ source('raw', 'delivery') }} as delivery on town.source_id = delivery.source_id
    where town.name_ja <> ''
    qualify delivery.received_order = max(delivery.received_order) over ()
),

-- The six villages of the Northern Territories have no reading: they are in no list of codes.
known as (
    select
        municipality_code,
        name_ja
    from {{ ref('dim_municipality') }}
    where is_current and kana is not null and area_level in ('municipality', 'designated_city')
),

differences as (
    select
        listed.source_id,
        listed."row" as row_number,
        coalesce(listed.municipality_code, known.municipality_code) as municipality_code,
        coalesce(listed.name_ja, '一覧にない') as expected,
        coalesce(known.name_ja, '団体の表にない') as found,
        '団体コード一覧と名称または有無が異なります' as reason_ja
    from listed
    full outer join known on listed.municipality_code = known.municipality_code
    where
        listed.name_ja is distinct from known.name_ja
        and exists (select 1 from {{ source('raw', 'municipality') }})
    union all
    select
        later.source_id,
        later."row" as row_number,
        later.old_code as municipality_code,
        later.old_name_ja || ' → ' || later.new_name_ja || '（' || later.change_date || '）' as expected,
        '団体の変更の表にない' as found,
        '表の最後の変更より後の変更です' as reason_ja
    from {{ source('raw', 'municipality_change') }} as later
    where
        later.change_date > (select max(change_date) from {{ ref('municipality_changes') }})
        and later.reason not in ('abolishmentOfDistrict', 'changesOfBoundariesOfDistrict', 'reorganizationOfWards')
)

select
    delivery.file_name,
    cast(null as varchar) as sheet,
    differences.row_number,
    differences.municipality_code,
    differences.expected,
    differences.found,
    differences.reason_ja
from differences
left join {{ source('raw', 'delivery') }} as delivery on differences.source_id = delivery.source_id
