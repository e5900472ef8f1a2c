"""The emulated DECstation 5000: processor, TLB, caches, memory, LANCE, I/O ASIC, clock and wire.

Each number is a hardware fact with its source. Never: knows a kernel, or what the code it executes is for.
"""
