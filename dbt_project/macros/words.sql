{# The Japanese words of the codes of our own forms, as ingest/forms/lists.yaml has them. #}
{% macro word_lists() -%}
    {{ return({
        'evaluation_states': {
            'draft': '下書き', 'section_confirmed': '課確認済', 'internal_confirmed': '内部評価確定',
            'external_confirmed': '外部評価確定', 'published': '公表', 'corrected': '訂正'
        },
        'future_directions': {
            'expand': '拡充', 'continue': '継続', 'review': '見直し', 'reduce': '縮小', 'discontinue': '中止',
            'finished': '終了'
        },
        'grant_directions': {
            'expand': '追加等更に発展させる', 'continue': '事業の継続', 'review': '事業内容の見直し（改善）',
            'reduce': '縮小', 'discontinue': '事業の中止', 'finished': '予定どおり事業終了'
        },
        'expert_verdicts': {
            'effective': '総合戦略のKPI達成に有効であった',
            'not_effective': '総合戦略のKPI達成に有効とは言えない'
        },
        'flow_terms': {'short': '短期（～1年）', 'medium': '中長期', 'long': '長期（1年～）'},
        'flow_sectors': {'public': 'パブリックセクター', 'both': '両方', 'business': 'ビジネスセクター'},
        'body_kinds': {'secretariat': '事務局', 'internal': '内部', 'external': '外部', 'assembly': '議会'},
        'band_measures': {
            'milestone_pct': '目安値に対する率', 'attainment_pct': '達成率', 'progress_pct': '進捗率',
            'judged_attainment_pct': '達成率（参考なら進捗率）', 'linear_target_pct': '年割りの目標に対する率',
            'baseline_change_pct': '基準値からの増減率', 'baseline_gap': '基準値との差', 'target_gap': '目標との差',
            'change_from_previous': '前年との差', 'target_reached': '目標に達したか',
            'final_target_reached': '最終目標に達したか', 'milestone_done': '節目の状態',
            'limit_used_pct': '上限に対する率'
        },
        'comparisons': {'ge': '以上', 'gt': '超', 'le': '以下', 'lt': '未満', 'eq': '等しい'},
        'band_kinds': {
            'all': 'すべて', 'maintain': '維持の指標', 'milestone': '節目', 'limit': '上限の指標', 'other': 'その他'
        },
        'grant_grades': {
            '1': '地方創生に非常に効果的であった', '2': '地方創生に相当程度効果があった', '3': '地方創生に効果があった',
            '4': '地方創生に効果がなかった'
        }
    }) }}
{%- endmacro %}

{# The Japanese word of a code of a list; null stays null. #}
{% macro word_of(list, column) -%}
    case {{ column }}
        {%- for code, word in word_lists()[list].items() %}
        when '{{ code }}' then '{{ word }}'
        {%- endfor %}
        else {{ column }}
    end
{%- endmacro %}

{# How far an evaluation has come; the highest of a year is the one that counts. #}
{% macro evaluation_rank(column) -%}
    case {{ column }}
        when 'corrected' then 6
        when 'published' then 5
        when 'external_confirmed' then 4
        when 'internal_confirmed' then 3
        when 'section_confirmed' then 2
        else 1
    end
{%- endmacro %}

{# What a row of the scorecard counts as: its grade, 未報告 (no value was reported) or 評価不能 (a value without a grade). #}
{% macro grade_class(relation) -%}
    case
        when {{ relation }}.grade is not null then {{ relation }}.grade
        when {{ relation }}.value_status = 'not_reported' then '未報告'
        else '評価不能'
    end
{%- endmacro %}

{# 令和6年度 of a fiscal year; the first year of an era is 元. An era is that of the first of October of the year. #}
{% macro year_of_era(year) -%}
    case
        when {{ year }} >= 2019 then '令和' || if({{ year }} = 2019, '元', cast({{ year }} - 2018 as varchar))
        when {{ year }} >= 1989 then '平成' || if({{ year }} = 1989, '元', cast({{ year }} - 1988 as varchar))
        when {{ year }} >= 1927 then '昭和' || cast({{ year }} - 1925 as varchar)
    end
{%- endmacro %}

{% macro fiscal_year_label(year) -%}
    {{ year_of_era(year) }} || '年度'
{%- endmacro %}
