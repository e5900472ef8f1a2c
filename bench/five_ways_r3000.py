"""What the proof buys on the R3000: one program five ways on the emulated machine, in its cycles.

    python -m bench.five_ways_r3000     # writes bench/results/five_ways_r3000.json, docs/figures-five-ways-r3000.svg
                                        # and its part of docs/figures.md

`interpreted`   by MIPS-I code that runs there and tests each access: `bytecode`
`checked`       compiled; each access of packet, region and queue is tested, but where LLVM sees that it need not be
`masked`        compiled; addresses are masked into powers of two and backward branches counted, by a tool behind the
                optimiser, which can take nothing of that out (software fault isolation, as in the 1990s)
`proved`        compiled: the image, and no test but the program's own
`unsafe`        compiled without even these: it trusts that each packet holds all that the program asks for

The machine is deterministic, so each figure is one run, from the first instruction to the return, without a kernel.
Warm, everything is in the caches, which are made as large as memory so that nothing is pushed out, and the write buffer
is empty; cold, nothing is, caches are of their size, and the write buffer is full. Packets lie in plain, cached memory,
and are declared to have at most the 1514 bytes of an Ethernet frame, which makes the masks cheap.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import llvmlite
import llvmlite.binding as llvm

from bench import five_ways
from bench.bytecode.instructions import Bytecode, interpreter
from bench.bytecode.translate import translated
from bench.five_ways import Subject
from bench.five_ways_figure import WAYS, Bar, Group, picture, times_of
from dlcode.examples import example
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_dsl import Source, compile_source
from dlcode_dsl.core.form import LONGEST_FRAME
from dlcode_jit.abi import QueueLayout
from dlcode_jit.experiment import proved_mips_code
from dlcode_jit.guards import Guarding
from dlcode_jit.outcome import Outcome
from dlcode_jit.r3000.image import MipsCode
from dlcode_verifier import Certificate, Proved, verify
from tests.bare_machine import SIZE, BareMachine, State

ROOT: Final = Path(__file__).parents[1]
RESULTS: Final = ROOT / "bench" / "results" / "five_ways_r3000.json"
FIGURE: Final = ROOT / "docs" / "figures-five-ways-r3000.svg"
FIGURES: Final = ROOT / "docs" / "figures.md"
START, END = "<!-- written by bench.five_ways_r3000 -->", "<!-- up to here: bench.five_ways_r3000 -->"

GUARDING: Final = {**five_ways.GUARDING, "masked": Guarding.SANDBOX}
"""How each compiled way is guarded."""

MODELS: Final = ("dec5000-125", "dec5000-200")
STATES: Final[tuple[State, ...]] = ("warm", "cold")

SEGMENT: Final = 1460
"""Bytes of data of the longest TCP segment in an Ethernet frame, which `deliver` is measured with."""

Code = MipsCode | Bytecode


@cache
def subjects() -> Mapping[str, Subject]:
    """What is measured, by name: what the host's figure has, and the copy of a segment through two pipes."""
    name, data = "a full segment", random.Random(SEGMENT).randbytes(SEGMENT).hex()
    test = (
        f'test deliver "{name}" {{\n  packet ethernet / ipv4 / tcp(dport: 9000) / hex("{data}")\n  expect consume\n}}'
    )
    compiled = compile_source(Source("deliver", f"{example('deliver').read_text(encoding='utf-8')}\n{test}\n"))
    (case,) = [case for case in compiled.tests if case.name == name]
    return {**five_ways.subjects(), "deliver": Subject(case.program, case.packet, case.memory)}


@cache
def certificate(name: str) -> Certificate:
    """The proof of a subject for an Ethernet's packets."""
    program = subjects()[name].program
    on = None if program.on is None else replace(program.on, maximum=LONGEST_FRAME)
    answer = verify(replace(program, maximum=LONGEST_FRAME, on=on))
    assert isinstance(answer, Proved), f"{name} is not proved: {answer}"
    return answer.certificate


@cache
def code(name: str, way: str) -> Code:
    """A subject in one way."""
    if way != "interpreted":
        return proved_mips_code(certificate(name), GUARDING[way])
    proof = certificate(name)
    return translated(proof.program, QueueLayout(proof.maximum_effects, proof.longest_frame))


