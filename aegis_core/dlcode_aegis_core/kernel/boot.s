# boot: from reset to the environment. Interrupts are off until its first instruction.
#
# Besides code, the loader has left: what to start (BOOT_ words of KERNEL_DATA), and BINDINGS_END with the records
# before it.

boot:
        mtc0    $zero, $c0_sr                   # kernel mode, vectors in memory, interrupts off

        or      $t0, $zero, $zero               # empty the TLB: pages of kseg0, which it is never asked for
        lui     $t1, 0x8000
boot_tlb:
        mtc0    $t0, $c0_index
        mtc0    $t1, $c0_entryhi
        mtc0    $zero, $c0_entrylo
        addiu   $t0, $t0, 1 << 8
        tlbwi
        sltiu   $t2, $t0, 64 << 8
        bnez    $t2, boot_tlb
        addiu   $t1, $t1, 1 << 12

        lui     $t0, %hi(STLB)                  # empty the STLB: address space 0 is nobody's
        addiu   $t0, $t0, %lo(STLB)
        addiu   $t1, $t0, 8 * STLB_ENTRIES - 8
boot_stlb:
        sw      $zero, 0($t0)
        bne     $t0, $t1, boot_stlb
        addiu   $t0, $t0, 8

        lui     $s0, %hi(KERNEL_DATA)           # the environment's pages go into the STLB
        addiu   $s0, $s0, %lo(KERNEL_DATA)
        lw      $t0, BOOT_PAGES($s0)
        addiu   $t1, $s0, BOOT_PAGE
        beqz    $t0, boot_device
        nop
boot_page:
        lw      $t2, 0($t1)                     # EntryHi
        lw      $t3, 4($t1)                     # EntryLo
        srl     $t4, $t2, 12
        andi    $t4, $t4, STLB_ENTRIES - 1
        sll     $t4, $t4, 3
        lui     $t5, %hi(STLB)
        addu    $t4, $t4, $t5
        sw      $t2, %lo(STLB)($t4)
        sw      $t3, %lo(STLB + 4)($t4)
        addiu   $t0, $t0, -1
        bnez    $t0, boot_page
        addiu   $t1, $t1, 8

# The I/O ASIC: where the DMA region lies, DMA on, the LANCE out of reset, its interrupt unmasked.

        ASIC_POINTER = 0x20
        ASIC_CSR = 0x100
        ASIC_IMSK = 0x120
        CSR_LANCE_RUNS = 0x10100                # LANCE DMA enable, LANCE not in reset

boot_device:
        lui     $s1, %hi(ASIC)
        addiu   $s1, $s1, %lo(ASIC)
        li      $t0, DMA_POINTER
        sw      $t0, ASIC_POINTER($s1)
        li      $t0, CSR_LANCE_RUNS
        sw      $t0, ASIC_CSR($s1)
        ori     $t0, $zero, INTR_LANCE
        sw      $t0, ASIC_IMSK($s1)

# The initialisation block: mode, station address, no multicast, both rings. Its words lie 4 bytes apart.

        lui     $s2, %hi(INIT_BLOCK)
        addiu   $s2, $s2, %lo(INIT_BLOCK)
        lui     $t0, %hi(STATION_ROM)
        addiu   $t0, $t0, %lo(STATION_ROM)
        sh      $zero, 0 * 4($s2)               # MODE
        lbu     $t1, 0 * 4($t0)                 # a byte of the address in each word of the ROM
        lbu     $t2, 1 * 4($t0)
        lbu     $t3, 2 * 4($t0)
        lbu     $t4, 3 * 4($t0)
        lbu     $t5, 4 * 4($t0)
        lbu     $t6, 5 * 4($t0)
        sll     $t2, $t2, 8
        or      $t1, $t1, $t2
        sh      $t1, 1 * 4($s2)
        sll     $t4, $t4, 8
        or      $t3, $t3, $t4
        sh      $t3, 2 * 4($s2)
        sll     $t6, $t6, 8
        or      $t5, $t5, $t6
        sh      $t5, 3 * 4($s2)
        sh      $zero, 4 * 4($s2)               # LADRF
        sh      $zero, 5 * 4($s2)
        sh      $zero, 6 * 4($s2)
        sh      $zero, 7 * 4($s2)
        ori     $t0, $zero, RECEIVE_RING_CHIP
        sh      $t0, 8 * 4($s2)
        ori     $t1, $zero, RING_LOG << 13
        sh      $t1, 9 * 4($s2)
        ori     $t0, $zero, TRANSMIT_RING_CHIP
        sh      $t0, 10 * 4($s2)
        sh      $t1, 11 * 4($s2)

