"""The core in this process: environments, downloads, and the delivery of packets.

    core = Core(Capability(grants=frozenset({"reply"}), addresses={"mac": frozenset({ours})}))
    counter = core.environment("counter")
    with counter.download(handler, counters=counter.region(32, 256)) as binding:
        core.deliver(frame)
        core.sent()

Nothing is tested at delivery that was tested at bind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Any

from dlcode_dsl.core.form import Verdict
from dlcode_dsl.core.interpret import Packet, Sent
from dlcode_jit.host import HostImage
from dlcode_verifier import Certificate

from ..bindings.capability import Capability
from ..bindings.checks import Lent, check_effects, check_grants, check_names, check_regions, check_requires, check_slots
from ..bindings.errors import BindCode, BindError
from .binding import Binding
from .image import Proved, image_of
from .region import Region, fresh, over


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that a handler sent."""

    binding: Binding
    effect: str  # "reply" or "send"
    data: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a packet: which binding took it, if any, and how."""

    binding: Binding | None
    verdict: Verdict


class Environment:
    """An owner of bindings. Made by `Core.environment`."""

    def __init__(self, core: Core, name: str, capability: Capability) -> None:
        self.core, self.name, self.capability = core, name, capability
        self.wakes = 0  # how often its handlers have woken it
        self.overflow = 0  # packets for the normal path that found it full
        self._packets: deque[Packet] = deque()

    def region(self, bits: int, count: int) -> Region:
        """Fresh memory to lend: `count` cells of `bits` bits, all zero."""
        return fresh(bits, count, self.core.lock)

    def download(self, handler: Certificate | Proved, **regions: Any) -> Binding:
        """Bind a proved program, with a region or a writable buffer for each that it owns, after all others.

        Raises BindError, with a code and a reason, for a program without a live certificate, for an effect that the
        capability does not grant, for regions that are not of the program's shape or share memory, for a `requires`
        that does not hold, for more effects than there is room for, and for a revoked capability.
        """
        image = image_of(handler)  # which takes a while, and the core goes on meanwhile
        with self.core.lock:
            lent = self.admit(image, regions)
            binding = Binding(self, image, lent)
            self.core.bindings.append(binding)
            return binding

    def packets(self) -> list[Packet]:
        """The packets that came by the normal path, oldest first; they are taken out."""
        with self.core.lock:
            taken = list(self._packets)
            self._packets.clear()
            return taken

    # ---- used by the core and by bindings, under the core's lock

    def admit(self, image: HostImage, given: Mapping[str, Any], instead_of: Binding | None = None) -> dict[str, Region]:
        """Check everything that is checked at bind; the regions that are lent."""
        if self.capability in self.core.revoked:
            raise BindError(BindCode.REVOKED, f"the capability of {self.name}")
        program = image.program
        if instead_of is not None:
            kept = {region.name for region in program.regions}
            given = {name: region for name, region in instead_of.regions.items() if name in kept} | dict(given)
        check_grants(program, self.capability)
        check_effects(program, image.certificate.effects, self.capability, self.core.room)
        check_requires(program)
        check_names(program, given)
        regions = {
            name: one if isinstance(one, Region) else over(one, name, self.core.lock) for name, one in given.items()
        }
        lent = {name: region.lent for name, region in regions.items()}
        own, others = self._held(instead_of)
        check_regions(program, lent, own, others)
        check_slots(program, lent.values(), own, self.capability)
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
        if len(self._packets) < self.core.backlog:
            self._packets.append(packet)
        else:
            self.overflow += 1


class Core:
    """A core in this process. All its methods may be called from any thread; deliveries come one at a time.

    `capability` is that of environments which are made without one of their own: no effects, unless given. `room` is
    how many effects one run may queue, `backlog` how many packets wait for an environment, and how many frames to be
    sent, before more of them are lost and counted.
    """

    def __init__(self, capability: Capability | None = None, *, room: int = 16, backlog: int = 4096) -> None:
        self.room, self.backlog = room, backlog
        self._capability = capability or Capability()
        self.lock = RLock()
        self.bindings: list[Binding] = []  # in bind order
        self.revoked: set[Capability] = set()
        self.unclaimed = 0  # packets that no binding took
        self._environments: dict[str, Environment] = {}
        self._frames: deque[Frame] = deque()

    def environment(self, name: str, capability: Capability | None = None) -> Environment:
        """The environment of that name, made when first asked for, with a capability or the core's own.

        Raises ValueError where it exists with another capability.
        """
        with self.lock:
            found = self._environments.get(name)
            if found is None:
                found = self._environments[name] = Environment(self, name, capability or self._capability)
            elif capability is not None and capability is not found.capability:
                raise ValueError(f"{name} exists with another capability")
            return found

    def deliver(self, packet: bytes | Packet) -> Delivery:
        """Offer a packet to the bindings, in bind order, until one takes it.

        `consume` and `drop` end its way; `pass`, `abort` and a filter's match give it to the owner's normal path.
        """
        packet = packet if isinstance(packet, Packet) else Packet.whole(packet)
        with self.lock:
            for binding in self.bindings:
                verdict, effects = binding.deliver(packet)
                if verdict in (Verdict.DECLINE, Verdict.MISS):
                    continue
                for effect in effects:
                    self._carry_out(binding, effect)
                if verdict in (Verdict.PASS, Verdict.ABORT, Verdict.MATCH):
                    binding.environment.receive(packet)
                return Delivery(binding, verdict)
            self.unclaimed += 1
            return Delivery(None, Verdict.DECLINE)

    def sent(self) -> list[Frame]:
        """The frames that handlers sent, oldest first; they are taken out. Padding them is the link's business."""
        with self.lock:
            taken = list(self._frames)
            self._frames.clear()
            return taken

    def revoke(self, capability: Capability) -> None:
        """Revoke every binding that was made with a capability, and let none be made with it."""
        with self.lock:
            self.revoked.add(capability)
            for binding in list(self.bindings):
                if binding.environment.capability is capability:
                    binding.revoke()

    def _carry_out(self, binding: Binding, effect: Sent) -> None:
        owner = binding.environment
        if effect.effect == "wake":
            owner.wakes += 1
            binding.count(wakes=1)
        elif owner.capability.owns(effect.frame, effect.own) and len(self._frames) < self.backlog:
            self._frames.append(Frame(binding, effect.effect, effect.frame))
            binding.count(sent=1)
        else:
            binding.count(withheld=1)

    def forget(self, binding: Binding) -> None:
        """Deliver nothing to a binding any more."""
        self.bindings.remove(binding)
