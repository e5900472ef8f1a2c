"""The core in this process: what it binds, what it refuses, and what becomes of packets."""

from __future__ import annotations

import copy
import threading
from array import array
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from dlcode_aegis_core.bindings import BindCode, BindError, Capability
from dlcode_aegis_core.host import Core, Environment
from dlcode_dsl.core.form import Program, Verdict
from dlcode_dsl.core.interpret import Packet
from dlcode_dsl.core.parse import parse_program
from dlcode_verifier import Certificate, Options, Proved, verify

OURS, THEIRS = bytes.fromhex("08002b010203"), bytes.fromhex("08002b040506")

INCREMENT = """
handler increment on ethernet maximum 1514
  owns @counters: u32[4] plain
  may reply
  binding filter increment.on on ethernet maximum 1514
  {
    read %type: u16 = packet[12:u32] else { exit miss }
    if (%type == 4660:u16) { exit match }
    exit miss
  }
{
  read %kind: u16 = packet[12:u32] else { exit decline }
  if (%kind != 4660:u16) { exit decline }
  read %slot: u8 = packet[14:u32] else { exit decline }
  if (widen(%slot, u32) >= extent(@counters)) { exit decline }
  @counters[widen(%slot, u32)] = (@counters[widen(%slot, u32)] +% 1:u32)
  read %source: u48 = packet[6:u32]
  read %target: u48 = packet[0:u32]
  send reply {
    value %source
    value %target
    value %kind
    value @counters[widen(%slot, u32)]
  } own mac 6 6
  exit consume
}
"""

VERDICT = """
handler verdict on ethernet maximum 64
  owns @seen: u8[1] plain
  may wake
{
  read %wanted: u8 = packet[0:u32] else { exit decline }
  if (%wanted == 4:u8) { exit abort }
  if (%wanted == 0:u8) { exit decline }
  @seen[0:u32] = %wanted
  wake
  if (%wanted == 2:u8) { exit pass }
  if (%wanted == 3:u8) { exit drop }
  exit consume
}
"""

TWO_REGIONS = """
handler two on ethernet maximum 64
  owns @first: u64[4] plain
  owns @second: u32[4] shared
{
  @first[0:u32] = widen(@second[0:u32], u64)
  @second[1:u32] = (@second[1:u32] +% 1:u32)
  exit consume
}
"""

FILTER = """
filter starts_with_nine on ethernet maximum 64
{
  read %first: u8 = packet[0:u32] else { exit miss }
  if (%first == 9:u8) { exit match }
  exit miss
}
"""


@cache
def proved(text: str) -> Certificate:
    """The proof of a program."""
    answer = verify(parse_program(text), options=Options(isolated=False))
    assert isinstance(answer, Proved), answer
    return answer.certificate


OTHER_TYPE = INCREMENT.replace("4660", "4661")


def add(slot: int, *, to: bytes = OURS, type: int = 0x1234) -> bytes:
    """A packet for `increment`."""
    return to + THEIRS + type.to_bytes(2, "big") + bytes([slot]) + bytes(10)


def replier(core: Core, name: str = "counter", **changes: Any) -> Environment:
    """An environment that may reply, wake and send from our address."""
    rights: dict[str, Any] = {
        "grants": frozenset({"reply", "send", "wake"}),
        "addresses": {"mac": frozenset({OURS})},
    }
    return core.environment(name, Capability(**{**rights, **changes}))


def refusal(environment: Environment, certificate: Any, **regions: Any) -> BindCode:
    """Why a download is refused; it must leave nothing behind."""
    before = list(environment.core.bindings)
    with pytest.raises(BindError) as refused:
        environment.download(certificate, **regions)
    assert environment.core.bindings == before
    assert refused.value.reason
    return refused.value.code


# ---- what happens to packets


def test_a_handler_counts_and_replies() -> None:
    core = Core()
    environment = replier(core)
    counters = environment.region(32, 4)
    with environment.download(proved(INCREMENT), counters=counters) as binding:
        for expected in (1, 2):
            delivery = core.deliver(add(3))
            assert (delivery.binding, delivery.verdict) == (binding, Verdict.CONSUME)
            (frame,) = core.sent()
            assert frame.data == THEIRS + OURS + bytes.fromhex("1234") + expected.to_bytes(4, "big")
            assert (frame.binding, frame.effect) == (binding, "reply")
        assert counters.cells() == [0, 0, 0, 2]
        assert (binding.stats.tried, binding.stats.consumed, binding.stats.sent) == (2, 2, 2)
    assert core.sent() == []


