{#
    Arithmetic that every model shares. Quotients are kept as decimals with twelve places: exact at the thresholds of a
    grading rule, where binary floats are not (0.24 / 0.3 is 0.7999... in floats).
#}
{% macro quotient(numerator, denominator) -%}
    cast(({{ numerator }}) / nullif({{ denominator }}, 0) as decimal(28, 12))
{%- endmacro %}

{% macro percentage(numerator, denominator) -%}
    cast({{ quotient(numerator, denominator) }} * 100 as decimal(24, 8))
{%- endmacro %}

{#
    parts / whole of an amount, exact to the eighth place and rounded half away from zero: a quotient passes through a
    binary float, which cannot hold tens of billions of yen with eight places.
#}
{% macro part_of(amount, parts, whole) -%}
    cast(
        cast(
            (2 * abs(cast(({{ amount }}) * ({{ parts }}) * 100000000 as hugeint)) + ({{ whole }})) // (2 * ({{ whole }}))
            * sign(({{ amount }}) * ({{ parts }})) as decimal(30, 0)
        ) * cast(0.00000001 as decimal(9, 8)) as decimal(24, 8)
    )
{%- endmacro %}

{# A rate as a body prints it: digits after the point, rounded half up (away from zero) or cut down. #}
{% macro as_printed(rate, digits, rounding) -%}
    cast(
        trunc({{ rate }} * cast(power(10, {{ digits }}) as integer)
        + case {{ rounding }} when 'half_up' then sign({{ rate }}) * 0.5 when 'down' then 0 end)
        * case {{ digits }} when 0 then 1 when 1 then 0.1 when 2 then 0.01 end
        as decimal(24, 8)
    )
{%- endmacro %}

{# Sixth digit of a local-government code (JIS X 0402, modulus 11) for its first five digits. #}
{% macro check_digit(code) -%}
    cast((11 - (
        cast(substr({{ code }}, 1, 1) as integer) * 6
        + cast(substr({{ code }}, 2, 1) as integer) * 5
        + cast(substr({{ code }}, 3, 1) as integer) * 4
        + cast(substr({{ code }}, 4, 1) as integer) * 3
        + cast(substr({{ code }}, 5, 1) as integer) * 2
    ) % 11) % 10 as varchar)
{%- endmacro %}

{# Whether a value stands to the mark of a band as the band compares. #}
{% macro band_holds(comparison, standing, mark) -%}
    case {{ comparison }}
        when 'ge' then {{ standing }} >= {{ mark }}
        when 'gt' then {{ standing }} > {{ mark }}
        when 'le' then {{ standing }} <= {{ mark }}
        when 'lt' then {{ standing }} < {{ mark }}
        when 'eq' then {{ standing }} = {{ mark }}
    end
{%- endmacro %}

{#
    Ends of the 95 % interval of the expected number behind a counted number of events: square roots of Poisson counts
    have about the same spread whatever their size (Freeman and Tukey 1950). Of no event: 0 to 3.9 (exact: 0 to 3.7).
#}
{% macro poisson_lower(count) -%}
    power(greatest(sqrt({{ count }}) - 0.98, 0), 2)
{%- endmacro %}

{% macro poisson_upper(count) -%}
    power(sqrt({{ count }} + 1) + 0.98, 2)
{%- endmacro %}
