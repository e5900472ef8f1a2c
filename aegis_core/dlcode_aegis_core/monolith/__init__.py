"""The room of the baseline, a monolithic receive path to compare Aegis with. Nothing lives here yet.

Never: tuned towards a published figure.
"""
