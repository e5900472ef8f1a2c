"""The MIPS-I instruction set of the R3000: rows, encoder, decoder, disassembler, assembler and image check.

`rows.py` is the one place that knows the instructions; everything else here is worked out from it.
"""
