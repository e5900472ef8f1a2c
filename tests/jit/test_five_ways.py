"""The picture of what the proof buys is drawn from the measurements that stand beside it."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

from bench.five_ways_figure import FIGURE, RESULTS, WAYS, render

DATA: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))


def test_the_picture_in_docs_is_drawn_from_the_kept_measurements() -> None:
    assert render(DATA) == FIGURE.read_text(encoding="utf-8"), "python -m bench.five_ways measures and draws anew"


def test_the_picture_is_well_formed_and_names_every_way_and_program() -> None:
    root = ElementTree.fromstring(render(DATA))
    words = {element.text for element in root.iter() if element.text}
    for name, found in DATA["subjects"].items():
        assert f"{name} ({found['kind']})" in words
        assert {WAYS[way][0] for way in found["nanoseconds"]} <= words


def test_only_the_interpreters_bar_is_cut_off() -> None:
    """A compiled way that took much longer than the proved one would be drawn in full."""
    slow = {"interpreted": 9000.0, "checked": 70.0, "masked": 20.0, "proved": 10.0, "unsafe": 9.0}
    spread = {way: [value, value, value] for way, value in slow.items()}
    found = {"kind": "filter", "nanoseconds": spread, "proof ms": 1.0, "compile ms": 1.0, "pays after": 33}
    drawn = render({"date": "", "machine": "", "loads": 1, "subjects": {"f": found}})
    widths = [float(width) for width in re.findall(r'<rect x="250"[^>]* width="([0-9.]+)"', drawn)]
    interpreted, checked, masked, proved, unsafe = widths
    assert interpreted > checked > masked > proved > unsafe
    assert abs(checked / proved - 7) < 0.1
    assert drawn.count('stroke-width="3"') == 2
