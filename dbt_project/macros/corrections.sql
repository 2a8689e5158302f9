{# Whether a line of the corrections says that a figure of this area in this delivery is not used: then it is not known
   what the area's figures say of each other. #}
{% macro has_unused_figures(source_id, municipality_code) -%}
    exists (
        select 1 from {{ source('raw', 'correction') }} as declared
        where
            declared.outcome = 'applied' and declared.corrected is null
            and declared.source_id = {{ source_id }} and declared.area = {{ municipality_code }}
    )
{%- endmacro %}
