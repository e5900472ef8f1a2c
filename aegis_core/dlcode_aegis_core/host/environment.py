"""An owner: what it may bind, what it has bound, the packets that wait for it, and what its handlers may still cost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlcode_dsl.core.interpret import Packet
from dlcode_jit.host import HostImage
from dlcode_verifier import Certificate

from ..bindings.capability import Capability
from ..bindings.checks import (
    Lent,
    check_effects,
    check_grants,
    check_names,
    check_operations,
    check_regions,
    check_requires,
    check_slots,
    check_templates,
)
from ..bindings.errors import BindCode, BindError
from ..bindings.ownership import check_covered, check_link
from .binding import Binding
from .image import Proved, image_of
from .region import Region, fresh, over

if TYPE_CHECKING:
    from .core import Core
    from .revocation import Request


@dataclass(frozen=True, slots=True)
class Account:
    """What the handlers of an environment have cost it, in core operations, each run at its proved most."""

    charged: int  # since the environment was made
    credit: int | None  # what is left to be spent; None: it has no budget
    deferred: int  # packets that wait, since there was not enough credit to handle them
    lost: int  # packets that found no room to wait, on the normal path or for credit


class Environment:
    """An owner of bindings. Made by `Core.environment`.

    `on_revocation` is called, in a thread of its own, when the core wants something back; it has until the request's
    deadline to give it back, by `Binding.revoke` and `Region.give_back`.
    """

    def __init__(
        self, core: Core, name: str, capability: Capability, on_revocation: Callable[[Request], object] | None = None
    ) -> None:
        self.core, self.name, self.capability = core, name, capability
        self.on_revocation = on_revocation
        self.wakes = 0  # how often its handlers have woken it
        self.overflow = 0  # packets that found no room to wait
        self.repossessed: list[Binding | Region] = []  # what the core took, oldest first
        self.regions: list[Region] = []  # that it has and that are live
        self.bound: list[Binding] = []  # what it has bound, in bind order
        self._charged = 0
        self._credit: int | None = None
        self._packets: deque[Packet] = deque()
        self._deferred: deque[Packet] = deque()

    def region(self, bits: int, count: int) -> Region:
        """Fresh memory to lend: `count` cells of `bits` bits, all zero."""
        with self.core.lock:
            made = fresh(bits, count, self.core.lock)
            self.regions = [region for region in self.regions if region.live] + [made]
            return made

    def download(
        self, handler: Certificate | Proved, capability: Capability | None = None, /, **regions: Any
    ) -> Binding:
        """Bind a proved program, with a region or a writable buffer for each that it owns, after all others.

        It is bound by the environment's capability, or by one that has been passed to it. Raises BindError, with a
        code and a reason, for a program without a live certificate or of another link, for packets that the capability
        does not cover or that another owner has, for an effect or a template that is not granted, for regions that are
        not of the program's shape or share memory, for a `requires` that does not hold, for more effects or operations
        than there is room for, and for a revoked capability.
        """
        image = image_of(handler)  # which takes a while, and the core goes on meanwhile
        with self.core.lock:
            right = capability or self.capability
            lent = self.admit(image, regions, right)
            binding = Binding(self, image, lent, right)
            self.core.bindings.append(binding)
            self.bound.append(binding)
            self.core.measure()
            self.core.demultiplexer.announce()
        self.core.demultiplexer.take_in(binding)
        return binding

    def packets(self) -> list[Packet]:
        """The packets that came by the normal path, oldest first; they are taken out."""
        with self.core.lock:
            taken = list(self._packets)
            self._packets.clear()
            return taken

    def credit(self, operations: int) -> None:
        """Let its handlers cost so many core operations more, and handle the packets that waited for that.

        The first call gives the environment a budget; before, what they cost is counted and not bounded. A run is
        charged its proved most for a packet of that length. Raises ValueError for a negative number.
        """
        if operations < 0:
            raise ValueError("a credit is not negative")
        with self.core.lock:
            self._credit = (self._credit or 0) + operations
            for _ in range(len(self._deferred)):
                before = len(self._deferred)
                self.core.offer(self._deferred.popleft(), self.bound)
                if len(self._deferred) == before:  # it waits again, and so do those behind it
                    self._deferred.rotate(1)
                    break

    @property
    def account(self) -> Account:
        """What its handlers have cost so far."""
        with self.core.lock:
            return Account(self._charged, self._credit, len(self._deferred), self.overflow)

    @property
    def bindings(self) -> list[Binding]:
        """What it has bound, in bind order."""
        with self.core.lock:
            return list(self.bound)

    # ---- used by the core and by bindings, under the core's lock

    def admit(
        self, image: HostImage, given: Mapping[str, Any], capability: Capability, instead_of: Binding | None = None
    ) -> dict[str, Region]:
        """Check everything that is checked at bind; the regions that are lent."""
        if any(capability.comes_from(revoked) for revoked in self.core.revoked):
            raise BindError(BindCode.REVOKED, f"the capability of {self.name}")
        program, certificate = image.program, image.certificate
        if instead_of is not None:
            kept = {region.name for region in program.regions}
            given = {name: region for name, region in instead_of.regions.items() if name in kept} | dict(given)
        check_grants(program, capability)
        check_templates(program, capability)
        check_effects(program, certificate.effects, capability, self.core.room)
        mine = [binding for binding in self.bindings if binding is not instead_of]
        most = certificate.operations.at(program.maximum)
        check_operations(program, most, sum(binding.most for binding in mine), capability)
        check_requires(program)
        check_names(program, given)
        regions = {
            name: one if isinstance(one, Region) else over(one, name, self.core.lock) for name, one in given.items()
        }
        for region in regions.values():
            region.require_live()
        lent = {name: region.lent for name, region in regions.items()}
        own, others = self._held(instead_of)
        check_regions(program, lent, own, others)
        check_slots(program, lent.values(), own, capability)
        check_link(certificate, self.core.link)
        check_covered(certificate, capability)
        self.core.claims.check_apart(
            certificate,
            [(one.environment.name, one.certificate) for one in self.core.bindings if one.environment is not self],
        )
        return regions

    def _held(self, but: Binding | None) -> tuple[list[Lent], list[Lent]]:
        """Regions that this owner's bindings hold, and those of other owners."""
        own: list[Lent] = []
        others: list[Lent] = []
        for binding in self.core.bindings:
            if binding is not but:
                held = own if binding.environment is self else others
                held.extend(region.lent for region in binding.regions.values())
        return own, others

    def receive(self, packet: Packet) -> None:
        """Take a packet by the normal path."""
        self._wait(self._packets, packet)

    def defer(self, packet: Packet) -> None:
        """Keep a packet until there is credit to handle it."""
        self._wait(self._deferred, packet)

    def _wait(self, queue: deque[Packet], packet: Packet) -> None:
        if len(queue) < self.core.backlog:
            queue.append(packet)
        else:
            self.overflow += 1

    def can_pay(self, operations: int) -> bool:
        """Whether there is credit for a run."""
        return self._credit is None or operations <= self._credit

    def charge(self, operations: int) -> None:
        """Pay for a run."""
        self._charged += operations
        if self._credit is not None:
            self._credit -= operations
