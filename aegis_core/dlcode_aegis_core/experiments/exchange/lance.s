# The controller's driver: its rings and its interrupt. The chip's words lie SPREAD * 2 bytes apart.
#
# A ring's descriptors are known to the driver by records in memory, linked in a circle:
#
#       descriptor | buffer | next record | buffer, as the chip sees it

        RECORD_DESCRIPTOR = 0
        RECORD_BUFFER = 4
        RECORD_NEXT = 8
        RECORD_CHIP = 12

        DESCRIPTOR_1 = SPREAD * 2
        DESCRIPTOR_2 = SPREAD * 4
        DESCRIPTOR_3 = SPREAD * 6

        STATUS_OWN = 0x8000
        STATUS_ERR = 0x4000
        STATUS_STP_ENP = 0x0300

        CSR0_ACKNOWLEDGE = 0x7f00               # the bits that a one clears
        CSR0_TROUBLE = 0x5800                   # BABL, MISS, MERR; a missing heartbeat (CERR) is none
        CSR0_RINT = 0x0400
        CSR0_IDON = 0x0100
        CSR0_INEA = 0x0040
        CSR0_TDMD = 0x0008
        CSR0_STRT = 0x0002
        CSR0_INIT = 0x0001
        LANCE_RAP = 4                           # RDP is at 0

        CHECK_SEQUENCE = 4

        INIT_BLOCK = 0x00                       # the chip's addresses
        RECEIVE_RING = 0x20
        TRANSMIT_RING = 0x30
        RING_LOG = 1
        BUFFERS = 0x40
        BUFFER_BYTES = 1536

# lance_interrupt: the controller has something to say.

        .globl  lance_interrupt
        .text
lance_interrupt:
        addiu   $sp, $sp, -24
        sw      $ra, 20($sp)
        lui     $t0, %hi(LANCE)
        lw      $t1, %lo(LANCE)($t0)            # CSR0: RAP stays at 0
        nop
        andi    $t2, $t1, CSR0_ACKNOWLEDGE
        ori     $t2, $t2, CSR0_INEA
        sw      $t2, %lo(LANCE)($t0)
        andi    $t2, $t1, CSR0_TROUBLE
        bnez    $t2, lance_trouble
        andi    $t2, $t1, CSR0_RINT
        beqz    $t2, lance_done                 # TINT: acknowledged is all it needs
        nop
lance_receive:
        lui     $a0, %hi(received)
        jal     receive_frame
        addiu   $a0, $a0, %lo(received)
        beqz    $v0, lance_done
        nop
        jal     exchange
        nop
        b       lance_receive
        nop
lance_done:
        lw      $ra, 20($sp)
        nop
        jr      $ra
        addiu   $sp, $sp, 24
lance_trouble:
        j       unexpected
        nop

# receive_frame: copy the next frame that has come to memory at $a0. $v0 = its length, 0 if none has come.

        .globl  receive_frame
        .text
receive_frame:
        lui     $t6, %hi(receive_record)
        lw      $t7, %lo(receive_record)($t6)
        or      $v0, $zero, $zero
        lw      $t8, RECORD_DESCRIPTOR($t7)
        lw      $a1, RECORD_BUFFER($t7)
        lhu     $t0, DESCRIPTOR_1($t8)
        lw      $t7, RECORD_NEXT($t7)
        andi    $t1, $t0, STATUS_OWN
        bnez    $t1, receive_none
        andi    $t0, $t0, STATUS_ERR | STATUS_STP_ENP
        xori    $t0, $t0, STATUS_STP_ENP
        bnez    $t0, receive_bad                # damaged, or a piece
        lhu     $a2, DESCRIPTOR_3($t8)
        or      $t9, $ra, $zero
        addiu   $a2, $a2, -CHECK_SEQUENCE
        jal     copy_in
        or      $v0, $a2, $zero
        or      $ra, $t9, $zero
        ori     $t0, $zero, STATUS_OWN
        sh      $t0, DESCRIPTOR_1($t8)          # the chip's again
        sw      $t7, %lo(receive_record)($t6)
receive_none:
        jr      $ra
        nop
receive_bad:
        j       unexpected
        nop

# send_frame: send $a1 bytes at $a0, at least 60. The frame waits for nobody: there is a free buffer, or a mistake.

        .globl  send_frame
        .text
send_frame:
        lui     $t6, %hi(transmit_record)
        lw      $t7, %lo(transmit_record)($t6)
        or      $a2, $a1, $zero
        lw      $t8, RECORD_DESCRIPTOR($t7)
        lw      $a1, RECORD_BUFFER($t7)
        lhu     $t0, DESCRIPTOR_1($t8)
        lw      $t7, RECORD_NEXT($t7)
        andi    $t0, $t0, STATUS_OWN
        bnez    $t0, send_full
        or      $t9, $ra, $zero
        jal     copy_out
        subu    $t5, $zero, $a2                 # minus the length, whose upper four bits are ones
        sh      $t5, DESCRIPTOR_2($t8)
        ori     $t0, $zero, STATUS_OWN | STATUS_STP_ENP
        sh      $t0, DESCRIPTOR_1($t8)          # the chip's from here on
        lui     $t0, %hi(LANCE)
        addiu   $t1, $zero, CSR0_INEA | CSR0_TDMD
