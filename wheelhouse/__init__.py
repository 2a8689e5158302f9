"""Wheelhouse: one folder from which a machine without any network installs the product and runs it.

Holds: the making of that folder (`make wheelhouse`), its bill of materials, the script and the units that go into it.
Does not hold: anything that runs on that machine but the script; this folder is no part of the wheel.
"""
