"""From a published figure back to the cells of the files that it was made from.

Holds: `kpi` (a figure of the scorecard), `mart` (a row of any mart), `lines` and `told` (a trace as text, as a record).
Does not hold: formulas (`book.formulas`), which cells a value is made of (mart_kpi_input).
"""

from sousei.publication.trace.figure import kpi
from sousei.publication.trace.marts import mart
from sousei.publication.trace.record import Trace, TraceError
from sousei.publication.trace.report import lines, told

__all__ = ["Trace", "TraceError", "kpi", "lines", "mart", "told"]
