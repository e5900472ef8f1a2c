"""A packet is found its owner in one run over all filters, and only the owner's programs are run."""

from __future__ import annotations

import random
import threading

import pytest

from dlcode_aegis_core.host import Binding, Core
from dlcode_dsl.core.form import Verdict
from dlcode_jit.errors import ImageError
from dlcode_jit.sets.host import MergedSet
from tests.aegis_core.host.programs import EVERYTHING, counter, filter_on, owner, proved


def test_programs_of_other_owners_are_not_run() -> None:
    core = Core()
    bindings = [owner(core, str(low)).download(proved(filter_on(low, low))) for low in range(5)]
    assert core.deliver(b"\x03").binding is bindings[3]
    assert core.deliver(b"\x09").binding is None
    assert [binding.stats.tried for binding in bindings] == [0, 0, 0, 1, 0]
    assert core.unclaimed == 1


def test_the_owners_programs_run_in_bind_order() -> None:
    """The first declines what the second takes, though both filters match; a third owner's lie between them."""
    core = Core()
    one, other = owner(core, "one"), owner(core, "other")
    first = one.download(proved(counter(0, 3)), seen=one.region(32, 1))
    between = other.download(proved(filter_on(50, 60)))
    second = one.download(proved(filter_on(0, 9)))
    assert core.deliver(b"\x02").binding is first
    assert core.deliver(b"\x07").binding is second
    assert (first.stats.declined, between.stats.tried) == (1, 0)


def test_who_asks_for_everything_gets_it() -> None:
    core = Core()
    binding = owner(core, "one").download(proved(EVERYTHING))
    assert core.deliver(b"\x07").binding is binding
    binding.revoke()
    assert core.deliver(b"\x07").binding is None


def test_programs_that_come_change_and_go_are_found_as_one_by_one() -> None:
    core, rng = Core(), random.Random(5)
    bound: list[Binding] = []
    for step in range(60):
        low = rng.randrange(20)
        if rng.random() < 0.6:
            if not any(binding.asks_for_first(low) for binding in map(Asking, bound)):
                bound.append(core.environment(f"owner {low % 4}").download(proved(filter_on(low, low))))
        elif bound:
            changed = bound[rng.randrange(len(bound))]
            if step % 2:
                changed.revoke()
                bound.remove(changed)
            elif not any(binding.asks_for_first(low) for binding in map(Asking, bound)):
                changed.replace(proved(filter_on(low, low)))
        for first in range(20):
            expected = [binding for binding in bound if Asking(binding).asks_for_first(first)]
            assert core.deliver(bytes([first])).binding is (expected[0] if expected else None)


class Asking:
    """A filter by its name."""

    def __init__(self, binding: Binding) -> None:
        self.name = binding.program.name

    def asks_for_first(self, byte: int) -> bool:
        """Whether it matches packets that begin so."""
        return self.name == f"first_from_{byte}_to_{byte}"


def test_packets_are_delivered_while_filters_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that is being bound gets its packets from the start; one that is revoked meanwhile gets none after."""
    core = Core()
    there = owner(core, "there").download(proved(filter_on(1, 1)))
    begun, go_on = threading.Event(), threading.Event()
    insert = MergedSet.insert

    def slow(*arguments: object) -> object:
        begun.set()
        assert go_on.wait(10)
        return insert(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(MergedSet, "insert", slow)
    thread = threading.Thread(target=lambda: owner(core, "new").download(proved(filter_on(2, 9))))
    thread.start()
    assert begun.wait(10)
    (new,) = owner_bindings(core, "new")
    assert core.deliver(b"\x01").binding is there
    assert core.deliver(b"\x02").binding is new
    there.revoke()
    assert core.deliver(b"\x01").binding is None
    new.revoke()
    assert core.deliver(b"\x02").binding is None
    go_on.set()
    thread.join()
    assert core.deliver(b"\x01").binding is core.deliver(b"\x02").binding is None
    again = owner(core, "third").download(proved(filter_on(2, 9)))
    assert core.deliver(b"\x02").binding is again


def owner_bindings(core: Core, name: str) -> list[Binding]:
    """What the environment of that name has bound."""
    return core.environment(name).bindings


def test_a_program_whose_filter_cannot_be_taken_in_is_not_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    core = Core()
    one = owner(core, "one")
    monkeypatch.setattr(MergedSet, "insert", lambda *_: (_ for _ in ()).throw(ImageError("rejected", "a hazard")))
    with pytest.raises(ImageError):
        one.download(proved(filter_on(0, 3)))
    assert one.bindings == []
    monkeypatch.undo()
    one.download(proved(filter_on(0, 3)))
    assert core.deliver(b"\x01").verdict is Verdict.MATCH
