# The packet interrupt: from the wire to a handler's verdict, and its replies back to the wire.
#
# The steps, written down before the path was first run:
#
#    1  general vector: ExcCode is 0                                        vectors.s, general_exception
#    2  two registers saved; I/O ASIC's INTR says that it is the LANCE
#    3  CSR0 read; what it reports is acknowledged (TINT together with RINT), interrupts stay enabled in the chip
#    4  nothing but TINT: return. Else the other registers that images may change are saved
#    5  for each receive descriptor that the chip has given back:
#         RMD1: whole and without error?  RMD3: its length
#         the frame is copied, from 16 bytes and 16 of gap, uncached, to cached memory, shifted to 2 modulo 4
#         the descriptor goes back to the chip at once: from here on the frame is the kernel's copy
#    6  for each binding, in bind order: the filter's image; no match: the next one
#    7  the queue is emptied and the handler's image called; it declines: the next binding
#    8  verdict counted; consume, pass and drop: each queued frame is compared with its site's guard and given to
#       `transmit`, which copies it into a gapped buffer, pads it with zeros, fills in TMD2 and TMD1 and writes TDMD
#    9  the next descriptor; when the chip owns it: registers restored, rfe
#
# Images run with interrupts off, on the kernel's stack, and touch no address that could miss in the TLB.

        CSR0_ACKNOWLEDGE = 0x7f00               # the bits that a one clears
        CSR0_REASONS = 0x5c00                   # BABL, MISS, MERR, RINT: all but TINT and IDON
        CSR0_TROUBLE = 0x5800
        CSR0_INEA = 0x40
        CSR0_TDMD = 0x08
        INTR_LANCE = 0x100
        ASIC_INTR = 0x110

        STATUS_OWN = 0x8000                     # descriptor word 1
        STATUS_ERR = 0x4000
        STATUS_STP_ENP = 0x0300

        DESCRIPTOR_1 = 4                        # words of a descriptor lie 4 bytes apart: 2 valid, 2 of gap
        DESCRIPTOR_2 = 8
        DESCRIPTOR_3 = 12
        DESCRIPTOR_BYTES = 16

        LEAST_FRAME = 60
        MOST_FRAME = 1514
        CHECK_SEQUENCE = 4

# ---- 2, 3, 4 ----------------------------------------------------------------------------------------------------------
# $k1 = KERNEL_DATA throughout.

interrupt:
        sw      $t0, SAVE_T0($k1)
        sw      $t1, SAVE_T1($k1)
        lui     $t0, %hi(ASIC)
        lw      $t0, %lo(ASIC + ASIC_INTR)($t0)
        lui     $t1, %hi(LANCE)
        andi    $t0, $t0, INTR_LANCE
        beqz    $t0, interrupt_return_early     # no other source is unmasked: it has gone away
        nop
        lw      $t0, %lo(LANCE)($t1)            # CSR0: RAP stays at 0
        nop
        andi    $t0, $t0, CSR0_ACKNOWLEDGE
        ori     $t0, $t0, CSR0_INEA
        sw      $t0, %lo(LANCE)($t1)
        andi    $t1, $t0, CSR0_REASONS
        bnez    $t1, interrupt_save
        nop
interrupt_return_early:
        lw      $t0, SAVE_T0($k1)
        lw      $t1, SAVE_T1($k1)
        mfc0    $k0, $c0_epc
        nop
        jr      $k0
        rfe

