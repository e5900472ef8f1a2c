"""The baseline: a monolithic kernel's receive path, executed on the same machine to be compared with Aegis.

Reviewed for fairness. Never: tuned towards a published figure.
"""