@pytest.mark.parametrize(
    ("first", "verdict", "seen", "wakes", "normal_path"),
    [
        (1, Verdict.CONSUME, 1, 1, 0),
        (2, Verdict.PASS, 2, 1, 1),
        (3, Verdict.DROP, 3, 1, 0),
        (4, Verdict.ABORT, 0, 0, 1),
        (0, Verdict.DECLINE, 0, 0, 0),
    ],
)
def test_a_verdict_decides_who_gets_the_packet(
    first: int, verdict: Verdict, seen: int, wakes: int, normal_path: int
) -> None:
    """The table of verdicts: effects and writes happen at consume, pass and drop; pass and abort hand on."""
    core = Core()
    environment = replier(core)
    memory = environment.region(8, 1)
    environment.download(proved(VERDICT), seen=memory)
    assert core.deliver(bytes([first])).verdict is verdict
    assert memory.cells() == [seen]
    assert environment.wakes == wakes
    assert [packet.data for packet in environment.packets()] == [bytes([first])] * normal_path
    assert core.unclaimed == (verdict is Verdict.DECLINE)


def test_handlers_are_tried_in_bind_order_until_one_takes_the_packet() -> None:
    core = Core()
    environment = replier(core)
    first = environment.download(proved(INCREMENT), counters=environment.region(32, 4))
    second = environment.download(proved(INCREMENT), counters=environment.region(32, 4))
    verdict = environment.download(proved(VERDICT), seen=environment.region(8, 1))
    assert core.deliver(add(0)).binding is first
    assert core.deliver(b"\x01").binding is verdict
    first.revoke()
    assert core.deliver(add(0)).binding is second
    assert (first.stats.declined, second.stats.declined) == (1, 1)


def test_a_filter_gives_its_owner_what_it_matches() -> None:
    core = Core()
    environment = core.environment("reader")
    environment.download(proved(FILTER))
    assert core.deliver(b"\x09abc").verdict is Verdict.MATCH
    assert core.deliver(b"\x08abc").binding is None
    assert environment.packets() == [Packet.whole(b"\x09abc")]
    assert environment.packets() == []


def test_a_packet_beyond_a_programs_maximum_is_not_run_on() -> None:
    core = Core()
    environment = replier(core)
    binding = environment.download(proved(VERDICT), seen=environment.region(8, 1))
    assert core.deliver(b"\x01" + bytes(64)).binding is None
    assert (binding.stats.tried, binding.stats.too_long) == (0, 1)
    assert core.deliver(b"\x01" + bytes(63)).binding is binding


def test_a_frame_from_an_address_that_is_not_the_owners_is_withheld() -> None:
    """The packet was not for us, so the reply would bear another's address; what was written stays."""
    core = Core()
    environment = replier(core)
    counters = environment.region(32, 4)
    binding = environment.download(proved(INCREMENT), counters=counters)
    assert core.deliver(add(0, to=bytes(6))).verdict is Verdict.CONSUME
    assert core.sent() == []
    assert counters[0] == 1
    assert (binding.stats.sent, binding.stats.withheld) == (0, 1)


def test_frames_and_packets_that_find_no_room_are_lost_and_counted() -> None:
    core = Core(backlog=2)
    environment = replier(core)
    binding = environment.download(proved(INCREMENT), counters=environment.region(32, 4))
    environment.download(proved(VERDICT), seen=environment.region(8, 1))
    for _ in range(3):
        core.deliver(add(0))
        core.deliver(b"\x02")
    assert len(core.sent()) == 2
    assert (binding.stats.sent, binding.stats.withheld) == (2, 1)
    assert len(environment.packets()) == 2
    assert environment.overflow == 1


