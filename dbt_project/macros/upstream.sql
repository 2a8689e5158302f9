{#
    The raw tables that each mart is made from, through all models between: by the graph, so that a new mart needs no list
    of its own. Tables about deliveries and runs are none. Empty while dbt parses.
#}
{% macro upstreams() -%}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.grain -%}
            {%- set tables = [] -%}
            {%- for unique_id in sources_below(node.unique_id) -%}
                {%- set of = graph.sources[unique_id] -%}
                {%- set named = projection_inputs() if of.source_name == 'projection' else [of.name] -%}
                {%- for name in named if name not in tables and name not in (
                    'delivery', 'problem', 'as_of', 'fiscal_year', 'decision', 'correction', 'plan_fault'
                ) -%}
                    {%- do tables.append(name) -%}
                {%- endfor -%}
            {%- endfor -%}
            {%- do found.update({node.name: tables | sort}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# What the nightly projection reads (projection/night/tables.py, and the plans' own scenarios and printed figures). #}
{% macro projection_inputs() -%}
    {{ return([
        'ipss_population', 'census_population', 'registry_population', 'registry_dynamics', 'reference_series',
        'plan_register_scenario', 'plan_register_figure',
    ]) }}
{%- endmacro %}
