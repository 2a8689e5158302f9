"""Night: the tables of the projection that every release holds.

Holds: all municipalities and scenarios at once, their tables and inputs. Does not hold: the method (projection) or
questions of one planner (desk).
"""
