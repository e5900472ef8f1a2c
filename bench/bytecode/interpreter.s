# An interpreter for packet programs on the R3000, with the handler ABI of images: what a kernel of 1996 had in place of
# compiled code. An accumulator machine, as the BSD packet filter is, with handlers' addresses for operation codes.
#
# An instruction is one to three words. The first holds, from the low end, the operation's place behind `start` and an
# operand of 16 bits; instructions.py has what the operands of each are, and tests them once, when a program is loaded.
# What depends on the run is tested here, each time: offsets in the packet, indices of cells, room in the send queue,
# divisors, and the number of backward branches. Where such a test fails, the program's first word says how to end.
#
#   $v0 the accumulator   $v1 where the frame goes on   $a0 to $a3 as they came   $t9 behind the first word
#   $t1 its operand       $t8 variables                 $t7 `start`               $t6 backward branches left
#   $t4, $t5 offsets that halfwords and words of the packet are below
#
# From outside come FRAME, the bytes of stack that variables have, and TURNS. The first words at $t8 are our own:

        .equ    ENTRIES, 0                      # of the send queue, so far
        .equ    ENTRY, 4                        # address of the one that was begun last
        .equ    END, 8                          # of its frame; $v1 never passes it

        .macro  go, skip=0                    # the rest of `next`, with the next operation in $t0
        lhu     $t1, \skip + 2($t9)
        addu    $t0, $t0, $t7
        jr      $t0
        addiu   $t9, $t9, \skip + 4
        .endm

        .macro  next, skip=0                  # the next instruction, behind so many bytes more of this one
        lhu     $t0, \skip($t9)
        go      \skip
        .endm

        .macro  variable                        # the operand's variable to $t2, and the next operation to $t0
        addu    $t1, $t1, $t8
        lw      $t2, 0($t1)
        lhu     $t0, 0($t9)
        .endm

start:
        addiu   $sp, $sp, -FRAME
        move    $t8, $sp
        sltu    $t0, $zero, $a1                 # $t4: length - 1, or 0
        subu    $t4, $a1, $t0
        sltiu   $t0, $a1, 3                     # $t5: length - 3, or 0
        addiu   $t0, $t0, -1
        addiu   $t5, $a1, -3
        and     $t5, $t5, $t0
        sw      $zero, ENTRIES($t8)
        sw      $zero, END($t8)
        move    $v1, $zero
        li      $t6, TURNS
        la      $t7, start
        la      $t9, program + 4
        next

fault:
        la      $t9, program
        next

# ---- the accumulator and variables

number: move    $v0, $t1
        next
long_number:
        lw      $v0, 0($t9)
        next    4
get:    addu    $t1, $t1, $t8
        lw      $v0, 0($t1)
        next
put:    addu    $t1, $t1, $t8
        sw      $v0, 0($t1)
        next
length: move    $v0, $a1
        next
wire_length:
        move    $v0, $a2
        next

        .macro  binary, name, instruction       # with a number, and with a variable
\name:  \instruction $v0, $v0, $t1
        next
variable_\name:
        variable
        \instruction $v0, $v0, $t2
        go
        .endm

        binary  add, addu
        binary  subtract, subu
        binary  and, and
        binary  or, or
        binary  xor, xor
        binary  shift_left, sllv
        binary  shift_right, srlv

        .macro  multiplied, name, instruction, result
\name:  \instruction $v0, $t1
        lhu     $t0, 0($t9)
        \result $v0
        go
variable_\name:
        variable
        \instruction $v0, $t2
        \result $v0
        go
        .endm

        .macro  divided, name, result
\name:  beqz    $t1, fault
        nop
        divu    $v0, $t1
        lhu     $t0, 0($t9)
        \result $v0
        go
variable_\name:
        variable
        beqz    $t2, fault
        nop
        divu    $v0, $t2
        \result $v0
        go
        .endm

        multiplied multiply, multu, mflo
        divided divide, mflo
        divided remainder, mfhi

swap:   srl     $t2, $v0, 24                    # the bytes of a word
        srl     $t3, $v0, 8
        andi    $t3, $t3, 0xff00
        or      $t2, $t2, $t3
        andi    $t3, $v0, 0xff00
        sll     $t3, $t3, 8
        or      $t2, $t2, $t3
        sll     $v0, $v0, 24
        or      $v0, $v0, $t2
        next

