"""The MIPS-I instruction set of the R2000 and R3000: one row for each instruction.

Sources: G. Kane, MIPS RISC Architecture; where the book leaves results open (division by zero, a branch in a delay
slot, bit 17 of REGIMM), what tests on the part have shown. Not here, since the R3000 has none of it, though compilers
may emit it: teq, sync, movn, movz, branch-likely, ll, sc, clz, mul, ext, ins. Words of no row are reserved.
"""

from __future__ import annotations

from typing import Final

from .row import (
    INSTRUCTIONS,
    MASK,
    Cpu,
    Instruction,
    Kind,
    cop0,
    cop0_branch,
    cop0_function,
    instruction,
    primary,
    regimm,
    special,
)

SIGN: Final = 0x80000000


def signed(value: int) -> int:
    """The 32-bit `value` as two's complement."""
    return (value ^ SIGN) - SIGN


# Arithmetic ----------------------------------------------------------------------------------------------------------


@instruction("add", special(0x20), "rd, rs, rt", writes="rd")
def add(cpu: Cpu, rd: int, rs: int, rt: int) -> None:
    """rd := rs + rt; traps on overflow"""
    total = signed(cpu.gpr[rs]) + signed(cpu.gpr[rt])
    if total != signed(total & MASK):
        cpu.overflow()
    cpu.gpr[rd] = total & MASK


@instruction("addu", special(0x21), "rd, rs, rt", writes="rd")
def addu(cpu: Cpu, rd: int, rs: int, rt: int) -> None:
    """rd := rs + rt"""
    cpu.gpr[rd] = (cpu.gpr[rs] + cpu.gpr[rt]) & MASK


@instruction("sub", special(0x22), "rd, rs, rt", writes="rd")
def sub(cpu: Cpu, rd: int, rs: int, rt: int) -> None:
    """rd := rs - rt; traps on overflow"""
    difference = signed(cpu.gpr[rs]) - signed(cpu.gpr[rt])
    if difference != signed(difference & MASK):
        cpu.overflow()
    cpu.gpr[rd] = difference & MASK


@instruction("subu", special(0x23), "rd, rs, rt", writes="rd")
def subu(cpu: Cpu, rd: int, rs: int, rt: int) -> None:
    """rd := rs - rt"""
    cpu.gpr[rd] = (cpu.gpr[rs] - cpu.gpr[rt]) & MASK


@instruction("addi", primary(0x08), "rt, rs, immediate", writes="rt")
def addi(cpu: Cpu, rt: int, rs: int, immediate: int) -> None:
    """rt := rs + immediate; traps on overflow"""
    total = signed(cpu.gpr[rs]) + immediate
    if total != signed(total & MASK):
        cpu.overflow()
    cpu.gpr[rt] = total & MASK


@instruction("addiu", primary(0x09), "rt, rs, immediate", writes="rt")
def addiu(cpu: Cpu, rt: int, rs: int, immediate: int) -> None:
    """rt := rs + immediate"""
    cpu.gpr[rt] = (cpu.gpr[rs] + immediate) & MASK


@instruction("slt", special(0x2A), "rd, rs, rt", writes="rd")
def slt(cpu: Cpu, rd: int, rs: int, rt: int) -> None:
    """rd := 1 if rs < rt, signed, else 0"""
    cpu.gpr[rd] = 1 if signed(cpu.gpr[rs]) < signed(cpu.gpr[rt]) else 0


@instruction("sltu", special(0x2B), "rd, rs, rt", writes="rd")
def sltu(cpu: Cpu, rd: int, rs: int, rt: int) -> None:
    """rd := 1 if rs < rt, unsigned, else 0"""
    cpu.gpr[rd] = 1 if cpu.gpr[rs] < cpu.gpr[rt] else 0


@instruction("slti", primary(0x0A), "rt, rs, immediate", writes="rt")
def slti(cpu: Cpu, rt: int, rs: int, immediate: int) -> None:
    """rt := 1 if rs < immediate, signed, else 0"""
    cpu.gpr[rt] = 1 if signed(cpu.gpr[rs]) < immediate else 0


@instruction("sltiu", primary(0x0B), "rt, rs, immediate", writes="rt")
def sltiu(cpu: Cpu, rt: int, rs: int, immediate: int) -> None:
    """rt := 1 if rs < immediate, which is sign-extended and then compared unsigned, else 0"""
    cpu.gpr[rt] = 1 if cpu.gpr[rs] < (immediate & MASK) else 0


