# From an exception to the handler of the device that caused it, with what a high-level routine may change saved.
#
# `.globl NAME` begins a piece: code or data that the linker may put anywhere. The vectors stay where they are.

        .globl  general_exception
        .text
        .org    0x80000000
utlb_refill:
        j       unexpected
        nop
        .org    0x80000080
general_exception:
        mfc0    $k0, $c0_cause
        lui     $k1, %hi(exceptions)
        andi    $k0, $k0, 31 << 2               # ExcCode
        addu    $k1, $k1, $k0
        lw      $k1, %lo(exceptions)($k1)
        nop
        jr      $k1
        nop
        .org    PROGRAM

# interrupt: interrupts are off in handlers, so EPC and Status stay in coprocessor 0.

        SAVED = 96                              # room for four arguments of the callee's, 20 words

        .globl  interrupt
        .text
interrupt:
        addiu   $sp, $sp, -SAVED
        sw      $at, 16($sp)
        sw      $v0, 20($sp)
        sw      $v1, 24($sp)
        sw      $a0, 28($sp)
        sw      $a1, 32($sp)
        sw      $a2, 36($sp)
        sw      $a3, 40($sp)
        sw      $t0, 44($sp)
        sw      $t1, 48($sp)
        sw      $t2, 52($sp)
        sw      $t3, 56($sp)
        sw      $t4, 60($sp)
        sw      $t5, 64($sp)
        sw      $t6, 68($sp)
        sw      $t7, 72($sp)
        sw      $t8, 76($sp)
        sw      $t9, 80($sp)
        sw      $ra, 84($sp)
        mfhi    $t0
        mflo    $t1
        sw      $t0, 88($sp)
        sw      $t1, 92($sp)
        mfc0    $t0, $c0_cause
        mfc0    $t1, $c0_sr
        lui     $t2, %hi(highest)
        and     $t0, $t0, $t1
        srl     $t0, $t0, 8
        andi    $t0, $t0, 0xff                  # lines that are up and enabled
        addu    $t2, $t2, $t0
        lbu     $t0, %lo(highest)($t2)
        lui     $t1, %hi(lines)
        addu    $t1, $t1, $t0
        lw      $t1, %lo(lines)($t1)
        nop
        jalr    $t1
        nop
interrupt_return:
        lw      $t0, 88($sp)
        lw      $t1, 92($sp)
        mthi    $t0
        mtlo    $t1
        lw      $at, 16($sp)
        lw      $v0, 20($sp)
        lw      $v1, 24($sp)
        lw      $a0, 28($sp)
        lw      $a1, 32($sp)
        lw      $a2, 36($sp)
        lw      $a3, 40($sp)
        lw      $t0, 44($sp)
        lw      $t1, 48($sp)
        lw      $t2, 52($sp)
        lw      $t3, 56($sp)
        lw      $t4, 60($sp)
        lw      $t5, 64($sp)
        lw      $t6, 68($sp)
        lw      $t7, 72($sp)
        lw      $t8, 76($sp)
        lw      $t9, 80($sp)
        lw      $ra, 84($sp)
        mfc0    $k0, $c0_epc
        addiu   $sp, $sp, SAVED
        jr      $k0
        rfe

# unexpected: any other exception, an interrupt of nobody's, trouble in the controller. There is nobody to tell.

        .globl  unexpected
        .text
unexpected:
        b       unexpected
        nop

# gone: an interrupt whose cause has gone away. The store that acknowledged it was still in the write buffer when the
# handler before returned. Tables have it in place 0, for no bit at all: neither software nor slot 0 interrupts here.

        .globl  gone
        .text
gone:
        jr      $ra
        nop

        .globl  exceptions
        .data
exceptions:
        .word   interrupt                       # by ExcCode
        .rept   31
        .word   unexpected
        .endr

        .globl  lines
        .data
lines:                                          # by bit of Cause's IP: two of software, six of hardware
        .word   gone
        .rept   1 + LINE
        .word   unexpected
        .endr
        .word   io_interrupt
        .rept   5 - LINE
        .word   unexpected
        .endr

# highest: for each byte, four times the number of its highest bit; 0 if there is none.

        .globl  highest
        .data
highest:
        .byte   0, 0
        .space  2, 4
        .space  4, 8
        .space  8, 12
        .space  16, 16
        .space  32, 20
        .space  64, 24
        .space  128, 28