interrupt_save:
        sw      $at, SAVE_AT($k1)
        sw      $v0, SAVE_V0($k1)
        sw      $v1, SAVE_V1($k1)
        sw      $a0, SAVE_A0($k1)
        sw      $a1, SAVE_A1($k1)
        sw      $a2, SAVE_A2($k1)
        sw      $a3, SAVE_A3($k1)
        sw      $t2, SAVE_T2($k1)
        sw      $t3, SAVE_T3($k1)
        sw      $t4, SAVE_T4($k1)
        sw      $t5, SAVE_T5($k1)
        sw      $t6, SAVE_T6($k1)
        sw      $t7, SAVE_T7($k1)
        sw      $t8, SAVE_T8($k1)
        sw      $t9, SAVE_T9($k1)
        sw      $sp, SAVE_SP($k1)
        sw      $ra, SAVE_RA($k1)
        mfhi    $t2
        mflo    $t3
        sw      $t2, SAVE_HI($k1)
        sw      $t3, SAVE_LO($k1)
        lui     $sp, %hi(KERNEL_STACK_TOP - ARGUMENT_AREA)
        addiu   $sp, $sp, %lo(KERNEL_STACK_TOP - ARGUMENT_AREA)
        andi    $t1, $t0, CSR0_TROUBLE
        bnez    $t1, chip_trouble
        lw      $t8, RECEIVE_DESCRIPTOR($k1)

# ---- 5 ----------------------------------------------------------------------------------------------------------------
# receive: $t8 = the next receive descriptor; it may still be on its way from memory.

receive:
        lui     $t9, %hi(RECEIVE_RING)
        lhu     $t0, DESCRIPTOR_1($t8)
        addiu   $t9, $t9, %lo(RECEIVE_RING)
        andi    $t1, $t0, STATUS_OWN
        bnez    $t1, interrupt_return           # the chip's: nothing more has come
        andi    $t0, $t0, STATUS_ERR | STATUS_STP_ENP
        xori    $t0, $t0, STATUS_STP_ENP
        bnez    $t0, bad_frame
        subu    $t9, $t8, $t9                   # 16 bytes of ring stand for 3072 of buffers: 192 times the offset
        lhu     $a1, DESCRIPTOR_3($t8)
        sll     $t0, $t9, 7
        sll     $t9, $t9, 6
        addu    $t9, $t9, $t0
        lui     $t0, %hi(RECEIVE_BUFFERS)
        addiu   $t0, $t0, %lo(RECEIVE_BUFFERS)
        addu    $t9, $t9, $t0                   # the buffer
        addiu   $a1, $a1, -CHECK_SEQUENCE
        sw      $a1, PACKET_LENGTH($k1)

# copy_in: $a1 bytes from $t9, 16 valid and 16 of gap, to the packet, which is 2 modulo 4.
#
#       source   w0 = b0 b1 b2 b3   w1 = b4 b5 b6 b7   ...
#       packet   -- -- b0 b1        b2 b3 b4 b5        ...
#
# Each word stored is the upper half of one word and the lower half of the next. Blocks of 16 until all of it is there;
# a block more than the frame is its check sequence, or older bytes of the buffer, which no image reads.

copy_in:
        addiu   $t0, $a1, 17                    # ceiling of (length + 2) / 16
        srl     $t0, $t0, 4
        sll     $t0, $t0, 5
        addu    $t0, $t9, $t0                   # after the last block
        addiu   $a0, $k1, PACKET - 2
        or      $t1, $zero, $zero               # the upper half so far
copy_in_block:
        lw      $t4, 0($t9)
        lw      $t5, 4($t9)
        lw      $t6, 8($t9)
        lw      $t7, 12($t9)
        addiu   $t9, $t9, 32
        sll     $t2, $t4, 16
        or      $t2, $t2, $t1
        sw      $t2, 0($a0)
        srl     $t1, $t4, 16
        sll     $t2, $t5, 16
        or      $t2, $t2, $t1
        sw      $t2, 4($a0)
        srl     $t1, $t5, 16
        sll     $t2, $t6, 16
        or      $t2, $t2, $t1
        sw      $t2, 8($a0)
        srl     $t1, $t6, 16
        sll     $t2, $t7, 16
        or      $t2, $t2, $t1
        sw      $t2, 12($a0)
        srl     $t1, $t7, 16
        bne     $t9, $t0, copy_in_block
        addiu   $a0, $a0, 16

        lw      $t0, COUNT_RECEIVED($k1)
        jal     recycle
        addiu   $t0, $t0, 1
        sw      $t0, COUNT_RECEIVED($k1)

