"""The table of system calls, and the names of what they answer when they refuse."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class SystemCall:
    """One row of system_calls.toml."""

    name: str
    number: int
    arguments: tuple[str, ...]
    what: str


@cache
def system_calls() -> tuple[SystemCall, ...]:
    """The rows, by number from 0 on."""
    rows = tomllib.loads(files(__package__).joinpath("system_calls.toml").read_text("utf-8"))
    calls = [SystemCall(name, row["number"], tuple(row["arguments"]), row["what"]) for name, row in rows.items()]
    calls.sort(key=lambda call: call.number)
    if [call.number for call in calls] != list(range(len(calls))):
        raise AssertionError("system calls are not numbered from 0 on")
    return tuple(calls)


@cache
def refusals() -> dict[str, int]:
    """What `v0` holds, by the refusal's name."""
    rows = tomllib.loads(files(__package__).joinpath("refusals.toml").read_text("utf-8"))
    return {name: row["code"] for name, row in rows.items()}


def dispatch_table() -> str:
    """The kernel's table in assembly: the routine of each call by its number."""
    words = "".join(f"        .word   system_call_{call.name}\n" for call in system_calls())
    return f"        .data\nsystem_call_table:\n{words}        .text\n"


def symbols() -> dict[str, int]:
    """Numbers and refusals for assembly source."""
    return {
        "SYSTEM_CALLS": len(system_calls()),
        **{f"SYSTEM_CALL_{call.name.upper()}": call.number for call in system_calls()},
        **{f"REFUSAL_{name.upper()}": code for name, code in refusals().items()},
    }
