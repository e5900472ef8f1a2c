# The program: what it does with a frame, and from power-up to waiting. Both ends run it; where FIRST is 1, it begins.

# exchange: a frame has come to `received`. It is counted, and answered with the one in memory.

        .globl  exchange
        .text
exchange:
        lui     $t0, %hi(exchanged)
        lw      $t1, %lo(exchanged)($t0)
        lui     $a0, %hi(frame)
        addiu   $t1, $t1, 1
        sw      $t1, %lo(exchanged)($t0)
        addiu   $a0, $a0, %lo(frame)
        j       send_frame                      # it returns to the driver
        ori     $a1, $zero, FRAME_OCTETS

        .globl  start
        .text
start:
        mtc0    $zero, $c0_sr                   # kernel mode, vectors in memory, interrupts off
        la      $sp, stack_top - 16
        jal     board_start
        nop
        jal     lance_start
        nop
        li      $t0, FIRST
        beqz    $t0, ready
        la      $a0, frame
        jal     send_frame
        ori     $a1, $zero, FRAME_OCTETS
ready:
        li      $t0, 1 << 10 + LINE | 1         # IM of the devices' line, IEc
        mtc0    $t0, $c0_sr
wait:
        b       wait
        nop

        .globl  exchanged
        .data
exchanged:
        .word   0

# Room for the longest frame, in whole blocks of 16.

        .globl  received
        .data
received:
        .space  1520

        .globl  frame
        .data
frame:
        .space  1520

        .globl  stack_top
        .data
        .space  256
stack_top:
