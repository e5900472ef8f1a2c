"""Small cases of what a kernel does and meets, and one image of them all that prints what came of each.

Each case starts from the same registers and the same TLB, does something, and goes on where it may have been
interrupted. What the handler saw of it is kept as a row of words, and so are $v0 and $v1; at its end the image prints
all rows on GXemul's console.
"""

from __future__ import annotations

from dataclasses import dataclass

from dlcode_aegis_core.machine.tlb import DIRTY, ENTRIES, GLOBAL, UNCACHED, VALID
from dlcode_jit.mips.assemble import Assembly, assemble
from tests.aegis_core.machine import gxemul

FIELDS = ("vector", "cause", "epc", "badvaddr", "context", "entryhi", "status", "v0", "v1")
ROW = 4 * len(FIELDS)
Rows = dict[str, dict[str, int]]
"""What each case left, by its name and by field."""

START = 0x80030000
DATA = 0x80040000
USER_CODE = 0x80041000
USER_PAGE = 0x00401000
"""Where USER_CODE is mapped, for all address spaces."""

OURS, OTHER = 5 << 6, 6 << 6
"""Address spaces: the one that every case starts in, and another."""

USER = "<user>"
"""In a body: where its own code in user mode lies."""

FRAME = DATA & 0x1FFFFFFF
TLB = {
    8: (0x00402000 | OURS, FRAME | DIRTY | VALID),
    9: (0x00403000 | OURS, FRAME | VALID),
    10: (0x00404000 | OURS, FRAME | DIRTY),
    11: (0x00405000 | OTHER, FRAME | DIRTY | VALID),
    12: (0x00406000 | OTHER, FRAME | DIRTY | VALID | GLOBAL),
    13: (USER_PAGE | OTHER, USER_CODE & 0x1FFFFFFF | VALID | GLOBAL),
    14: (0xC0402000 | OURS, FRAME | DIRTY | VALID),
    15: (0xC0403000 | OURS, FRAME | VALID),
    16: (0xC0404000 | OURS, FRAME | DIRTY),
    17: (0xC0405000 | OTHER, FRAME | DIRTY | VALID),
    18: (0xFFFFF000 | OTHER, FRAME | DIRTY | VALID | GLOBAL),
    19: (0x7FFFF000 | OURS, FRAME | DIRTY | VALID | UNCACHED),
    20: (0x00407000 | OTHER, GLOBAL),
    21: (0xC0408000 | OURS, FRAME | DIRTY | VALID),
}
"""Entries that are set; the others name pages that are not mapped."""

PAGES = {
    "mapped": 0x00402000,
    "clean": 0x00403000,
    "invalid": 0x00404000,
    "another's": 0x00405000,
    "global": 0x00406000,
    "global and invalid": 0x00407000,
    "absent": 0x00500000,
    "the last of kuseg": 0x7FFFF000,
    "absent near the end of kuseg": 0x7FFFE000,
    "kseg2 mapped": 0xC0402000,
    "kseg2 clean": 0xC0403000,
    "kseg2 invalid": 0xC0404000,
    "kseg2 another's": 0xC0405000,
    "kseg2 absent": 0xC0500000,
    "the last of kseg2": 0xFFFFF000,
}
ACCESSES = (
    *("lw $v0, 0($a0)", "lbu $v0, 3($a0)", "lwl $v0, 1($a0)", "lwr $v0, 2($a0)"),
    *("sw $a1, 8($a0)", "sh $a1, 10($a0)", "swl $a1, 9($a0)", "swr $a1, 10($a0)"),
)
TRAPS = {
    "system call": "syscall 5",
    "breakpoint": "break",
    "overflow": "add $v0, $a2, $a2",
    "refill": "lw $v0, 0x1124($zero)",
    "refill for a store": "sw $v0, 0x1124($zero)",
    "misaligned load": "lw $v0, 1($a0)",
    "misaligned store": "sh $v0, 1($a0)",
    "reserved": ".word 0x7c000000",
    "modified": "sw $v0, 0x1000($a0)",
    "coprocessor 1": "cop1 0",
}