demand:
        sw      $t1, %lo(LANCE)($t0)
        jr      $t9
        sw      $t7, %lo(transmit_record)($t6)
send_full:
        j       unexpected
        nop

# lance_start: initialisation block and rings, then the chip. Changes $t0 to $t9.

        .globl  lance_start
        .text
lance_start:
        li      $t9, CHIP_MEMORY + SPREAD * INIT_BLOCK
        li      $t8, STATION_ROM                # a byte of the address in each word
        sh      $zero, 0 * 2 * SPREAD($t9)      # MODE
        lbu     $t0, 0 * 4($t8)
        lbu     $t1, 1 * 4($t8)
        lbu     $t2, 2 * 4($t8)
        lbu     $t3, 3 * 4($t8)
        lbu     $t4, 4 * 4($t8)
        lbu     $t5, 5 * 4($t8)
        sll     $t1, $t1, 8
        or      $t0, $t0, $t1
        sh      $t0, 1 * 2 * SPREAD($t9)
        sll     $t3, $t3, 8
        or      $t2, $t2, $t3
        sh      $t2, 2 * 2 * SPREAD($t9)
        sll     $t5, $t5, 8
        or      $t4, $t4, $t5
        sh      $t4, 3 * 2 * SPREAD($t9)
        sh      $zero, 4 * 2 * SPREAD($t9)      # LADRF: no multicast
        sh      $zero, 5 * 2 * SPREAD($t9)
        sh      $zero, 6 * 2 * SPREAD($t9)
        sh      $zero, 7 * 2 * SPREAD($t9)
        li      $t0, RECEIVE_RING
        sh      $t0, 8 * 2 * SPREAD($t9)
        li      $t1, RING_LOG << 13
        sh      $t1, 9 * 2 * SPREAD($t9)
        li      $t0, TRANSMIT_RING
        sh      $t0, 10 * 2 * SPREAD($t9)
        sh      $t1, 11 * 2 * SPREAD($t9)

        la      $t0, receive_ring
        la      $t1, transmit_ring
        li      $t2, -BUFFER_BYTES
        li      $t3, STATUS_OWN
lance_ring:
        lw      $t4, RECORD_DESCRIPTOR($t0)
        lw      $t5, RECORD_CHIP($t0)
        nop
        sh      $t5, 0($t4)
        sh      $t2, DESCRIPTOR_2($t4)
        sh      $zero, DESCRIPTOR_3($t4)
        sh      $t3, DESCRIPTOR_1($t4)          # receive descriptors are the chip's
        lw      $t4, RECORD_DESCRIPTOR($t1)
        lw      $t5, RECORD_CHIP($t1)
        nop
        sh      $t5, 0($t4)
        sh      $zero, DESCRIPTOR_3($t4)
        sh      $zero, DESCRIPTOR_1($t4)
        la      $t6, receive_ring
        lw      $t0, RECORD_NEXT($t0)
        lw      $t1, RECORD_NEXT($t1)
        bne     $t0, $t6, lance_ring
        nop

        li      $t9, LANCE
        li      $t0, 1
        sw      $t0, LANCE_RAP($t9)             # CSR1, CSR2: where the block is; CSR3: 0
        li      $t0, INIT_BLOCK
        sw      $t0, 0($t9)
        li      $t0, 2
        sw      $t0, LANCE_RAP($t9)
        sw      $zero, 0($t9)
        li      $t0, 3
        sw      $t0, LANCE_RAP($t9)
        sw      $zero, 0($t9)
        sw      $zero, LANCE_RAP($t9)
        li      $t0, CSR0_INIT
        sw      $t0, 0($t9)
lance_wait:
        lw      $t0, 0($t9)
        nop
        andi    $t0, $t0, CSR0_IDON
        beqz    $t0, lance_wait
        nop
        li      $t0, CSR0_IDON | CSR0_INEA | CSR0_STRT
        sw      $t0, 0($t9)
        jr      $ra
        nop

# The rings' records.

        .globl  receive_ring
        .data
receive_ring:
        .word   CHIP_MEMORY + SPREAD * RECEIVE_RING, CHIP_MEMORY + SPREAD * (BUFFERS + 0 * BUFFER_BYTES)
        .word   receive_ring_1, BUFFERS + 0 * BUFFER_BYTES
receive_ring_1:
        .word   CHIP_MEMORY + SPREAD * (RECEIVE_RING + 8), CHIP_MEMORY + SPREAD * (BUFFERS + 1 * BUFFER_BYTES)
        .word   receive_ring, BUFFERS + 1 * BUFFER_BYTES

        .globl  transmit_ring
        .data
transmit_ring:
        .word   CHIP_MEMORY + SPREAD * TRANSMIT_RING, CHIP_MEMORY + SPREAD * (BUFFERS + 2 * BUFFER_BYTES)
        .word   transmit_ring_1, BUFFERS + 2 * BUFFER_BYTES
transmit_ring_1:
        .word   CHIP_MEMORY + SPREAD * (TRANSMIT_RING + 8), CHIP_MEMORY + SPREAD * (BUFFERS + 3 * BUFFER_BYTES)
        .word   transmit_ring, BUFFERS + 3 * BUFFER_BYTES

        .globl  receive_record
        .data
receive_record:
        .word   receive_ring

        .globl  transmit_record
        .data
transmit_record:
        .word   transmit_ring
