# Aegis for the DECstation 5000/125: the two exception vectors, and where they lead.
#
# The kernel runs on kseg0 and kseg1 only, so that none of its own addresses can miss in the TLB, with one exception:
# `transmit` reads a frame of the environment's. Interrupts are on in the environment and in `idle`, and nowhere else.
# So there is never more than one interrupt under way, and EPC and Status stay in coprocessor 0 until the return.
#
# $k0 and $k1 belong to the kernel: images and environments never count on them.

        .set    noreorder
        .text

# utlb_refill: a kuseg address has no entry in the TLB.
#
# Looks it up in the STLB, a direct-mapped cache of the environments' translations: the entry of page p is number p
# modulo 4096, a pair of words as the TLB takes them.
#
#       EntryHi  31:12 page | 11:6 address space      EntryLo  31:12 frame | N D V G
#
# Context holds bits 30:12 of the address in 20:2, so twice that, without its top bits, is the entry's offset.

        .org    0x80000000
utlb_refill:
        mfc0    $k0, $c0_context
        lui     $k1, %hi(STLB)
        sll     $k0, $k0, 1
        andi    $k0, $k0, 8 * STLB_ENTRIES - 8
        addu    $k1, $k1, $k0
        lw      $k0, %lo(STLB)($k1)             # the entry's EntryHi
        lw      $k1, %lo(STLB + 4)($k1)         # its EntryLo
        nop
        mtc0    $k1, $c0_entrylo                # no harm if it is the wrong one
        mfc0    $k1, $c0_entryhi                # what was looked for
        nop
        bne     $k0, $k1, fault
        mfc0    $k0, $c0_epc
        tlbwr
        jr      $k0
        rfe

# general_exception: everything else. Leaves $k1 = KERNEL_DATA.

        .org    0x80000080
general_exception:
        mfc0    $k0, $c0_cause
        lui     $k1, %hi(KERNEL_DATA)
        andi    $k0, $k0, 31 << 2               # ExcCode
        beqz    $k0, interrupt                  # 0
        addiu   $k1, $k1, %lo(KERNEL_DATA)
        addiu   $k0, $k0, -(8 << 2)
        beqz    $k0, system_call                # 8
        nop

# fault: an exception that nobody asked for, or a page that the STLB does not have.
#
# In user mode, or while `transmit` reads the environment's frame for a system call, it ends the environment: its cause
# is recorded, and the kernel goes on without it, so that handlers still answer. Anywhere else it is the kernel's own
# mistake, and the machine halts.

fault:
        lui     $k1, %hi(KERNEL_DATA)
        addiu   $k1, $k1, %lo(KERNEL_DATA)
        mfc0    $k0, $c0_cause
        nop
        sw      $k0, FAULT_CAUSE($k1)
        mfc0    $k0, $c0_badvaddr
        nop
        sw      $k0, FAULT_ADDRESS($k1)
        mfc0    $k0, $c0_epc
        nop
        sw      $k0, FAULT_PC($k1)
        mfc0    $k0, $c0_sr
        nop
        andi    $k0, $k0, 1 << 3                # KUp: it was in user mode
        bnez    $k0, end_environment
        mfc0    $k0, $c0_epc
        lui     $k1, %hi(user_copy)
        addiu   $k1, $k1, %lo(user_copy)
        subu    $k0, $k0, $k1                   # an address in user_copy .. user_copy_end-1?
        sltiu   $k0, $k0, user_copy_end - user_copy
        bnez    $k0, end_environment
        nop
halt:
        b       halt
        nop

# end_environment: go on in `idle`, in kernel mode with interrupts on.

end_environment:
        ori     $k0, $zero, STATUS_LINES | 1 << 2       # IEp
        mtc0    $k0, $c0_sr
        lui     $k0, %hi(idle)
        addiu   $k0, $k0, %lo(idle)
        jr      $k0
        rfe
idle:
        b       idle
        nop

        STATUS_LINES = 1 << 13                  # IM of the I/O ASIC's line, IP5
