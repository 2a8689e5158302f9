{# The first word of the indicators of a count of people: census or registry. #}
{% macro indicator_prefix(series) -%}
    case {{ series }} when 'census' then 'census' else 'registry' end
{%- endmacro %}

{# The indicator_id of a composed indicator of a plan, in a relation that has municipality and plan. #}
{% macro composed_indicator(relation, composed_id) -%}
    'composed:' || {{ relation }}.municipality_code || ':' || {{ relation }}.plan_id || ':' || {{ composed_id }}
{%- endmacro %}

{# The items of the resident registry's table of movements that an indicator is made of, each with its side, sign and
   the number that a quotient is multiplied by. #}
{% macro registry_parts() -%}
    select part.* from (
        values
        ('registry_households', 'households', 'numerator', 1, 1),
        ('registry_persons_per_household', 'population_total', 'numerator', 1, 1),
        ('registry_persons_per_household', 'households', 'denominator', 1, 1),
        ('registry_births_persons', 'birth', 'numerator', 1, 1),
        ('registry_deaths_persons', 'death', 'numerator', 1, 1),
        ('registry_natural_change_persons', 'birth', 'numerator', 1, 1),
        ('registry_natural_change_persons', 'death', 'numerator', -1, 1),
        ('registry_in_migrants_persons', 'in_migration', 'numerator', 1, 1),
        ('registry_out_migrants_persons', 'out_migration', 'numerator', 1, 1),
        ('registry_net_migration_persons', 'in_migration', 'numerator', 1, 1),
        ('registry_net_migration_persons', 'out_migration', 'numerator', -1, 1),
        ('registry_social_change_persons', 'social_change', 'numerator', 1, 1),
        ('registry_births_per_1000', 'birth', 'numerator', 1, 1000),
        ('registry_births_per_1000', 'population_total', 'denominator', 1, 1000),
        ('registry_deaths_per_1000', 'death', 'numerator', 1, 1000),
        ('registry_deaths_per_1000', 'population_total', 'denominator', 1, 1000),
        ('registry_natural_change_per_1000', 'birth', 'numerator', 1, 1000),
        ('registry_natural_change_per_1000', 'death', 'numerator', -1, 1000),
        ('registry_natural_change_per_1000', 'population_total', 'denominator', 1, 1000),
        ('registry_in_migrants_per_1000', 'in_migration', 'numerator', 1, 1000),
        ('registry_in_migrants_per_1000', 'population_total', 'denominator', 1, 1000),
        ('registry_out_migrants_per_1000', 'out_migration', 'numerator', 1, 1000),
        ('registry_out_migrants_per_1000', 'population_total', 'denominator', 1, 1000),
        ('registry_net_migration_per_1000', 'in_migration', 'numerator', 1, 1000),
        ('registry_net_migration_per_1000', 'out_migration', 'numerator', -1, 1000),
        ('registry_net_migration_per_1000', 'population_total', 'denominator', 1, 1000)
    ) as part (indicator_id, item, role, sign, times)
{%- endmacro %}
