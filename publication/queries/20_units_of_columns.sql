-- 問い: この列は何で、単位は何か
-- 答え: すべての表の列の型と説明。説明の括弧の中に単位がある（表ごとの一覧は site/codebook.html）
-- 1行: 表の列
select
    table_name,
    column_name,
    data_type,
    split_part(comment, ' / ', 1) as description_ja,
    split_part(comment, ' / ', 2) as description_en
from duckdb_columns()
where database_name = current_database() and schema_name = 'main' and not internal
order by table_name, column_index