# Logic and shifts ----------------------------------------------------------------------------------------------------


@instruction("and", special(0x24), "rd, rs, rt", writes="rd")
def and_(cpu: Cpu, rd: int, rs: int, rt: int) -> None:
    """rd := rs and rt"""
    cpu.gpr[rd] = cpu.gpr[rs] & cpu.gpr[rt]


@instruction("or", special(0x25), "rd, rs, rt", writes="rd")
def or_(cpu: Cpu, rd: int, rs: int, rt: int) -> None:
    """rd := rs or rt"""
    cpu.gpr[rd] = cpu.gpr[rs] | cpu.gpr[rt]


@instruction("xor", special(0x26), "rd, rs, rt", writes="rd")
def xor(cpu: Cpu, rd: int, rs: int, rt: int) -> None:
    """rd := rs exclusive-or rt"""
    cpu.gpr[rd] = cpu.gpr[rs] ^ cpu.gpr[rt]


@instruction("nor", special(0x27), "rd, rs, rt", writes="rd")
def nor(cpu: Cpu, rd: int, rs: int, rt: int) -> None:
    """rd := not (rs or rt)"""
    cpu.gpr[rd] = (cpu.gpr[rs] | cpu.gpr[rt]) ^ MASK


@instruction("andi", primary(0x0C), "rt, rs, unsigned", writes="rt")
def andi(cpu: Cpu, rt: int, rs: int, unsigned: int) -> None:
    """rt := rs and unsigned"""
    cpu.gpr[rt] = cpu.gpr[rs] & unsigned


@instruction("ori", primary(0x0D), "rt, rs, unsigned", writes="rt")
def ori(cpu: Cpu, rt: int, rs: int, unsigned: int) -> None:
    """rt := rs or unsigned"""
    cpu.gpr[rt] = cpu.gpr[rs] | unsigned


@instruction("xori", primary(0x0E), "rt, rs, unsigned", writes="rt")
def xori(cpu: Cpu, rt: int, rs: int, unsigned: int) -> None:
    """rt := rs exclusive-or unsigned"""
    cpu.gpr[rt] = cpu.gpr[rs] ^ unsigned


@instruction("lui", primary(0x0F), "rt, unsigned", writes="rt")
def lui(cpu: Cpu, rt: int, unsigned: int) -> None:
    """rt := unsigned in the upper half, zero in the lower"""
    cpu.gpr[rt] = unsigned << 16


@instruction("sll", special(0x00), "rd, rt, shamt", writes="rd")
def sll(cpu: Cpu, rd: int, rt: int, shamt: int) -> None:
    """rd := rt shifted left"""
    cpu.gpr[rd] = (cpu.gpr[rt] << shamt) & MASK


@instruction("srl", special(0x02), "rd, rt, shamt", writes="rd")
def srl(cpu: Cpu, rd: int, rt: int, shamt: int) -> None:
    """rd := rt shifted right, zeros coming in"""
    cpu.gpr[rd] = cpu.gpr[rt] >> shamt


@instruction("sra", special(0x03), "rd, rt, shamt", writes="rd")
def sra(cpu: Cpu, rd: int, rt: int, shamt: int) -> None:
    """rd := rt shifted right, its sign coming in"""
    cpu.gpr[rd] = (signed(cpu.gpr[rt]) >> shamt) & MASK


@instruction("sllv", special(0x04), "rd, rt, rs", writes="rd")
def sllv(cpu: Cpu, rd: int, rt: int, rs: int) -> None:
    """rd := rt shifted left by the low 5 bits of rs"""
    cpu.gpr[rd] = (cpu.gpr[rt] << (cpu.gpr[rs] & 31)) & MASK


@instruction("srlv", special(0x06), "rd, rt, rs", writes="rd")
def srlv(cpu: Cpu, rd: int, rt: int, rs: int) -> None:
    """rd := rt shifted right by the low 5 bits of rs, zeros coming in"""
    cpu.gpr[rd] = cpu.gpr[rt] >> (cpu.gpr[rs] & 31)


@instruction("srav", special(0x07), "rd, rt, rs", writes="rd")
def srav(cpu: Cpu, rd: int, rt: int, rs: int) -> None:
    """rd := rt shifted right by the low 5 bits of rs, its sign coming in"""
    cpu.gpr[rd] = (signed(cpu.gpr[rt]) >> (cpu.gpr[rs] & 31)) & MASK


