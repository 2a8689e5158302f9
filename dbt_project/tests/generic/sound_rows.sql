{#
    What every mart owes its reader: rows (a mart is empty only if all its sources are empty), one row per grain, no blank in what is required, only the words
    of the vocabulary, and the rules given as SQL that must hold. One test per mart keeps the night short; each failing
    row says which rule it broke.

    The grain (the columns that identify a row) stands once, in the config of the mart: see grain_of.

    required   columns that may not be null, besides the grain
    allowed    {column: [values], or the word vocabulary: see the macro}; null is allowed unless required
    rules      [{holds: SQL that must be true, ja: what is wrong if it is not}]; null counts as holding
    traced     the mart has source_id, source_sheet, source_row
    may_be_empty  no row at all is sound too
#}
{% test sound_rows(model, required=[], allowed={}, rules=[], traced=false, may_be_empty=false) %}
{%- set grain = grain_of(model.identifier) -%}
{%- set identity -%}
    {{ "'" }}{{ grain | join(' / ') }}{{ "' || ' = ' || concat_ws(' / ', " }}{{ grain | join(', ') }})
{%- endset -%}
{%- set provenance = 'source_id, source_sheet, source_row' if traced
    else 'cast(null as varchar) as source_id, cast(null as varchar) as source_sheet, cast(null as integer) as source_row' -%}
{%- set municipality = 'municipality_code' if 'municipality_code' in grain or traced else 'cast(null as varchar)' -%}
with broken as (
    select
        cast(null as varchar) as source_id,
        cast(null as varchar) as source_sheet,
        cast(null as integer) as source_row,
        cast(null as varchar) as municipality_code,
        '1行以上' as expected,
        '0行' as found,
        '{{ model.identifier }} に行がありません' as reason_ja
    where not {{ may_be_empty }} and not exists (select 1 from {{ model }}){{ and_something_came(model.identifier) }}
    union all
    select
        {{ 'any_value(source_id), any_value(source_sheet), any_value(source_row)' if traced else 'null, null, null' }},
        any_value({{ municipality }}),
        '1行',
        cast(count(*) as varchar) || '行',
        '同じキーの行が重なっています: ' || any_value({{ identity }})
    from {{ model }}
    group by {{ grain | join(', ') }}
    having count(*) > 1
    {%- for column in grain + required %}
    union all
    select {{ provenance }}, {{ municipality }}, '空欄でないこと', '空欄', '{{ column }} が空欄です: ' || {{ identity }}
    from {{ model }}
    where {{ column }} is null
    {%- endfor %}
    {%- for column, words in allowed.items() %}
    {%- set values = vocabulary(column) if words == 'vocabulary' else words %}
    union all
    select
        {{ provenance }}, {{ municipality }}, '{{ values | join(" / ") }}', cast({{ column }} as varchar),
        '{{ column }} が用語表にない値です: ' || {{ identity }}
    from {{ model }}
    where {{ column }} not in ('{{ values | join("', '") }}')
    {%- endfor %}
    {%- for rule in rules %}
    union all
    select
        {{ provenance }}, {{ municipality }}, '{{ rule.holds | replace("'", "''") }}', '満たさない',
        '{{ rule.ja }}: ' || {{ identity }}
    from {{ model }}
    where not ({{ rule.holds }})
    {%- endfor %}
)

select
    delivery.file_name,
    broken.source_sheet as sheet,
    broken.source_row as row_number,
    broken.municipality_code,
    broken.expected,
    broken.found,
    broken.reason_ja
from broken
left join {{ source('raw', 'delivery') }} as delivery on broken.source_id = delivery.source_id
{% endtest %}
