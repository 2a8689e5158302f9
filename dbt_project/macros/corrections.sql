{# Whether a line of the corrections says that a figure of this area in this delivery is not used: what the area's figures
   say of each other is not known then. #}
{% macro has_unused_figures(source_id, municipality_code) -%}
    exists (
        select 1 from {{ source('raw', 'correction') }} as line
        where
            line.outcome = 'applied' and line.corrected is null
            and line.source_id = {{ source_id }} and line.area = {{ municipality_code }}
    )
{%- endmacro %}
