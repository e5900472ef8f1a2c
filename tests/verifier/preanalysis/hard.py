"""Loops that are hard for a verifier: each is safe and ends, and all but one say so nowhere.

Those of `tests/data/hard` are compiled from their sources; the others are core text, of shapes that no source has.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dlcode_dsl import Program, Source, compile_source, parse_program

FOLDER = Path(__file__).parents[2] / "data" / "hard"
WRITTEN = tuple(path.stem for path in sorted(FOLDER.glob("h*.ash")))
"""Those that are compiled; a few of them have no loop."""

_HEAD = "handler hard on ethernet maximum 65535 owns @st: u32[256] plain owns @out: u8[2048] scratch\n"

_BODIES = {
    "limited": """
  block absent {
    var %at: u32 = 54:u32
    var %next: u8 = 0:u8
    loop headers {
      let %more: bool = ((%next == 0:u8) or (%next == 43:u8))
    } while %more limit 8 {
      read %follows: u8 = packet[%at] else { leave absent }
      read %length: u8 = packet[(%at + 1:u32)] else { leave absent }
      let %size: u32 = ((widen(%length, u32) + 1:u32) * 8:u32)
      if (%size > (extent(packet) - %at)) { leave absent }
      %next = %follows
      %at = (%at + %size)
    } else { exit decline }
    exit consume
  }
  exit decline""",
    "nested_sum": """
  var %sum: u32 = 0:u32
  var %i: u32 = 0:u32
  loop rows {
    read %row: u32 = packet[%i] else { leave rows }
  } while true {
    var %j: u32 = 0:u32
    loop columns { } while (%j < 4:u32) {
      read %b: u8 = packet[(%i + %j)]
      %sum = (%sum + widen(%b, u32))
      %j = (%j + 1:u32)
    }
    %i = (%i + 4:u32)
  }
  if (%sum > 9:u32) { exit consume }
  exit decline""",
    "remaining_length": """
  if (extent(packet) < 34:u32) { exit decline }
  read %t: u16 = packet[16:u32]
  if ((widen(%t,u32) < 20:u32) or (widen(%t,u32) > (extent(packet) - 14:u32))) { exit decline }
  var %left: u32 = (widen(%t,u32) - 20:u32)
  var %at: u32 = 34:u32
  loop l { } while (%left >= 2:u32) {
    read %k: u8 = packet[%at]
    read %n: u8 = packet[(%at + 1:u32)]
    if ((widen(%n,u32) < 2:u32) or (widen(%n,u32) > %left)) { exit decline }
    %at = (%at + widen(%n,u32))
    %left = (%left - widen(%n,u32))
  }
  exit consume""",
    "remaining_length_two_ways": """
  var %left: u32 = extent(packet)
  var %at: u32 = 0:u32
  loop l { } while (%left > 0:u32) {
    read %k: u8 = packet[%at]
    if (%k == 1:u8) { %at = (%at + 1:u32) %left = (%left - 1:u32) }
    else {
      if (%left < 2:u32) { exit decline }
      read %n: u8 = packet[(%at + 1:u32)]
      if ((widen(%n,u32) < 2:u32) or (widen(%n,u32) > %left)) { exit decline }
      %at = (%at + widen(%n,u32))
      %left = (%left - widen(%n,u32))
    }
  }
  exit consume""",
    "sum_of_some": """
  var %i: u32 = 0:u32
  var %n: u32 = 0:u32
  var %sum: u32 = 0:u32
  loop l { read %b: u8 = packet[%i] else { leave l } } while true {
    if (%b > 100:u8) { %n = (%n + 1:u32) %sum = (%sum + widen(%b,u32)) }
    %i = (%i + 1:u32)
  }
  if (%n > 0:u32) { @st[0:u32] = (%sum / %n) }
  exit consume""",
    "found_and_where": """
  var %i: u32 = 0:u32
  var %pos: u32 = 0:u32
  var %found: bool = false
  loop l { } while (not(%found) and (%i < extent(packet))) {
    read %b: u8 = packet[%i]
    if (%b == 58:u8) { %found = true %pos = %i }
    %i = (%i + 1:u32)
  }
  if %found { read %c: u8 = packet[%pos] exit consume }
  exit decline""",
    "nowhere_is_a_number": """
  var %i: u32 = 0:u32
  var %pos: u32 = 4294967295:u32
  loop l { } while (%i < extent(packet)) {
    read %b: u8 = packet[%i]
    if (%b == 58:u8) { %pos = %i }
    %i = (%i + 1:u32)
  }
  if (%pos != 4294967295:u32) { read %c: u8 = packet[%pos] exit consume }
  exit decline""",
    "words_then_bytes": """
  if (extent(packet) < 20:u32) { exit decline }
  read %l: u8 = packet[12:u32]
  let %end: u32 = (20:u32 + widen(%l,u32))
  if (%end > extent(packet)) { exit decline }
  var %at: u32 = 20:u32
  loop l { } while ((%at + 4:u32) <= %end) {
    read %v: u32 = packet[%at]
    %at = (%at + 4:u32)
  }
  loop m { } while (%at < %end) {
    read %v2: u8 = packet[%at]
    %at = (%at + 1:u32)
  }
  exit consume""",
    "strings_to_one_buffer": """
  var %i: u32 = 0:u32
  var %o: u32 = 0:u32
  loop rows { read %n: u8 = packet[%i] else { leave rows } } while (%o < 1024:u32) {
    var %j: u32 = 0:u32
    let %e: u32 = widen(%n,u32)
    if (((%i + 1:u32) + %e) > extent(packet)) { leave rows }
    loop cols { } while (%j < %e) {
      read %b: u8 = packet[((%i + 1:u32) + %j)]
      @out[%o] = %b
      %o = (%o + 1:u32)
      %j = (%j + 1:u32)
    }
    %i = ((%i + 1:u32) + %e)
  }
  exit consume""",
    "rows_and_columns": """
  var %n: u32 = 0:u32
  var %i: u32 = 0:u32
  loop rows { } while (%i < 16:u32) {
    var %j: u32 = 0:u32
    loop columns { } while (%j < 16:u32) {
      @st[%n] = %j
      %n = (%n + 1:u32)
      %j = (%j + 1:u32)
    }
    %i = (%i + 1:u32)
  }
  exit consume""",
    "budget": """
  var %budget: u32 = 1000:u32
  var %i: u32 = 0:u32
  loop l { read %b: u8 = packet[%i] else { leave l } } while (%i < 3:u32) {
    %budget = (%budget - widen(%b,u32))
    %i = (%i + 1:u32)
  }
  exit consume""",
    "zeros_and_ones": """
  var %zeros: u32 = 0:u32
  var %ones: u32 = 0:u32
  var %i: u32 = 0:u32
  loop l { read %b: u8 = packet[%i] else { leave l } } while true {
    if ((%b & 1:u8) == 0:u8) { %zeros = (%zeros + 1:u32) } else { %ones = (%ones + 1:u32) }
    %i = (%i + 1:u32)
  }
  let %same: u32 = (%i - %zeros)
  if (%same != %ones) { read %z: u8 = packet[4000000000:u32] exit decline }
  exit consume""",
    "condition_as_a_flag": """
  var %i: u32 = 0:u32
  loop l {
    var %go: bool = false
    block b { read %c: u8 = packet[%i] else { leave b } if (%c != 32:u8) { leave b } %go = true }
  } while %go {
    read %d: u8 = packet[%i]
    %i = (%i + 1:u32)
  }
  exit consume""",
    "partition": """
  var %lo: u32 = 0:u32
  var %hi: u32 = 256:u32
  loop l { } while (%lo < %hi) {
    if (@st[%lo] > 5:u32) {
      %hi = (%hi - 1:u32)
      let %t: u32 = @st[%lo]
      @st[%lo] = @st[%hi]
      @st[%hi] = %t
    } else { %lo = (%lo + 1:u32) }
  }
  exit consume""",
    "count_bits": """
  read %x0: u32 = packet[0:u32] else { exit decline }
  var %x: u32 = %x0
  var %n: u32 = 0:u32
  loop l { } while (%x != 0:u32) {
    %x = (%x >> 1:u32)
    %n = (%n + 1:u32)
  }
  exit consume""",
    "backwards": """
  if ((extent(packet) % 4:u32) != 0:u32) { exit decline }
  var %i: u32 = extent(packet)
  loop l { } while (%i != 0:u32) {
    %i = (%i - 4:u32)
    read %b: u32 = packet[%i]
  }
  exit consume""",
}

TEXTS = {name: f"{_HEAD}{{{body}\n}}" for name, body in _BODIES.items()}

TEXTS["two_pipes"] = """handler hard on ethernet maximum 65535
  owns @ring: u8[8192] scratch
  owns @head: u32[1] plain
  pipe cksum(%w: u16) readonly state %sum = 0:u32 {
    %sum = (%sum + widen(%w, u32))
    emit %w
  } finish truncate(((%sum & 65535:u32) + (%sum >> 16:u32)), u16)
  pipe swap(%v: u32) {
    emit bswap(%v)
  }
{
  let %at: u32 = @head[0:u32]
  if ((%at > 8192:u32) or (extent(packet) < 16:u32)) { exit decline }
  read %wanted: u16 = packet[14:u32]
  let %count: u32 = (extent(packet) - 16:u32)
  if (%count > (8192:u32 - %at)) { exit decline }
  copy packet[16:u32 : %count] -> @ring[%at] through cksum, swap as done
  if (%done.cksum != %wanted) { exit abort }
  exit consume
}
"""

NAMES = (*WRITTEN, *TEXTS)


@cache
def hard(name: str) -> Program:
    """One of the programs."""
    if name in TEXTS:
        return parse_program(TEXTS[name])
    (program,) = compile_source(Source(f"{name}.ash", (FOLDER / f"{name}.ash").read_text(encoding="utf-8"))).programs
    return program
