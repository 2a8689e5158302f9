"""Desk: a planner's questions about one municipality, answered from a release.

Holds: the answers and their charts. Does not hold: the method (projection) or the command (orchestration).
"""
