"""Pictures of what the proof buys, drawn from the kept measurements: the host's, `docs/figures-five-ways.svg`.

The same measurements give the same file, byte for byte; a test holds the picture in docs to the data beside it. The
R3000's comes from `five_ways_r3000.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results" / "five_ways.json"
FIGURE = ROOT / "docs" / "figures-five-ways.svg"

WAYS = {
    "interpreted": ("interpreted", "#b9b2a7"),
    "checked": ("compiled, a check at each access", "#c98b4e"),
    "masked": ("compiled, masks and counted branches", "#8f7fb0"),
    "proved": ("compiled, proved", "#2f7d6d"),
    "unsafe": ("compiled, unsafe: trusts the packet", "#7c8a94"),
}
"""Label and colour of each way, from the top."""

WIDTH, LEFT, RIGHT = 820, 250, 150
ROW, GAP, HEAD, TOP = 20, 34, 26, 56


@dataclass(frozen=True)
class Bar:
    """One way: how long it takes, in any unit, what is said of it, and how far it was seen to vary."""

    way: str
    value: float
    said: str
    span: tuple[float, float] | None = None


@dataclass(frozen=True)
class Group:
    """One program in all ways, of which the proved one is the measure."""

    title: str
    remark: str
    bars: tuple[Bar, ...]


def render(data: dict[str, Any]) -> str:
    """The host's picture. A line in a bar spans the middle half of the loads."""
    where = f"{data['date']}, {data['machine']}; one packet again and again, in caches; median of {data['loads']} loads"
    groups = [
        Group(
            f"{name} ({found['kind']})",
            proof(found),
            tuple(
                Bar(way, value, nanoseconds(value), (least, most))
                for way, (least, value, most) in found["nanoseconds"].items()
            ),
        )
        for name, found in data["subjects"].items()
    ]
    return picture("What the proof buys: one program five ways on the host", where, groups)


def picture(title: str, where: str, groups: Sequence[Group]) -> str:
    """A picture as SVG. Bars are multiples of the proved way."""
    body: list[str] = []
    y = TOP
    for one in groups:
        body += group(one, y)
        y += HEAD + len(one.bars) * ROW + GAP
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" '
            f'font-family="Helvetica, Arial, sans-serif" font-size="12">',
            f"<title>{escaped(title)}</title>",
            f'<rect width="{WIDTH}" height="{y}" fill="#ffffff"/>',
            text(16, 24, title, size=16, weight="bold"),
            text(16, 42, where, fill="#666666"),
            *body,
            "</svg>",
            "",
        ]
    )


def group(of: Group, y: int) -> Iterator[str]:
    """One program: its name, a remark, and a bar for each way."""
    unit = next(bar.value for bar in of.bars if bar.way == "proved")
    spans = {bar.way: bar.span or (bar.value, bar.value) for bar in of.bars}
    compiled = max(most / unit for way, (_, most) in spans.items() if way != "interpreted")
    full = max(2.0, compiled) * 1.05  # times the unit at the right end; the interpreter's bar is cut off there
    scale = (WIDTH - LEFT - RIGHT) / full
    yield text(16, y + 14, of.title, weight="bold")
    yield text(LEFT, y + 14, of.remark, fill="#444444")
    y += HEAD
    for bar in of.bars:
        label, colour = WAYS[bar.way]
        ratio, middle, (least, most) = bar.value / unit, y + ROW // 2, spans[bar.way]
        width = min(ratio, full) * scale
        yield text(LEFT - 8, y + 14, label, anchor="end")
        yield f'<rect x="{LEFT}" y="{y + 3}" width="{width:.1f}" height="{ROW - 6}" fill="{colour}"/>'
        if ratio > full:  # two strokes across a bar that goes on
            for at in (14, 20):
                x = LEFT + width - at
                yield f'<path d="M{x:.1f} {y + ROW - 1} l6 -{ROW - 2}" stroke="#ffffff" stroke-width="3"/>'
        elif bar.span is not None:
            ends = LEFT + least / unit * scale, LEFT + most / unit * scale
            yield f'<path d="M{ends[0]:.1f} {middle} H{ends[1]:.1f}" stroke="#222222"/>'
        end = LEFT + max(width, min(most / unit, full) * scale)
        yield text(end + 6, y + 14, f"{bar.said}  ×{times_of(ratio)}")
        y += ROW
    x = LEFT + scale
    yield f'<path d="M{x:.1f} {y - len(of.bars) * ROW} V{y}" stroke="#2f7d6d" stroke-dasharray="2 3"/>'


def proof(found: dict[str, Any]) -> str:
    """What proving took, and after how many packets it has come back."""
    spent = f"proof {found['proof ms']:.1f} ms, compiling {found['compile ms']:.1f} ms"
    after = found["pays after"]
    if after is None:
        return f"{spent}: checks cost nothing that could be measured"
    return f"{spent}: paid for after {after / 1e6:.1f} million packets, beside checks"


def nanoseconds(value: float) -> str:
    """A time to three figures."""
    return f"{value / 1000:#.3g} us" if value >= 1000 else f"{value:#.3g} ns"


def times_of(ratio: float) -> str:
    """A ratio to three figures or so."""
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.2f}"


def text(x: float, y: float, words: str, **style: str | int) -> str:
    """One line of text."""
    names = {"size": "font-size", "weight": "font-weight", "anchor": "text-anchor", "fill": "fill"}
    said = "".join(f' {names[name]}="{value}"' for name, value in style.items())
    return f'<text x="{x:.1f}" y="{y}"{said}>{escaped(words)}</text>'


def escaped(words: str) -> str:
    """Text for XML."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
