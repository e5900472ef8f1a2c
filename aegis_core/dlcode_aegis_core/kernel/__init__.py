"""Aegis on that machine: vectors, refill, packet interrupt, demultiplexing and handler invocation, in MIPS-I assembly.

Python here only assembles, loads and reads back. Never: does in Python what the kernel's instructions must do.
"""