def test_deliveries_from_many_threads_come_one_at_a_time() -> None:
    core = Core()
    environment = replier(core)
    counters = environment.region(32, 4)
    environment.download(proved(INCREMENT), counters=counters)
    threads = [threading.Thread(target=lambda: [core.deliver(add(1)) for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counters[1] == 800
    assert sorted(int.from_bytes(frame.data[14:], "big") for frame in core.sent()) == list(range(1, 801))


# ---- what is refused at bind


def test_an_effect_that_is_not_granted_is_refused() -> None:
    core = Core()
    environment = replier(core, grants=frozenset({"wake"}))
    assert refusal(environment, proved(INCREMENT), counters=environment.region(32, 4)) is BindCode.NOT_GRANTED
    bare = core.environment("bare")
    assert refusal(bare, proved(VERDICT), seen=bare.region(8, 1)) is BindCode.NOT_GRANTED


def test_what_is_no_live_certificate_is_refused() -> None:
    environment = replier(Core())
    forged = copy.copy(proved(INCREMENT))
    assert refusal(environment, forged, counters=environment.region(32, 4)) is BindCode.CERTIFICATE


def test_more_replies_than_the_capability_allows_are_refused() -> None:
    environment = replier(Core(), replies=0)
    assert refusal(environment, proved(INCREMENT), counters=environment.region(32, 4)) is BindCode.EFFECTS


def test_more_effects_than_the_queue_holds_are_refused() -> None:
    environment = replier(Core(room=0))
    assert refusal(environment, proved(VERDICT), seen=environment.region(8, 1)) is BindCode.EFFECTS


def test_regions_go_by_name() -> None:
    environment = replier(Core())
    assert refusal(environment, proved(INCREMENT)) is BindCode.MISSING
    regions = {"counters": environment.region(32, 4), "more": environment.region(32, 4)}
    assert refusal(environment, proved(INCREMENT), **regions) is BindCode.UNKNOWN


@pytest.mark.parametrize("cells", [3, 5])
def test_a_region_of_another_count_is_refused(cells: int) -> None:
    environment = replier(Core())
    assert refusal(environment, proved(INCREMENT), counters=environment.region(32, cells)) is BindCode.SHAPE


@pytest.mark.parametrize(
    "buffer",
    [bytes(16), bytearray(16), array("H", [0] * 8), array("i", [0] * 4), array("f", [0] * 4), "text", 7],
    ids=["bytes", "bytearray", "u16", "signed", "float", "str", "int"],
)
def test_a_buffer_of_another_shape_is_refused(buffer: Any) -> None:
    assert refusal(replier(Core()), proved(INCREMENT), counters=buffer) is BindCode.SHAPE


def test_a_region_that_is_not_aligned_is_refused() -> None:
    space = memoryview(bytearray(32))
    codes: set[BindCode | None] = set()
    for offset in range(0, 16, 4):
        environment = replier(Core())
        try:
            environment.download(proved(INCREMENT), counters=space[offset : offset + 16].cast("I"))
        except BindError as refused:
            codes.add(refused.code)
        else:
            codes.add(None)
    assert codes == {BindCode.ALIGNMENT, None}


@pytest.mark.parametrize("start", [0, 8, 24, 32])
def test_regions_that_share_memory_are_refused(start: int) -> None:
    """`first` is 32 bytes from 0, `second` 16 from `start`: only behind its end they are apart."""
    space = memoryview(array("Q", [0] * 8)).cast("B")
    environment = replier(Core())
    regions = {"first": space[:32].cast("Q"), "second": space[start : start + 16].cast("I")}
    if start < 32:
        assert refusal(environment, proved(TWO_REGIONS), **regions) is BindCode.OVERLAP
    else:
        environment.download(proved(TWO_REGIONS), **regions)


def test_one_owner_may_lend_a_region_twice_but_not_a_part_of_it() -> None:
    environment = replier(Core())
    space = memoryview(array("Q", [0] * 4)).cast("B")
    environment.download(proved(INCREMENT), counters=space[:16].cast("I"))
    environment.download(proved(INCREMENT), counters=space[:16].cast("I"))
    assert refusal(environment, proved(INCREMENT), counters=space[8:24].cast("I")) is BindCode.OVERLAP


def test_another_owners_region_is_refused_until_it_is_free() -> None:
    core = Core()
    one, other = replier(core, "one"), replier(core, "other")
    region = one.region(32, 4)
    binding = one.download(proved(INCREMENT), counters=region)
    assert refusal(other, proved(INCREMENT), counters=region) is BindCode.OVERLAP
    binding.revoke()
    other.download(proved(INCREMENT), counters=region)


def test_a_capability_lends_as_many_regions_as_it_says() -> None:
    environment = replier(Core(), regions=2)
    environment.download(proved(TWO_REGIONS), first=environment.region(64, 4), second=environment.region(32, 4))
    assert refusal(environment, proved(INCREMENT), counters=environment.region(32, 4)) is BindCode.SLOTS


def test_a_requirement_is_tested_at_bind() -> None:
    def requiring(least: int) -> Program:
        require = f"  requires (extent(@counters) >= {least}:u32)\n"
        return parse_program(INCREMENT.replace("  may reply\n", "  may reply\n" + require))

    environment = replier(Core())
    for least, holds in ((4, True), (5, False)):
        answer = verify(requiring(least), options=Options(isolated=False))
        assert isinstance(answer, Proved), answer
        if holds:
            environment.download(answer.certificate, counters=environment.region(32, 4))
        else:
            code = refusal(environment, answer.certificate, counters=environment.region(32, 4))
            assert code is BindCode.REQUIRES


# ---- regions, replacement, revocation


def test_plain_memory_is_only_read_while_it_is_bound() -> None:
    environment = replier(Core())
    counters = environment.region(32, 4)
    counters[0] = 41
    with environment.download(proved(INCREMENT), counters=counters):
        with pytest.raises(PermissionError):
            counters[0] = 0
        environment.core.deliver(add(0))
        assert counters[0] == 42
    counters[0] = 7
    assert counters.cells() == [7, 0, 0, 0]


def test_shared_memory_is_written_between_runs() -> None:
    environment = replier(Core())
    first, second = environment.region(64, 4), environment.region(32, 4)
    with environment.download(proved(TWO_REGIONS), first=first, second=second):
        second[0] = 99
        environment.core.deliver(b"")
        assert (first[0], second.cells()) == (99, [99, 1, 0, 0])
        with pytest.raises(PermissionError):
            first[0] = 1


def test_a_callers_array_is_the_handlers_memory() -> None:
    environment, counters = replier(Core()), array("I", [5, 6, 7, 8])
    with environment.download(proved(INCREMENT), counters=counters):
        environment.core.deliver(add(2))
    assert list(counters) == [5, 6, 8, 8]


def test_replacing_keeps_place_and_memory() -> None:
    core = Core()
    environment = replier(core)
    counters = environment.region(32, 4)
    binding = environment.download(proved(INCREMENT), counters=counters)
    later = environment.download(proved(INCREMENT), counters=environment.region(32, 4))
    core.deliver(add(0))
    doubled = parse_program(INCREMENT.replace("+% 1:u32", "+% 2:u32"))
    answer = verify(doubled, options=Options(isolated=False))
    assert isinstance(answer, Proved)
    binding.replace(answer)
    assert core.deliver(add(0)).binding is binding
    assert counters[0] == 3
    with pytest.raises(BindError):
        binding.replace(proved(VERDICT))  # it owns a region that nobody lends
    assert core.deliver(add(0)).binding is binding
    assert counters[0] == 5
    assert later.stats.tried == 0


def test_a_revoked_binding_gets_no_packet_and_no_use() -> None:
    core = Core()
    environment = replier(core)
    binding = environment.download(proved(INCREMENT), counters=environment.region(32, 4))
    core.deliver(add(0))
    binding.revoke()
    binding.revoke()  # once more does nothing
    assert core.deliver(add(0)).binding is None
    assert not binding.live
    assert binding.stats.consumed == 1  # what was counted stays to be read
    uses: list[Callable[[], object]] = [
        binding.__enter__,
        lambda: binding.replace(proved(INCREMENT)),
        lambda: binding.deliver(Packet.whole(b"")),
    ]
    for use in uses:
        with pytest.raises(BindError) as refused:
            use()
        assert refused.value.code is BindCode.REVOKED


def test_revoking_a_capability_breaks_its_bindings_and_allows_no_other() -> None:
    core = Core()
    environment, other = replier(core), replier(core, "other")
    binding = environment.download(proved(INCREMENT), counters=environment.region(32, 4))
    kept = other.download(proved(OTHER_TYPE), counters=other.region(32, 4))
    core.revoke(environment.capability)
    assert (binding.live, kept.live) == (False, True)
    assert core.deliver(add(0)).binding is None
    assert core.deliver(add(0, type=0x1235)).binding is kept
    assert refusal(environment, proved(INCREMENT), counters=environment.region(32, 4)) is BindCode.REVOKED


def test_an_environment_without_a_capability_of_its_own_has_the_cores() -> None:
    core = Core(Capability(grants=frozenset({"reply"}), addresses={"mac": frozenset({OURS})}))
    environment = core.environment("counter")
    with environment.download(proved(INCREMENT), counters=environment.region(32, 4)):
        core.deliver(add(0))
    assert len(core.sent()) == 1


def test_an_environment_keeps_the_capability_that_it_was_made_with() -> None:
    core = Core()
    environment = replier(core)
    assert core.environment("counter") is environment
    with pytest.raises(ValueError, match="another capability"):
        core.environment("counter", Capability())


@pytest.mark.parametrize(
    "rights",
    [{"grants": frozenset({"fly"})}, {"addresses": {"mac": frozenset({b"1"})}}, {"addresses": {"fax": frozenset()}}],
)
def test_a_capability_for_what_does_not_exist_is_refused(rights: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"effect|address"):
        Capability(**rights)
