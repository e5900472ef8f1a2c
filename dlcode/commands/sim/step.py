"""`dlcode sim step FILE.elf`: a program under a debugger's commands, typed or piped in."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Iterable

from dlcode.command_line import CannotRun
from dlcode.commands.sim.execute import CYCLES, describe, load
from dlcode.commands.sim.settings import declare_machine
from dlcode.machine import Machine
from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_aegis_core.machine.programs import AtBreakpoint, Exit, Fault, OutOfCycles, ProgramError, Stop
from dlcode_aegis_core.machine.tlb import DIRTY, GLOBAL, PAGE, UNCACHED, VALID
from dlcode_jit.mips.disassemble import disassemble
from dlcode_jit.mips.registers import GENERAL_NAMES, Control

HELP = """
commands, of which a letter is enough:
  step [N]            execute an instruction, or N; each is shown
  continue            run until a breakpoint or the end
  break [PLACE]       stop before the instruction at an address or symbol; without one, show the breakpoints
  delete PLACE        take a breakpoint away
  registers           general registers, HI and LO, the load whose value is not there yet, coprocessor 0
  tlb                 the entries that are valid
  list [PLACE] [N]    instructions from there, or from the next one on
  memory PLACE [N]    N words of memory
  quit                leave; as does the end of the input
"""


class _Refused(Exception):
    """A command that can't be followed: its reason."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = HELP
    parser.add_argument("program", metavar="FILE", help="the program")
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="what it is given; after --, with dashes too")
    declare_machine(parser)
    help = f"the most that one `continue` takes ({CYCLES})"
    parser.add_argument("--cycles", type=int, default=CYCLES, metavar="N", help=help)


def run(options: argparse.Namespace) -> int:
    """Follow commands until `quit` or their end; 0, or 2 if one of those that were piped in was refused."""
    machine = load(options, _output)
    session = _Session(machine, options.cycles)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="backslashreplace")
    typed = sys.stdin.isatty()
    print(session.next())
    refused = 0
    for line in _lines(typed):
        try:
            if not session.follow(line.split()):
                break
        except (_Refused, ProgramError, BeyondModel) as error:
            refused += 1
            print(f"dlcode: {error}", file=sys.stderr)
    if refused and not typed:
        raise CannotRun(f"{refused} of the commands could not be followed")
    return 0


def _output(descriptor: int, data: bytes) -> None:
    sys.stdout.flush()
    stream = (sys.stdout if descriptor == 1 else sys.stderr).buffer
    stream.write(data)
    stream.flush()


