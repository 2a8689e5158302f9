"""What is wrong with a delivery, said to the person who can mend it.

Holds: record (one problem, as a row of raw.problem), catalogue (the texts of all of them), causes (each cause once),
page (docs/problems.md). Does not hold the rules that find a problem, or its printing.
"""