# The rings: each descriptor with a buffer of its own; the chip owns those of the receive ring.

        lui     $t0, %hi(RECEIVE_RING)
        addiu   $t0, $t0, %lo(RECEIVE_RING)
        sw      $t0, RECEIVE_DESCRIPTOR($s0)
        lui     $t1, %hi(RECEIVE_RING_END)
        addiu   $t1, $t1, %lo(RECEIVE_RING_END)
        ori     $t2, $zero, RECEIVE_BUFFERS_CHIP
        addiu   $t3, $zero, -BUFFER_BYTES
        ori     $t4, $zero, STATUS_OWN
boot_receive_ring:
        sh      $t2, 0($t0)
        sh      $t3, DESCRIPTOR_2($t0)
        sh      $zero, DESCRIPTOR_3($t0)
        sh      $t4, DESCRIPTOR_1($t0)
        addiu   $t0, $t0, DESCRIPTOR_BYTES
        bne     $t0, $t1, boot_receive_ring
        addiu   $t2, $t2, BUFFER_BYTES

        lui     $t0, %hi(TRANSMIT_RING)
        addiu   $t0, $t0, %lo(TRANSMIT_RING)
        sw      $t0, TRANSMIT_DESCRIPTOR($s0)
        lui     $t1, %hi(TRANSMIT_RING_END)
        addiu   $t1, $t1, %lo(TRANSMIT_RING_END)
        ori     $t2, $zero, TRANSMIT_BUFFERS_CHIP
boot_transmit_ring:
        sh      $t2, 0($t0)
        sh      $zero, DESCRIPTOR_3($t0)
        sh      $zero, DESCRIPTOR_1($t0)
        addiu   $t0, $t0, DESCRIPTOR_BYTES
        bne     $t0, $t1, boot_transmit_ring
        addiu   $t2, $t2, BUFFER_BYTES

# The chip: CSR1 and 2 point to the block, CSR3 is 0, INIT; when IDON is set, STRT with interrupts enabled.

        LANCE_RAP = 4
        CSR0_INIT_STRT_IDON = 0x0100 | CSR0_INEA | 0x0002
        CSR0_IDON = 0x0100

        lui     $s3, %hi(LANCE)
        addiu   $s3, $s3, %lo(LANCE)
        ori     $t0, $zero, 1
        sw      $t0, LANCE_RAP($s3)
        ori     $t0, $zero, INIT_BLOCK_CHIP
        sw      $t0, 0($s3)
        ori     $t0, $zero, 2
        sw      $t0, LANCE_RAP($s3)
        sw      $zero, 0($s3)
        ori     $t0, $zero, 3
        sw      $t0, LANCE_RAP($s3)
        sw      $zero, 0($s3)
        sw      $zero, LANCE_RAP($s3)
        ori     $t0, $zero, 1                   # INIT
        sw      $t0, 0($s3)
boot_wait:
        lw      $t0, 0($s3)
        nop
        andi    $t0, $t0, CSR0_IDON
        beqz    $t0, boot_wait
        nop
        ori     $t0, $zero, CSR0_INIT_STRT_IDON
        sw      $t0, 0($s3)

# The environment: its address space, user mode and interrupts after the rfe.

        ori     $t0, $zero, ADDRESS_SPACE
        mtc0    $t0, $c0_entryhi
        ori     $t0, $zero, STATUS_LINES | 3 << 2       # KUp, IEp
        mtc0    $t0, $c0_sr
        lw      $k0, BOOT_ENTRY($s0)
        lw      $sp, BOOT_STACK($s0)
        jr      $k0
        rfe
