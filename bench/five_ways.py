"""What the proof buys: one program five ways on this machine, measured and kept.

    python -m bench.five_ways        # writes bench/results/five_ways.json and docs/figures-five-ways.svg

`interpreted`   the meaning of the program, executed node by node in Python: no proof, no compiler
`checked`       compiled; each access of packet, region and queue is tested, and each division
`masked`        compiled; addresses are masked into powers of two and backward branches counted, as in the 1990s
`proved`        compiled as an image is: no test but the program's own
`unsafe`        compiled without even these: it trusts that each packet holds all that the program asks for

The first three need no proof. What one is worth is how many packets it takes until the time for proving and compiling
has come back, beside code that checks. All compiled ways are LLVM's from the same lowering, and run on one packet again
and again, in caches and with branches learnt by heart: a bound on what checks cost, not a picture of a busy host.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.entries import Bed
from bench.five_ways_figure import FIGURE, RESULTS, render
from dlcode.examples import example
from dlcode_dsl import Packet, Program, Source, compile_source, run
from dlcode_dsl.core.interpret import Memory
from dlcode_dsl.core.parse import parse_program
from dlcode_jit.abi import QueueLayout
from dlcode_jit.experiment import Experiment, guarded_code, proved_code
from dlcode_jit.guards import Guarding, packet_room, room
from dlcode_verifier import Answer, Proved, verify

GUARDING = {
    "checked": Guarding.CHECKS,
    "masked": Guarding.MASKS,
    "proved": Guarding.NONE,
    "unsafe": Guarding.TRUST,
}
"""How each compiled way is guarded."""

ROUNDS, RUNS = 61, 20_000
"""Rounds of each way, in turn with the others, and runs in a round of a compiled one."""


LEAST = 0.02
"""What part of the proved way's time a difference must be to count as one: less is how code happens to be laid out."""


@dataclass(frozen=True)
class Subject:
    """A program, and a packet that it does its work on, with memory to start from."""

    program: Program
    packet: Packet
    memory: Memory


def shipped(file: str, test: str) -> Subject:
    """An example, on the packet of one of its own tests."""
    compiled = compile_source(Source(file, example(file).read_text(encoding="utf-8")))
    (case,) = [case for case in compiled.tests if case.name == test]
    return Subject(case.program, case.packet, case.memory)


OPTIONS = """
; the timestamp of a TCP segment over IPv4 without options, kept; the reads in the loop claim that their bytes are there
handler timestamps on ethernet maximum 1514
  owns @seen: u32[256] plain
  owns @last: u32[1] plain
{
  read %ethertype: u16 = packet[12:u32] else { exit decline }
  if (%ethertype != 2048:u16) { exit decline }
  read %first: u8 = packet[14:u32] else { exit decline }
  if (%first != 69:u8) { exit decline }
  read %protocol: u8 = packet[23:u32] else { exit decline }
  if (%protocol != 6:u8) { exit decline }
  read %words: u8 = packet[46:u32] else { exit decline }
  let %end: u32 = (34:u32 + (widen((%words >> 4:u8), u32) * 4:u32))
  if ((%end < 54:u32) or (%end > extent(packet))) { exit decline }
  var %at: u32 = 54:u32
  loop options { } while (%at < %end) {
    read %kind: u8 = packet[%at]
    if (%kind == 0:u8) { leave options }
    @seen[widen(%kind, u32)] = (@seen[widen(%kind, u32)] +% 1:u32)
    if (%kind == 1:u8) {
      %at = (%at + 1:u32)
    } else {
      if ((%end - %at) < 2:u32) { leave options }
      read %size: u8 = packet[(%at + 1:u32)]
      if ((%size < 2:u8) or (widen(%size, u32) > (%end - %at))) { leave options }
      if ((%kind == 8:u8) and (%size == 10:u8)) {
        read %stamp: u32 = packet[(%at + 2:u32)]
        @last[0:u32] = %stamp
      }
      %at = (%at + widen(%size, u32))
    }
  }
  exit pass
}
"""

CHECKSUM = """
; the sum of a packet's halfwords, as a checksum begins, and whether it is what the owner waits for
handler checksum on ethernet maximum 1514
  owns @sums: u32[16] plain
{
  var %sum: u32 = 0:u32
  var %at: u32 = 14:u32
  loop halfwords { } while ((%at + 1:u32) < extent(packet)) {
    read %word: u16 = packet[%at]
    %sum = (%sum +% widen(%word, u32))
    %at = (%at + 2:u32)
  }
  @sums[((%sum >> 16:u32) & 15:u32)] = %sum
  exit pass
}
"""

HISTOGRAM = """
; how often each byte occurs, counted in owned memory
handler histogram on ethernet maximum 1514
  owns @seen: u32[256] plain
{
  var %at: u32 = 0:u32
  loop all { } while (%at < extent(packet)) {
    read %byte: u8 = packet[%at]
    @seen[widen(%byte, u32)] = (@seen[widen(%byte, u32)] +% 1:u32)
    %at = (%at + 1:u32)
  }
  exit pass
}
"""

