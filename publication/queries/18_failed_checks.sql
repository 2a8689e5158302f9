-- 問い: 今回の公表版で、合格しなかった検査は何か。誰が何をするか
-- 答え: 合格しなかった検査の対象・該当した行の数・最初の例の場所・担当・対応
-- 1行: 検査
select
    check_id,
    severity,
    subject,
    n_failing,
    owner,
    action_ja,
    message_ja,
    file_name,
    sheet,
    row_number
from meta_check_outcome
where passed is distinct from true
order by case severity when 'gate' then 1 when 'warn' then 2 else 3 end, n_failing desc, check_id asc
