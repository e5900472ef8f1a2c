"""Copy, checksum and byte swap in one pass that is generated from a handler, against C with gcc.

The C is in `copy_passes.c`: three passes, as layers are written, and one pass by hand. `-O3` alone makes code for any
x86-64; `-march=native` lets gcc use what LLVM's code for this process uses.
"""

from __future__ import annotations

import ctypes
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench.entries import Bed
from dlcode_dsl.core.interpret import Packet, run
from dlcode_dsl.core.parse import parse_program
from dlcode_jit.experiment import proved_code
from dlcode_jit.guards import Guarding
from dlcode_jit.outcome import region_size
from dlcode_verifier import Proved, verify

HANDLER = """
handler deliver on ethernet maximum 1514
  owns @ring: u8[2048] scratch
  owns @sum: u32[1] plain
  pipe checksum(%w: u16) commutative readonly state %s = 0:u32 { %s = (%s + widen(%w, u32)) emit %w }
    finish ((%s & 65535:u32) + (%s >> 16:u32))
  pipe swap32(%v: u32) { emit bswap(%v) }
{
  copy packet[0:u32 : extent(packet)] -> @ring[0:u32] through checksum, swap32 as done
  @sum[0:u32] = ((%done.checksum & 65535:u32) + (%done.checksum >> 16:u32))
  exit consume
}
"""
PROGRAM = parse_program(HANDLER, "fused copy")
SIZES = [region_size(region) for region in PROGRAM.regions]
QUEUE = 64
"""Bytes for a send queue, of which the program uses none."""
DATA = random.Random(1500).randbytes(1500)
LENGTHS = (60, 576, 1500)
HOT, COLD = 20_000, 40_000
"""Calls in a round: on one packet in the first-level cache, or on packets of 1500 bytes that fill 60 MB."""

FLAGS = {"-O3": ["-O3"], "-O3 -march=native": ["-O3", "-march=native"]}
WAYS = ["fused", *(f"C, {form}, gcc {flags}" for form in ("separate passes", "one pass") for flags in FLAGS)]


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """An entry point for each way. What is behind it stays loaded as long as the fixture."""
    answer = verify(PROGRAM)
    assert isinstance(answer, Proved), answer
    image = proved_code(answer.certificate, Guarding.NONE)
    found: dict[str, Any] = {"fused": image.address, "loaded": [image]}
    if shutil.which("gcc"):
        for flags, words in FLAGS.items():
            library = tmp_path_factory.mktemp("gcc") / "passes.so"
            source = Path(__file__).with_name("copy_passes.c")
            subprocess.run(["gcc", *words, "-shared", "-fPIC", "-o", library, source], check=True)
            passes = ctypes.CDLL(str(library))
            found["loaded"].append(passes)
            for form in ("separate passes", "one pass"):
                function = getattr(passes, form.replace(" ", "_"))
                found[f"C, {form}, gcc {flags}"] = ctypes.cast(function, ctypes.c_void_p).value
    return found


def expected(data: bytes) -> list[bytes]:
    """The regions as the interpreter leaves them."""
    outcome = run(PROGRAM, Packet.whole(data))
    return [bytes(outcome.memory["ring"]), outcome.memory["sum"][0].to_bytes(4, "little")]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("length", LENGTHS)
def test_hot(benchmark: Any, entries: dict[str, Any], way: str, length: int) -> None:
    """One packet and one destination, which never leave the first-level cache."""
    benchmark.group = f"copy, checksum and swap of {length} bytes, hot"
    timed(benchmark, entries, way, length, 1, HOT)


@pytest.mark.parametrize("way", WAYS)
def test_cold(benchmark: Any, entries: dict[str, Any], way: str) -> None:
    """Each packet from memory, each destination to memory."""
    benchmark.group = "copy, checksum and swap of 1500 bytes, cold"
    timed(benchmark, entries, way, 1500, COLD, COLD)


def timed(benchmark: Any, entries: dict[str, Any], way: str, length: int, copies: int, times: int) -> None:
    """Time one way, and see that it did the work."""
    if way not in entries:
        pytest.skip("the peer can't be made: there is no gcc (apt-get install gcc)")
    bed = Bed(DATA[:length], SIZES, QUEUE, copies)
    benchmark.extra_info["items"] = times
    benchmark.pedantic(bed.run, (entries[way], times), rounds=25, warmup_rounds=2)
    assert bed.regions() == expected(DATA[:length])
    assert bed.regions(copies - 1) == expected(DATA[:length])
