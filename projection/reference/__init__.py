"""Reference tables of the projection, and how they were derived.

Holds: small tables of our own, each fact with its primary source in a column, and the derivations.
Does not hold: deliveries, municipal figures other than those that a plan prints.
"""
