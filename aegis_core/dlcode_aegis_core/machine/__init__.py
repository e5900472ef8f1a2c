"""The emulated DECstations: processor, TLB, caches, memory, LANCE and what is around it, clock and wire.

Each number is a hardware fact with its source. Never: knows a kernel, or what the code it executes is for.
"""
