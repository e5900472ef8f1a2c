"""The frames that a test expects to be sent, built from constants and from the packet of the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import codes
from .core.form import Expression, Program
from .layout import Layout
from .lower.frames import Part
from .lower.handlers import last_header
from .lower.templates import Frames, lower_template
from .module import Module
from .packets import bytes_of, filled, finished, is_bytes, is_recorded, layers_of, part_of, parts_of, starts_with
from .paths import paths
from .source import Span
from .syntax import tree
from .wrong import wrong


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose bytes from `start` on are these, sent by one effect, or (None) by any."""

    effect: str | None
    data: bytes
    start: int = 0
    layouts: tuple[tuple[Layout, int], ...] = ()  # what the bytes are of, in their order, and how many of them

    def field_at(self, place: int) -> str | None:
        """The field that a byte from `start` on lies in, `ipv4.checksum`; None behind all headers and messages."""
        for layout, size in self.layouts:
            if place < size:
                for field in layout.fields.values():
                    first, count = field.bytes
                    if first <= place < first + count:
                        return f"{layout.name}.{field.name}"
                return layout.name if layout.tail is None else f"{layout.name}.{layout.tail.name}"
            place -= size
        return None


def frame(module: Module, program: Program, packet: tree.Expression, written: tree.Expression, span: Span) -> Frame:
    """The frame that `sent …` stands for: `reply(…)` and `TEMPLATE(…)` as they are sent; a message, which a reply
    carries; or a whole frame, whose first header is the link's. Raises Wrong."""
    if program.kind == "filter":
        raise wrong(codes.BAD_TEST, span, "a filter sends nothing")
    if is_recorded(packet) and isinstance(written, tree.Call) and written.name.text in ("reply", *module.templates):
        help = "write the whole frame, or the message that it carries"
        raise wrong(codes.BAD_TEST, written.span, "what the capture's packet holds is not written here", help=help)
    match written:
        case tree.Call(tree.Name("reply"), arguments):
            headers = [module.headers[name] for name in _way(module, program, packet)]
            given, carried, payload = _arguments(module, arguments, headers)
            parts = [_answered(module, packet, layout, given[layout.name], span) for layout in headers]
            return _of_parts("reply", module, [*parts, *carried], payload, span)
        case tree.Call(name, arguments) if name.text in module.templates:
            template = lower_template(module, module.templates[name.text])
            given, carried, payload = _arguments(module, arguments, [header.layout for header in template.headers])
            parts = _of_template(module, packet, template, given, span)
            return _of_parts("send", module, [*parts, *carried], payload, span)
    parts, payload = parts_of(module, written)
    if starts_with(written) == program.link:
        return _of_parts(None, module, parts, payload, span)
    start = sum(module.headers[name].size for name in _way(module, program, packet))
    return _of_parts("reply", module, parts, payload, span, start)


def _of_parts(
    effect: str | None, module: Module, parts: Sequence[Part], payload: bytes, span: Span, start: int = 0
) -> Frame:
    layouts = tuple((part.layout, part.size) for part in parts)
    return Frame(effect, finished(module, parts, payload, span), start, layouts)


def _way(module: Module, program: Program, packet: tree.Expression) -> list[str]:
    """The headers of an answer: those of the way that the packet is built by, where there are several."""
    last = last_header(module, module.handlers[program.name].on, program.link)
    ways = [[program.link, *(step.to for step in way)] for way in paths(module.headers, program.link, last)]
    built = {layer.name.text for layer in layers_of(packet) if isinstance(layer, tree.Use | tree.Call)}
    return next((way for way in ways if built.issuperset(way)), ways[0])


def _arguments(
    module: Module, arguments: tuple[tree.Argument, ...], headers: Sequence[Layout]
) -> tuple[dict[str, dict[str, Expression]], list[Part], bytes]:
    """Fields of the frame's headers, messages after them, and the bytes at the end."""
    by_name = {layout.name: layout for layout in headers}
    given: dict[str, dict[str, Expression]] = {name: {} for name in by_name}
    carried: list[Part] = []
    payload = b""
    for argument in arguments:
        value = argument.value
        if is_bytes(value):
            payload += bytes_of(value)
        elif isinstance(value, tree.Call) and value.name.text in by_name:
            given[value.name.text] |= filled(module, by_name[value.name.text], value.arguments, value.span).values
        else:
            carried.append(part_of(module, value))
    return given, carried, payload


def _answered(
    module: Module, packet: tree.Expression, layout: Layout, given: Mapping[str, Expression], span: Span
) -> Part:
    """A header of the answer to a test's packet."""
    part = Part(layout, dict(given), span=span)
    for exchange in layout.exchanges:
        source, destination = exchange.fields or (None, None)
        for to, taken in ((source, destination), (destination, source)):
            if to is not None and taken is not None and to not in part.values:
                part.values[to] = _in_packet(module, packet, layout, taken, span)
    return part


def _of_template(
    module: Module, packet: tree.Expression, template: Frames, given: Mapping[str, dict[str, Expression]], span: Span
) -> list[Part]:
    """The headers of a frame that is sent by a template because of a test's packet."""
    parts: list[Part] = []
    for header in template.headers:
        values = dict(given[header.layout.name])
        partners = dict(exchange.fields for exchange in header.layout.exchanges if exchange.fields is not None)
        for name in header.own:
            if name not in values and name in partners:
                values[name] = _in_packet(module, packet, header.layout, partners[name], span)
        parts.append(header.part(values, span))
    return parts


def _in_packet(module: Module, packet: tree.Expression, layout: Layout, field: str, span: Span) -> Expression:
    """The value of a field in the packet of the test."""
    layers = [layer for layer in layers_of(packet) if not is_bytes(layer)]
    parts = [part_of(module, layer) for layer in layers]
    finished(module, parts, b"", span)  # which gives the other fields their values
    for part in parts:
        if part.layout.name == layout.name and part.layout.kind == layout.kind:
            return part.values[field]
    help = f"build the packet from headers, or expect a whole frame: `sent {layers_of(packet)[0].span.text} / …`"
    raise wrong(codes.BAD_TEST, span, f"the test's packet is not built with `{layout.name}`", help=help)
