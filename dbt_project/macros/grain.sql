{#
    The columns that identify a row of a mart, as its YAML says (config.meta.grain). They stand there and nowhere else: the
    test sound_rows and the mart meta_grain, which goes into every release, read them here.
#}
{% macro grain_of(mart) -%}
    {{ return(grains().get(mart, [])) }}
{%- endmacro %}

{# The grain of every mart by its name; empty while dbt parses. #}
{% macro grains() -%}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.grain -%}
            {%- do found.update({node.name: node.config.meta.grain}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# The columns of a mart as its YAML describes them, in their order; empty while dbt parses. #}
{% macro columns_of(mart) -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == mart -%}
            {%- do found.extend(node.columns.values()) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# The names of the columns of every mart by its name; empty while dbt parses. #}
{% macro marts_columns() -%}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.grain -%}
            {%- do found.update({node.name: node.columns.keys() | list}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}
