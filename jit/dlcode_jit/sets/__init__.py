"""Merged sets of filters: which of many owners a packet is for, found in one run over what the filters have in common.

Filters that test the same fields against other constants are of one shape, which is compiled once; the constants are in
a table. Shapes that begin alike have their beginnings in common. After Engler and Kaashoek's DPF (SIGCOMM '96).

    steps   a filter as steps        shapes  what filters have in common, proved     tables  keys to owners, by a hash
    plan    shapes, keys and rests   trie    steps that are done once                merging one function, as LLVM code
    merged  what a change takes      host    sets in this process                    r3000   sets on the R3000
"""