# ---- branches

taken:  addu    $t9, $t9, $t1
        next
jump:   addu    $t9, $t9, $t1
        next
repeat: addiu   $t6, $t6, -1
        beqz    $t6, fault
        subu    $t9, $t9, $t1
        next

        .macro  equal, name, branch             # the accumulator is beside a number, or a variable
\name:  lw      $t2, 0($t9)
        lhu     $t0, 4($t9)
        \branch $v0, $t2, taken
        nop
        go      4
variable_\name:
        lw      $t2, 0($t9)
        lhu     $t0, 4($t9)
        addu    $t2, $t2, $t8
        lw      $t2, 0($t2)
        nop
        \branch $v0, $t2, taken
        nop
        go      4
        .endm

        .macro  less, name, branch
\name:  lw      $t2, 0($t9)
        lhu     $t0, 4($t9)
        sltu    $t2, $v0, $t2
        \branch $t2, taken
        nop
        go      4
variable_\name:
        lw      $t2, 0($t9)
        lhu     $t0, 4($t9)
        addu    $t2, $t2, $t8
        lw      $t2, 0($t2)
        nop
        sltu    $t2, $v0, $t2
        \branch $t2, taken
        nop
        go      4
        .endm

        equal   if_equal, beq
        equal   if_different, bne
        less    if_less, bnez
        less    if_not_less, beqz

# ---- the packet: what is not there is the branch's business

        .macro  taken8
        lbu     $v0, 0($t2)
        .endm
        .macro  taken16
        lbu     $v0, 0($t2)
        lbu     $t3, 1($t2)
        sll     $v0, $v0, 8
        or      $v0, $v0, $t3
        .endm
        .macro  taken32
        taken16
        lbu     $t3, 2($t2)
        sll     $v0, $v0, 8
        or      $v0, $v0, $t3
        lbu     $t3, 3($t2)
        sll     $v0, $v0, 8
        or      $v0, $v0, $t3
        .endm

        .macro  packet, bits, below             # at the accumulator, and at a number
packet\bits:
        sltu    $t3, $v0, \below
        beqz    $t3, taken
        addu    $t2, $v0, $a0
        taken\bits
        next
at_packet\bits:
        lw      $t2, 0($t9)
        lhu     $t0, 4($t9)
        sltu    $t3, $t2, \below
        beqz    $t3, taken
        addu    $t2, $t2, $a0
        taken\bits
        go      4
        .endm

        packet  8, $a1
        packet  16, $t4
        packet  32, $t5

# ---- cells: the operand is the place of the region's address in the lease, then come its cells and a store's index

        .macro  cell, bits, scale, load, store
cell\bits:
        lw      $t2, 0($t9)
        addu    $t1, $t1, $a3
        sltu    $t2, $v0, $t2
        beqz    $t2, fault
        lw      $t1, 0($t1)
        sll     $v0, $v0, \scale
        addu    $t1, $t1, $v0
        \load   $v0, 0($t1)
        next    4
store\bits:
        lw      $t2, 4($t9)
        lw      $t3, 0($t9)
        addu    $t2, $t2, $t8
        lw      $t2, 0($t2)
        addu    $t1, $t1, $a3
        sltu    $t3, $t2, $t3
        beqz    $t3, fault
        lw      $t1, 0($t1)
        sll     $t2, $t2, \scale
        addu    $t1, $t1, $t2
        \store  $v0, 0($t1)
        next    8
        .endm

        cell    8, 0, lbu, sb
        cell    16, 1, lhu, sh
        cell    32, 2, lw, sw

        .macro  stored8
        sb      $v0, 0($t1)
        .endm
        .macro  stored16
        srl     $t3, $v0, 8
        sb      $t3, 0($t1)
        sb      $v0, 1($t1)
        .endm
        .macro  stored32
        srl     $t3, $v0, 24
        sb      $t3, 0($t1)
        srl     $t3, $v0, 16
        sb      $t3, 1($t1)
        srl     $t3, $v0, 8
        sb      $t3, 2($t1)
        sb      $v0, 3($t1)
        .endm

        .macro  bytes, bits, more               # big-endian to cells of 8 bits; `more` are those behind the first
