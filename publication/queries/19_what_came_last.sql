-- 問い: 何が新しく届き、この公表版に使われたか
-- 答え: 届いたファイルを新しい順に。採用・不採用・取り下げの別と、読んだ行の数
-- 1行: 届いたファイル
select
    received_at,
    statistic_ja,
    period,
    file_name,
    verdict,
    rows_read,
    rows_quarantined,
    publisher_ja,
    source_id
from meta_source
order by received_order desc, source_id asc
