"""Whose packets are whose: decided by proof when a program is bound, so that nothing is decided at delivery."""

from __future__ import annotations

import pytest

from dlcode_aegis_core.bindings import BindCode, BindError, Capability
from dlcode_aegis_core.host import Core
from dlcode_dsl.core.form import Fixed, OwnAddress, Template, Verdict
from dlcode_dsl.core.interpret import run
from tests.aegis_core.host.programs import EVERYTHING, OURS, counter, filter_on, owner, proved

SEND = """handler notify on ethernet maximum 64
  may send
  template alarm fixed 12 2 & 65535 == 2048 own mac 6 6
  binding filter on_nine on ethernet maximum 64 { exit match }
{
  send send alarm { value 1:u48 value 8796814508547:u48 value 2048:u16 } own mac 6 6
  exit consume
}
"""


def test_two_owners_may_ask_for_packets_that_no_packet_is_both_of() -> None:
    core = Core()
    one, other = owner(core, "one"), owner(core, "other")
    first = one.download(proved(counter(0, 9)), seen=one.region(32, 1))
    second = other.download(proved(counter(10, 19)), seen=other.region(32, 1))
    assert core.deliver(b"\x09").binding is first
    assert core.deliver(b"\x0a").binding is second


def test_a_packet_that_another_owner_has_is_shown() -> None:
    core = Core()
    one, other = owner(core, "one"), owner(core, "other")
    one.download(proved(counter(0, 9)), seen=one.region(32, 1))
    with pytest.raises(BindError) as refused:
        other.download(proved(counter(9, 19)), seen=other.region(32, 1))
    assert refused.value.code is BindCode.OWNED
    assert refused.value.witness is not None
    for low, high in ((0, 9), (9, 19)):
        assert run(proved(filter_on(low, high)).program, refused.value.witness).verdict is Verdict.MATCH


def test_one_owner_may_ask_for_the_same_packets_twice() -> None:
    core = Core()
    one = owner(core, "one")
    first = one.download(proved(counter(0, 9)), seen=one.region(32, 1))
    one.download(proved(counter(0, 9)), seen=one.region(32, 1))
    assert core.deliver(b"\x00").binding is first


def test_packets_are_free_again_when_their_binding_is_revoked() -> None:
    core = Core()
    one, other = owner(core, "one"), owner(core, "other")
    with one.download(proved(counter(0, 9)), seen=one.region(32, 1)):
        pass
    other.download(proved(counter(9, 19)), seen=other.region(32, 1))


def test_a_handler_that_asks_for_every_packet_shares_the_core_with_nobody() -> None:
    core = Core()
    one, other = owner(core, "one"), owner(core, "other")
    one.download(proved(filter_on(1, 2)))
    with pytest.raises(BindError) as refused:
        other.download(proved(EVERYTHING))
    assert refused.value.code is BindCode.OWNED


def test_a_program_is_for_the_cores_link() -> None:
    with pytest.raises(BindError) as refused:
        owner(Core(link="raw"), "one").download(proved(EVERYTHING))
    assert refused.value.code is BindCode.LINK


def test_what_is_asked_for_lies_in_the_capability() -> None:
    core = Core()
    packets = (proved(filter_on(0, 9)), proved(filter_on(10, 19)))
    one = owner(core, "one", packets=packets)
    one.download(proved(counter(5, 14)), seen=one.region(32, 1))  # in neither alone
    for text in (counter(5, 20), EVERYTHING):
        with pytest.raises(BindError) as refused:
            one.download(proved(text), **({} if text == EVERYTHING else {"seen": one.region(32, 1)}))
        assert refused.value.code is BindCode.PACKETS


def test_a_capability_for_short_packets_covers_no_long_ones() -> None:
    one = owner(Core(), "one", packets=(proved(filter_on(0, 9, maximum=32)),))
    with pytest.raises(BindError) as refused:
        one.download(proved(counter(0, 9)), seen=one.region(32, 1))
    assert refused.value.code is BindCode.PACKETS


