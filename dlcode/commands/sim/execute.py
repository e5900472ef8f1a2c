"""`dlcode sim exec FILE.elf [ARGUMENT …]`: run a static MIPS-I program in user mode on an emulated DECstation."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from typing import Any

from dlcode.command_line import CannotRun
from dlcode.commands.sim.settings import declare_machine, settings
from dlcode.machine import Machine
from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_aegis_core.machine.parameters import BadParameter, UnknownParameter
from dlcode_aegis_core.machine.programs import Exit, Fault, OutOfCycles, ProgramError, Statistics, Stop

CYCLES = 10_000_000_000
HELP = """
The program may write (call 4004, to descriptors 1 and 2) and exit (4001); every other call returns ENOSYS. Make one so:
  mipsel-linux-gnu-gcc -march=mips1 -mabi=32 -msoft-float -mno-abicalls -fno-pic -G0 -O2 -ffreestanding -nostdlib \\
      -static start.s program.c -o program

where start.s calls main(argc, argv), and hands on what it returns:
  .set noreorder
  .globl __start
  __start: lw $4, 0($29)
           addiu $5, $29, 4
           jal main
           addiu $29, $29, -32
           move $4, $2
           li $2, 4001
           syscall

exit status: the program's own; 128 and the signal's number where it has a fault, as a shell says of a killed one:
  132 SIGILL, 133 SIGTRAP, 136 SIGFPE, 138 SIGBUS (not aligned, or the kernel's), 139 SIGSEGV; 2 where it could not be
  run, or has not ended after --cycles
"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = HELP
    parser.add_argument("program", metavar="FILE", help="the program")
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="what it is given; after --, with dashes too")
    declare_machine(parser)
    parser.add_argument("--cycles", type=int, default=CYCLES, metavar="N", help=f"stop after so many ({CYCLES})")
    parser.add_argument("--stats", action="store_true", help="say what it took, on standard error")
    parser.add_argument("--trace", metavar="OUT.json", help="write a slice for every stay in a routine, for Perfetto")
    help = "json: one object on standard output, with what the program wrote in it"
    parser.add_argument("--format", choices=("human", "json"), default="human", help=help)


def run(options: argparse.Namespace) -> int:
    """Run it; its exit status."""
    written: dict[int, list[bytes]] = {1: [], 2: []}
    as_json = options.format == "json"

    def output(descriptor: int, data: bytes) -> None:
        if as_json:
            written[descriptor].append(data)
        else:
            stream = (sys.stdout if descriptor == 1 else sys.stderr).buffer
            stream.write(data)
            stream.flush()

    machine = load(options, output)
    machine.count_refills = options.stats
    with ExitStack() as stack:
        if options.trace:
            stack.enter_context(machine.trace(options.trace))
        try:
            stop = machine.run(cycles=options.cycles)
        except BeyondModel as error:
            raise CannotRun(f"{options.program}: {error}") from None
    if as_json:
        texts = {number: b"".join(parts).decode("utf-8", "backslashreplace") for number, parts in written.items()}
        row = {"machine": machine.parameters.model, **_end(machine, stop), "stdout": texts[1], "stderr": texts[2]}
        if options.stats:
            row["statistics"] = _numbers(machine.statistics)
        print(json.dumps(row, indent=2))
    else:
        sys.stdout.flush()
        if isinstance(stop, Fault):
            print(describe(machine, stop), file=sys.stderr)
        if options.stats:
            _show(machine)
    if isinstance(stop, OutOfCycles):
        raise CannotRun(
            f"{options.program} has not ended after {stop.cycles} cycles, at {machine.place(machine.pc)}\n"
            "help: --cycles N allows more"
        )
    assert isinstance(stop, (Exit, Fault))
    return stop.status


def load(options: argparse.Namespace, output: Any = None) -> Machine:
    """The machine that was asked for, with the program in it. Raises CannotRun."""
    path = options.program
    if options.cycles <= 0:
        raise CannotRun("--cycles takes a number above 0")
    try:
        machine = Machine(options.machine, settings=settings(options), output=output)
        machine.load(path, [path, *options.arguments])
    except ProgramError as error:
        raise CannotRun(f"{path}: {error}") from None
    except (UnknownParameter, BadParameter) as error:
        raise CannotRun(str(error)) from None
    return machine


def describe(machine: Machine, fault: Fault) -> str:
    """A fault in words: what, where, and what was executed there."""
    slot = ", in a delay slot" if fault.in_slot else ""
    return (
        f"dlcode: the program's fault: {fault.reason} ({fault.signal})\n"
        f"  at {fault.pc:#010x}, {machine.place(fault.pc)}{slot}: {fault.instruction}"
    )


def _end(machine: Machine, stop: Stop) -> dict[str, Any]:
    if isinstance(stop, Exit):
        return {"status": stop.status}
    if isinstance(stop, Fault):
        fault = {
            "reason": stop.reason,
            "signal": stop.signal,
            "cause": stop.code.name,
            "pc": f"{stop.pc:#010x}",
            "place": machine.place(stop.pc),
            "instruction": stop.instruction,
            "in_slot": stop.in_slot,
            "address": None if stop.address is None else f"{stop.address:#010x}",
        }
        return {"status": stop.status, "fault": fault}
    return {"status": None, "place": machine.place(machine.pc)}


def _numbers(statistics: Statistics) -> dict[str, Any]:
    return {
        "instructions": statistics.instructions,
        "cycles": statistics.cycles,
        "seconds": statistics.seconds,
        "cycles_per_instruction": round(statistics.cycles_per_instruction, 4),
        "system_calls": statistics.system_calls,
        "tlb_refills": statistics.refills,
    }


def _show(machine: Machine) -> None:
    statistics = machine.statistics
    speed = statistics.instructions / statistics.host_seconds / 1e6 if statistics.host_seconds else 0.0
    mhz = machine.cpu.clock_hz / 1e6
    lines = (
        f"{machine.parameters.title}, {mhz:g} MHz",
        f"{statistics.instructions:>14,} instructions",
        f"{statistics.cycles:>14,} cycles, {statistics.cycles_per_instruction:.3f} an instruction",
        f"{statistics.seconds:>14.6f} seconds of the machine's time",
        f"{statistics.refills:>14,} TLB refills",
        f"{statistics.system_calls:>14,} system calls",
        f"{statistics.host_seconds:>14.3f} seconds here, {speed:.1f} million instructions a second",
    )
    print("\n".join(lines), file=sys.stderr)
