"""Outside: the only room that may open a network connection; no night goes through it.

Holds: fetching answers of the e-Stat API into a folder that is carried over, the list of what else to fetch by hand,
and telling faults by mail or webhook where the operator has set that up. Does not hold: anything that a night needs:
`make check` fails where another room imports a network library, or where the nightly job can reach this one.
"""
