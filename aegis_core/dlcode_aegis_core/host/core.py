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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import RLock

from dlcode_dsl.core.form import Verdict
from dlcode_dsl.core.interpret import Packet, Sent

from ..bindings.capability import Capability
from ..bindings.ownership import Claims
from .binding import Binding
from .demultiplexer import Demultiplexer
from .environment import Environment
from .region import Region
from .revocation import Reclaimed, Request, reclaim


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that a handler sent."""

    binding: Binding
    effect: str  # "reply" or "send"
    data: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a packet: which binding took it, if any, and how.

    A packet that is `deferred` waits until its owner has credit to handle it, and then gets its verdict.
    """

    binding: Binding | None
    verdict: Verdict
    deferred: bool = False


class Core:
    """A core in this process. All its methods may be called from any thread; deliveries come one at a time.

    `capability` is that of environments which are made without one of their own: no effects, unless given. `link` is
    what its packets begin with. A packet has one owner: programs of different owners never ask for the same. `room` is
    how many effects one run may queue, `backlog` how many packets wait for an environment, and how many frames to be
    sent, before more of them are lost and counted.
    """

    def __init__(
        self, capability: Capability | None = None, *, link: str = "ethernet", room: int = 16, backlog: int = 4096
    ) -> None:
        self.link, self.room, self.backlog = link, room, backlog
        self._capability = capability or Capability()
        self.lock = RLock()
        self.bindings: list[Binding] = []  # in bind order
        self.demultiplexer = Demultiplexer(self)
        self.claims = Claims()
        self.revoked: set[Capability] = set()
        self.unclaimed = 0  # packets that no binding took
        self._shortest = 0  # the least maximum of a bound program
        self._environments: dict[str, Environment] = {}
        self._frames: deque[Frame] = deque()

    def environment(
        self,
        name: str,
        capability: Capability | None = None,
        *,
        on_revocation: Callable[[Request], object] | None = None,
    ) -> Environment:
        """The environment of that name, made when first asked for, with a capability or the core's own.

        Raises ValueError where it exists with another capability.
        """
        with self.lock:
            found = self._environments.get(name)
            if found is None:
                right = capability or self._capability
                found = self._environments[name] = Environment(self, name, right, on_revocation)
            elif capability is not None and capability is not found.capability:
                raise ValueError(f"{name} exists with another capability")
            return found

    def deliver(self, packet: bytes | Packet) -> Delivery:
        """Offer a packet to the bindings of its owner, in bind order, until one takes it.

        `consume` and `drop` end its way; `pass`, `abort` and a filter's match give it to the owner's normal path.
        """
        if not isinstance(packet, Packet):
            packet = Packet.whole(packet)
        elif type(packet.data) is not bytes:  # what somebody could still change
            packet = Packet(bytes(memoryview(packet.data)), packet.wire_length)
        with self.lock:
            if len(packet.data) > self._shortest:  # it is told to all programs that it is too long for
                return self.offer(packet, self.bindings)
            owner = self.demultiplexer.owner(packet)
            return self.offer(packet, () if owner is None else owner.bound)

    def offer(self, packet: Packet, bindings: Sequence[Binding]) -> Delivery:
        """Offer a packet to bindings, in order. Used under the core's lock."""
        for binding in bindings:
            owner, cost = binding.environment, binding.cost(packet)
            if not owner.can_pay(cost):
                if not binding.asks_for(packet):
                    continue
                owner.defer(packet)
                binding.count(deferred=1)
                return Delivery(binding, Verdict.DECLINE, deferred=True)
            verdict, effects = binding.deliver(packet)
            owner.charge(cost)
            if verdict in (Verdict.DECLINE, Verdict.MISS):
                continue
            for effect in effects:
                self._carry_out(binding, effect)
            if verdict in (Verdict.PASS, Verdict.ABORT, Verdict.MATCH):
                owner.receive(packet)
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
        """Revoke every binding made with a capability or one derived from it, and let none be made with them."""
        with self.lock:
            self.revoked.add(capability)
            for binding in list(self.bindings):
                if binding.capability.comes_from(capability):
                    binding.revoke()

    def reclaim(self, *wanted: Binding | Region, deadline: float = 0.1) -> tuple[Reclaimed, ...]:
        """Ask owners to give bindings and regions back within `deadline` seconds, and take what they do not.

        One answer for each owner, in the order of their first thing wanted. Packets are delivered meanwhile. A region's
        bindings go with it. Raises ValueError for what is not of this core.
        """
        return reclaim(self, list(self._environments.values()), wanted, deadline)

    def _carry_out(self, binding: Binding, effect: Sent) -> None:
        owner = binding.environment
        if effect.effect == "wake":
            owner.wakes += 1
            binding.count(wakes=1)
        elif binding.capability.owns(effect.frame, effect.own) and len(self._frames) < self.backlog:
            self._frames.append(Frame(binding, effect.effect, effect.frame))
            binding.count(sent=1)
        else:
            binding.count(withheld=1)

    def forget(self, binding: Binding) -> None:
        """Deliver nothing to a binding any more."""
        self.bindings.remove(binding)
        binding.environment.bound.remove(binding)
        self.demultiplexer.leave_out(binding)
        self.measure()

    def measure(self) -> None:
        """The bindings, or what they run, have changed."""
        self._shortest = min((binding.program.maximum for binding in self.bindings), default=0)