# ---- 6, 7 -------------------------------------------------------------------------------------------------------------
# demultiplex: $k0 = the binding's record; images keep $k0 and $k1.

demultiplex:
        lw      $t0, BINDINGS_END($k1)
        lui     $k0, %hi(BINDINGS)
        addiu   $k0, $k0, %lo(BINDINGS)
        beq     $k0, $t0, unclaimed
        nop
try_binding:
        lw      $a1, PACKET_LENGTH($k1)
        lw      $t0, BINDING_MAXIMUM($k0)
        lw      $t9, BINDING_FILTER($k0)
        sltu    $t0, $t0, $a1
        bnez    $t0, next_binding               # longer than the program takes
        addiu   $a0, $k1, PACKET
        jalr    $t9                             # the filter
        or      $a2, $a1, $zero
        beqz    $v0, next_binding
        lw      $t0, BINDING_QUEUE($k0)
        lw      $t9, BINDING_HANDLER($k0)
        lw      $a1, PACKET_LENGTH($k1)
        lw      $a3, BINDING_LEASE($k0)
        sw      $zero, QUEUE_COUNT($t0)
        addiu   $a0, $k1, PACKET
        jalr    $t9                             # the handler
        or      $a2, $a1, $zero

        sll     $t0, $v0, 2                     # its verdict, counted
        addu    $t0, $t0, $k0
        lw      $t1, BINDING_DECLINED($t0)
        nop
        addiu   $t1, $t1, 1
        beqz    $v0, next_binding               # declined
        sw      $t1, BINDING_DECLINED($t0)
        lw      $v1, BINDING_QUEUE($k0)
        addiu   $t0, $v0, -VERDICT_ABORT
        bnez    $t0, send_queue
        lw      $t8, RECEIVE_DESCRIPTOR($k1)
        b       receive                         # aborted: nothing is sent
        nop

next_binding:
        lw      $t0, BINDINGS_END($k1)
        addiu   $k0, $k0, BINDING_BYTES
        bne     $k0, $t0, try_binding
        nop
unclaimed:
        lw      $t0, COUNT_UNCLAIMED($k1)
        lw      $t8, RECEIVE_DESCRIPTOR($k1)
        addiu   $t0, $t0, 1
        b       receive
        sw      $t0, COUNT_UNCLAIMED($k1)

# ---- 8 ----------------------------------------------------------------------------------------------------------------
# send_queue: $v1 = the binding's queue. What `transmit` keeps: $v1, $a2, $t7, $t8, $t9.
#
# A guard list, one for each site of the program, two bytes a field:
#
#       least length of the frame | number of pairs | offset, expected | offset, expected | ...

send_queue:
        lw      $a2, QUEUE_COUNT($v1)           # entries to go
        addiu   $v1, $v1, QUEUE_ENTRIES
        beqz    $a2, send_done
        nop
send_next:
        lhu     $t0, ENTRY_KIND($v1)
        lhu     $t8, ENTRY_SITE($v1)
        addiu   $t0, $t0, -EFFECT_WAKE
        beqz    $t0, wake
        lw      $t9, BINDING_GUARDS($k0)
        sll     $t8, $t8, 2
        addu    $t9, $t9, $t8
        lw      $t9, 0($t9)
        lw      $a1, ENTRY_LENGTH($v1)
        lhu     $t0, 0($t9)
        lhu     $t8, 2($t9)
        sltu    $t0, $a1, $t0
        bnez    $t0, withhold                   # too short to hold what is compared
        sltiu   $t0, $a1, MOST_FRAME + 1
        beqz    $t0, withhold
        addiu   $a0, $v1, ENTRY_FRAME
guard:
        beqz    $t8, guarded
        addiu   $t9, $t9, 4
        lhu     $t0, 0($t9)
        lhu     $t1, 2($t9)
        addu    $t0, $a0, $t0
        lhu     $t0, 0($t0)
        nop
        beq     $t0, $t1, guard
        addiu   $t8, $t8, -1
