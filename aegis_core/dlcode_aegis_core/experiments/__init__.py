"""The experiments: a machine, a kernel and a workload in; rows of published and emulated figures out.

A figure is a difference of the cycle counter. Never: calibrates, pads or rounds towards what was published.
"""
