"""A machine that runs one program in user mode: the processor with its memory, a monitor, and two of Linux's calls.

    machine = Machine("5000/200")
    machine.load("hello.elf", ["hello", "world"])    # or machine.assemble("start: li $v0, 4001 ...")
    machine.run(cycles=1_000_000)                    # Exit, Fault, AtBreakpoint or OutOfCycles

Every instruction is executed, the monitor's too, so that misses of the TLB cost what they cost. System calls are o32's:
the number in $v0, arguments in $a0 to $a3, the result in $v0, and $a3 = 1 if it is an error's number. There are
write (4004), to descriptors 1 and 2, and exit (4001); what the host does for them takes no time of the machine's.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import BinaryIO, Final

from dlcode_aegis_core.machine.bus import Bus
from dlcode_aegis_core.machine.engines import ENGINES
from dlcode_aegis_core.machine.events import EventQueue
from dlcode_aegis_core.machine.memory import Memory
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.processor import Engine, Processor
from dlcode_aegis_core.machine.programs.faults import Fault
from dlcode_aegis_core.machine.programs.registers import Registers
from dlcode_aegis_core.machine.programs.routines import Routines, RoutineTrace
from dlcode_aegis_core.machine.programs.space import KUSEG_END, PAGE_TABLE, AddressSpace, NoRoom
from dlcode_aegis_core.machine.programs.stops import (
    AtBreakpoint,
    Exit,
    OutOfCycles,
    ProgramError,
    Statistics,
    Stepped,
    Stop,
)
from dlcode_aegis_core.machine.units import PICOSECONDS
from dlcode_jit.mips.assemble import Assembly, assemble
from dlcode_jit.mips.decode import decode
from dlcode_jit.mips.elf import OBJECT, ElfError, Executable, read_elf, read_executable
from dlcode_jit.mips.objects import place, read_object
from dlcode_jit.mips.registers import GENERAL_NAMES, GENERAL_NUMBERS, ExceptionCode

DEFAULT_MODEL: Final = "5000/200"
MONITOR: Final = 0x80000000
PROGRAM: Final = 0x00400000
"""Where source and objects are placed; linked programs say so themselves."""
STACK_TOP: Final = 0x7FFF8000
STACK_BYTES: Final = 1 << 20
MOST_FILE: Final = 1 << 27
"""Bytes: a larger file is not read."""
ENTRIES: Final = ("__start", "_start", "main")
"""Where source and objects begin: the first of these that they define, or else at their beginning."""

_ADDRESS_SPACE: Final = 1
_WRITE, _EXIT = 4004, 4001
_EFAULT, _EBADF, _ENOSYS = 14, 9, 89
_V0, _A0, _A1, _A2, _A3, _SP = (GENERAL_NUMBERS[name] for name in ("v0", "a0", "a1", "a2", "a3", "sp"))


class Machine:
    """A processor of one model, in which one program is loaded at a time."""

    def __init__(
        self,
        model: str | Parameters = DEFAULT_MODEL,
        *,
        settings: Mapping[str, object] | None = None,
        output: Callable[[int, bytes], None] | None = None,
        engine: Engine = "compiled",
    ) -> None:
        """`output` takes what the program writes: a descriptor and bytes; without it they go to the process's own.

        Both engines give the same in every register and cycle; "python" is the slower, and the oracle.

        Raises UnknownParameter for a model or a name in `settings` that there is not, BadParameter for a value.
        """
        parameters = model if isinstance(model, Parameters) else Parameters.load(model_name(model))
        self.parameters: Final = parameters.replace(settings or {})
        self.count_refills = False
        """Whether TLB refills are counted: that makes a program that has many of them slower to emulate."""
        self.breakpoints: Final[set[int]] = set()
        self.symbols: Mapping[str, int] = {}
        self._output: Final = output or _write_out
        self._engine: Final = engine
        self._empty()

    # ---- Loading ----------------------------------------------------------------------------------------------------

    def load(self, program: str | os.PathLike[str] | bytes, arguments: Sequence[str] = ("program",)) -> None:
        """Load an ELF program, or an object that needs nothing else, given as a file's name or as its bytes.

        Raises ProgramError for what is none or does not fit, and OSError.
        """
        data = program if isinstance(program, bytes) else _read(program)
        try:
            if read_elf(data).kind == OBJECT:
                object = read_object(data)
                symbols = {name: PROGRAM + offset for name, offset in object.symbols.items()}
                self._start([(PROGRAM, place(object, PROGRAM), len(object.data), True)], symbols, None, arguments)
            else:
                self._load_executable(read_executable(data), arguments)
        except ElfError as error:
            raise ProgramError(str(error)) from None

    def assemble(self, source: str, name: str = "program.s", arguments: Sequence[str] = ("program",)) -> Assembly:
        """Assemble a program and load it. Raises AssemblyError as the assembler does, and ProgramError."""
        assembly = assemble(source, name, PROGRAM)
        segments = [(segment.address, segment.data, len(segment.data), True) for segment in assembly.segments]
        self._start(segments, dict(assembly.symbols), None, arguments)
        return assembly

    def _load_executable(self, program: Executable, arguments: Sequence[str]) -> None:
        segments = [(one.address, one.data, one.size, one.writable) for one in program.segments]
        symbols = {symbol.name: symbol.value for symbol in program.symbols}
        functions = frozenset(symbol.name for symbol in program.symbols if symbol.function)
        self._start(segments, symbols, program.entry, arguments, functions)

    def _start(
        self,
        segments: Sequence[tuple[int, bytes | memoryview, int, bool]],
        symbols: Mapping[str, int],
        entry: int | None,
        arguments: Sequence[str],
        functions: frozenset[str] = frozenset(),
    ) -> None:
        """A program in an empty machine, before the monitor's first instruction."""
        self._empty()
        if not segments:
            raise ProgramError("the program has no instructions")
        first = min(address for address, _, _, _ in segments)
        entry = next((symbols[name] for name in ENTRIES if name in symbols), first) if entry is None else entry
        try:
            self._space = AddressSpace(self._memory)
            for address, data, size, writable in segments:
                self._space.map(address, size, writable=writable)
                self._space.write(address, data)
            self._space.map(STACK_TOP - STACK_BYTES, STACK_BYTES, writable=True)
        except NoRoom as error:
            raise ProgramError(str(error)) from None
        stack = self._put_arguments(arguments)
        values = {
            "ENTRY": entry,
            "STACK": stack,
            "PAGE_TABLE": MONITOR + PAGE_TABLE,
            "ADDRESS_SPACE": _ADDRESS_SPACE,
            "SYSTEM_CALL": int(ExceptionCode.SYSTEM_CALL),
        }
        monitor = assemble(_monitor_source(), "monitor.s", MONITOR, values)
        for segment in monitor.segments:
            start = segment.address - MONITOR
            self._memory.data[start : start + len(segment.data)] = segment.data
        self._monitor = monitor.symbols
        self.symbols = dict(symbols)
        self.routines = Routines(symbols, functions, entry, _called(segments))
        self.cpu.pc = monitor.symbols["boot"]
        self._loaded = True
        self._go({entry}, None)  # the monitor's own start is not the program's
        self._began = (self.cpu.instructions, self.cpu.cycles)

    def _empty(self) -> None:
        """The machine as it is when it is switched on."""
        self._memory = Memory(self.parameters.integer("memory.bytes"))
        self.cpu: Processor = ENGINES[self._engine](self.parameters, Bus(self._memory, ()), EventQueue())
        self.symbols = {}
        self._loaded = False
        self._ended: Exit | Fault | None = None
        self._began = (0, 0)
        self._system_calls = self._refills = 0
        self._host_seconds = 0.0

    def _put_arguments(self, arguments: Sequence[str]) -> int:
        """Arguments as Linux leaves them: count, pointers, no environment, no auxiliary values. The stack pointer."""
        strings = b""
        places = []
        for argument in arguments:
            places.append(len(strings))
            strings += os.fsencode(argument) + b"\0"
        start = (STACK_TOP - len(strings)) & ~15
        words = [len(places), *(start + at for at in places), 0, 0, 0, 0]
        stack = (start - 4 * len(words)) & ~15
        if STACK_TOP - stack > STACK_BYTES // 4:
            raise ProgramError(f"arguments of {len(strings)} bytes: a quarter of the stack is all there is for them")
        self._space.write(start, strings)
        self._space.write(stack, struct.pack(f"<{len(words)}I", *words))
        return stack

    # ---- Running ----------------------------------------------------------------------------------------------------

    def run(self, until: int | str | None = None, cycles: int | None = None) -> Stop:
        """Run until the program ends, a breakpoint, the address or symbol `until`, or so many cycles from here.

        Without `cycles` a program that never ends is run for ever. An instruction that a breakpoint is on is executed
        if the run begins there. Raises ProgramError if nothing is loaded, or the symbol is not known.
        """
        stops = self.breakpoints if until is None else {*self.breakpoints, self.address_of(until)}
        return self._go(stops, cycles)

    def step(self, count: int = 1) -> Stop:
        """Execute so many instructions, the monitor's included; less if the program ends."""
        self._need_program()
        began = time.perf_counter()
        done = 0
        while done < count and self._ended is None:
            self._step()
            done += 1
            self._serve()
        self._host_seconds += time.perf_counter() - began
        return self._ended or Stepped(done)

    def _go(self, stops: set[int], cycles: int | None) -> Stop:
        self._need_program()
        began = time.perf_counter()
        try:
            return self._ended or self._go_on(stops, None if cycles is None else self.cpu.cycles + cycles)
        finally:
            self._host_seconds += time.perf_counter() - began

    def _go_on(self, stops: set[int], limit: int | None) -> Stop:
        cpu = self.cpu
        watched = {*stops, self._monitor["service"], self._monitor["fault"]}
        if self.count_refills:
            watched.add(self._monitor["refill"])
        cpu.breakpoints.clear()
        cpu.breakpoints.update(watched)
        while limit is None or cpu.cycles < limit:
            self._step()  # leaves the breakpoint that the last run ended at
            if cpu.pc not in watched:
                turn = cpu.cycles + _TURN_CYCLES
                cpu.run((turn if limit is None else min(turn, limit)) * PICOSECONDS // cpu.clock_hz)
            self._serve()
            if self._ended is not None:
                return self._ended
            if cpu.pc in stops:
                return AtBreakpoint(cpu.pc)
        return OutOfCycles(cpu.cycles - self._began[1])

    def _step(self) -> None:
        if self.cpu.pc == self._monitor["refill"] and not self.cpu.cp0.user:
            self._refills += 1
        self.cpu.step()

    def _serve(self) -> None:
        """Do what the host does where the processor is. A program that jumps there is about to have a fault."""
        if self.cpu.cp0.user:
            return
        if self.cpu.pc == self._monitor["service"]:
            self._system_call()
        elif self.cpu.pc == self._monitor["fault"]:
            self._ended = self._fault()

    def _need_program(self) -> None:
        if not self._loaded:
            raise ProgramError("no program is loaded")

    def _system_call(self) -> None:
        gpr = self.cpu.gpr
        number, descriptor, address, size = gpr[_V0], gpr[_A0], gpr[_A1], gpr[_A2]
        self._system_calls += 1
        error = 0
        if number == _EXIT:
            self._ended = Exit(descriptor & 0xFF)
            return
        if number != _WRITE:
            error = _ENOSYS
        elif descriptor not in (1, 2):
            error = _EBADF
        elif (data := self._space.read(address, size)) is None:
            error = _EFAULT
        else:
            self._output(descriptor, data)
        gpr[_V0], gpr[_A3] = (error, 1) if error else (size, 0)

    def _fault(self) -> Fault:
        cp0 = self.cpu.cp0
        assert cp0.status & 1 << 3, f"the monitor has a fault of its own: cause {cp0.cause:#x} at {cp0.epc:#x}"
        in_slot = bool(cp0.cause >> 31)
        pc = cp0.epc + 4 * in_slot
        code = ExceptionCode(cp0.cause >> 2 & 31)
        address = cp0.bad_address if code in _WITH_ADDRESS else None
        word = self.word(pc) if pc < KUSEG_END else None
        return Fault(pc, code, address, word, in_slot, cp0.cause >> 28 & 3)

    @contextmanager
    def tracing(self, stream: BinaryIO) -> Iterator[None]:
        """Trace what runs within the `with` block: every routine, in Chrome's format, which Perfetto opens."""
        self._need_program()
        vectors = {self._monitor[name]: name for name in ("refill", "general")}
        trace = RoutineTrace(stream, self.routines, self.word, vectors, self.cpu.clock_hz)
        self.cpu.trace = trace
        try:
            yield
        finally:
            self.cpu.trace = None
            trace.finish(self.cpu.cycles)

    # ---- To look at -------------------------------------------------------------------------------------------------

    @property
    def pc(self) -> int:
        """Address of the next instruction."""
        return self.cpu.pc

    @property
    def registers(self) -> Registers:
        """The registers, to look at and to set."""
        return Registers(self.cpu)

    @property
    def pending_load(self) -> tuple[str, int] | None:
        """Name of the register, and the value, of the load whose result the next instruction does not see yet."""
        pending = self.cpu.pending_load
        return None if pending is None else (GENERAL_NAMES[pending[0] % 32], pending[1])

    @property
    def ended(self) -> Exit | Fault | None:
        """How the program ended; None while it runs."""
        return self._ended

    @property
    def statistics(self) -> Statistics:
        """What the program has taken so far."""
        instructions, cycles = self.cpu.instructions - self._began[0], self.cpu.cycles - self._began[1]
        refills = self._refills if self.count_refills else None
        seconds = cycles / self.cpu.clock_hz
        return Statistics(instructions, cycles, seconds, self._system_calls, refills, self._host_seconds)

    def memory(self, address: int, size: int) -> bytes:
        """Bytes of the program's memory. Raises ProgramError where there is none."""
        self._need_program()
        data = self._space.read(address, size)
        if data is None:
            raise ProgramError(f"{size} bytes at {address:#010x}: not all of them are there")
        return data

    def word(self, address: int) -> int | None:
        """A word of the program's memory or of the monitor; None if it is not there, or the address is not aligned."""
        if not self._loaded or address & 3:
            return None
        physical = address - MONITOR if 0 <= address - MONITOR < PAGE_TABLE else self._space.physical(address)
        return None if physical is None else self._memory.words[physical >> 2]

    def place(self, address: int) -> str:
        """An address by the symbol before it, of the program's or the monitor's: `main+0x10`."""
        if address < KUSEG_END or not self._loaded:
            return self.routines.place(address) if self._loaded else f"{address:#010x}"
        below = {name: start for name, start in self._monitor.items() if MONITOR <= start <= address < MONITOR + 4096}
        if not below:
            return f"{address:#010x}"
        name = max(below, key=lambda name: below[name])
        return f"monitor:{name}" + (f"+{address - below[name]:#x}" if address > below[name] else "")

    def address_of(self, place: int | str) -> int:
        """The address of a symbol; an address is its own. Raises ProgramError for a name that there is not."""
        if isinstance(place, int):
            return place
        if place not in self.symbols:
            raise ProgramError(f'the program has no symbol "{place}"')
        return self.symbols[place]


_WITH_ADDRESS: Final = (
    *(ExceptionCode.TLB_MODIFIED, ExceptionCode.TLB_LOAD, ExceptionCode.TLB_STORE),
    *(ExceptionCode.ADDRESS_LOAD, ExceptionCode.ADDRESS_STORE),
)
_CALL_OPCODES: Final = (1, 3)  # bltzal and bgezal; jal
_TURN_CYCLES: Final = 50_000_000
"""How long the processor runs at most before Python sees to signals: what its user types, for instance."""


def _read(path: str | os.PathLike[str]) -> bytes:
    with open(path, "rb") as stream:
        data = stream.read(MOST_FILE + 1)
    if len(data) > MOST_FILE:
        raise ProgramError(f"the file has more than {MOST_FILE} bytes")
    return data


def _called(segments: Sequence[tuple[int, bytes | memoryview, int, bool]]) -> set[int]:
    """Where calls in a program go to, and anything that looks like one in its data."""
    places = set()
    for address, data, _, _ in segments:
        start = -address % 4
        for at, (word,) in enumerate(struct.iter_unpack("<I", data[start : start + (len(data) - start) // 4 * 4])):
            if word >> 26 in _CALL_OPCODES and (decoded := decode(word)) and 31 in decoded.writes:
                place = decoded.destination(address + start + 4 * at)
                if place is not None:
                    places.add(place)
    return places


def model_name(text: str) -> str:
    """The name of a model's table: `5000/200` and `DEC5000/200` are `dec5000-200`."""
    name = text.lower().replace("/", "-")
    return f"dec{name}" if name[:1].isdigit() else name


@cache
def _monitor_source() -> str:
    return files(__package__).joinpath("monitor.s").read_text("utf-8")


def _write_out(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
