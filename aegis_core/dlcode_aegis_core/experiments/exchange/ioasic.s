# What is the 5000/125's own (KN02BA): the I/O ASIC that says who interrupts, and copies from and to the memory that the
# LANCE reaches by DMA, 16 bytes and 16 of gap.

        ASIC_POINTER = 0x20                     # where the LANCE's region of memory is
        ASIC_CSR = 0x100
        ASIC_INTR = 0x110
        ASIC_IMSK = 0x120
        CSR_LANCE_RUNS = 0x10100                # LANCE DMA enable, LANCE not in reset
        INTR_LANCE = 0x100

# io_interrupt: the line that devices share. Calls the handler of the highest device that is up and enabled.

        .globl  io_interrupt
        .text
io_interrupt:
        lui     $t2, %hi(ASIC)
        lw      $t0, %lo(ASIC + ASIC_INTR)($t2)
        lw      $t1, %lo(ASIC + ASIC_IMSK)($t2)
        lui     $t2, %hi(highest)
        and     $t0, $t0, $t1
        srl     $t0, $t0, 4                     # devices are bits 11:4
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
        .word   gone, unexpected, unexpected, unexpected, lance_interrupt, unexpected, unexpected, unexpected

# copy_in: $a2 bytes from the LANCE's memory at $a1 to memory at $a0, in whole blocks of 16. Changes $a0, $a1, $t0 to $t4.

        .globl  copy_in
        .text
copy_in:
        addiu   $t0, $a2, 15
        srl     $t0, $t0, 4
        sll     $t0, $t0, 5
        addu    $t0, $a1, $t0
copy_in_block:
        lw      $t1, 0($a1)
        lw      $t2, 4($a1)
        lw      $t3, 8($a1)
        lw      $t4, 12($a1)
        addiu   $a1, $a1, 32
        sw      $t1, 0($a0)
        sw      $t2, 4($a0)
        sw      $t3, 8($a0)
        sw      $t4, 12($a0)
        bne     $a1, $t0, copy_in_block
        addiu   $a0, $a0, 16
        jr      $ra
        nop

# copy_out: $a2 bytes from memory at $a0 to the LANCE's memory at $a1, in whole blocks of 16. Changes as copy_in does.

        .globl  copy_out
        .text
copy_out:
        addiu   $t0, $a2, 15
        srl     $t0, $t0, 4
        sll     $t0, $t0, 4
        addu    $t0, $a0, $t0
copy_out_block:
        lw      $t1, 0($a0)
        lw      $t2, 4($a0)
        lw      $t3, 8($a0)
        lw      $t4, 12($a0)
        addiu   $a0, $a0, 16
        sw      $t1, 0($a1)
        sw      $t2, 4($a1)
        sw      $t3, 8($a1)
        sw      $t4, 12($a1)
        bne     $a0, $t0, copy_out_block
        addiu   $a1, $a1, 32
        jr      $ra
        nop

        .globl  board_start
        .text
board_start:
        li      $t0, ASIC
        li      $t1, DMA_POINTER
        sw      $t1, ASIC_POINTER($t0)
        li      $t1, CSR_LANCE_RUNS
        sw      $t1, ASIC_CSR($t0)
        li      $t1, INTR_LANCE
        jr      $ra
        sw      $t1, ASIC_IMSK($t0)