withhold:
        lw      $t0, BINDING_WITHHELD($k0)
        nop
        addiu   $t0, $t0, 1
        b       sent
        sw      $t0, BINDING_WITHHELD($k0)
wake:
        lw      $t0, BINDING_WAKES($k0)
        nop
        addiu   $t0, $t0, 1
        b       sent
        sw      $t0, BINDING_WAKES($k0)
guarded:
        jal     transmit
        nop
        bnez    $v0, withhold
        lw      $t0, BINDING_SENT($k0)
        nop
        addiu   $t0, $t0, 1
        sw      $t0, BINDING_SENT($k0)
sent:
        lw      $t0, BINDING_STRIDE($k0)
        addiu   $a2, $a2, -1
        bnez    $a2, send_next
        addu    $v1, $v1, $t0
send_done:
        b       receive
        lw      $t8, RECEIVE_DESCRIPTOR($k1)

# ---- 9 ----------------------------------------------------------------------------------------------------------------

interrupt_return:
        lw      $t2, SAVE_HI($k1)
        lw      $t3, SAVE_LO($k1)
        mthi    $t2
        mtlo    $t3
        lw      $at, SAVE_AT($k1)
        lw      $v0, SAVE_V0($k1)
        lw      $v1, SAVE_V1($k1)
        lw      $a0, SAVE_A0($k1)
        lw      $a1, SAVE_A1($k1)
        lw      $a2, SAVE_A2($k1)
        lw      $a3, SAVE_A3($k1)
        lw      $t0, SAVE_T0($k1)
        lw      $t1, SAVE_T1($k1)
        lw      $t2, SAVE_T2($k1)
        lw      $t3, SAVE_T3($k1)
        lw      $t4, SAVE_T4($k1)
        lw      $t5, SAVE_T5($k1)
        lw      $t6, SAVE_T6($k1)
        lw      $t7, SAVE_T7($k1)
        lw      $t8, SAVE_T8($k1)
        lw      $t9, SAVE_T9($k1)
        lw      $sp, SAVE_SP($k1)
        mfc0    $k0, $c0_epc
        lw      $ra, SAVE_RA($k1)
        jr      $k0
        rfe

# ---- Off the straight path --------------------------------------------------------------------------------------------

# recycle: give descriptor $t8 back to the chip and go to the next one. Uses $t1, $t8.

recycle:
        ori     $t1, $zero, STATUS_OWN          # the buffer's address bits 23:16 are zero
        sh      $t1, DESCRIPTOR_1($t8)
        lui     $t1, %hi(RECEIVE_RING_END)
        addiu   $t1, $t1, %lo(RECEIVE_RING_END)
        addiu   $t8, $t8, DESCRIPTOR_BYTES
        bne     $t8, $t1, recycled
        nop
        lui     $t8, %hi(RECEIVE_RING)
        addiu   $t8, $t8, %lo(RECEIVE_RING)
recycled:
        jr      $ra
        sw      $t8, RECEIVE_DESCRIPTOR($k1)

# bad_frame: descriptor $t8 holds an error, or a piece of a frame.

bad_frame:
        lw      $t0, COUNT_BAD_FRAMES($k1)
        jal     recycle
        addiu   $t0, $t0, 1
        b       receive
        sw      $t0, COUNT_BAD_FRAMES($k1)

# chip_trouble: CSR0 ($t0) reports more than a frame. MISS is counted. After MERR the chip is silent, and a frame over
# 1518 bytes (BABL) the kernel never sends: both are its own mistakes.

chip_trouble:
        andi    $t1, $t0, CSR0_TROUBLE & ~0x1000
        bnez    $t1, halt
        lw      $t0, COUNT_MISSED($k1)
        nop
        addiu   $t0, $t0, 1
        b       receive
        sw      $t0, COUNT_MISSED($k1)
