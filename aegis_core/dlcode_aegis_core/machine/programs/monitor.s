# The monitor: what is in kseg0 while a program runs in user mode. Its instructions are executed and counted.
#
# From outside come ENTRY and STACK, where the program starts, PAGE_TABLE, the address of a word for each page of kuseg,
# which is its EntryLo, and ADDRESS_SPACE. At `service` the host answers a system call, as a boot PROM's caller would
# expect of the PROM; whoever comes to `fault` stays there. $k0 and $k1 are the monitor's.

refill:                                         # no TLB entry for a page of kuseg: take it from the table
        mfc0    $k1, $c0_context                # address of the page's word
        mfc0    $k0, $c0_epc
        lw      $k1, 0($k1)
        nop
        mtc0    $k1, $c0_entrylo
        nop
        tlbwr
        jr      $k0
        rfe

        .org    0x80000080
general:                                        # everything else: a system call, or the program's fault
        mfc0    $k0, $c0_cause
        mfc0    $k1, $c0_epc
        andi    $k0, $k0, 31 << 2
        xori    $k0, $k0, SYSTEM_CALL << 2
        bnez    $k0, fault
        addiu   $k1, $k1, 4                     # go on after the syscall, whether in a delay slot or not, as Linux does
service:
        jr      $k1
        rfe

fault:
        b       fault
        nop

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

        li      $t0, PAGE_TABLE
        mtc0    $t0, $c0_context
        li      $t0, ADDRESS_SPACE << 6
        mtc0    $t0, $c0_entryhi
        li      $t0, 1 << 3                     # KUp: rfe leads to user mode
        mtc0    $t0, $c0_sr
        la      $sp, STACK
        la      $k0, ENTRY
        or      $t0, $zero, $zero               # the program finds zero in every other register
        or      $t1, $zero, $zero
        or      $t2, $zero, $zero
        jr      $k0
        rfe
