"""The tables of the raw layer: one truth for their columns, types and meaning.

Holds: schemas and descriptions. Does not hold: how a file is read (sources/<source>/) or what a row means for a
KPI (the warehouse). Every raw row says which file, sheet and row it was read from.

Vocabularies
    sex          total / male / female
    age_group    total, 0-4 ... 85-89, 90+, unknown; other open top groups as published (80+, 85+, 100+), 90-94, 95-99
    scope        total (総人口) / japanese (日本人) / foreign (外国人)
    area_level   nation / prefecture / subtotal / designated_city / ward / municipality / former_municipality / other;
                 `subtotal` = 市部・郡部・郡・支庁 rows, `other` = e.g. 浜通り地域. A designated city
                 (政令指定都市) is a municipality whose wards are listed too; Tokyo's 23 special wards are
                 municipalities.
    value_status final / preliminary / revised / estimated / projected / suppressed / not_reported
"""

from __future__ import annotations

import polars as pl

PROVENANCE: dict[str, tuple[pl.DataType, str]] = {
    "source_id": (pl.String(), "Delivered file: `<source>-<first 16 hex digits of its sha256>`; key of raw.delivery."),
    "sheet": (pl.String(), "Worksheet name; empty for CSV."),
    "row": (pl.Int32(), "Row in the sheet or line in the file as a person counts it (first = 1)."),
    "column_label": (pl.String(), "Header of the column, levels joined by ' / '."),
    "value_raw": (pl.String(), "The cell as it stood in the file."),
    "value_status": (pl.String(), "final / preliminary / revised / estimated / projected / suppressed / not_reported."),
}

AREA: dict[str, tuple[pl.DataType, str]] = {
    "area_code": (pl.String(), "Five-digit standard area code (標準地域コード): 00000 nation, pp000 prefecture."),
    "area_name": (pl.String(), "Name as published, NFKC, without padding."),
    "area_level": (pl.String(), "See the module docstring."),
}

AGE: dict[str, tuple[pl.DataType, str]] = {
    "sex": (pl.String(), "total / male / female."),
    "age_group": (pl.String(), "total, 0-4 ... 90+, unknown."),
    "age_from": (pl.Int16(), "First age in years; null for total and unknown."),
    "age_to": (pl.Int16(), "Last age in years; null for total, unknown and open groups."),
}

