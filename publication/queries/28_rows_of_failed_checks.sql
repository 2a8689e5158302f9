-- 問い: 合格しなかった検査に該当した行は、どのファイルのどの行か（すべて）
-- 答え: 検査ごとの該当した行の団体・ファイル・シート・行・内容と、担当・対応。行のない検査は、検査そのものの1行
-- 1行: 検査×該当した行
select
    one.check_id,
    one.severity,
    one.n_failing,
    found.finding_no,
    found.municipality_code,
    if(found.check_id is null, one.file_name, found.file_name) as file_name,
    if(found.check_id is null, one.sheet, found.sheet) as sheet,
    if(found.check_id is null, one.row_number, found.row_number) as row_number,
    coalesce(found.finding_ja, one.message_ja) as finding_ja,
    one.owner,
    one.action_ja
from meta_check_outcome as one
left join meta_check_finding as found on one.check_id = found.check_id
where one.passed is distinct from true
order by case one.severity when 'gate' then 1 when 'warn' then 2 else 3 end, one.check_id, found.finding_no
