"""The kernel's memory as its table draws it, and its code as a whole."""

from __future__ import annotations

import re

import pytest

from dlcode_aegis_core.kernel import layout, system_calls
from dlcode_aegis_core.kernel.boot import (
    Binding,
    Guard,
    Image,
    LoadError,
    assemble_environment,
    assemble_kernel,
    boot,
)
from dlcode_aegis_core.kernel.layout import AREAS, BINDING_BYTES, BINDING_FIELDS, PACKET, VARIABLES
from dlcode_jit import abi
from dlcode_jit.mips.check import check
from tests.aegis_core.kernel.images import FILTERS, HANDLERS, QUEUE, REGION, filter_image
from tests.aegis_core.kernel.lab import PARAMETERS, Lab


def test_the_drawing_of_memory_is_the_memory() -> None:
    """Each line of the module's first table is an area, in order."""
    drawn = re.findall(r"^    ([0-9a-f]{8}) +(\d+) KB  (\w+)", layout.__doc__ or "", re.MULTILINE)
    assert [(int(start, 16), int(size) * 1024, name) for start, size, name in drawn] == [
        (area.start, area.size, area.name) for area in AREAS
    ]


def test_the_drawing_of_the_dma_region_is_the_region() -> None:
    drawn = re.findall(r"^    ([0-9a-f]{4})  ", layout.__doc__ or "", re.MULTILINE)
    assert [int(start, 16) for start in drawn] == [
        layout.INIT_BLOCK,
        layout.RECEIVE_RING,
        layout.TRANSMIT_RING,
        layout.RECEIVE_BUFFERS,
        layout.TRANSMIT_BUFFERS,
    ]
    assert layout.TRANSMIT_BUFFERS + layout.RING_LENGTH * layout.BUFFER_BYTES <= 0x10000


def test_buffers_start_where_bursts_do() -> None:
    """The I/O ASIC maps bursts of 16 bytes."""
    for address in (layout.RECEIVE_BUFFERS, layout.TRANSMIT_BUFFERS, layout.BUFFER_BYTES):
        assert address % 16 == 0


def test_variables_end_before_the_packet_and_the_packet_before_the_stack() -> None:
    last = layout.variable(VARIABLES[-1]) + 8 * layout.MOST_PAGES
    assert last <= PACKET - 2
    assert PACKET % abi.MIPS_PACKET_ALIGNMENT[0] == abi.MIPS_PACKET_ALIGNMENT[1]
    assert PACKET + 1514 + 16 <= layout.AREA["KERNEL_DATA"].size


def test_a_binding_fits_its_record() -> None:
    assert 4 * len(BINDING_FIELDS) <= BINDING_BYTES


def test_verdict_counts_lie_in_the_order_of_the_codes() -> None:
    first = BINDING_FIELDS.index("DECLINED")
    names = {"DECLINED": "DECLINE", "CONSUMED": "CONSUME", "PASSED": "PASS", "DROPPED": "DROP", "ABORTED": "ABORT"}
    for name, verdict in names.items():
        assert BINDING_FIELDS.index(name) - first == abi.SYMBOLS[f"VERDICT_{verdict}"]


def test_the_kernel_has_no_hazard() -> None:
    """No load is used too early on any path, nothing but MIPS-I, no branch in a delay slot."""
    kernel = assemble_kernel(PARAMETERS)
    code = [segment for segment in kernel.segments if segment.address < kernel.symbols["system_call_table"]]
    base = code[0].address
    whole = bytearray(code[-1].end - base)
    for segment in code:
        whole[segment.address - base : segment.end - base] = segment.data
    assert check(bytes(whole), base) == []
    (environment,) = assemble_environment().segments
    assert check(environment.data, environment.address) == []


def test_the_vectors_fit_between_their_addresses() -> None:
    symbols = assemble_kernel(PARAMETERS).symbols
    assert symbols["utlb_refill"] == 0x80000000
    assert symbols["general_exception"] == 0x80000080


def test_every_system_call_has_its_routine_in_the_table() -> None:
    kernel = assemble_kernel(PARAMETERS)
    table = kernel.symbols["system_call_table"]
    (segment,) = [s for s in kernel.segments if s.address <= table < s.end]
    for call in system_calls.system_calls():
        at = table - segment.address + 4 * call.number
        assert int.from_bytes(segment.data[at : at + 4], "little") == kernel.symbols[f"system_call_{call.name}"]


def test_refusals_are_negative_and_differ() -> None:
    codes = list(system_calls.refusals().values())
    assert all(code < 0 for code in codes)
    assert len(set(codes)) == len(codes)


# What if something that is to be loaded does not fit?


def binding(**changes: object) -> Binding:
    values: dict[str, object] = {
        "filter": filter_image(),
        "handler": filter_image(base=HANDLERS),
        "queue": QUEUE,
        **changes,
    }
    return Binding(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (binding(filter=Image(0x80020000, bytes(8), 0x80020000, 60)), "IMAGES"),
        (binding(filter=Image(FILTERS, bytes(8), FILTERS + 8, 60)), "no instruction"),
        (binding(filter=Image(FILTERS, bytes(8), FILTERS + 2, 60)), "no instruction"),
        (binding(filter=Image(HANDLERS + 4, bytes(8), HANDLERS + 4, 60)), "overlap"),
        (binding(filter=Image(HANDLERS, bytes(8), HANDLERS, 60)), "overlap"),
        (binding(regions=(REGION - 8,)), "region"),
        (binding(regions=(REGION + 4,)), "region"),
        (binding(guards=((Guard(5, bytes(6)),),)), "even"),
        (binding(queue=abi.QueueLayout(entries=20, capacity=1514)), "BINDINGS"),
    ],
)
def test_what_does_not_fit_is_refused(bad: Binding, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        boot(Lab().server, [bad])


def test_more_bindings_than_records_are_refused() -> None:
    with pytest.raises(LoadError, match="33 bindings"):
        boot(Lab().server, [binding()] * 33)


def test_a_frame_too_long_for_the_environment_is_refused() -> None:
    with pytest.raises(LoadError, match="USER_DATA"):
        boot(Lab().server, frame=bytes(5000))
