"""The language: `.ash` source to a typed core form, the interpreter that defines its meaning, and diagnostics.

Never: knows a solver, a code generator or a machine. Packets come in and go out as values.
"""