def _lines(typed: bool) -> Iterable[str]:
    while True:
        if typed:
            print("> ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        yield line


class _Session:
    """One machine, and what its user asks of it."""

    def __init__(self, machine: Machine, cycles: int) -> None:
        self.machine, self.cycles = machine, cycles
        self.commands: dict[str, Callable[[list[str]], None]] = {
            "step": self.step,
            "continue": self.go_on,
            "break": self.set_breakpoint,
            "delete": self.delete,
            "registers": self.registers,
            "tlb": self.tlb,
            "list": self.code,
            "memory": self.memory,
        }

    def follow(self, words: list[str]) -> bool:
        """Follow one command; False if it is to leave."""
        if not words:
            return True
        name, *operands = words
        if "quit".startswith(name):
            return False
        found = [command for known, command in self.commands.items() if known.startswith(name)]
        if not found:
            raise _Refused(f'no command "{name}": there are {", ".join(self.commands)} and quit')
        found[0](operands)
        return True

    def next(self) -> str:
        """The instruction that is next, or how the program ended."""
        ended = self.machine.ended
        if isinstance(ended, Exit):
            return f"the program has ended with status {ended.status}"
        if isinstance(ended, Fault):
            return describe(self.machine, ended)
        line = self.line(self.machine.pc)
        pending = self.machine.pending_load
        return line if pending is None else f"{line:60} # {self.load(pending)}"

    def line(self, address: int) -> str:
        """An instruction with its address, its place and its word."""
        word = self.machine.word(address)
        text = "nothing is here" if word is None else f"{word:08x}  {disassemble(word, address)}"
        return f"{address:08x}  {self.machine.place(address):20} {text}"

    def load(self, pending: tuple[str, int]) -> str:
        """A load under way."""
        register, value = pending
        return f"${register} will be {value:#x}"

    def stopped(self, stop: Stop) -> None:
        """Say why it runs no further."""
        if isinstance(stop, OutOfCycles):
            print(f"stopped after {self.cycles} cycles")
        elif isinstance(stop, AtBreakpoint):
            print("breakpoint")
        print(self.next())

    # ---- Commands ---------------------------------------------------------------------------------------------------

    def step(self, operands: list[str]) -> None:
        for _ in range(self.number(operands, 0, 1)):
            if self.machine.ended is not None:
                break
            self.machine.step()
            print(self.next())

    def go_on(self, operands: list[str]) -> None:
        self.stopped(self.machine.run(cycles=self.cycles))

    def set_breakpoint(self, operands: list[str]) -> None:
        if operands:
            self.machine.breakpoints.add(self.place(operands, 0))
        for address in sorted(self.machine.breakpoints):
            print(self.line(address))

    def delete(self, operands: list[str]) -> None:
        address = self.place(operands, 0)
        if address not in self.machine.breakpoints:
            raise _Refused(f"no breakpoint at {address:#010x}")
        self.machine.breakpoints.remove(address)

    def registers(self, operands: list[str]) -> None:
        cpu = self.machine.cpu
        for row in range(8):
            cells = [f"{'$' + GENERAL_NAMES[number]:>5} {cpu.gpr[number]:08x}" for number in range(row, 32, 8)]
            print("  ".join(cells))
        print(f"   pc {self.machine.pc:08x}     hi {cpu.hi:08x}     lo {cpu.lo:08x}  cycle {cpu.cycles}")
        if self.machine.pending_load is not None:
            print(f"a load is under way: {self.load(self.machine.pending_load)} after the next instruction")
        print("  ".join(f"{register.name.lower()} {cpu.read_control(register):08x}" for register in Control))

    def tlb(self, operands: list[str]) -> None:
        marks = ((UNCACHED, "uncached"), (DIRTY, "writable"), (GLOBAL, "global"))
        for index in range(64):
            high, low = self.machine.cpu.tlb.read(index)
            if low & VALID:
                names = ", ".join(name for bit, name in marks if low & bit)
                space = high >> 6 & 0x3F
                print(f"{index:2}  {high & PAGE:08x} of space {space} -> {low & PAGE:08x}  {names}".rstrip())

    def code(self, operands: list[str]) -> None:
        start = self.place(operands, 0) if operands else self.machine.pc
        for index in range(self.number(operands, 1, 10)):
            print(self.line(start + 4 * index))

    def memory(self, operands: list[str]) -> None:
        start = self.place(operands, 0) & ~3
        count = self.number(operands, 1, 4)
        for address in range(start, start + 4 * count, 16):
            words = [self.machine.word(at) for at in range(address, min(address + 16, start + 4 * count), 4)]
            print(f"{address:08x}  {' '.join('--------' if word is None else f'{word:08x}' for word in words)}")

    # ---- Operands ---------------------------------------------------------------------------------------------------

    def number(self, operands: list[str], index: int, default: int) -> int:
        if index >= len(operands):
            return default
        try:
            number = int(operands[index], 0)
        except ValueError:
            raise _Refused(f"{operands[index]} is not a number") from None
        if not 0 < number <= 1_000_000:
            raise _Refused(f"{number} is not from 1 to 1000000")
        return number

    def place(self, operands: list[str], index: int) -> int:
        if index >= len(operands):
            raise _Refused("an address or a symbol is missing")
        text = operands[index]
        if text in self.machine.symbols:
            return self.machine.symbols[text]
        try:
            address = int(text, 0)
        except ValueError:
            raise _Refused(f'the program has no symbol "{text}"') from None
        if not 0 <= address < 1 << 32:
            raise _Refused(f"{text} is no address")
        return address
