"""From the wire to a verdict, and the answer back: programs executed by the emulated machine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dlcode_aegis_core.kernel import layout
from dlcode_aegis_core.kernel.boot import Binding, KernelHalted
from dlcode_aegis_core.machine.transmission import Fault
from dlcode_jit import abi
from tests.aegis_core.kernel.images import (
    EXPERIMENTAL,
    FILTERS,
    HANDLERS,
    QUEUE,
    REGION,
    answer_image,
    answering,
    environment,
    filter_image,
    image,
)
from tests.aegis_core.kernel.lab import CLIENT, MS, PARAMETERS, SERVER, US, Lab, frame

KEEP = """
        .set    noreorder
# Keeps the packet in its region: u32 length, u32 wire length, then the bytes.
entry:  lw      $t1, LEASE_REGIONS($a3)
        nop
        sw      $a1, 0($t1)
        sw      $a2, 4($t1)
copy:   lbu     $t0, 0($a0)
        addiu   $a0, $a0, 1
        sb      $t0, 8($t1)
        addiu   $a1, $a1, -1
        bnez    $a1, copy
        addiu   $t1, $t1, 1
        jr      $ra
        ori     $v0, $zero, VERDICT_CONSUME
"""

VERDICT = """
        .set    noreorder
entry:  jr      $ra
        ori     $v0, $zero, VERDICT
"""


def deciding(verdict: int, base: int = HANDLERS) -> Binding:
    """A handler that only gives a verdict."""
    return Binding(filter_image(), image(VERDICT, base, {"VERDICT": verdict}), QUEUE)


@pytest.mark.parametrize("length", [60, 61, 62, 63, 64, 77, 78, 79, 1513, 1514])
def test_a_handler_sees_the_packet_and_its_length(length: int) -> None:
    """Out of the gaps, shifted by two bytes, without the check sequence."""
    lab = Lab()
    sent = frame(length)
    lab.boot_client(first=sent)
    lab.boot_server([Binding(filter_image(), image(KEEP, HANDLERS), QUEUE, (REGION,))])
    lab.run(5 * MS)
    region = lab.server.memory.data[REGION & 0x1FFFFFFF :][: 8 + length]
    assert int.from_bytes(region[:4], "little") == length
    assert int.from_bytes(region[4:8], "little") == length
    assert bytes(region[8:]) == sent


def test_two_stations_exchange_frames_until_their_handlers_stop() -> None:
    """41 frames: both rings of 16 wrap."""
    lab = Lab()
    client, server = lab.boot_client([answering(CLIENT)], frame()), lab.boot_server([answering(SERVER)])
    lab.allow(20)
    lab.run(8 * MS)
    assert len(lab.frames) == 41
    assert client.counter("RECEIVED") == client.binding_counter(0, "CONSUMED") == 20
    assert server.counter("RECEIVED") == server.binding_counter(0, "CONSUMED") == 21
    assert client.counter("SENT") == 21
    assert server.binding_counter(0, "SENT") == 20
    assert {frame[12:] for _, _, _, frame in lab.frames} == {EXPERIMENTAL + frame()[14:]}


def round_trip(lab: Lab) -> float:
    """Mean of the last ten of 20 exchanges, in microseconds."""
    lab.allow(20)
    lab.run(8 * MS)
    starts = [start for start, _, sender, _ in lab.frames if sender == "client"]
    assert len(starts) == 21
    return (starts[-1] - starts[-11]) / 10 / US


def test_a_wire_twice_as_fast_saves_57_6_microseconds() -> None:
    """Two frames of 57.6 us each, halved. Nothing else depends on the wire's rate."""
    times = []
    for rate in (10_000_000, 20_000_000):
        lab = Lab(PARAMETERS.replace({"wire.bits_per_second": rate}))
        lab.boot_client([answering(CLIENT)], frame())
        lab.boot_server([answering(SERVER)])
        times.append(round_trip(lab))
    assert abs(times[0] - times[1] - 57.6) < 1