RAW_TABLES: dict[str, dict[str, tuple[pl.DataType, str]]] = {
    "delivery": {
        "source_id": (pl.String(), "`<source>-<sha256[:16]>`."),
        "source": (pl.String(), "Source folder, e.g. resident_registry."),
        "layout": (pl.String(), "Layout of the contract that matched, e.g. age_2021."),
        "raw_table": (pl.String(), "Raw table(s) that it fed, comma separated."),
        "file_name": (pl.String(), "Name under which it was delivered (the base name only)."),
        "sha256": (pl.String(), "Hash of the bytes as received."),
        "size_bytes": (pl.Int64(), "Size as received."),
        "received_at": (pl.Datetime("us", "Asia/Tokyo"), "When these bytes were received last."),
        "received_order": (pl.Int32(), "Place among all deliveries by when they were received last, from 1."),
        "origin": (pl.String(), "landing, or samples: an embedded sample of the product."),
        "title_ja": (pl.String(), "Title found in the content."),
        "period": (pl.String(), "Period found in the content, e.g. 2021-01-01, FY2019, 2024, 2015-10-01."),
        "publisher_ja": (pl.String(), "Publisher."),
        "statistic_ja": (pl.String(), "Name of the statistic."),
        "licence": (pl.String(), "Terms of use."),
        "credit_ja": (pl.String(), "Credit line in the form that the publisher asks for."),
        "rows_read": (pl.Int64(), "Raw rows written."),
        "rows_quarantined": (pl.Int64(), "Rows refused; of a delivery that was taken, those that a line puts aside."),
        "verdict": (pl.String(), "taken / refused / withdrawn."),
    },
    "problem": {
        "problem_id": (pl.String(), "English identifier, e.g. check_digit_mismatch."),
        "severity": (pl.String(), "gate / warn / review."),
        "source_id": (pl.String(), "Delivered file."),
        "file_name": (pl.String(), "Its name."),
        "sheet": (pl.String(), "Worksheet; empty for CSV."),
        "row": (pl.Int32(), "Row as a person counts it; null for the whole file."),
        "column_label": (pl.String(), "Column; empty for the whole row."),
        "message_ja": (pl.String(), "What is wrong, for the person who can mend it. Never a personal value."),
        "message_en": (pl.String(), "The same in English."),
        "expected": (pl.String(), "What was expected."),
        "found": (pl.String(), "What was found."),
        "action_ja": (pl.String(), "What to do."),
    },
    "decision": {
        "kind": (pl.String(), "withdrawal / go_ahead."),
        "rule": (pl.String(), "Check whose finding is let pass; empty for a withdrawal."),
        "subject": (pl.String(), "Delivery that was withdrawn (source_id), or the finding, as its check names it."),
        "decided_by": (pl.String(), "Office or role that decided."),
        "decided_on": (pl.Date(), "Day of the decision."),
        "reason_ja": (pl.String(), "Why."),
    },
    "correction": {
        "file": (pl.String(), "corrections.csv under ingest/sources or SOUSEI_HOME, with its folder."),
        "line_number": (pl.Int64(), "Line in that file (the header is line 1)."),
        "raw_table": (pl.String(), "Raw table of the figure."),
        "row_key": (pl.String(), "`key=value` for each key of the table; the line's own where no figure is named."),
        "as_published": (pl.Decimal(28, 8), "The publisher's wrong value; null where the line names many figures."),
        "corrected": (pl.Decimal(28, 8), "The value that is used instead; null where none is."),
        "reason_ja": (pl.String(), "Why it is wrong."),
        "provider": (pl.String(), "Who found it."),
        "status": (pl.String(), "declared / confirmed_by_publisher."),
        "declared_on": (pl.Date(), "Day of the declaration."),
        "evidence": (pl.String(), "What proves it."),
        "fault": (pl.String(), "What the line lacks; null where it is whole."),
        "source_id": (pl.String(), "Delivered file whose row is named; null where none is."),
        "sheet": PROVENANCE["sheet"],
        "row": PROVENANCE["row"],
        "area": (pl.String(), "Code of the area of that row."),
        "delivered": (pl.Decimal(28, 8), "Its value as delivered."),
        "later_source_id": (
            pl.String(),
            "Delivered file that brings a figure of the same edition after the one that a line over many figures is "
            "bound to, and that no line names; null where none does.",
        ),
        "outcome": (pl.String(), "applied / superseded / other_version / not_delivered / repeated / faulty."),
    },
    "census_population": AREA
    | {"as_of_date": (pl.Date(), "1 October of the census year."), "scope": (pl.String(), "total / japanese.")}
    | AGE
    | {"population_persons": (pl.Int64(), "Persons; null where value_status says so.")}
    | PROVENANCE,
    "registry_population": AREA
    | {
        "as_of_date": (pl.Date(), "31 March until 2013, 1 January from 2014."),
        "scope": (pl.String(), "total / japanese / foreign."),
    }
    | AGE
    | {"population_persons": (pl.Int64(), "Persons; null where suppressed.")}
    | PROVENANCE,
    "registry_dynamics": AREA
    | {
        "as_of_date": (pl.Date(), "Date of the stock that the flows lead to."),
        "scope": (pl.String(), "total / japanese / foreign."),
        "period_start": (pl.Date(), "First day of the flows; null for stocks."),
        "period_end": (pl.Date(), "Last day of the flows; null for stocks."),
        "period_basis": (pl.String(), "fiscal_year / calendar_year; null for stocks."),
        "item": (
            pl.String(),
            "population_male, population_female, population_total, households; birth, death, in_migration, "
            "in_migration_domestic, in_migration_foreign, other_in, entries_total, out_migration, "
            "out_migration_domestic, out_migration_foreign, other_out, removals_total, "
            "change, natural_change, social_change.",
        ),
        "value": (pl.Int64(), "Persons or households."),
    }
    | PROVENANCE,
    "furusato_donation": AREA
    | {
        "fiscal_year": (pl.Int32(), "Fiscal year (年度)."),
        "item": (pl.String(), "donation_jpy / donation_count."),
        "value": (pl.Int64(), "Yen or donations; yen are integers, 千円 of the series multiplied exactly."),
        "unit_in_file": (pl.String(), "円 / 千円 / 件."),
        "form": (pl.String(), "detail (現況調査 of one year) / series (all years)."),
    }
    | PROVENANCE,
    "tourism_visitors": AREA
    | {
        "month": (pl.Date(), "First day of the month."),
        "visitors": (pl.Int64(), "Visitors (観光来訪者数)."),
        "form": (
            pl.String(),
            "yearly / monthly: a file of one year or of one month. The yearly file is the later one.",
        ),
    }
    | PROVENANCE,
    "ipss_population": AREA
    | {"vintage": (pl.String(), "ipss_2018 / ipss_2023."), "year": (pl.Int32(), "1 October of this year.")}
    | AGE
    | {"population_persons": (pl.Int64(), "Persons; base year = census, later years projected.")}
    | PROVENANCE,
    "reference_series": {
        "municipality_code": (pl.String(), "Five-digit code."),
        "indicator_id": (pl.String(), "E.g. tfr_bayes, population_total, population_young, births, deaths."),
        "indicator_ja": (pl.String(), "Name as published."),
        "series": (pl.String(), "census / resident_registry / vital_statistics / ipss_2023 ..."),
        "period_start": (pl.Date(), "First day, or the date itself for a stock."),
        "period_end": (pl.Date(), "Last day, or the date itself for a stock."),
        "value": (pl.Decimal(18, 4), "Value in `unit`."),
        "unit": (pl.String(), "人, 件, 人（女性1人当たり） ..."),
        "primary_source_ja": (pl.String(), "Where the figure was published."),
    }
    | PROVENANCE,
    "estat_value": {
        "stats_data_id": (pl.String(), "Table id of e-Stat (統計表ID)."),
        "table_ja": (pl.String(), "Statistic and title of the table."),
        "indicator_code": (pl.String(), "Codes of the classes that are neither area nor time, joined by '/'."),
        "indicator_ja": (pl.String(), "Their names, joined by ' / '."),
        "area_code": (pl.String(), "Five-digit standard area code; empty where the table has no areas."),
        "area_name": (pl.String(), "Name as published."),
        "time_code": (pl.String(), "Time code of e-Stat, e.g. 2020100000."),
        "time_ja": (pl.String(), "Name of the time, e.g. 2020年度."),
        "value": (pl.Decimal(38, 6), "Value in `unit`; null where value_status says so."),
        "unit": (pl.String(), "Unit of the value; empty where the table names none."),
    }
    | PROVENANCE,
    "municipality": {
        "municipality_code": (pl.String(), "Five-digit code."),
        "code6": (pl.String(), "Six-digit code with check digit."),
        "prefecture_name_ja": (pl.String(), "Prefecture."),
        "name_ja": (pl.String(), "Municipality; empty for a prefecture."),
        "kana": (pl.String(), "Reading of the name in full-width katakana."),
        "source_id": PROVENANCE["source_id"],
        "row": PROVENANCE["row"],
    },
    "municipality_change": {
        "change_date": (pl.Date(), "Day on which the change took effect."),
        "reason": (pl.String(), "absorption, changesOfNames, changesToCity ... of 統計LOD."),
        "old_code": (pl.String(), "Five-digit code before."),
        "old_name_ja": (pl.String(), "Name before."),
        "new_code": (pl.String(), "Five-digit code after; empty for a plain abolition."),
        "new_name_ja": (pl.String(), "Name after."),
        "source_id": PROVENANCE["source_id"],
        "row": PROVENANCE["row"],
    },
}


def schema_of(table: str) -> pl.Schema:
    """Polars schema of a raw table.

    Raises KeyError where there is no such table.
    """
    return pl.Schema({name: dtype for name, (dtype, _) in RAW_TABLES[table].items()})
