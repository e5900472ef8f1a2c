"""The `Send` statements of a program, numbered as the queue numbers them."""

from __future__ import annotations

from collections.abc import Iterator

from dlcode_dsl.core.check import bodies
from dlcode_dsl.core.form import Body, Program, Send


def send_sites(program: Program) -> tuple[Send, ...]:
    """Each `Send` in the order of the text: the place in this is the `site` of a queue entry."""
    return tuple(_sends(program.body))


def _sends(body: Body) -> Iterator[Send]:
    for statement in body:
        if isinstance(statement, Send):
            yield statement
        for inner in bodies(statement):
            yield from _sends(inner)