def test_a_hundred_more_instructions_cost_a_hundred_cycles() -> None:
    """In the server's handler only, of straight code: 4 us a round trip."""
    times = []
    for extra in (0, 100):
        lab = Lab()
        nops = bytes(4 * extra)
        plain = answer_image(SERVER, base=HANDLERS + len(nops))
        longer = replace(plain, base=HANDLERS, data=nops + plain.data, entry=HANDLERS)
        lab.boot_client([answering(CLIENT)], frame())
        lab.boot_server([replace(answering(SERVER), handler=longer)])
        times.append(round_trip(lab))
    assert abs(times[1] - times[0] - 4) < 0.2


@pytest.mark.parametrize("length", [14, 15, 17, 18, 42, 56, 57, 58, 59, 60])
def test_a_short_frame_is_padded_with_zeros(length: int) -> None:
    """Whatever the buffers held before: the transmit ring has wrapped over longer frames by then."""
    lab = Lab()
    lab.boot_client([answering(CLIENT, length=60)], frame())
    lab.boot_server([answering(SERVER, length=length)])
    lab.allow(20)
    data = lab.server.memory.data
    for at in range(layout.TRANSMIT_BUFFERS, layout.TRANSMIT_BUFFERS + 20 * layout.BUFFER_BYTES, 16):
        start = 0x20000 + 2 * at
        if start + 16 <= 0x40000:
            data[start : start + 16] = b"\xee" * 16
    lab.run(4 * MS)
    answer = lab.sent_by("server")[0]
    whole = length // 2 * 2  # the handler writes pairs of bytes
    assert len(answer) == 60
    assert answer[:whole] == CLIENT + SERVER + EXPERIMENTAL + frame()[14:whole]
    assert not any(answer[length:])


def test_a_frame_that_claims_another_source_stays_here() -> None:
    lab = Lab()
    lab.boot_client(first=frame())
    server = lab.boot_server([answering(SERVER, claimed=CLIENT)])
    lab.allow(20)
    lab.run(4 * MS)
    assert lab.sent_by("server") == []
    assert server.binding_counter(0, "WITHHELD") == 1
    assert server.binding_counter(0, "SENT") == server.counter("SENT") == 0


def test_a_frame_too_short_to_carry_its_source_stays_here() -> None:
    """Ten bytes: what would be compared lies beyond them."""
    lab = Lab()
    lab.boot_client(first=frame())
    server = lab.boot_server([answering(SERVER, length=10)])
    lab.allow(20)
    lab.run(4 * MS)
    assert lab.sent_by("server") == []
    assert server.binding_counter(0, "WITHHELD") == 1


@pytest.mark.parametrize(
    ("verdict", "name", "answers"), [(1, "CONSUMED", 1), (2, "PASSED", 1), (3, "DROPPED", 1), (4, "ABORTED", 0)]
)
def test_every_verdict_but_abort_sends_what_is_queued(verdict: int, name: str, answers: int) -> None:
    lab = Lab()
    lab.boot_client(first=frame())
    server = lab.boot_server([answering(SERVER, verdict=verdict)])
    lab.allow(20)
    lab.run(4 * MS)
    assert len(lab.sent_by("server")) == answers
    counts = {field: server.binding_counter(0, field) for field in layout.BINDING_FIELDS[7:12]}
    assert counts == {"DECLINED": 0, "CONSUMED": 0, "PASSED": 0, "DROPPED": 0, "ABORTED": 0, name: 1}


def test_bindings_are_tried_in_order_until_one_takes_the_packet() -> None:
    """Another EtherType; one that declines; one that consumes; one that is never asked."""
    lab = Lab()
    lab.boot_client(first=frame())
    other = Binding(filter_image(b"\x08\x00", FILTERS + 0x100), deciding(1).handler, QUEUE)
    bindings = [other, deciding(0, HANDLERS + 0x100), deciding(1), deciding(3, HANDLERS + 0x200)]
    server = lab.boot_server(bindings)
    lab.run(4 * MS)
    counts = [[server.binding_counter(i, field) for field in layout.BINDING_FIELDS[7:12]] for i in range(4)]
    assert counts == [[0, 0, 0, 0, 0], [1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]]
    assert server.counter("UNCLAIMED") == 0


