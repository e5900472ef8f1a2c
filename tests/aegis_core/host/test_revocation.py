"""The core asks for what it wants back, waits so long and no longer, and takes the rest."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from dlcode_aegis_core.bindings import BindCode, BindError
from dlcode_aegis_core.host import Binding, Core, Environment, Region, Request
from tests.aegis_core.host.programs import counter, owner, proved


def bound(core: Core, callback: Callable[[Request], object] | None) -> tuple[Environment, Binding, Region]:
    """An owner with one binding over one region."""
    one = core.environment("one", on_revocation=callback)
    region = one.region(32, 1)
    return one, one.download(proved(counter(0, 9)), seen=region), region


def give_back(request: Request) -> None:
    """What a good owner does."""
    for binding in request.bindings:
        binding.revoke()
    for region in request.regions:
        region.give_back()


def test_an_owner_gives_back_what_it_is_asked_for() -> None:
    core = Core()
    one, binding, region = bound(core, give_back)
    (answer,) = core.reclaim(region, deadline=10)
    assert (answer.environment, answer.answer, answer.error) == (one, "returned", None)
    assert answer.returned == (binding, region)
    assert (answer.taken, one.repossessed) == ((), [])


def test_an_owner_that_refuses_loses_it_and_can_see_what() -> None:
    core = Core()
    one, binding, region = bound(core, lambda request: None)
    (answer,) = core.reclaim(region, deadline=10)
    assert answer.answer == "refused"
    assert answer.taken == (binding, region)
    assert one.repossessed == [binding, region]
    assert core.deliver(b"\x00").binding is None


def test_a_callback_that_never_returns_costs_the_deadline_and_stops_nothing() -> None:
    core, asked, free = Core(), threading.Event(), threading.Event()
    delivered: list[bool] = []

    def stubborn(request: Request) -> None:
        delivered.append(core.deliver(b"\x01").binding is binding)  # packets flow meanwhile
        asked.set()
        free.wait()
        give_back(request)  # much too late: it does nothing

    one, binding, region = bound(core, stubborn)
    (answer,) = core.reclaim(region, deadline=0.2)
    assert asked.wait(10)
    assert delivered == [True]
    assert answer.answer == "late"
    assert answer.taken == (binding, region)
    free.set()
    assert one.repossessed == [binding, region]


def test_a_callback_that_raises_is_told_and_changes_nothing() -> None:
    core = Core()

    def failing(request: Request) -> None:
        raise SystemExit(3)

    one, binding, _ = bound(core, failing)
    (answer,) = core.reclaim(binding, deadline=10)
    assert answer.answer == "failed"
    assert isinstance(answer.error, SystemExit)
    assert one.repossessed == [binding]


def test_an_owner_without_a_callback_is_not_waited_for() -> None:
    core = Core()
    _, binding, region = bound(core, None)
    (answer,) = core.reclaim(binding, deadline=3600)
    assert (answer.answer, answer.taken) == ("silent", (binding,))
    assert region.live
    region[0] = 7  # nothing holds it any more


def test_what_was_taken_cannot_be_used() -> None:
    core = Core()
    one, binding, region = bound(core, None)
    core.reclaim(region)
    uses: list[Callable[[], object]] = [
        lambda: region[0],
        lambda: region.__setitem__(0, 1),
        region.cells,
        lambda: region.view,
        lambda: binding.replace(proved(counter(0, 9))),
        lambda: one.download(proved(counter(0, 9)), seen=region),
    ]
    for use in uses:
        with pytest.raises(BindError) as refused:
            use()
        assert refused.value.code is BindCode.REVOKED


def test_each_owner_answers_for_its_own() -> None:
    core = Core()
    _, binding, _ = bound(core, give_back)
    other = owner(core, "other")
    second = other.download(proved(counter(10, 19)), seen=other.region(32, 1))
    answers = core.reclaim(second, binding, deadline=10)
    by_name = {answer.environment.name: answer.answer for answer in answers}
    assert by_name == {"one": "returned", "other": "silent"}


def test_a_binding_of_another_core_is_not_ours_to_take() -> None:
    _, binding, _ = bound(Core(), None)
    with pytest.raises(ValueError, match="of this core"):
        Core().reclaim(binding)


def test_a_region_is_not_given_back_while_a_handler_holds_it() -> None:
    _, binding, region = bound(Core(), None)
    with pytest.raises(PermissionError):
        region.give_back()
    binding.revoke()
    region.give_back()
    region.give_back()
    assert not region.live
