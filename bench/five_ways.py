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
from dlcode_jit.experiment import Experiment, proved_code
from dlcode_jit.guards import Guarding, packet_room, room
from dlcode_verifier import Certificate, Proved, verify

GUARDING = {
    "checked": Guarding.CHECKS,
    "masked": Guarding.MASKS,
    "proved": Guarding.NONE,
    "unsafe": Guarding.TRUST,
}
"""How each compiled way is guarded."""

LOADS, ROUNDS, RUNS = 41, 5, 20_000
"""How often each way is compiled and loaded anew, with memory of its own: where code and data lie moves such times.
Then rounds of each load, in turn with the other ways, and runs in a round of a compiled way."""

LEAST = 0.02
"""What part of the proved way's time a difference must be to count as one."""


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
def certificate(name: str) -> Certificate:
    """The proof of a subject. Raises AssertionError if there is none: then there is nothing to measure."""
    answer = verify(subjects()[name].program)
    assert isinstance(answer, Proved), f"{name} is not proved: {answer}"
    return answer.certificate


def experiments(name: str) -> dict[str, Experiment]:
    """The code of each compiled way, made anew."""
    return {way: proved_code(certificate(name), guarding) for way, guarding in GUARDING.items()}


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
    loads: dict[str, list[float]] = {}  # of each way, what each load came to
    for _ in range(LOADS):
        for way, value in one_load(name).items():
            loads.setdefault(way, []).append(value)
    times = {way: statistics.quantiles(values, n=4) for way, values in loads.items()}
    proof = middle(lambda: verify(subjects()[name].program))
    code = middle(lambda: proved_code(certificate(name), Guarding.NONE))
    seen = times["checked"][0] > (1 + LEAST) * times["proved"][2]  # the middle halves lie apart
    return {
        "kind": subjects()[name].program.kind,
        "bytes": len(subjects()[name].packet.data),
        "nanoseconds": {way: [round(value * 1e9, 2) for value in values] for way, values in times.items()},
        "proof ms": round(proof * 1e3, 2),
        "compile ms": round(code * 1e3, 2),
        "pays after": round((proof + code) / (times["checked"][1] - times["proved"][1])) if seen else None,
    }


def one_load(name: str) -> dict[str, float]:
    """Seconds of a run in each way, with code and memory made anew: medians."""
    runs: dict[str, tuple[Callable[[], object], int]] = {"interpreted": (interpreted(name), 1)}
    held = experiments(name)  # which keeps the code where it is
    for way, experiment in held.items():
        runs[way] = partial(bed(name, experiment).run, experiment.address, RUNS), RUNS
    times: dict[str, list[float]] = {way: [] for way in runs}
    for _ in range(ROUNDS):
        for way, (run_, count) in runs.items():
            times[way].append(seconds(run_, time.thread_time) / count)  # not what others took of the processor
    return {way: statistics.median(values) for way, values in times.items()}


def seconds(run: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Of one call."""
    before = clock()
    run()
    return clock() - before


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
        "loads": LOADS,
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