@dataclass(frozen=True)
class Case:
    """Instructions that run with $a0 in the mapped page, and perhaps others that they enter in user mode."""

    name: str
    body: str
    user: str = ""


def on_page(page: str, access: str) -> Case:
    see = "nop\nla $a3, data + 0x2000012c\nlw $v1, 0($a3)\nnop" if access.startswith("s") else "nop"
    return Case(f"{access} of a page that is {page}", f"li $a0, {PAGES[page] + 0x124:#x}\n{access}\n{see}")


def in_user(name: str, code: str, address: int = 0x00402124, status: int = 0) -> Case:
    """Enter `code` in user mode, which ends with a system call if with nothing else."""
    body = f"li $a0, {address:#x}\nla $k0, {USER} - {USER_CODE - USER_PAGE:#x}\nli $t0, {status | 8:#x}\n"
    return Case(f"user: {name}", body + "mtc0 $t0, $c0_sr\nnop\njr $k0\nrfe", code)


def with_status(status: int) -> Case:
    return Case(f"a system call with status {status:#x}", f"li $t0, {status:#x}\nmtc0 $t0, $c0_sr\nnop\nsyscall")


def left(status: int) -> Case:
    """What rfe makes of Status; nothing is enabled that could interrupt, and the mode stays."""
    body = f"li $t0, {status:#x}\nmtc0 $t0, $c0_sr\nnop\nrfe\nnop\nmfc0 $v0, $c0_sr\nnop"
    return Case(f"rfe with status {status:#x}", body)


def raised(cause: int, mask: int, enabled: bool = True) -> Case:
    """Software interrupts, and then what enables them."""
    status = mask | enabled
    body = f"li $t0, {cause:#x}\nmtc0 $t0, $c0_cause\nli $t0, {status:#x}\nmtc0 $t0, $c0_sr\n"
    wait = "addiu $v0, $zero, 0x77\nmfc0 $v1, $c0_cause\nnop\nnop"
    return Case(f"software interrupt {cause:#x} under status {status:#x}", body + wait)


def kept(register: str, value: int) -> Case:
    return Case(
        f"{register} after {value:#x}", f"li $t0, {value:#x}\nmtc0 $t0, {register}\nnop\nmfc0 $v0, {register}\nnop"
    )


def probed(entry_hi: int) -> Case:
    """tlbp, where Index was something else."""
    body = f"li $t0, {entry_hi:#x}\nmtc0 $t0, $c0_entryhi\nli $t1, 0x3f00\nmtc0 $t1, $c0_index\nnop\ntlbp\nnop\n"
    return Case(f"tlbp for {entry_hi:#010x}", body + "mfc0 $v0, $c0_index\nmfc0 $v1, $c0_entryhi\nnop")


def entry(index: int) -> Case:
    body = f"li $t0, {index << 8:#x}\nmtc0 $t0, $c0_index\nnop\ntlbr\nnop\n"
    return Case(f"tlbr of entry {index}", body + "mfc0 $v0, $c0_entryhi\nmfc0 $v1, $c0_entrylo\nnop")


SET_ENTRY = "li $t0, {hi:#x}\nmtc0 $t0, $c0_entryhi\nli $t0, {lo:#x}\nmtc0 $t0, $c0_entrylo\nnop\n"