def test_a_packet_longer_than_a_program_takes_is_not_given_to_it() -> None:
    for length, taken in ((61, 0), (60, 1)):
        lab = Lab()
        lab.boot_client(first=frame(length))
        server = lab.boot_server([Binding(filter_image(maximum=60), deciding(1).handler, QUEUE)])
        lab.run(4 * MS)
        assert server.binding_counter(0, "CONSUMED") == taken
        assert server.counter("UNCLAIMED") == 1 - taken


def test_a_packet_that_nobody_takes_is_counted() -> None:
    lab = Lab()
    lab.boot_client(first=frame(kind=b"\x08\x06"))
    declining, nobody = Lab(), lab.boot_server()
    lab.run(4 * MS)
    assert nobody.counter("UNCLAIMED") == nobody.counter("RECEIVED") == 1
    declining.boot_client(first=frame())
    server = declining.boot_server([deciding(0)])
    declining.run(4 * MS)
    assert server.counter("UNCLAIMED") == server.binding_counter(0, "DECLINED") == 1


def test_a_damaged_frame_is_counted_and_its_buffer_used_again() -> None:
    lab = Lab()
    lab.wire.fault_plan = lambda number, _: Fault(offset=40, flipped=1) if number == 0 else None
    lab.boot_client([answering(CLIENT)], frame())
    server = lab.boot_server([answering(SERVER)])
    lab.allow(20)
    lab.run(4 * MS)
    assert server.counter("BAD_FRAMES") == 1
    assert server.counter("RECEIVED") == 0
    assert lab.server.memory.data[0x20000 + 2 * layout.RECEIVE_RING + 5] == 0x80, "RMD1: the chip's again"


WAKE = """
        .set    noreorder
entry:  lw      $t0, LEASE_QUEUE($a3)
        ori     $t1, $zero, 2
        sw      $t1, QUEUE_COUNT($t0)
        ori     $t1, $zero, EFFECT_WAKE
        sh      $t1, QUEUE_ENTRIES + ENTRY_KIND($t0)
        sh      $t1, QUEUE_ENTRIES + STRIDE + ENTRY_KIND($t0)
        jr      $ra
        ori     $v0, $zero, VERDICT_CONSUME
"""


def test_wakes_are_counted() -> None:
    """Two entries, one stride apart."""
    lab = Lab()
    lab.boot_client(first=frame())
    handler = image(WAKE, HANDLERS, {"STRIDE": QUEUE.stride})
    server = lab.boot_server([Binding(filter_image(), handler, QUEUE)])
    lab.run(4 * MS)
    assert server.binding_counter(0, "WAKES") == 2
    assert server.binding_counter(0, "WITHHELD") == 0


SLOW = """
        .set    noreorder
entry:  li      $t0, 6000
wait:   bnez    $t0, wait
        addiu   $t0, $t0, -1
        jr      $ra
        ori     $v0, $zero, VERDICT_CONSUME
"""

FLOOD = """
environment:
        lui     $s0, %hi(USER_COUNT)
        addiu   $s0, $s0, %lo(USER_COUNT)
        ori     $s1, $zero, 40
again:  addiu   $a0, $s0, USER_FRAME - USER_COUNT
        lw      $a1, USER_FRAME_LENGTH - USER_COUNT($s0)
        ori     $v0, $zero, SYSTEM_CALL_TRANSMIT
        syscall
        beqz    $v0, next
        nop
        sw      $v0, USER_RESULT - USER_COUNT($s0)      # the last refusal
        b       again
        nop
next:   addiu   $s1, $s1, -1
        bnez    $s1, again
        nop
stop:   b       stop
        nop
"""


def test_a_flood_fills_both_rings_and_the_kernel_goes_on() -> None:
    """40 frames against a handler of 0.5 ms: the sender is told that it has no room, the receiver misses frames."""
    lab = Lab()
    client = lab.boot_client(first=frame(), environment=environment(FLOOD))
    server = lab.boot_server([Binding(filter_image(), image(SLOW, HANDLERS), QUEUE)])
    lab.run(15 * MS)
    assert client.user_word("RESULT") == 0x100000000 - 3, "no_room"
    assert len(lab.frames) == 40
    assert server.counter("MISSED") >= 1
    assert server.counter("RECEIVED") > layout.RING_LENGTH
    assert server.counter("RECEIVED") < 40
    assert server.fault is None


