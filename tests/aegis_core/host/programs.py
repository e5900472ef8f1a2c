"""What the tests of the core in this process share: small programs in core text, proved once."""

from __future__ import annotations

from functools import cache

from dlcode_aegis_core.bindings import Capability
from dlcode_aegis_core.host import Core, Environment
from dlcode_dsl.core.parse import parse_program
from dlcode_verifier import Certificate, Options, Proved, verify

OURS, THEIRS = bytes.fromhex("08002b010203"), bytes.fromhex("08002b040506")


@cache
def proved(text: str) -> Certificate:
    """The proof of a program in core text."""
    answer = verify(parse_program(text), options=Options(isolated=False))
    assert isinstance(answer, Proved), answer
    return answer.certificate


def filter_on(low: int, high: int, maximum: int = 64) -> str:
    """A filter for packets whose first byte lies between two numbers."""
    return f"""filter first_from_{low}_to_{high} on ethernet maximum {maximum}
    {{
      read %first: u8 = packet[0:u32] else {{ exit miss }}
      if ((%first >= {low}:u8) and (%first <= {high}:u8)) {{ exit match }}
      exit miss
    }}
    """


def counter(low: int, high: int) -> str:
    """A handler that counts packets whose first byte lies between two numbers."""
    return f"""handler count on ethernet maximum 64
      owns @seen: u32[1] plain
      binding {filter_on(low, high)}
    {{
      read %first: u8 = packet[0:u32] else {{ exit decline }}
      if ((%first < {low}:u8) or (%first > {high}:u8)) {{ exit decline }}
      @seen[0:u32] = (@seen[0:u32] +% 1:u32)
      exit consume
    }}
    """


EVERYTHING = """handler everything on ethernet maximum 64
{
  exit pass
}
"""


def owner(core: Core, name: str, **rights: object) -> Environment:
    """An environment with a capability of its own."""
    return core.environment(name, Capability(**rights))  # type: ignore[arg-type]
