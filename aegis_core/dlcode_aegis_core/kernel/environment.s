# The environment: sends one frame if it has been given one, then counts.
#
# Its data begin with the words COUNT, RESULT (of the system call), FRAME_LENGTH (0: nothing to send) and FRAME.

        .set    noreorder
        .text
environment:
        lui     $s0, %hi(USER_COUNT)
        addiu   $s0, $s0, %lo(USER_COUNT)
        lw      $a1, USER_FRAME_LENGTH - USER_COUNT($s0)
        nop
        beqz    $a1, count
        addiu   $a0, $s0, USER_FRAME - USER_COUNT
        ori     $v0, $zero, SYSTEM_CALL_TRANSMIT
        syscall
        sw      $v0, USER_RESULT - USER_COUNT($s0)
count:
        lw      $t0, 0($s0)
        nop
        addiu   $t0, $t0, 1
        b       count
        sw      $t0, 0($s0)