CLOBBER = """
        .set    noreorder
entry:  li      $at, -1
        li      $v1, -1
        li      $a0, -1
        li      $a1, -1
        li      $a2, -1
        li      $a3, -1
        li      $t0, -1
        li      $t1, -1
        li      $t2, -1
        li      $t3, -1
        li      $t4, -1
        li      $t5, -1
        li      $t6, -1
        li      $t7, -1
        li      $t8, -1
        li      $t9, -1
        mthi    $t9
        mtlo    $t9
        jr      $ra
        ori     $v0, $zero, VERDICT_CONSUME
"""

KEPT = "at v0 v1 a0 a1 a2 a3 t0 t1 t2 t3 t4 t5 t6 t7 s0 s1 s2 s3 s4 s5 s6 t8 t9 gp sp s8 ra".split()
WATCH = (
    "environment:\n"
    + "".join(f"        li ${name}, {0x1000 + 7 * at}\n" for at, name in enumerate(KEPT))
    + """
        li      $s7, 0x2001
        mthi    $s7
        li      $s7, 0x2002
        mtlo    $s7
round:
"""
    + "".join(
        f"        xori $s7, ${name}, {0x1000 + 7 * at}\n        bnez $s7, lost\n        nop\n"
        for at, name in enumerate(KEPT)
    )
    + """
        mfhi    $s7
        xori    $s7, $s7, 0x2001
        bnez    $s7, lost
        nop
        mflo    $s7
        xori    $s7, $s7, 0x2002
        bnez    $s7, lost
        nop
        b       round
        nop
lost:   lui     $s7, %hi(USER_RESULT)
        sw      $s7, %lo(USER_RESULT)($s7)
        b       lost
        nop
"""
)


def test_an_interrupt_leaves_every_register_as_it_was() -> None:
    """The handler overwrites all that it may; the environment compares each of its registers all the time."""
    lab = Lab()
    client = lab.boot_client([answering(CLIENT)], frame())
    server = lab.boot_server([Binding(filter_image(), image(CLOBBER, HANDLERS), QUEUE)], environment(WATCH))
    lab.run(4 * MS)
    assert server.binding_counter(0, "CONSUMED") == 1
    assert server.user_word("RESULT") == 0
    assert lab.server.cpu.pc < 0x80000000
    assert client.fault is None


def test_the_kernel_halts_on_its_own_mistake_and_says_so() -> None:
    """An image that no proof would let through reads address 0, which is no page of the kernel's."""
    lab = Lab()
    lab.boot_client(first=frame())
    bad = image("        .set noreorder\nentry:  lw $t0, 0($zero)\n        jr $ra\n        nop\n", HANDLERS)
    server = lab.boot_server([Binding(filter_image(), bad, QUEUE)])
    lab.run(4 * MS)
    with pytest.raises(KernelHalted, match="server"):
        _ = server.fault


def test_nothing_depends_on_the_length_of_the_turns() -> None:
    def history(turn: int | None) -> list[object]:
        lab = Lab()
        lab.boot_client([answering(CLIENT)], frame())
        lab.boot_server([answering(SERVER)])
        lab.allow(3)
        lab.run(3 * MS, turn)
        cpus = (lab.client.cpu, lab.server.cpu)
        return [lab.frames, *((cpu.cycles, cpu.instructions, cpu.pc, cpu.gpr) for cpu in cpus)]

    assert history(None) == history(1_000_003)


def test_a_queue_is_empty_when_its_handler_starts() -> None:
    """A handler that declines after queueing leaves nothing for the next run: the kernel stores 0 first."""
    lab = Lab()
    lab.boot_client([answering(CLIENT)], frame())
    server = lab.boot_server([answering(SERVER, verdict=abi.SYMBOLS["VERDICT_DECLINE"]), deciding(1, HANDLERS + 0x800)])
    lab.allow(20)
    lab.run(4 * MS)
    assert lab.sent_by("server") == []
    assert server.binding_counter(0, "DECLINED") == server.binding_counter(1, "CONSUMED") == 1
