# What is the 5000/200's own (KN02): the register that says who interrupts, and copies from and to dense buffer memory.

        CSR_LANCE_ENABLE = 0x00400000           # slot 6

# io_interrupt: the line that devices share. Calls the handler of the highest slot that is up and enabled.

        .globl  io_interrupt
        .text
io_interrupt:
        lui     $t0, %hi(CSR)
        lw      $t0, %lo(CSR)($t0)
        lui     $t2, %hi(highest)
        srl     $t1, $t0, 16                    # which are enabled
        and     $t0, $t0, $t1
        andi    $t0, $t0, 0xff
        addu    $t2, $t2, $t0
        lbu     $t0, %lo(highest)($t2)
        lui     $t1, %hi(slots)
        addu    $t1, $t1, $t0
        lw      $t1, %lo(slots)($t1)
        nop
        jr      $t1                             # it returns to `interrupt`
        nop

        .globl  slots
        .data
slots:
        .word   gone, unexpected, unexpected, unexpected, unexpected, unexpected, lance_interrupt, unexpected

# copy_in: $a2 bytes from buffer memory at $a1 to memory at $a0, in whole words. Changes $a0, $a1, $t0, $t1.

        .globl  copy_in
        .text
copy_in:
        addiu   $t0, $a2, 3
        srl     $t0, $t0, 2
        sll     $t0, $t0, 2
        addu    $t0, $a1, $t0
copy_in_word:
        lw      $t1, 0($a1)
        addiu   $a1, $a1, 4
        sw      $t1, 0($a0)
        bne     $a1, $t0, copy_in_word
        addiu   $a0, $a0, 4
        jr      $ra
        nop

# copy_out: $a2 bytes from memory at $a0 to buffer memory at $a1, in whole words. Changes $a0, $a1, $t0, $t1.

        .globl  copy_out
        .text
copy_out:
        addiu   $t0, $a2, 3
        srl     $t0, $t0, 2
        sll     $t0, $t0, 2
        addu    $t0, $a0, $t0
copy_out_word:
        lw      $t1, 0($a0)
        addiu   $a0, $a0, 4
        sw      $t1, 0($a1)
        bne     $a0, $t0, copy_out_word
        addiu   $a1, $a1, 4
        jr      $ra
        nop

        .globl  board_start
        .text
board_start:
        lui     $t0, %hi(CSR)
        li      $t1, CSR_LANCE_ENABLE
        jr      $ra
        sw      $t1, %lo(CSR)($t0)
