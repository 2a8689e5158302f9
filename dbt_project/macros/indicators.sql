{# The first word of the indicators of a count of people: census or registry. #}
{% macro indicator_prefix(series) -%}
    case {{ series }} when 'census' then 'census' else 'registry' end
{%- endmacro %}

{# The indicator_id of a composed indicator of a plan, in a relation that has municipality and plan. #}
{% macro composed_indicator(relation, composed_id) -%}
    'composed:' || {{ relation }}.municipality_code || ':' || {{ relation }}.plan_id || ':' || {{ composed_id }}
{%- endmacro %}
