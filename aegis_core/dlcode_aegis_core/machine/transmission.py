"""A frame on the wire: its octets as they fill, what becomes of it, and what its receivers hear."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from dlcode_aegis_core.machine.wire import Port

CHECK_OCTETS: Final = 4
MINIMUM_FRAME: Final = 60  # octets without the check sequence
MINIMUM_OCTETS: Final = MINIMUM_FRAME + CHECK_OCTETS


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one transmission: any of these, together."""

    lost: bool = False
    """No controller gets it."""
    offset: int = 0
    flipped: int = 0
    """Bits to invert in the octet at `offset` of the frame with its check sequence."""
    extra_bits: int = 0
    """1 to 7 bits that are on the wire after the last octet."""
    copies: int = 0
    """How many times the same frame comes again, an interframe gap after the one before."""
    collision_bit: int | None = None
    """Bits after the first bit of the preamble at which something else is heard on the wire; past the end: never."""


FaultPlan: TypeAlias = Callable[[int, int], Fault | None]
"""Called with a transmission's number (from 0, collisions among stations not counted) and its length in octets, check
sequence included."""


@dataclass(frozen=True, slots=True)
class RandomFaults:
    """A `FaultPlan`: each transmission is lost, corrupted in one bit or duplicated with these probabilities.

    A transmission's fate depends on the seed and its number alone.
    """

    seed: int
    loss: float = 0.0
    corruption: float = 0.0
    duplication: float = 0.0

    def __call__(self, number: int, length: int) -> Fault:
        """The fate of a transmission."""
        draw = Random(f"{self.seed} {number}")
        lost, corrupt, again = (draw.random() < chance for chance in (self.loss, self.corruption, self.duplication))
        flipped = 1 << draw.randrange(8) if corrupt else 0
        return Fault(lost=lost, offset=draw.randrange(length), flipped=flipped, copies=int(again))


@dataclass(slots=True, eq=False)
class Transmission:
    """One frame from the request to the end. `octets` fills while the sender loads its FIFO, ahead of the wire.

    What a receiver hears never depends on how far the sender's clock is behind its own: an octet is loaded long enough
    before it is on the wire, or the sender has said by then that it never will be.
    """

    port: Port
    ready_ps: int
    length: int
    """Octets after the preamble, check sequence included."""
    octets: bytearray = field(default_factory=bytearray)
    start_ps: int = -1
    """First bit of the preamble; -1 while the station waits."""
    end_ps: int = -1
    """Last bit, also of a jam that ends it."""
    fault: Fault | None = None
    starved: bool = False
    """The sender loads no more: what it has loaded is all there is, and the check sequence is not there."""
    abandoned: bool = False
    """The sender has been stopped and thinks of it no more; what its FIFO holds goes out all the same."""
    collision_ps: int = -1
    """When the sender hears another on the wire; -1 if it does not."""
    intact: int | None = None
    """Octets that pass before a collision."""
    carrier_lost: bool = False
    """The sender does not hear its own carrier: nobody does."""

    @property
    def deferred(self) -> bool:
        """Whether the station had to wait for the wire."""
        return self.start_ps > self.ready_ps

    @property
    def collided(self) -> bool:
        """Whether a collision ends it."""
        return self.collision_ps >= 0

    @property
    def extra_bits(self) -> int:
        """Bits after the last octet."""
        return self.fault.extra_bits if self.fault is not None else 0

    def heard(self, first: int, end: int) -> bytes:
        """Octets first .. end-1 as the receivers get them; fewer if the frame ends, or breaks off, before."""
        end = min(end, self.length if self.intact is None else self.intact)
        octets = self.octets[first:end]
        if len(octets) < end - first and not self.starved:
            raise AssertionError("a receiver is ahead of the sender: the co-simulation broke its look-ahead")
        if self.fault is not None and self.fault.flipped and first <= self.fault.offset < first + len(octets):
            octets[self.fault.offset - first] ^= self.fault.flipped
        return bytes(octets)


def frame_check_sequence(frame: bytes) -> bytes:
    """The CRC-32 of IEEE 802.3 clause 3.2.8, as the four octets that follow the frame."""
    return zlib.crc32(frame).to_bytes(CHECK_OCTETS, "little")
