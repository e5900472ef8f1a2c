"""A program bound to an environment: its image, the memory lent to it, and what has come of it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from dlcode_dsl.core.form import Program, Verdict
from dlcode_dsl.core.interpret import Packet, Sent
from dlcode_jit.host import HostImage, Lease, host_image

from ..bindings.capability import Capability
from ..bindings.errors import BindCode, BindError
from ..bindings.ownership import asked_for
from .image import Proved, image_of
from .region import Region

if TYPE_CHECKING:
    from dlcode_verifier import Certificate

    from .environment import Environment


@dataclass(slots=True)
class Statistics:
    """Counts since the binding was made."""

    tried: int = 0  # packets that the image ran on
    too_long: int = 0  # packets beyond the program's maximum, on which it is not run
    declined: int = 0
    consumed: int = 0  # a filter's matches as well
    passed: int = 0
    dropped: int = 0
    aborted: int = 0
    sent: int = 0  # frames that went out
    withheld: int = 0  # frames whose source is not the owner's, or for which there was no room
    wakes: int = 0
    deferred: int = 0  # packets that waited for their owner's credit
    operations: int = 0  # what its runs were charged: each its proved most


_COUNTERS = {
    Verdict.MISS: "declined",
    Verdict.DECLINE: "declined",
    Verdict.MATCH: "consumed",
    Verdict.CONSUME: "consumed",
    Verdict.PASS: "passed",
    Verdict.DROP: "dropped",
    Verdict.ABORT: "aborted",
}


class Binding:
    """Made by `Environment.download`; leaving its `with` block revokes it."""

    def __init__(
        self, environment: Environment, image: HostImage, regions: Mapping[str, Region], capability: Capability
    ) -> None:
        self.environment, self.capability = environment, capability
        self._statistics = Statistics()
        self._live = True
        self._install(image, regions)

    @property
    def program(self) -> Program:
        """What is bound."""
        return self._image.program

    @property
    def certificate(self) -> Certificate:
        """The proof of what is bound."""
        return self._image.certificate

    @property
    def most(self) -> int:
        """Most core operations of one run."""
        return self.certificate.operations.at(self.program.maximum)

    @property
    def live(self) -> bool:
        """Whether it has not been revoked."""
        return self._live

    @property
    def stats(self) -> Statistics:
        """What has come of it so far: a copy, which stays as it is."""
        with self.environment.core.lock:
            return Statistics(**{name: getattr(self._statistics, name) for name in Statistics.__slots__})

    @property
    def regions(self) -> Mapping[str, Region]:
        """The memory that it holds, by the program's names."""
        return dict(self._regions)

    def replace(self, other: Certificate | Proved, **regions: Any) -> None:
        """Bind another program in this one's place and order; it keeps the regions that it owns by the same name.

        Raises BindError as `download` does, and then leaves everything as it was.
        """
        image = image_of(other)
        with self.environment.core.lock:
            self.require_live()
            lent = self.environment.admit(image, regions, self.capability, instead_of=self)
            self._release()
            self._install(image, lent)
            self.environment.core.measure()
            self.environment.core.demultiplexer.announce()
        self.environment.core.demultiplexer.take_in(self)

    def revoke(self) -> None:
        """Unbind the program. Its regions are the application's again; what it queued stays queued."""
        with self.environment.core.lock:
            if self._live:
                self._live = False
                self._release()
                self.environment.core.forget(self)

    def require_live(self) -> None:
        """Raise BindError (`REVOKED`) if it has been revoked."""
        if not self._live:
            raise BindError(BindCode.REVOKED, f"{self.program.name} is no longer bound")

    def __enter__(self) -> Binding:
        self.require_live()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.revoke()

    # ---- used by the core, which holds its lock

    def cost(self, packet: Packet) -> int:
        """Core operations that a run on a packet is charged: its proved most, and none where it is not run."""
        length = len(packet.data)
        return self.certificate.operations.at(length) if length <= self.program.maximum else 0

    def asks_for(self, packet: Packet) -> bool:
        """Whether the packet is one of those that the program asks for: its `on` filter matches."""
        if len(packet.data) > self.program.maximum:
            return False
        if self._on is None:
            return True
        return self._on.run(packet).verdict is Verdict.MATCH

    def deliver(self, packet: Packet) -> tuple[Verdict, tuple[Sent, ...]]:
        """Run on a packet: the verdict, and the effects that happen."""
        self.require_live()
        if len(packet.data) > self.program.maximum:
            self._statistics.too_long += 1
            return Verdict.DECLINE, ()
        for shared, private in self._shared:  # each shared cell is loaded once
            private[:] = shared
        verdict = self._lease.enter(packet)
        for shared, private in self._shared:
            shared[:] = private
        self._statistics.tried += 1
        self._statistics.operations += self.cost(packet)
        counter = _COUNTERS[verdict]
        setattr(self._statistics, counter, getattr(self._statistics, counter) + 1)
        return verdict, self._lease.effects() if verdict.keeps_effects else ()

    def holds(self, regions: Iterable[Region]) -> bool:
        """Whether one of the regions is lent to it."""
        return any(held is region for held in self._regions.values() for region in regions)

    def count(self, *, sent: int = 0, withheld: int = 0, wakes: int = 0, deferred: int = 0) -> None:
        """Add what became of its effects."""
        self._statistics.sent += sent
        self._statistics.withheld += withheld
        self._statistics.wakes += wakes
        self._statistics.deferred += deferred

    def _install(self, image: HostImage, regions: Mapping[str, Region]) -> None:
        self._image, self._regions = image, dict(regions)
        asked = asked_for(image.certificate)
        self._on = None if asked is None else image if asked is image.certificate else host_image(asked)
        self._shared: list[tuple[memoryview, memoryview]] = []  # ours of the region, which nobody else can release
        memory = []
        for region in image.program.regions:
            held = self._regions[region.name]
            held.holders.append(region.mode)
            if region.mode == "shared":
                words = (ctypes.c_uint64 * -(-held.view.nbytes // 8))()
                private = memoryview(words).cast("B")[: held.view.nbytes]
                self._shared.append((held.view.cast("B"), private))
                memory.append(private)
            else:
                memory.append(held.view)
        self._lease = Lease(image, memory)

    def _release(self) -> None:
        for region in self._image.program.regions:
            self._regions[region.name].holders.remove(region.mode)