@pytest.mark.parametrize(
    ("allowed", "granted"),
    [
        (Template("ip", (Fixed(12, 2, 0xFFFF, 0x0800),), (OwnAddress(6, 6, "mac"),)), True),
        (Template("any", ()), True),
        (Template("high_byte", (Fixed(12, 1, 0xFF, 0x08),)), True),
        (Template("arp", (Fixed(12, 2, 0xFFFF, 0x0806),)), False),
        (Template("one_target", (Fixed(0, 6, 0xFFFF_FFFF_FFFF, 1),)), False),
        (Template("own_target", (), (OwnAddress(0, 6, "mac"),)), False),
    ],
    ids=lambda value: value.name if isinstance(value, Template) else str(value),
)
def test_frames_are_sent_inside_a_template_of_the_capability(allowed: Template, granted: bool) -> None:
    """The program's own template is proved; that it lies in the capability's is seen bit by bit."""
    core = Core()
    one = owner(
        core, "one", grants=frozenset({"send"}), addresses={"mac": frozenset({OURS})}, templates=(allowed,)
    )
    if granted:
        one.download(proved(SEND))
        core.deliver(b"")
        (frame,) = core.sent()
        assert frame.data[6:12] == OURS
    else:
        with pytest.raises(BindError) as refused:
            one.download(proved(SEND))
        assert refused.value.code is BindCode.TEMPLATE


def test_one_packet_costs_no_more_than_the_capability_allows() -> None:
    """The sum is over all programs of the owner that one packet may run through."""
    one = owner(Core(), "one", operations=2 * proved(counter(0, 9)).operations.at(64))
    for _ in range(2):
        one.download(proved(counter(0, 9)), seen=one.region(32, 1))
    with pytest.raises(BindError) as refused:
        one.download(proved(counter(0, 9)), seen=one.region(32, 1))
    assert refused.value.code is BindCode.OPERATIONS


# ---- capabilities that are passed on


def test_a_derived_capability_has_less_and_is_used_by_another_owner() -> None:
    core = Core()
    root = Capability(packets=(proved(filter_on(0, 99)),))
    one, other = core.environment("one", root), owner(core, "other", packets=())
    part = root.derive(packets=(proved(filter_on(0, 9)),))
    asked = proved(counter(0, 9))
    with pytest.raises(BindError):
        other.download(asked, seen=other.region(32, 1))
    binding = other.download(asked, part, seen=other.region(32, 1))
    one.download(proved(counter(10, 19)), seen=one.region(32, 1))
    core.revoke(root)
    assert not binding.live
    assert core.bindings == []
    with pytest.raises(BindError) as refused:
        other.download(asked, part, seen=other.region(32, 1))
    assert refused.value.code is BindCode.REVOKED


def test_revoking_a_derived_capability_leaves_the_one_it_came_from() -> None:
    core = Core()
    root = Capability()
    one = core.environment("one", root)
    part = root.derive(replies=0)
    kept = one.download(proved(counter(0, 9)), seen=one.region(32, 1))
    lost = one.download(proved(counter(0, 9)), part, seen=one.region(32, 1))
    core.revoke(part)
    assert (kept.live, lost.live) == (True, False)


@pytest.mark.parametrize(
    "more",
    [
        {"grants": frozenset({"send"})},
        {"addresses": {"mac": frozenset({OURS})}},
        {"replies": 2},
        {"regions": 17},
        {"operations": None},
        {"templates": (Template("any", ()),)},
        {"packets": None},
    ],
    ids=lambda more: next(iter(more)),
)
def test_no_right_is_added_by_passing_on(more: dict[str, object]) -> None:
    template = Template("ip", (Fixed(12, 2, 0xFFFF, 0x0800),))
    own = Capability(operations=100, templates=(template,), packets=(proved(filter_on(0, 9)),))
    with pytest.raises(ValueError, match="more"):
        own.derive(**more)
    assert own.derive(operations=99, templates=()).comes_from(own)