# Multiplication and division -----------------------------------------------------------------------------------------


@instruction("mult", special(0x18), "rs, rt", writes="hi lo")
def mult(cpu: Cpu, rs: int, rt: int) -> None:
    """HI, LO := rs * rt, signed"""
    product = signed(cpu.gpr[rs]) * signed(cpu.gpr[rt])
    cpu.multiplied((product >> 32) & MASK, product & MASK)


@instruction("multu", special(0x19), "rs, rt", writes="hi lo")
def multu(cpu: Cpu, rs: int, rt: int) -> None:
    """HI, LO := rs * rt, unsigned"""
    product = cpu.gpr[rs] * cpu.gpr[rt]
    cpu.multiplied(product >> 32, product & MASK)


@instruction("div", special(0x1A), "rs, rt", writes="hi lo")
def div(cpu: Cpu, rs: int, rt: int) -> None:
    """LO := rs / rt, HI := remainder, signed, rounding to zero; by zero LO = -1 or +1 against rs' sign, HI = rs"""
    dividend = signed(cpu.gpr[rs])
    divisor = signed(cpu.gpr[rt])
    if divisor == 0:
        quotient = 1 if dividend < 0 else -1
    elif (dividend < 0) == (divisor < 0):
        quotient = abs(dividend) // abs(divisor)
    else:
        quotient = -(abs(dividend) // abs(divisor))
    remainder = dividend - quotient * divisor
    cpu.divided(remainder & MASK, quotient & MASK)


@instruction("divu", special(0x1B), "rs, rt", writes="hi lo")
def divu(cpu: Cpu, rs: int, rt: int) -> None:
    """LO := rs / rt, HI := remainder, unsigned; by zero LO = 0xffffffff, HI = rs"""
    dividend = cpu.gpr[rs]
    divisor = cpu.gpr[rt]
    if divisor == 0:
        cpu.divided(dividend, MASK)
    else:
        cpu.divided(dividend % divisor, dividend // divisor)


@instruction("mfhi", special(0x10), "rd", writes="rd", reads="hi")
def mfhi(cpu: Cpu, rd: int) -> None:
    """rd := HI; waits for it"""
    cpu.gpr[rd] = cpu.read_hi()


@instruction("mflo", special(0x12), "rd", writes="rd", reads="lo")
def mflo(cpu: Cpu, rd: int) -> None:
    """rd := LO; waits for it"""
    cpu.gpr[rd] = cpu.read_lo()


@instruction("mthi", special(0x11), "rs", writes="hi")
def mthi(cpu: Cpu, rs: int) -> None:
    """HI := rs"""
    cpu.write_hi(cpu.gpr[rs])


@instruction("mtlo", special(0x13), "rs", writes="lo")
def mtlo(cpu: Cpu, rs: int) -> None:
    """LO := rs"""
    cpu.write_lo(cpu.gpr[rs])


# Loads: the result arrives after the next instruction ----------------------------------------------------------------


@instruction("lb", primary(0x20), "rt, offset(base)", Kind.LOAD, writes="rt")
def lb(cpu: Cpu, rt: int, offset: int, base: int) -> None:
    """rt := the byte at base + offset, sign-extended"""
    byte = cpu.read(cpu.gpr[base] + offset, 1)
    cpu.load(rt, ((byte ^ 0x80) - 0x80) & MASK)


@instruction("lbu", primary(0x24), "rt, offset(base)", Kind.LOAD, writes="rt")
def lbu(cpu: Cpu, rt: int, offset: int, base: int) -> None:
    """rt := the byte at base + offset, zero-extended"""
    cpu.load(rt, cpu.read(cpu.gpr[base] + offset, 1))


@instruction("lh", primary(0x21), "rt, offset(base)", Kind.LOAD, writes="rt")
def lh(cpu: Cpu, rt: int, offset: int, base: int) -> None:
    """rt := the halfword at base + offset, sign-extended"""
    half = cpu.read(cpu.gpr[base] + offset, 2)
    cpu.load(rt, ((half ^ 0x8000) - 0x8000) & MASK)


@instruction("lhu", primary(0x25), "rt, offset(base)", Kind.LOAD, writes="rt")
def lhu(cpu: Cpu, rt: int, offset: int, base: int) -> None:
    """rt := the halfword at base + offset, zero-extended"""
    cpu.load(rt, cpu.read(cpu.gpr[base] + offset, 2))


@instruction("lw", primary(0x23), "rt, offset(base)", Kind.LOAD, writes="rt")
def lw(cpu: Cpu, rt: int, offset: int, base: int) -> None:
    """rt := the word at base + offset"""
    cpu.load(rt, cpu.read(cpu.gpr[base] + offset, 4))


# With a = address & 3 and m the aligned word around it, little-endian:
#   a    lwl rt               lwr rt               swl m                 swr m
#   0    m << 24 | rt[23:0]   m                    m[31:8]  | rt >> 24   rt
#   1    m << 16 | rt[15:0]   rt[31:24] | m >> 8   m[31:16] | rt >> 16   rt << 8  | m[7:0]
#   2    m << 8  | rt[7:0]    rt[31:16] | m >> 16  m[31:24] | rt >> 8    rt << 16 | m[15:0]
#   3    m                    rt[31:8]  | m >> 24  rt                    rt << 24 | m[23:0]
# The unaligned word at p is read by `lwl rt, p + 3` and `lwr rt, p`, in either order and with no delay between.


@instruction("lwl", primary(0x22), "rt, offset(base)", Kind.LOAD, writes="rt", merges=True)
def lwl(cpu: Cpu, rt: int, offset: int, base: int) -> None:
    """the upper bytes of rt := the bytes of the word up to base + offset"""
    address = cpu.gpr[base] + offset
    shift = 24 - 8 * (address & 3)
    word = cpu.read(address & ~3, 4)
    kept = cpu.merge_source(rt) & ((1 << shift) - 1)
    cpu.load(rt, ((word << shift) & MASK) | kept)


@instruction("lwr", primary(0x26), "rt, offset(base)", Kind.LOAD, writes="rt", merges=True)
def lwr(cpu: Cpu, rt: int, offset: int, base: int) -> None:
    """the lower bytes of rt := the bytes of the word from base + offset on"""
    address = cpu.gpr[base] + offset
    shift = 8 * (address & 3)
    word = cpu.read(address & ~3, 4)
    kept = cpu.merge_source(rt) & ~(MASK >> shift)
    cpu.load(rt, (word >> shift) | kept)


# Stores --------------------------------------------------------------------------------------------------------------


@instruction("sb", primary(0x28), "rt, offset(base)", Kind.STORE)
def sb(cpu: Cpu, rt: int, offset: int, base: int) -> None:
    """the byte at base + offset := rt"""
    cpu.write(cpu.gpr[base] + offset, 1, cpu.gpr[rt] & 0xFF)


@instruction("sh", primary(0x29), "rt, offset(base)", Kind.STORE)
def sh(cpu: Cpu, rt: int, offset: int, base: int) -> None:
    """the halfword at base + offset := rt"""
    cpu.write(cpu.gpr[base] + offset, 2, cpu.gpr[rt] & 0xFFFF)


@instruction("sw", primary(0x2B), "rt, offset(base)", Kind.STORE)
def sw(cpu: Cpu, rt: int, offset: int, base: int) -> None:
    """the word at base + offset := rt"""
    cpu.write(cpu.gpr[base] + offset, 4, cpu.gpr[rt])


@instruction("swl", primary(0x2A), "rt, offset(base)", Kind.STORE)
def swl(cpu: Cpu, rt: int, offset: int, base: int) -> None:
    """the bytes of the word up to base + offset := the upper bytes of rt"""
    address = cpu.gpr[base] + offset
    shift = 24 - 8 * (address & 3)
    cpu.write_masked(address & ~3, cpu.gpr[rt] >> shift, MASK >> shift)


@instruction("swr", primary(0x2E), "rt, offset(base)", Kind.STORE)
def swr(cpu: Cpu, rt: int, offset: int, base: int) -> None:
    """the bytes of the word from base + offset on := the lower bytes of rt"""
    address = cpu.gpr[base] + offset
    shift = 8 * (address & 3)
    cpu.write_masked(address & ~3, (cpu.gpr[rt] << shift) & MASK, (MASK << shift) & MASK)


# Branches and jumps: the instruction after each runs before control goes elsewhere -----------------------------------


@instruction("beq", primary(0x04), "rs, rt, displacement", Kind.BRANCH)
def beq(cpu: Cpu, rs: int, rt: int, displacement: int) -> None:
    """branch if rs = rt"""
    if cpu.gpr[rs] == cpu.gpr[rt]:
        cpu.branch(displacement)


@instruction("bne", primary(0x05), "rs, rt, displacement", Kind.BRANCH)
def bne(cpu: Cpu, rs: int, rt: int, displacement: int) -> None:
    """branch if rs is not rt"""
    if cpu.gpr[rs] != cpu.gpr[rt]:
        cpu.branch(displacement)


@instruction("blez", primary(0x06), "rs, displacement", Kind.BRANCH)
def blez(cpu: Cpu, rs: int, displacement: int) -> None:
    """branch if rs <= 0, signed"""
    if signed(cpu.gpr[rs]) <= 0:
        cpu.branch(displacement)


@instruction("bgtz", primary(0x07), "rs, displacement", Kind.BRANCH)
def bgtz(cpu: Cpu, rs: int, displacement: int) -> None:
    """branch if rs > 0, signed"""
    if signed(cpu.gpr[rs]) > 0:
        cpu.branch(displacement)


@instruction("bltz", regimm(0x00), "rs, displacement", Kind.BRANCH)
def bltz(cpu: Cpu, rs: int, displacement: int) -> None:
    """branch if rs < 0, signed"""
    if cpu.gpr[rs] & SIGN:
        cpu.branch(displacement)


@instruction("bgez", regimm(0x01), "rs, displacement", Kind.BRANCH)
def bgez(cpu: Cpu, rs: int, displacement: int) -> None:
    """branch if rs >= 0, signed"""
    if not cpu.gpr[rs] & SIGN:
        cpu.branch(displacement)


@instruction("bltzal", regimm(0x10), "rs, displacement", Kind.BRANCH, writes="ra")
def bltzal(cpu: Cpu, rs: int, displacement: int) -> None:
    """branch if rs < 0, signed; ra := the address after the slot, taken or not"""
    negative = cpu.gpr[rs] & SIGN
    cpu.gpr[31] = (cpu.next_pc + 4) & MASK
    if negative:
        cpu.branch(displacement)


@instruction("bgezal", regimm(0x11), "rs, displacement", Kind.BRANCH, writes="ra")
def bgezal(cpu: Cpu, rs: int, displacement: int) -> None:
    """branch if rs >= 0, signed; ra := the address after the slot, taken or not"""
    negative = cpu.gpr[rs] & SIGN
    cpu.gpr[31] = (cpu.next_pc + 4) & MASK
    if not negative:
        cpu.branch(displacement)


@instruction("j", primary(0x02), "target", Kind.JUMP)
def j(cpu: Cpu, target: int) -> None:
    """jump within the slot's 256 MiB"""
    cpu.jump((cpu.next_pc & 0xF0000000) | (target << 2))


@instruction("jal", primary(0x03), "target", Kind.JUMP, writes="ra")
def jal(cpu: Cpu, target: int) -> None:
    """jump within the slot's 256 MiB; ra := the address after the slot"""
    cpu.gpr[31] = (cpu.next_pc + 4) & MASK
    cpu.jump((cpu.next_pc & 0xF0000000) | (target << 2))


@instruction("jr", special(0x08), "rs", Kind.JUMP)
def jr(cpu: Cpu, rs: int) -> None:
    """jump to rs"""
    cpu.jump(cpu.gpr[rs])


@instruction("jalr", special(0x09), "rd, rs", Kind.JUMP, writes="rd")
def jalr(cpu: Cpu, rd: int, rs: int) -> None:
    """jump to rs; rd := the address after the slot"""
    target = cpu.gpr[rs]
    cpu.gpr[rd] = (cpu.next_pc + 4) & MASK
    cpu.jump(target)


# Traps ---------------------------------------------------------------------------------------------------------------


@instruction("syscall", special(0x0C), "[code]", Kind.TRAP)
def syscall(cpu: Cpu, code: int) -> None:
    """system call; code is for software"""
    cpu.system_call()


@instruction("break", special(0x0D), "[code]", Kind.TRAP)
def break_(cpu: Cpu, code: int) -> None:
    """breakpoint; code is for software"""
    cpu.breakpoint()


# Coprocessor 0: exceptions and address translation -------------------------------------------------------------------


@instruction("mfc0", cop0(0x00), "rt, control", Kind.LOAD, writes="rt", privileged=True)
def mfc0(cpu: Cpu, rt: int, control: int) -> None:
    """rt := control register, delayed like a load"""
    cpu.load(rt, cpu.read_control(control))


@instruction("mtc0", cop0(0x04), "rt, control", Kind.SYSTEM, privileged=True)
def mtc0(cpu: Cpu, rt: int, control: int) -> None:
    """control register := rt"""
    cpu.write_control(control, cpu.gpr[rt])


@instruction("bc0f", cop0_branch(0), "displacement", Kind.BRANCH, privileged=True)
def bc0f(cpu: Cpu, displacement: int) -> None:
    """branch if coprocessor 0's condition is false"""
    if not cpu.coprocessor_condition():
        cpu.branch(displacement)


@instruction("bc0t", cop0_branch(1), "displacement", Kind.BRANCH, privileged=True)
def bc0t(cpu: Cpu, displacement: int) -> None:
    """branch if coprocessor 0's condition is true"""
    if cpu.coprocessor_condition():
        cpu.branch(displacement)


@instruction("tlbr", cop0_function(0x01), kind=Kind.SYSTEM, privileged=True)
def tlbr(cpu: Cpu) -> None:
    """EntryHi, EntryLo := TLB entry named by Index"""
    cpu.tlb_read()


@instruction("tlbwi", cop0_function(0x02), kind=Kind.SYSTEM, privileged=True)
def tlbwi(cpu: Cpu) -> None:
    """TLB entry named by Index := EntryHi, EntryLo"""
    cpu.tlb_write_indexed()


@instruction("tlbwr", cop0_function(0x06), kind=Kind.SYSTEM, privileged=True)
def tlbwr(cpu: Cpu) -> None:
    """TLB entry named by Random := EntryHi, EntryLo"""
    cpu.tlb_write_random()


@instruction("tlbp", cop0_function(0x08), kind=Kind.SYSTEM, privileged=True)
def tlbp(cpu: Cpu) -> None:
    """Index := TLB entry that matches EntryHi, or its sign bit"""
    cpu.tlb_probe()


@instruction("rfe", cop0_function(0x10), kind=Kind.SYSTEM, privileged=True)
def rfe(cpu: Cpu) -> None:
    """restore the previous kernel/user and interrupt-enable bits; does not jump"""
    cpu.return_from_exception()


# Coprocessors 1 to 3: the machine has none, so that these trap whatever Status says ----------------------------------


@instruction("cop1", primary(0x11), "function", Kind.TRAP)
def cop1(cpu: Cpu, function: int) -> None:
    """operation of coprocessor 1"""
    cpu.coprocessor_unusable(1)


@instruction("cop2", primary(0x12), "function", Kind.TRAP)
def cop2(cpu: Cpu, function: int) -> None:
    """operation of coprocessor 2"""
    cpu.coprocessor_unusable(2)


@instruction("cop3", primary(0x13), "function", Kind.TRAP)
def cop3(cpu: Cpu, function: int) -> None:
    """operation of coprocessor 3"""
    cpu.coprocessor_unusable(3)


@instruction("lwc1", primary(0x31), "register, offset(base)", Kind.TRAP, reads="")
def lwc1(cpu: Cpu, register: int, offset: int, base: int) -> None:
    """load a word into coprocessor 1"""
    cpu.coprocessor_unusable(1)


@instruction("lwc2", primary(0x32), "register, offset(base)", Kind.TRAP, reads="")
def lwc2(cpu: Cpu, register: int, offset: int, base: int) -> None:
    """load a word into coprocessor 2"""
    cpu.coprocessor_unusable(2)


@instruction("lwc3", primary(0x33), "register, offset(base)", Kind.TRAP, reads="")
def lwc3(cpu: Cpu, register: int, offset: int, base: int) -> None:
    """load a word into coprocessor 3"""
    cpu.coprocessor_unusable(3)


@instruction("swc1", primary(0x39), "register, offset(base)", Kind.TRAP, reads="")
def swc1(cpu: Cpu, register: int, offset: int, base: int) -> None:
    """store a word of coprocessor 1"""
    cpu.coprocessor_unusable(1)


@instruction("swc2", primary(0x3A), "register, offset(base)", Kind.TRAP, reads="")
def swc2(cpu: Cpu, register: int, offset: int, base: int) -> None:
    """store a word of coprocessor 2"""
    cpu.coprocessor_unusable(2)


@instruction("swc3", primary(0x3B), "register, offset(base)", Kind.TRAP, reads="")
def swc3(cpu: Cpu, register: int, offset: int, base: int) -> None:
    """store a word of coprocessor 3"""
    cpu.coprocessor_unusable(3)


ROWS: Final[tuple[Instruction, ...]] = tuple(INSTRUCTIONS)
"""The whole instruction set."""
