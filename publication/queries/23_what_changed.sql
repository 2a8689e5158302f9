-- 問い: 前回の公表版から何が、なぜ変わったか
-- 答え: 動いた行と、前と後の値・理由・もとの資料。比べる前回がない、または何も動かなければその旨の1行だけ
-- 1行: 動いた1行（多数が同じように動いたときは、そのまとめ）
select
    this.release_id,
    this.previous_release_id,
    this.not_compared_ja,
    moved.change_no,
    moved.table_name,
    coalesce(word.label_ja, moved.change) as change_ja,
    moved.n_rows,
    moved.key_ja,
    moved.column_ja,
    moved.value_before,
    moved.value_after,
    moved.unit,
    moved.cause_ja,
    moved.sources_ja
from meta_release as this
left join meta_change as moved on this.previous_release_id = moved.previous_release_id
left join dim_code as word
    on word.table_name = 'meta_change' and word.column_name = 'change' and moved.change = word.code
order by moved.change_no
