"""Whether the frames of one template are all frames of another."""

from __future__ import annotations

from dlcode_dsl.core.form import Fixed, Template


def covers(wide: Template, narrow: Template) -> bool:
    """Whether each frame of `narrow` is one of `wide`: it fixes the same bits, and the same are own addresses."""
    fixed = _bits(narrow.fixed)
    wanted = _bits(wide.fixed)
    return all(fixed.get(bit) == value for bit, value in wanted.items()) and set(wide.own) <= set(narrow.own)


def _bits(parts: tuple[Fixed, ...]) -> dict[int, int]:
    """The fixed bits of a frame by their number, most significant bit of byte 0 first."""
    found: dict[int, int] = {}
    for part in parts:
        last = (part.offset + part.size) * 8 - 1
        for place in range(part.size * 8):
            if part.mask >> place & 1:
                found[last - place] = part.value >> place & 1
    return found