@cache
def machine(name: str, way: str, model: str, state: State) -> BareMachine:
    """A machine with the code of a subject in one way."""
    large = {"cache.data_bytes": 1 << SIZE.bit_length(), "cache.instruction_bytes": 1 << SIZE.bit_length()}
    return BareMachine(code(name, way), Parameters.load(model).replace(large if state == "warm" else {}))


def cycles(name: str, way: str, model: str, state: State) -> tuple[int, Outcome]:
    """Cycles of a run of a subject on its packet, and what it came to."""
    on, subject = machine(name, way, model, state), subjects()[name]
    outcome = on.run(subject.packet, subject.memory, state)
    return on.cycles, outcome


def size(made: Code) -> int:
    """Bytes of a program's code; of bytecode without the interpreter."""
    return 4 * len(made.words) if isinstance(made, Bytecode) else len(made.object.data)


# ---- measuring


def generator() -> str:
    """What made the compiled code, besides this project."""
    return "LLVM " + ".".join(map(str, llvm.llvm_version_info)) + f" (llvmlite {llvmlite.__version__})"


def measured(name: str) -> dict[str, Any]:
    """Bytes and cycles of a subject in each way."""
    subject = subjects()[name]
    return {
        "kind": subject.program.kind,
        "bytes": len(subject.packet.data),
        "ways": {
            way: {
                "code": size(code(name, way)),
                **{model: {state: cycles(name, way, model, state)[0] for state in STATES} for model in MODELS},
            }
            for way in ("interpreted", *GUARDING)
        },
    }


def main() -> None:
    """Run everything, keep it, draw it, and write the table."""
    data = {
        "generator": generator(),
        "hertz": {model: Parameters.load(model).integer("cpu.clock_hz") for model in MODELS},
        "interpreter": len(interpreter()[0]),
        "subjects": {name: measured(name) for name in subjects()},
    }
    RESULTS.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    FIGURE.write_text(drawn(data), encoding="utf-8")
    FIGURES.write_text(with_table(FIGURES.read_text(encoding="utf-8"), data), encoding="utf-8")


# ---- showing


def drawn(data: dict[str, Any]) -> str:
    """The picture: warm, on the first model."""
    model = MODELS[0]
    groups = [
        Group(
            f"{name} ({found['kind']})",
            f"a packet of {found['bytes']} bytes",
            tuple(Bar(way, row[model]["warm"], f"{row[model]['warm']:,} cycles") for way, row in found["ways"].items()),
        )
        for name, found in data["subjects"].items()
    ]
    where = f"cycles of one run on the emulated {model}, code and data in caches; {data['generator']}"
    return picture("What the proof buys: one program five ways on the R3000", where, groups)


def microseconds(data: dict[str, Any], model: str, row: dict[str, Any], state: str) -> str:
    """Time of a run to a tenth."""
    return f"{row[model][state] * 1e6 / data['hertz'][model]:,.1f}"


def with_table(document: str, data: dict[str, Any]) -> str:
    """The document with the table in its place. Raises ValueError if it has no such place."""
    before, rest = document.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n\n" + "\n".join(table(data)) + f"\n\n{END}{after}"


def table(data: dict[str, Any]) -> Iterator[str]:
    """Lines of Markdown."""
    yield (
        f"Executed, with code of {data['generator']}; the interpreter itself has {data['interpreter']:,} bytes."
        " Each pair is cycles on the 5000/125 / on the 5000/200."
    )
    yield ""
    yield "| program | way | warm, cycles | warm, us | ratio | cold, cycles | cold, us | bytes of code |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, found in data["subjects"].items():
        unit = found["ways"]["proved"][MODELS[0]]["warm"]
        for way, row in found["ways"].items():
            cells = [f"{name}, {found['bytes']} bytes" if way == "interpreted" else "", WAYS[way][0]]
            for state in STATES:
                cells.append(" / ".join(f"{row[model][state]:,}" for model in MODELS))
                cells.append(" / ".join(microseconds(data, model, row, state) for model in MODELS))
                if state == "warm":
                    cells.append(times_of(row[MODELS[0]]["warm"] / unit))
            yield f"| {' | '.join(cells)} | {row['code']:,} |"


if __name__ == "__main__":
    main()
