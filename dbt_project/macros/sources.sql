{#
    A mart may be empty only if everything that it is made of is: an installation that has no visitor figures still
    publishes the rest. The condition reads the graph, so a new mart needs no list of its sources. Rows of prefectures and
    wards do not count, nor do the reference series and answers of e-Stat (any indicator may come in them), plans and
    section reports (not every home has one), seeds (they are always there) and the lists of deliveries and runs; a mart
    of nothing but those may never be empty, unless it says may_be_empty.
#}
{% macro and_something_came(mart) -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == mart -%}
            {%- for unique_id in sources_below(node.unique_id)
                if graph.sources[unique_id].source_name != 'in_force'
                and not graph.sources[unique_id].name.startswith('section_report_')
                and graph.sources[unique_id].name not in (
                    'delivery', 'problem', 'as_of', 'fiscal_year', 'decision', 'reference_series', 'estat_value', 'plan_fault'
                ) -%}
                {%- do found.append(unique_id) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if found %}
        and (
            {%- for unique_id in found | sort %}
            exists (
                select 1 from {{ graph.sources[unique_id].relation_name }}
                {%- if graph.sources[unique_id].source_name == 'delivered' %}
                where {{ is_municipality() }}
                {%- endif %}
            ){{ ' or' if not loop.last }}
            {%- endfor %}
        )
    {%- endif -%}
{%- endmacro %}

{#- The sources that a model is made of, through all models between, each once. -#}
{% macro sources_below(unique_id) -%}
    {%- set seen = {} -%}
    {%- do look_below(unique_id, seen) -%}
    {{ return(seen | select('in', graph.sources) | list) }}
{%- endmacro %}

{% macro look_below(unique_id, seen) -%}
    {%- for parent in graph.nodes[unique_id].depends_on.nodes if parent not in seen -%}
        {%- do seen.update({parent: true}) -%}
        {%- if parent.startswith('model.') -%}
            {%- do look_below(parent, seen) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