SEGMENT = bytes.fromhex(
    "0200000000010200000000020800" "45000048000040004006" "0000" "0a0000010a000002"
    "1f909c4000000001000000019010ffff00000000"
    "0101" "080a0001e24000030d40" "0101" "050a0000000100000002" "0402" "020405b4" "030307" "01" "00000000"
)  # fmt: skip
"""A segment with 36 bytes of options: timestamps, selective acknowledgement, and what others say at the start."""


LONG = random.Random(1514).randbytes(1514)
"""A longest Ethernet frame."""


@cache
def subjects() -> dict[str, Subject]:
    """What is measured, by name."""
    return {
        "web": shipped("web", "a request"),
        "remote_increment": shipped("remote_increment", "adds and answers"),
        "timestamps": Subject(parse_program(OPTIONS, "timestamps"), Packet.whole(SEGMENT), {}),
        "histogram": Subject(parse_program(HISTOGRAM, "histogram"), Packet.whole(LONG), {}),
        "checksum": Subject(parse_program(CHECKSUM, "checksum"), Packet.whole(LONG), {}),
    }


@cache
def answer_to(name: str) -> Answer:
    """What the verifier says of a subject."""
    return verify(subjects()[name].program)


def experiments(name: str) -> dict[str, Experiment]:
    """The code of each compiled way; of those that need a proof only if there is one."""
    program, answer = subjects()[name].program, answer_to(name)
    if isinstance(answer, Proved):
        return {way: proved_code(answer.certificate, guarding) for way, guarding in GUARDING.items()}
    queue = QueueLayout(16, 1514)
    return {way: guarded_code(program, queue, GUARDING[way]) for way in ("checked", "masked")}


def bed(name: str, experiment: Experiment) -> Bed:
    """Memory for a subject, with as much room as masks want, for every way alike."""
    subject = subjects()[name]
    sizes = [room(region) * region.cell.bits // 8 for region in subject.program.regions]
    place = packet_room(subject.program.maximum)
    return Bed(subject.packet.data, sizes, experiment.queue.size, place=place)


def interpreted(name: str) -> Callable[[], object]:
    """One run of the interpreter."""
    subject = subjects()[name]
    return lambda: run(subject.program, subject.packet, subject.memory)


# ---- measuring


def measured(name: str) -> dict[str, Any]:
    """Nanoseconds of a run in each way, milliseconds of proof and compilation, and when they have come back."""
    codes = experiments(name)
    runs: dict[str, tuple[Callable[[], object], int]] = {"interpreted": (interpreted(name), 1)}
    for way, experiment in codes.items():
        runs[way] = partial(bed(name, experiment).run, experiment.address, RUNS), RUNS
    times: dict[str, list[float]] = {way: [] for way in runs}
    for _ in range(ROUNDS):
        for way, (run_, count) in runs.items():
            times[way].append(seconds(run_) / count)
    found: dict[str, Any] = {
        "kind": subjects()[name].program.kind,
        "bytes": len(subjects()[name].packet.data),
        "nanoseconds": {way: round(statistics.median(rows) * 1e9, 2) for way, rows in times.items()},
    }
    answer = answer_to(name)
    if isinstance(answer, Proved):
        certificate, program = answer.certificate, subjects()[name].program
        proof = middle(lambda: verify(program))
        code = middle(lambda: proved_code(certificate, Guarding.NONE))
        found["proof ms"], found["compile ms"] = round(proof * 1e3, 2), round(code * 1e3, 2)
        spared = [one - other for one, other in zip(times["checked"], times["proved"], strict=True)]
        least, half, _ = statistics.quantiles(spared, n=4)  # three rounds in four must agree that there is a difference
        seen = least > LEAST * statistics.median(times["proved"])
        found["pays after"] = round((proof + code) / half) if seen else None
    return found


def seconds(run: Callable[[], object]) -> float:
    """Of one call."""
    before = time.perf_counter()
    run()
    return time.perf_counter() - before


def middle(run: Callable[[], object]) -> float:
    """Seconds of a call: the median of eleven, after one that warms up."""
    run()
    return statistics.median(seconds(run) for _ in range(11))


def main() -> None:
    """Measure everything, keep it, and draw it."""
    packages = {package: metadata.version(package) for package in ("llvmlite", "z3-solver")}
    data = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": processor(),
        "packages": packages,
        "subjects": {name: measured(name) for name in subjects()},
    }
    RESULTS.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    FIGURE.write_text(render(data), encoding="utf-8")


def processor() -> str:
    """What the machine calls itself."""
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text(encoding="utf-8").splitlines() if cpus.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "an unnamed processor"


if __name__ == "__main__":
    main()