def cases() -> list[Case]:
    kernel_places = {"kseg0": 0x80200000, "kseg1": 0xA0200000, "kseg2": 0xC0408000, "absent kseg2": 0xC0500000}
    signs = {"positive": ("$a2", "$a2"), "negative": ("$a3", "$a3"), "mixed": ("$a2", "$a3"), "small": ("$zero", "$a2")}
    one_page = SET_ENTRY.format(hi=0x00600000 | OURS, lo=FRAME | DIRTY | VALID)
    return [
        *(on_page(page, access) for page in PAGES for access in ACCESSES),
        *(
            Case(f"a fetch from a page that is {page}", f"li $k0, {PAGES[page] + 0x124:#x}\njr $k0\nnop")
            for page in ("invalid", "another's", "absent", "kseg2 invalid", "kseg2 another's", "kseg2 absent")
        ),
        *(Case(name, f"nop\n{trap}") for name, trap in TRAPS.items()),
        *(Case(f"{name} in a slot, taken", f"nop\nb 1f\n{trap}\nnop\n1:") for name, trap in TRAPS.items()),
        *(Case(f"{name} in a slot, not taken", f"bnez $zero, 1f\n{trap}\nnop\n1:") for name, trap in TRAPS.items()),
        *(Case(f"{name} in a jump's slot", f"la $k0, 1f\njr $k0\n{trap}\nnop\n1:") for name, trap in TRAPS.items()),
        Case("a trap in a call's slot", "la $k0, 1f\njalr $v1, $k0\nsyscall\nnop\n1: subu $v1, $v1, $k0"),
        Case("a trap after a slot", "b 1f\nnop\n1: syscall"),
        *(
            Case(f"{access} {offset} bytes above a {where} word", f"li $a0, {address:#x}\n{access} $v0, {offset}($a0)")
            for where, address in (("mapped", 0x00402124), ("absent", 0x00500124), ("kseg0", DATA + 0x124))
            for access, offset in (("lw", 2), ("lw", 3), ("lh", 1), ("lhu", 3), ("sw", 1), ("sh", 3))
        ),
        *(
            Case(f"{name} of {kind} numbers", f"{name} $v0, {a}, {b}")
            for name in ("add", "sub")
            for kind, (a, b) in signs.items()
        ),
        *(Case(f"addi {value} to the most", f"addi $v0, $a2, {value}") for value in (1, -1)),
        *(Case(f"addi {value} to the least", f"addi $v0, $a3, {value}") for value in (1, -1)),
        *(
            Case(f"no coprocessor {unit}: {name}", f"nop\n{code}")
            for unit in (1, 2, 3)
            for name, code in (
                ("operation", f"cop{unit} 0"),
                ("move", f".word {0x44040000 + (unit - 1 << 26):#x}"),
                ("branch", f".word {0x45000001 + (unit - 1 << 26):#x}"),
                *((("load", "lwc1 $4, 0($a0)"), ("store", "swc1 $4, 0x1124($zero)")) if unit == 1 else ()),
            )
        ),
        *(
            Case(f"not MIPS-I: {word:#010x}", f"nop\n.word {word:#x}")
            for word in (0x70000002, 0x7C000000, 0xC0000000, 0xD0000000, 0xE0000000, 0xF0000000)
        ),
        *(
            in_user(f"{access} in {where}", f"{access} $v0, 0x124($a0)", address)
            for where, address in kernel_places.items()
            for access in ("lw", "sw")
        ),
        *(in_user(f"a jump into {where}", "jr $a0\nnop", address) for where, address in kernel_places.items()),
        in_user("system call", "syscall"),
        in_user("system call in a slot", "b 1f\nsyscall\n1:"),
        in_user("a load", "lw $v0, 0($a0)\nnop"),
        in_user("a load of an absent page", "lw $v0, 0($a0)", 0x00500124),
        in_user("a store to a clean page", "sw $v0, 0($a0)", 0x00403124),
        in_user("a store to an invalid page", "sw $v0, 0($a0)", 0x00404124),
        in_user("a misaligned load", "lw $v0, 1($a0)"),
        in_user("a jump to an absent page", "jr $a0\nnop", 0x00500124),
        *(
            in_user(f"{code} with status {status:#x}", code, status=status)
            for code in ("mfc0 $v0, $c0_epc", "mtc0 $zero, $c0_context", "tlbp", "rfe")
            for status in (0, 1 << 28)
            if code != "rfe" or not status
        ),
        *(with_status(status) for status in (0x00, 0x04, 0x08, 0x0C, 0x10, 0x20, 0x30, 0x3C, 0x01, 0x15, 0x0D, 0xFC00)),
        *(with_status(status << 28) for status in range(1, 16)),
        *(left(status) for status in (0x00, 0x04, 0x10, 0x14, 0x20, 0x24, 0x30, 0x34, 0x01, 0x05, 0x35)),
        *(raised(cause, mask) for cause in (0x100, 0x200, 0x300) for mask in (0x000, 0x100, 0x200, 0x300, 0xFC00)),
        raised(0x100, 0x100, enabled=False),
        *(probed(hi) for hi, _ in TLB.values()),
        *(probed(hi ^ OURS ^ OTHER) for hi, _ in TLB.values()),
        *(probed(hi) for hi in (0x00500000 | OURS, 0x00402000, 0x80402000 | OURS, 0x00402FC0)),
        *(entry(index) for index in (0, *TLB, 63)),
        Case(
            "tlbwi and what it maps",
            one_page + "li $t0, 0x1e00\nmtc0 $t0, $c0_index\nnop\ntlbwi\nnop\nli $a0, 0x600124\nlw $v0, 0($a0)\nnop",
        ),
        Case(
            "tlbwi again to take it away",
            SET_ENTRY.format(hi=0xA1E00000, lo=0)
            + "li $t0, 0x1e00\nmtc0 $t0, $c0_index\nnop\ntlbwi\nnop\nli $a0, 0x600124\nlw $v0, 0($a0)\nnop",
        ),
        Case(
            "all bits of an entry that can be set",
            SET_ENTRY.format(hi=0xFFFFFFFF, lo=0xFFFFFFFF)
            + "li $t0, 0x1e00\nmtc0 $t0, $c0_index\nnop\ntlbwi\nmtc0 $zero, $c0_entryhi\nmtc0 $zero, $c0_entrylo\n"
            "nop\ntlbr\nnop\nmfc0 $v0, $c0_entryhi\nmfc0 $v1, $c0_entrylo\nnop\n"
            + SET_ENTRY.format(hi=0xA1E00000, lo=0)
            + "tlbwi",
        ),
        Case(
            "another address space",
            f"lw $v0, 0($a0)\nli $t0, {OTHER:#x}\nmtc0 $t0, $c0_entryhi\nnop\nnop\nlw $v1, 0($a0)\nnop",
        ),
        Case(
            "a page of the other one", f"li $t0, {OTHER:#x}\nmtc0 $t0, $c0_entryhi\nnop\nnop\nlw $v0, 0x3000($a0)\nnop"
        ),
        Case(
            "tlbwr leaves the first eight alone",
            SET_ENTRY.format(hi=0x00601000 | OURS, lo=FRAME | VALID)
            + "tlbwr\nnop\ntlbp\nnop\nmfc0 $t1, $c0_index\nnop\nsltiu $v0, $t1, 0x800\nsrl $v1, $t1, 31\n"
            + SET_ENTRY.format(hi=0xA1F00000, lo=0)
            + "tlbwi",
        ),
        kept("$c0_index", 0x3F00),
        kept("$c0_entrylo", 0xFFFFFFFF),
        kept("$c0_entryhi", 0xFFFFFFFF),
        kept("$c0_context", 0xFFFFFFFF),
        kept("$c0_context", 0),
        kept("$c0_badvaddr", 0x12345678),
        kept("$c0_epc", 0x12345678),
        kept("$c0_cause", 0x300),
        kept("$c0_cause", 0xFFFFFFFF),
        kept("$c0_sr", 0xF000FF3C),
        Case("Random", "mfc0 $t0, $c0_random\nnop\nsltiu $v0, $t0, 0x800\nsltiu $v1, $t0, 0x4000"),
        Case("a load's delay", "la $a0, data + 0x124\nlw $v0, 0($a0)\nmove $v1, $v0\nnop"),
        Case("5 / 0", "li $t0, 5\ndiv $t0, $zero\nmflo $v0\nmfhi $v1"),
        Case("-5 / 0", "li $t0, -5\ndiv $t0, $zero\nmflo $v0\nmfhi $v1"),
        Case("5 / 0, unsigned", "li $t0, 5\ndivu $t0, $zero\nmflo $v0\nmfhi $v1"),
        Case("the least / -1", "li $t0, -1\ndiv $a3, $t0\nmflo $v0\nmfhi $v1"),
    ]


