"""What is one edit away from safe is refused, with a packet that breaks it wherever a packet can.

The edits are a table, `data/unsafe/variants.toml`; edits that turn out to be safe stand there too, with the reason.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from dlcode.captures import open_capture
from dlcode.judging import Judged, judge_text, save_witnesses
from dlcode.modules import Refused, loads
from dlcode_dsl import Packet, run, run_test
from dlcode_dsl.codes import FAULT_CODES
from dlcode_dsl.core.interpret import Fault

HERE = Path(__file__).parent / "data" / "unsafe"
EXAMPLES = Path(__file__).parents[1] / "examples"

SEEDS = ("remote_increment", "counter_client", "echo", "fragments", "web", "arp_request", "domain_names")
"""The examples that the edits change; what they lack stands beside the table."""
FEWEST_REFUSED = 36


@dataclass(frozen=True)
class Variant:
    """One edit, and what must become of it."""

    name: str
    of: str
    change: list[list[str]]
    code: str
    witness: bool = False
    at: str = ""
    safe: str = ""

    @property
    def text(self) -> str:
        """The changed source."""
        text = seed(self.of)
        for old, new in self.change:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {self.of}"
            text = text.replace(old, new)
        return text


@cache
def seed(name: str) -> str:
    """The source that an edit changes."""
    return ((EXAMPLES if name in SEEDS else HERE) / f"{name}.ash").read_text(encoding="utf-8")


TABLE = [Variant(**row) for row in tomllib.loads((HERE / "variants.toml").read_text(encoding="utf-8"))["variant"]]
UNSAFE = [variant for variant in TABLE if not variant.safe]
SAFE = [variant for variant in TABLE if variant.safe]


def each(variants: list[Variant]) -> pytest.MarkDecorator:
    """Run a test once for each variant."""
    return pytest.mark.parametrize("variant", variants, ids=[f"{one.of}: {one.name}" for one in variants])


def replays(judged: Judged, folder: Path) -> None:
    """Each witness, and each packet that was saved, breaks its program at the node and in the way that was told."""
    saved = save_witnesses(judged, folder)
    assert saved.verdict == "refused"
    files = sorted(folder.glob("*.pcap"))
    refutations = [one for judgement in judged.judgements for one in judgement.refutations]
    assert len(files) == len(refutations)
    left = {path: next(iter(open_capture(path))) for path in files}
    for refutation in refutations:
        packet, memory = refutation.witness.packet, refutation.witness.memory
        with pytest.raises(Fault) as broken:
            run(refutation.program, packet, memory)
        assert broken.value.kind is refutation.kind
        assert broken.value.node is refutation.node
        assert FAULT_CODES[broken.value.kind] is refutation.diagnostic.code
        same = [path for path, one in left.items()
                if refutation.diagnostic.code.name in path.name
                and (one.data, one.wire_length) == (packet.data, packet.wire_length)]  # fmt: skip
        reread = left.pop(same[0])
        with pytest.raises(Fault) as again:
            run(refutation.program, Packet(bytes(reread.data), reread.wire_length), memory)
        assert again.value.node is refutation.node


@each(UNSAFE)
def test_an_unsafe_variant_is_refused_at_its_place_with_its_code(variant: Variant, tmp_path: Path) -> None:
    """Refused, never proved, and never merely not proved."""
    judged = judge_text(variant.text, f"{variant.of}.ash")
    assert judged.verdict == "refused"
    errors = [one for one in judged.diagnostics if one.severity == "error"]
    assert variant.code in [one.code.name for one in errors]
    (first, *_) = [one for one in errors if one.code.name == variant.code]
    line = first.primary.span.source.line(first.primary.span.line)
    assert variant.at, "each row says where"
    assert variant.at in line
    refutations = [one for judgement in judged.judgements for one in judgement.refutations]
    if variant.witness:
        assert variant.code in [one.diagnostic.code.name for one in refutations]
        replays(judged, tmp_path)
    else:
        assert not refutations
        assert not variant.code.startswith("ASH2"), "what is to be proved is refuted by a packet"
    refused = Refused(judged)
    assert refused.proved_unsafe
    assert (refused.witness is not None) == variant.witness


def test_nothing_of_an_unsafe_variant_can_be_loaded() -> None:
    """Loading raises what was found, with the packet."""
    with pytest.raises(Refused) as refused:
        loads(UNSAFE[0].text)
    assert refused.value.proved_unsafe
    assert refused.value.witness is not None


@each(SAFE)
def test_an_edit_that_only_looks_unsafe_is_proved(variant: Variant) -> None:
    """The table gives the reason."""
    assert judge_text(variant.text, f"{variant.of}.ash").verdict == "proved", variant.safe


@pytest.mark.parametrize("name", [*SEEDS, "meter", "first_word", "options"])
def test_each_source_is_proved_and_passes_its_tests_before_it_is_changed(name: str) -> None:
    """The control: what is refused above is refused for the edit."""
    judged = judge_text(seed(name), f"{name}.ash")
    assert judged.verdict == "proved"
    assert judged.compiled.tests
    assert [run_test(test) for test in judged.compiled.tests] == [[]] * len(judged.compiled.tests)


def test_the_table_covers_each_way_in_which_a_program_without_loops_can_break() -> None:
    """Each code of a fault that the language can express today has a variant, and there are enough of them."""
    assert len(UNSAFE) >= FEWEST_REFUSED
    assert len({(variant.of, variant.name) for variant in TABLE}) == len(TABLE)
    broken = {variant.code for variant in UNSAFE if variant.witness}
    assert broken == {f"ASH20{number}" for number in (31, 32, 33, 34, 35, 36, 37, 38, 39)}
