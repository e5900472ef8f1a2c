"""What the tests of the core form share: short texts to programs."""

from __future__ import annotations

from dlcode_dsl import Program, parse_program

HEAD = """handler tried on ethernet maximum 1514
  owns @bytes: u8[8] plain
  owns @words: u32[4] plain
  owns @notes: u16[4] scratch
  may reply, send, wake, rewrite
  template anything
"""


def handler(body: str, head: str = "") -> Program:
    """A handler with memory of three kinds and all effects; `head` adds to what it declares."""
    return parse_program(f"{HEAD}{head}{{\n{body}\n}}")


def filter_of(body: str) -> Program:
    """A filter."""
    return parse_program(f"filter tried on ethernet maximum 1514 {{\n{body}\n}}")
