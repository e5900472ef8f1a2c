"""What handlers cost is charged to their owner, and what it cannot pay for waits."""

from __future__ import annotations

import pytest

from dlcode_aegis_core.host import Account, Core
from dlcode_dsl.core.form import Verdict
from tests.aegis_core.host.programs import counter, filter_on, owner, proved

ONE = proved(counter(0, 9)).operations.at(1)


def test_every_run_is_charged_its_proved_most() -> None:
    core = Core()
    one = owner(core, "one")
    binding = one.download(proved(counter(0, 9)), seen=one.region(32, 1))
    core.deliver(b"\x01")
    core.deliver(b"\x01")
    core.deliver(b"\x63")  # not the owner's, so nothing of his is run
    assert one.account == Account(charged=2 * ONE, credit=None, deferred=0, lost=0)
    assert binding.stats.operations == 2 * ONE


def test_beyond_its_budget_an_owners_packets_wait_in_order() -> None:
    core = Core()
    one = owner(core, "one")
    seen = one.region(32, 1)
    binding = one.download(proved(counter(0, 9)), seen=seen)
    one.credit(2 * ONE)
    for _ in range(2):
        assert core.deliver(b"\x01").verdict is Verdict.CONSUME
    for _ in range(3):
        waiting = core.deliver(b"\x01")
        assert (waiting.binding, waiting.deferred) == (binding, True)
    assert seen[0] == 2
    assert one.account == Account(charged=2 * ONE, credit=0, deferred=3, lost=0)
    one.credit(2 * ONE + 1)
    assert seen[0] == 4
    assert one.account == Account(charged=4 * ONE, credit=1, deferred=1, lost=0)
    assert binding.stats.deferred == 4  # the one that waits twice is counted twice


def test_an_owner_without_credit_holds_up_nobody_else() -> None:
    core = Core()
    poor, rich = owner(core, "poor"), owner(core, "rich")
    poor.download(proved(counter(0, 9)), seen=poor.region(32, 1))
    binding = rich.download(proved(counter(10, 19)), seen=rich.region(32, 1))
    poor.credit(0)
    assert core.deliver(b"\x0a").binding is binding
    assert core.deliver(b"\x63").binding is None  # nobody's, so nobody keeps it
    assert poor.account.deferred == 0


def test_packets_that_wait_find_room_or_are_counted_as_lost() -> None:
    core = Core(backlog=2)
    one = owner(core, "one")
    one.download(proved(counter(0, 9)), seen=one.region(32, 1))
    one.credit(0)
    for _ in range(5):
        core.deliver(b"\x01")
    assert one.account == Account(charged=0, credit=0, deferred=2, lost=3)


def test_a_filters_owner_pays_for_its_matches_too() -> None:
    core = Core()
    one = owner(core, "one")
    one.download(proved(filter_on(0, 9)))
    one.credit(0)
    assert core.deliver(b"\x01").deferred
    one.credit(1000)
    assert [packet.data for packet in one.packets()] == [b"\x01"]


def test_a_credit_is_not_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        owner(Core(), "one").credit(-1)
