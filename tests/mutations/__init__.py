"""Whether a test turns red when one check is taken away, for every check of the product. Not run by `make test`.

Holds: the checks that can be taken away and how (blind), the plugin that repeats tests without one (again), those that
stand as a statement of the night and are taken out of a copy of the checkout (taken_out), the command that runs all
and prints a line for each check (__main__). Does not hold: planted faults (the tests that are run).

Usage: `python -m tests.mutations [tables|suites|deliveries|verdict|nights ...]`; a check that leaves all tests green is
printed, and the command ends with 1.
"""