CASES = cases()

KERNEL = """
        .org    0x80000000
refill: b       record
        lui     $k0, 0x8000
        .org    0x80000080
        lui     $k0, 0x8000
        ori     $k0, $k0, 0x80
record: sw      $k0, 0($s7)
        .irp    register, $c0_cause, $c0_epc, $c0_badvaddr, $c0_context, $c0_entryhi, $c0_sr
        addiu   $s7, $s7, 4
        mfc0    $k1, \\register
        nop
        sw      $k1, 0($s7)
        .endr
        mtc0    $zero, $c0_sr           # whatever the case has set
        jr      $s6
        addiu   $s7, $s7, -24
"""


def image() -> Assembly:
    """All cases, what they need, and the printing of what was seen."""
    lines = [KERNEL, f".org {START:#x}", "start: mtc0 $zero, $c0_sr", "mtc0 $zero, $c0_cause"]
    for index in range(ENTRIES):
        hi, lo = TLB.get(index, (0xA0000000 + (index << 20), 0))
        lines += [SET_ENTRY.format(hi=hi, lo=lo), f"li $t0, {index << 8:#x}\nmtc0 $t0, $c0_index\nnop\ntlbwi"]
    user = [f".org {USER_CODE:#x}"]
    for number, case in enumerate(CASES):
        body = case.body.replace(USER, f"user_{number}")
        lines += ["jal prepare", "nop", f"la $s7, log + {ROW * number}", f"la $s6, end_{number}", body, "nop", "nop"]
        lines += [f"end_{number}: sw $v0, 28($s7)", "sw $v1, 32($s7)"]
        user += [f"user_{number}: {case.user}\nsyscall\nnop"] if case.user else []
    lines += ["j print", "nop", PREPARE, PRINT, f"words: .word {len(FIELDS) * len(CASES)}"]
    lines += [f".org {DATA:#x}", "data: .space 0x124", ".word 0x11223344, 0x55667788, 0x99aabbcc", *user]
    lines += [f".org {USER_CODE + 0x1000:#x}", f"scratch: .space {ROW}", "log:", f".space {ROW * len(CASES)}"]
    return assemble("\n".join(lines), "exceptions.s", START)


