# transmit: give the LANCE a frame to send.
#
#       $a0 = the frame, at a multiple of 4     $a1 = its length, at most MOST_FRAME
#       $v0 = 0, or REFUSAL_NO_ROOM             changes $a0, $t0 to $t5
#
# The frame is copied into the buffer of the next transmit descriptor, 16 bytes and 16 of gap, and padded with zeros to
# the least length: nothing that the buffer held before goes out. From user_copy to user_copy_end it may be the
# environment's memory that is read, so that a refill may change $k0 and $k1, and a missing page ends the environment.

transmit:
        lui     $t4, %hi(KERNEL_DATA)
        lw      $t3, %lo(KERNEL_DATA + TRANSMIT_DESCRIPTOR)($t4)
        lui     $t0, %hi(TRANSMIT_RING)
        addiu   $t0, $t0, %lo(TRANSMIT_RING)
        lhu     $t1, DESCRIPTOR_1($t3)
        subu    $t0, $t3, $t0                   # 192 times the offset in the ring is that in the buffers
        andi    $t1, $t1, STATUS_OWN
        bnez    $t1, transmit_refused
        sll     $t1, $t0, 7
        sll     $t0, $t0, 6
        addu    $t0, $t0, $t1
        lui     $t1, %hi(TRANSMIT_BUFFERS)
        addiu   $t1, $t1, %lo(TRANSMIT_BUFFERS)
        addu    $t0, $t0, $t1                   # the buffer
        srl     $t5, $a1, 2
        sll     $t5, $t5, 2
        addu    $t5, $a0, $t5                   # after the last whole word
        beq     $a0, $t5, copy_out_rest
        nop
user_copy:
copy_out:
        lw      $t1, 0($a0)
        addiu   $a0, $a0, 4
        sw      $t1, 0($t0)
        addiu   $t0, $t0, 4
        andi    $t2, $t0, 16                    # in the gap: 16 bytes on
        bne     $a0, $t5, copy_out
        addu    $t0, $t0, $t2
copy_out_rest:
        andi    $t1, $a1, 3                     # bytes of a last word
        beqz    $t1, copy_out_done
        sll     $t1, $t1, 3
        lw      $t5, 0($a0)                     # in the same page as the frame's last byte
        ori     $t2, $zero, 1
        sllv    $t2, $t2, $t1
        addiu   $t2, $t2, -1
        and     $t5, $t5, $t2                   # what follows the frame stays here
        sw      $t5, 0($t0)
        addiu   $t0, $t0, 4
        andi    $t2, $t0, 16
        addu    $t0, $t0, $t2
user_copy_end:
copy_out_done:
        sltiu   $t1, $a1, LEAST_FRAME
        beqz    $t1, give
        subu    $t5, $zero, $a1                 # TMD2
        addiu   $t5, $zero, -LEAST_FRAME
        addiu   $t1, $a1, 3                     # words there are
        srl     $t1, $t1, 2
        addiu   $t1, $t1, -LEAST_FRAME / 4
        beqz    $t1, give
        nop
pad:
        sw      $zero, 0($t0)
        addiu   $t0, $t0, 4
        andi    $t2, $t0, 16
        addiu   $t1, $t1, 1
        bnez    $t1, pad
        addu    $t0, $t0, $t2
give:
        sh      $t5, DESCRIPTOR_2($t3)          # minus the length, whose upper four bits are ones
        ori     $t1, $zero, STATUS_OWN | STATUS_STP_ENP
        sh      $t1, DESCRIPTOR_1($t3)          # from here on it is the chip's
        lui     $t2, %hi(LANCE)
        addiu   $t1, $zero, CSR0_INEA | CSR0_TDMD
demand:
        sw      $t1, %lo(LANCE)($t2)
        lw      $t1, %lo(KERNEL_DATA + COUNT_SENT)($t4)
        lui     $t2, %hi(TRANSMIT_RING_END)
        addiu   $t2, $t2, %lo(TRANSMIT_RING_END)
        addiu   $t3, $t3, DESCRIPTOR_BYTES
        bne     $t3, $t2, given
        addiu   $t1, $t1, 1
        lui     $t3, %hi(TRANSMIT_RING)
        addiu   $t3, $t3, %lo(TRANSMIT_RING)
given:
        sw      $t1, %lo(KERNEL_DATA + COUNT_SENT)($t4)
        sw      $t3, %lo(KERNEL_DATA + TRANSMIT_DESCRIPTOR)($t4)
        jr      $ra
        or      $v0, $zero, $zero
transmit_refused:
        jr      $ra
        addiu   $v0, $zero, REFUSAL_NO_ROOM
