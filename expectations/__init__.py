"""Expectations: Great Expectations suites as code, and the gate that turns all outcomes into a verdict.

Holds: suites over the candidate's marts, the collection of dbt test results and ingest problems into
`meta_check_outcome`. Does not hold: publication (it reads the verdict from the candidate) or repairs.
"""
