"""Packet programs interpreted on the R3000, as a kernel of 1996 might have done it: bytecode, and what runs it.

    interpreter.s     the interpreter: MIPS-I code with the handler ABI of images, safe on any packet by its own tests
    instructions.py   what operands its instructions have; bytecode as words, tested as a kernel would when it loads it
    translate.py      core form to bytecode; copies.py the copies in it

It is one of the ways in `five_ways`, and no part of the product. The subset is that of the programs there: numbers of
at most 32 bits, and of 48 and 64 where they are only read, compared, masked and sent; no rewriting.
Variables are not cleared before a run: bytecode that reads one before it writes it sees what the stack held.
"""