bytes\bits:
        lw      $t2, 4($t9)
        lw      $t3, 0($t9)
        addu    $t2, $t2, $t8
        lw      $t2, 0($t2)
        addu    $t1, $t1, $a3
        sltu    $t0, $t2, $t3
        beqz    $t0, fault
        subu    $t3, $t3, $t2                   # cells from the first on
        sltiu   $t3, $t3, \more + 1
        bnez    $t3, fault
        lw      $t1, 0($t1)
        nop
        addu    $t1, $t1, $t2
        stored\bits
        next    8
        .endm

        bytes   16, 1
        bytes   32, 3

# ---- the send queue

begin:  lw      $t2, ENTRIES($t8)               # entries there may be; then the first word of one, and a frame's most bytes
        lw      $t3, 4($t9)
        sltu    $t0, $t2, $t1
        beqz    $t0, fault
        addiu   $t0, $t2, 1
        sw      $t0, ENTRIES($t8)
        addiu   $t0, $t3, ENTRY_FRAME + 3       # an entry's bytes
        srl     $t0, $t0, 2
        sll     $t0, $t0, 2
        multu   $t2, $t0
        lw      $t1, LEASE_QUEUE($a3)
        lw      $t0, 0($t9)
        mflo    $t2
        addu    $t2, $t2, $t1
        addiu   $t2, $t2, QUEUE_ENTRIES
        sw      $t2, ENTRY($t8)
        sw      $t0, ENTRY_KIND($t2)
        sw      $zero, ENTRY_LENGTH($t2)
        addiu   $v1, $t2, ENTRY_FRAME
        addu    $t3, $t3, $v1
        sw      $t3, END($t8)
        next    8

        .macro  frame, bits
frame\bits:
        lw      $t2, END($t8)
        move    $t1, $v1
        addiu   $v1, $v1, \bits / 8
        sltu    $t2, $t2, $v1
        bnez    $t2, fault
        lhu     $t0, 0($t9)
        stored\bits
        go
        .endm

        frame   8
        frame   16
        frame   32

frame_packet:                                   # as many bytes of the packet as the accumulator says, from a variable on
        addu    $t1, $t1, $t8
        lw      $t1, 0($t1)
        sltu    $t2, $a1, $v0
        bnez    $t2, fault
        subu    $t2, $a1, $v0
        sltu    $t2, $t2, $t1
        bnez    $t2, fault
        lw      $t2, END($t8)
        addu    $t1, $t1, $a0
        subu    $t2, $t2, $v1
        sltu    $t2, $t2, $v0
        bnez    $t2, fault
        srl     $t3, $v0, 2
        sll     $t3, $t3, 2
        beqz    $t3, frame_bytes
        addu    $t3, $t3, $t1
frame_word:
        lwr     $t2, 0($t1)
        lwl     $t2, 3($t1)
        addiu   $t1, $t1, 4
        swr     $t2, 0($v1)
        swl     $t2, 3($v1)
        bne     $t1, $t3, frame_word
        addiu   $v1, $v1, 4
frame_bytes:
        andi    $v0, $v0, 3
        beqz    $v0, frame_moved
        addu    $v0, $v0, $t1
frame_byte:
        lbu     $t2, 0($t1)
        addiu   $t1, $t1, 1
        sb      $t2, 0($v1)
        bne     $t1, $v0, frame_byte
        addiu   $v1, $v1, 1
frame_moved:
        next

end:    lw      $t2, END($t8)                   # 0 before the first is begun
        nop
        beqz    $t2, fault
        lw      $t2, ENTRY($t8)
        addiu   $t3, $v1, -ENTRY_FRAME
        subu    $t3, $t3, $t2
        sw      $t3, ENTRY_LENGTH($t2)
        next

# ---- the end

exit:   move    $v0, $t1
        jr      $ra
        addiu   $sp, $sp, FRAME
exit_keeping:                                   # what was queued
        lw      $t2, ENTRIES($t8)
        lw      $t3, LEASE_QUEUE($a3)
        move    $v0, $t1
        sw      $t2, QUEUE_COUNT($t3)
        jr      $ra
        addiu   $sp, $sp, FRAME

        .align  4
program:
