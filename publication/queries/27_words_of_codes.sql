-- 問い: この列の符号は何を意味するか
-- 答え: 表と列ごとの符号と言葉（日本語・英語）。表・列・符号で結合すれば、どの表にも言葉が付く
-- 1行: 表の列の符号
select
    table_name,
    column_name,
    code,
    code_order,
    label_ja,
    label_en
from dim_code
order by table_name, column_name, code_order, code
