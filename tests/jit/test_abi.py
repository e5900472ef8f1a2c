"""The numbers that images, cores and assembly source share."""

from dlcode_dsl.core.form import EFFECTS, Verdict
from dlcode_jit import abi


def test_every_verdict_has_a_code_and_only_filter_and_handler_share_one() -> None:
    handler = [abi.VERDICT_CODES[verdict] for verdict in Verdict if verdict not in (Verdict.MATCH, Verdict.MISS)]
    assert len(set(handler)) == len(handler)
    assert set(abi.VERDICT_CODES) == set(Verdict)
    assert abi.VERDICT_CODES[Verdict.MATCH] != abi.VERDICT_CODES[Verdict.MISS]


def test_every_effect_that_is_queued_has_a_kind() -> None:
    assert set(abi.EFFECT_CODES) == set(EFFECTS) - {"rewrite"}  # which changes the packet and queues nothing


def test_entries_of_a_queue_are_aligned_and_do_not_overlap() -> None:
    for capacity in range(64):
        layout = abi.QueueLayout(3, capacity)
        assert layout.stride % abi.QUEUE_ALIGNMENT == 0
        assert layout.entry(0) + abi.ENTRY_FRAME + capacity <= layout.entry(1)
        assert layout.entry(2) + layout.stride == layout.size


def test_assembly_source_gets_offsets_in_bytes() -> None:
    assert abi.SYMBOLS["LEASE_REGIONS"] == abi.LEASE_REGIONS * abi.MIPS_POINTER
    assert all(value >= 0 for value in abi.SYMBOLS.values())
