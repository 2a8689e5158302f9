{#
    The raw tables that each mart is made from, through all models between: by the graph, so that a new mart needs no list
    of its own. Tables about deliveries and runs are none. Empty while dbt parses.
#}
{% macro upstreams() -%}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.grain -%}
            {%- set tables = [] -%}
            {%- do raw_tables_below(node.unique_id, tables) -%}
            {%- do found.update({node.name: tables | sort}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{% macro raw_tables_below(unique_id, found) -%}
    {%- for parent in graph.nodes[unique_id].depends_on.nodes -%}
        {%- if parent.startswith('model.') -%}
            {%- do raw_tables_below(parent, found) -%}
        {%- elif parent.startswith('source.') -%}
            {%- set of = graph.sources[parent] -%}
            {%- set named = projection_inputs() if of.source_name == 'projection' else [of.name] -%}
            {%- for name in named if name not in found and name not in (
                'delivery', 'problem', 'run', 'decision', 'correction', 'plan_fault'
            ) -%}
                {%- do found.append(name) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{# What the nightly projection reads (projection/night/tables.py, and the plans' own scenarios and printed figures). #}
{% macro projection_inputs() -%}
    {{ return([
        'ipss_population', 'census_population', 'registry_population', 'registry_dynamics', 'reference_series',
        'plan_register_scenario', 'plan_register_figure',
    ]) }}
{%- endmacro %}
