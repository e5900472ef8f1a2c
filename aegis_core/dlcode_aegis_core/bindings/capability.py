"""What an environment may let downloaded code do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dlcode_dsl.core.form import EFFECTS, OwnAddress

ADDRESS_BYTES = {"mac": 6, "ip4": 4, "ip6": 16}
"""Size of an address of each kind that a frame's source can be."""


@dataclass(frozen=True, eq=False, slots=True)
class Capability:
    """A right to bind programs. Two capabilities are the same only if they are one object.

    `grants` names the effects that `may` can ask for. `addresses` are the owner's own, by kind: a frame goes out only
    if its source addresses are among them. `replies` is how many one packet may be answered with, `regions` how many
    regions may be lent at a time. Raises ValueError for an unknown effect or an address of the wrong size.
    """

    grants: frozenset[str] = frozenset()
    addresses: Mapping[str, frozenset[bytes]] = field(default_factory=dict)
    replies: int = 1
    regions: int = 16

    def __post_init__(self) -> None:
        for effect in self.grants:
            if effect not in EFFECTS:
                raise ValueError(f"no effect is called {effect}")
        for kind, addresses in self.addresses.items():
            if kind not in ADDRESS_BYTES:
                raise ValueError(f"no address is of kind {kind}")
            if any(len(address) != ADDRESS_BYTES[kind] for address in addresses):
                raise ValueError(f"an address of kind {kind} has {ADDRESS_BYTES[kind]} bytes")

    def owns(self, frame: bytes, own: tuple[OwnAddress, ...]) -> bool:
        """Whether each address of the frame that must be the sender's own is."""
        return all(
            frame[part.offset : part.offset + part.size] in self.addresses.get(part.kind, frozenset()) for part in own
        )