PREPARE = f"""
prepare:                                # the same registers for each case: a refill sets those that only traps set
        mtc0    $zero, $c0_sr
        mtc0    $zero, $c0_cause
        la      $s7, scratch
        la      $s6, 1f
        lw      $t9, 0x1000($zero)
1:      li      $t0, {OURS:#x}
        mtc0    $t0, $c0_entryhi
        mtc0    $zero, $c0_entrylo
        mtc0    $zero, $c0_index
        lui     $t0, 0xabc0
        mtc0    $t0, $c0_context
        li      $a0, 0x00402124
        li      $a1, 0x0badcafe
        li      $a2, 0x7fffffff
        lui     $a3, 0x8000
        li      $v0, 0x13579bdf
        li      $v1, 0x2468ace0
        la      $t0, data + 0x124
        li      $t1, 0x11223344
        sw      $t1, 0($t0)
        sw      $t1, 4($t0)
        sw      $t1, 8($t0)
        jr      $ra
        nop
"""

PRINT = f"""
print:  lui     $s0, {gxemul.CONSOLE >> 16:#x}
        la      $s1, log
        la      $s2, words
        lw      $s2, 0($s2)
        nop
word:   lw      $t0, 0($s1)
        li      $s3, 8
digit:  srl     $t1, $t0, 28
        sltiu   $t2, $t1, 10
        addiu   $t1, $t1, '0'
        bnez    $t2, 1f
        sll     $t0, $t0, 4
        addiu   $t1, $t1, 'a' - '0' - 10
1:      sb      $t1, 0($s0)
        addiu   $s3, $s3, -1
        bnez    $s3, digit
        nop
        li      $t1, 10
        sb      $t1, 0($s0)
        addiu   $s2, $s2, -1
        bnez    $s2, word
        addiu   $s1, $s1, 4
        sb      $zero, {gxemul.HALT}($s0)
halted: b       halted
        nop
"""
