"""Decided: what people wrote down about deliveries, as small tables that a spreadsheet may have saved.

Holds: the reader of such tables, corrections, withdrawals and go-aheads, the tables of the product that people edit.
Does not hold: which rule asks for a decision.
"""
