# System calls: $v0 = number, $a0 to $a3 = arguments. The table comes from system_calls.toml.
#
# A call keeps its return address in $t8, since a refill may set EPC, and what it needs of the caller's that it changes.

system_call:
        sltiu   $t0, $v0, SYSTEM_CALLS
        beqz    $t0, unknown_call
        sll     $t0, $v0, 2
        lui     $t1, %hi(system_call_table)
        addu    $t1, $t1, $t0
        lw      $t1, %lo(system_call_table)($t1)
        mfc0    $t8, $c0_epc
        jr      $t1
        addiu   $t8, $t8, 4                     # after the `syscall`

unknown_call:
        mfc0    $t8, $c0_epc
        addiu   $v0, $zero, REFUSAL_UNKNOWN_CALL
        addiu   $t8, $t8, 4
system_call_return:
        jr      $t8
        rfe

# system_call_null: nothing.

system_call_null:
        jr      $t8
        rfe

# system_call_transmit: $a0 = frame, $a1 = length.

system_call_transmit:
        andi    $t0, $a0, 3
        bnez    $t0, bad_argument
        addiu   $t0, $a1, -HEADER_BYTES         # HEADER_BYTES .. MOST_FRAME
        sltiu   $t0, $t0, MOST_FRAME - HEADER_BYTES + 1
        beqz    $t0, bad_argument
        addu    $t0, $a0, $a1                   # both ends in the environment's half of the address space
        or      $t0, $t0, $a0
        bltz    $t0, bad_argument
        or      $t9, $ra, $zero
        jal     transmit
        nop
        or      $ra, $t9, $zero
        jr      $t8
        rfe

bad_argument:
        addiu   $v0, $zero, REFUSAL_BAD_ARGUMENT
        jr      $t8
        rfe

        HEADER_BYTES = 14
