-- 問い: この列は何で、単位は何か
-- 答え: すべての表の列の型・単位・説明。unit・delta_unit は、その行のその列に単位がある。文字や日付の列の単位は空
-- 1行: 表の列
with described as (
    select
        table_name,
        column_name,
        column_index,
        data_type,
        split_part(comment, ' / ', 1) as description_ja,
        split_part(comment, ' / ', 2) as description_en
    from duckdb_columns()
    where database_name = current_database() and schema_name = 'main' and not internal
)

select
    table_name,
    column_name,
    data_type,
    case
        when regexp_matches(data_type, '^(BIGINT|INTEGER|SMALLINT|DECIMAL|DOUBLE)')
            then nullif(
                regexp_extract(
                    description_ja,
                    '（(?:単位[：は] *)?(unit|delta_unit|人／人|円／人|人|円|件|世帯|％|歳|年|行|バイト|団体|基準年＝100'
                    || '|女性1人当たりの人|期首人口1人当たりの人)[）、。：]',
                    1
                ),
                ''
            )
    end as unit,
    description_ja,
    description_en
from described
order by table_name, column_index
