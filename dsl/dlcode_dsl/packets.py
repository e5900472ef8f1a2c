"""Packets that tests are written with: headers and messages with constants in their fields, to bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import codes
from .constants import evaluate, literal_of
from .core import form
from .core.form import Constant
from .core.interpret import Packet
from .layout import Layout
from .lower import fold, frames
from .lower.emit import Emitter
from .lower.frames import Part
from .lower.sends import named
from .module import Module
from .source import Span
from .syntax import tree
from .types import number
from .wrong import unknown, wrong


def build_packet(module: Module, written: tree.Expression) -> bytes:
    """The bytes of `ethernet / ipv4 / udp(dport: 7000) / incr(slot: 3)`. Raises Wrong.

    Fields that are not given get what their headers say; `hex("…")` stands for bytes as they are, last.
    """
    return finished(module, *parts_of(module, written), written.span)


def parts_of(module: Module, written: tree.Expression) -> tuple[list[Part], bytes]:
    """The headers and messages of a packet, and the bytes at its end. Raises Wrong."""
    layers = layers_of(written)
    payload = bytes_of(layers.pop()) if is_bytes(layers[-1]) else b""
    return [part_of(module, layer) for layer in layers], payload


class NoPacket(Exception):
    """There is no such packet in the capture, for a reason that is told."""


Recorded = Callable[[str, int, str], Packet]
"""Reads a packet of a capture: by the capture's path, relative to the folder of the source, with `/` between its parts
and no `..` in it; by its number, from 1; for a program on this link. Raises NoPacket."""


def is_recorded(written: tree.Expression) -> bool:
    """Whether it is `capture("FILE", NUMBER)`."""
    return isinstance(written, tree.Call) and written.name.text == "capture"


def recorded(module: Module, written: tree.Expression, link: str, read: Recorded | None) -> Packet:
    """The packet of a capture, as it was captured. Raises Wrong."""
    match written:
        case tree.Call(_, (tree.Argument(None, tree.Text(file) as text), tree.Argument(None, at))):
            number_of = literal_of(evaluate(at, module.constants), number(32))
            parts = file.split("/")
            if file.startswith("/") or ".." in parts or set(file) & set("\\:\0"):
                raise wrong(codes.BAD_TEST, text.span, "a path is relative, with `/` between its parts, and no `..`")
            if read is None:
                raise wrong(codes.BAD_TEST, text.span, "this source is not a file, and no file is beside it")
            try:
                return read(file, number_of, link)
            except NoPacket as error:
                raise wrong(codes.BAD_TEST, written.span, str(error)) from None
    remark = 'it takes a file and a number: `capture("a.pcap", 1)`'
    raise wrong(codes.BAD_ARGUMENT, written.span, remark, name="capture")


def layers_of(written: tree.Expression) -> list[tree.Expression]:
    """What stands between the `/` of a packet, outermost first."""
    layers: list[tree.Expression] = []
    while isinstance(written, tree.Binary) and written.operator == "/":
        layers.append(written.right)
        written = written.left
    return [written, *reversed(layers)]


def starts_with(written: tree.Expression) -> str | None:
    """The header or message that a packet starts with; None for bytes."""
    first = layers_of(written)[0]
    return first.name.text if isinstance(first, tree.Use | tree.Call) and not is_bytes(first) else None


def finished(module: Module, parts: Sequence[Part], payload: bytes, span: Span) -> bytes:
    """The bytes of headers and messages, whose values are constants, and of what they carry. Raises Wrong."""
    emitter = Emitter()
    if sum(part.size for part in parts) + len(payload) > form.MAXIMUM_PACKET:
        raise wrong(codes.BAD_TEST, span, f"a packet has at most {form.MAXIMUM_PACKET} bytes")
    stream = frames.complete(parts, payload, module.constants, emitter)
    assert not emitter.body, "constants need no statements"
    return frames.to_bytes(stream)


def is_bytes(written: tree.Expression) -> bool:
    """Whether it is `hex("…")`."""
    return isinstance(written, tree.Call) and written.name.text == "hex"


def bytes_of(call: tree.Expression) -> bytes:
    """The bytes of `hex("…")`. Raises Wrong."""
    match call:
        case tree.Call(tree.Name("hex"), (tree.Argument(None, tree.Text(text)),)):
            try:
                return bytes.fromhex(text)
            except ValueError:
                pass
    raise wrong(codes.BAD_ARGUMENT, call.span, 'it takes bytes as text: `hex("45 00")`', name="hex")


def part_of(module: Module, layer: tree.Expression) -> Part:
    """A header or message, `NAME` or `NAME(field: value, …)`, of which the values are constants. Raises Wrong."""
    match layer:
        case tree.Use(name):
            arguments: tuple[tree.Argument, ...] = ()
        case tree.Call(name, arguments):
            pass
        case _:
            raise wrong(codes.BAD_TEST, layer.span, "a packet is made of headers, parted by `/`")
    layout = module.messages.get(name.text) or module.headers.get(name.text)
    if layout is None:
        raise unknown("header or message", name, [*module.messages, *module.headers])
    return filled(module, layout, arguments, layer.span)


def filled(module: Module, layout: Layout, arguments: tuple[tree.Argument, ...], span: Span) -> Part:
    """A header or message with the constants that are given. Raises Wrong."""
    part = Part(layout, {}, span=span)
    tail: bytes | None = None
    for argument in arguments:
        if layout.tail is not None and argument.name is not None and argument.name.text == layout.tail.name:
            tail = bytes_of(argument.value)
            continue
        field = layout.field(named(layout, argument, part.values))
        value = literal_of(evaluate(argument.value, module.constants), field.type)
        part.values[field.name] = fold.constant(value, field.type.core)
    count = _variable_part(module, layout, part)
    if tail is not None and len(tail) != count:
        raise wrong(codes.BAD_TEST, span, f"its variable part is {len(tail)} bytes, where its fields say {count}")
    part.tail = bytes(count) if tail is None else tail
    return part


def _variable_part(module: Module, layout: Layout, part: Part) -> int:
    """Bytes of the variable part, from the values of the fields that its length is made of."""
    if layout.tail is None:
        return 0
    known = dict(module.constants)
    for each in layout.fields.values():
        value = part.values.get(each.name)
        if isinstance(value, Constant):
            known[each.name] = tree.Number(value.value, span=part.span)
        elif each.built is not None and frames.checksum(each) is None and not frames.of_size(each):
            known[each.name] = evaluate(each.built, module.constants)
        else:
            exact = each.constraint is not None and each.constraint[0] == "=="
            known[each.name] = tree.Number(each.constraint[1] if exact and each.constraint else 0, span=part.span)
    count = literal_of(evaluate(layout.tail.count, known), number(32))
    if count > form.MAXIMUM_PACKET:
        raise wrong(codes.BAD_TEST, part.span, f"a packet has at most {form.MAXIMUM_PACKET} bytes")
    return count
