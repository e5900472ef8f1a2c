"""Programs whose proof is hard or long, each in a process of its own with limits: `python -m tests.attacks.heavy`.

Each must end with an answer: proved, refused or not proved, never an error of the tool (exit code 2), a crash, or more
seconds than `LIMIT`. What was found, and how many seconds of a processor it took, is printed for each.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 100.0
"""Seconds for one program, the start of Python and of the solver's process among them."""

MEMORY = 6 << 30
"""Bytes of address space of each process."""

ANSWERS = {0: "proved", 1: "refused", 3: "not proved"}

OWNED = "handler h on has(ipv4)\n owns a: u32[64]\n owns w: u64[8]\n owns k: u32\n owns s: u32\n"


def handler(body: str) -> str:
    """A handler with some memory."""
    return f"{OWNED}{{\n{body}\n pass\n}}\n"


def mixed(start: str, rounds: int, end: str) -> str:
    """A hash in so many rounds, and a claim that some value is never come to."""
    steps = "".join(f" x = (x ^ (x >> {13 + at % 5})) *% {0x85EBCA6B + 2 * at}\n" for at in range(rounds))
    return f"{{ var x = {start}\n{steps} {end} }}\n"


def times(count: int, part: str) -> str:
    """A part again and again; `#` stands for its number."""
    return "".join(part.replace("#", str(at)) for at in range(count))


TURN = (
    " var i# = 0\n var j# = pkt.len\n while i# < j# { if pkt[i#] == # { i# += 2 } else { j# -= 1 }\n"
    " a[(i# +% j#) % 64] = i# }\n"
)

PROGRAMS = {
    "2,000 loops": handler(" var x = 1\n" + times(2000, " for i# in 0 .. 10 { x +%= i# }\n")),
    "200 loops that index": handler(times(200, " for i# in 0 .. 10 { a[i#] +%= k }\n")),
    "100 loops with two cursors": handler(times(100, TURN)),
    "5,000 tests and stores": handler(times(5000, " if pkt.len == # { k +%= # }\n")),
    "a sum of three cubes": handler(
        " let x = w[0]\n let y = w[1]\n let z = w[2]\n"
        " if x > 0 && y > 0 && z > 0 && x < 1000000 && y < 1000000 && z < 1000000 {\n"
        " assert x * x * x + y * y * y != z * z * z }"
    ),
    "a factor of 64 bits": handler(
        " let x = w[0]\n let y = w[1]\n"
        " if x > 1 && y > 1 && x < 4294967296 && y < 4294967296 { assert x * y != 18446743979220271189 }"
    ),
    "100 hashes that never come to a value": handler(
        times(100, " if pkt.len > # " + mixed("a[# % 64]", 8, "assert x != #"))
    ),
    "60 distributive laws of 64 bits": handler(
        times(60, " if pkt.len > # { let x# = w[# % 8] ^ #\n let y# = w[(# + 3) % 8]\n let z# = w[(# + 5) % 8]\n"
        " assert x# *% (y# +% z#) == x# *% y# +% x# *% z# }\n")
    ),
    "40 products of 128 bits": handler(
        times(40, " if pkt.len > 100 + # { let b# = pkt[#] as u128 else pass\n let c# = pkt[# + 16] as u128 else pass\n"
        " let d# = pkt[# + 32] as u128 else pass\n"
        " assert (b# ^ c#) *% (c# ^ d#) *% (b# +% d#) != b# *% c# *% d# +% # }\n")
    ),
    "40 quotients of 64 bits": handler(
        times(40, " if pkt.len > 100 + # { let b# = w[# % 8]\n let c# = w[(# + 1) % 8] | 1\n let q# = b# / c#\n"
        " assert (q# ^ (b# % c#)) *% c# != # }\n")
    ),
    "a hash in a loop, and 40 after it": handler(
        " for i in 0 .. 64 " + mixed("a[i]", 8, "assert x != 5 || i != 77\n a[i] = x")
        + times(40, " if pkt.len > # " + mixed("a[# % 64]", 8, "assert x != #"))
    ),
    "bits counted in two ways": handler(
        " var x = k\n x = x -% ((x >> 1) & 0x55555555)\n x = (x & 0x33333333) +% ((x >> 2) & 0x33333333)\n"
        " x = (x +% (x >> 4)) & 0x0f0f0f0f\n x = (x *% 0x01010101) >> 24\n var n = 0\n var v = k\n"
        " for i in 0 .. 32 { n += v & 1\n v = v >> 1 }\n assert n == x"
    ),
    "Collatz": handler(" var n = k\n while n > 1 { if n % 2 == 0 { n = n / 2 } else { n = 3 *% n +% 1 } }"),
    "a generator that may never come to a number": handler(
        " var x = k\n while x != 12345 { x = x *% 1664525 +% 1013904223 }"
    ),
    "60 counters of one loop": handler(
        times(60, " var v# = 0\n") + " var i = 0\n while i < pkt.len {\n"
        + times(60, " if pkt[i] == # { v# +%= i }\n") + " i += 1 }\n a[v5 % 64] = 1"
    ),
    "500 pipes in one copy": times(500, "pipe p#(w: u8) -> u8 { emit w ^ (# % 256) as u8 }\n")
    + "handler h on has(ipv4)\n owns b: u8[64]\n{ let p = ipv4.payload else pass\n"
    + f" if p.len <= 64 {{ copy p -> b[0 ..] through {' >> '.join(f'p{at}' for at in range(500))} }}\n pass }}\n",
    "35,000 filters of nothing known": "filter f on ethernet { x }\n" * 35_000,
}  # fmt: skip


def judged(text: str, folder: Path) -> tuple[str, float]:
    """What `dlcode check` comes to in a process with limits, or what went wrong; and after how many seconds."""
    (folder / "attack.ash").write_text(text, encoding="utf-8")
    started = time.perf_counter()
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "dlcode", "check", "attack.ash"], cwd=folder, capture_output=True, text=True,
            timeout=LIMIT, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no answer after {LIMIT:g} seconds", LIMIT
    seconds = time.perf_counter() - started
    if ran.returncode in ANSWERS and "Traceback" not in ran.stderr:
        return ANSWERS[ran.returncode], seconds
    return f"exit code {ran.returncode}: {ran.stderr.strip()[-200:]}", seconds


def main(names: list[str]) -> int:
    """Try the programs of these names, or all; 1 if one got no answer."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in names or list(PROGRAMS):
            found, seconds = judged(PROGRAMS[name], Path(folder))
            failed += found not in ANSWERS.values()
            print(f"{seconds:6.1f} s  {name}: {found}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
