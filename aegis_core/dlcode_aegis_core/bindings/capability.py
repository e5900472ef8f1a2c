"""What an environment may let downloaded code do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from dlcode_dsl.core.form import EFFECTS, OwnAddress, Template
from dlcode_verifier import Certificate
from dlcode_verifier.filters import Yes, contained

from .templates import covers

ADDRESS_BYTES = {"mac": 6, "ip4": 4, "ip6": 16}
"""Size of an address of each kind that a frame's source can be."""


@dataclass(frozen=True, eq=False, slots=True)
class Capability:
    """A right to bind programs. Two capabilities are the same only if they are one object; a copy is that object.

    `grants` names the effects that `may` can ask for. `addresses` are the owner's own, by kind: a frame goes out only
    if its source addresses are among them. `replies` is how many one packet may be answered with, `regions` how many
    regions may be lent at a time. `packets` are proved filters, of whose packets any may be asked for; None: of all.
    `templates` say what frames `may send` may send. `operations` is how many core operations one packet may cost at
    most, over all bindings of one owner that it may run through; None: any number.

    Raises ValueError for an unknown effect or an address of the wrong size.
    """

    grants: frozenset[str] = frozenset()
    addresses: Mapping[str, frozenset[bytes]] = field(default_factory=dict)
    replies: int = 1
    regions: int = 16
    packets: tuple[Certificate, ...] | None = None
    templates: tuple[Template, ...] = ()
    operations: int | None = None
    parent: Capability | None = None  # the one that it was derived from

    def __post_init__(self) -> None:
        for effect in self.grants:
            if effect not in EFFECTS:
                raise ValueError(f"no effect is called {effect}")
        for kind, addresses in self.addresses.items():
            if kind not in ADDRESS_BYTES:
                raise ValueError(f"no address is of kind {kind}")
            if any(len(address) != ADDRESS_BYTES[kind] for address in addresses):
                raise ValueError(f"an address of kind {kind} has {ADDRESS_BYTES[kind]} bytes")

    def __copy__(self) -> Capability:
        return self

    def __deepcopy__(self, memo: object) -> Capability:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a capability is a right in this process: it cannot be pickled")

    def derive(self, **rights: Any) -> Capability:
        """A capability with some rights less, to be passed on; revoking this one revokes it too.

        `rights` are fields of this class, and those that are left out stay as they are. Raises ValueError for a right
        that this one does not have, or that could not be shown to lie in what it has.
        """
        made = replace(self, **rights, parent=self)
        for name, kept in self._keeps(made):
            if not kept:
                raise ValueError(f"the derived capability would have more {name} than this one")
        return made

    def _keeps(self, made: Capability) -> Iterator[tuple[str, bool]]:
        """Whether each kind of right of a derived capability is one of this one's."""
        addresses = self.addresses
        yield "effects", made.grants <= self.grants
        yield "addresses", all(own <= addresses.get(kind, frozenset()) for kind, own in made.addresses.items())
        yield "replies", made.replies <= self.replies
        yield "regions", made.regions <= self.regions
        yield "operations", _at_most(made.operations, self.operations)
        yield "templates", all(any(covers(mine, one) for mine in self.templates) for one in made.templates)
        if self.packets is not None and made.packets is not self.packets:
            mine, asked = self.packets, made.packets
            yield "packets", asked is not None and all(_lies_in(one, mine) for one in asked)

    def comes_from(self, other: Capability) -> bool:
        """Whether it is the other one, or was derived from it, by however many steps."""
        at: Capability | None = self
        while at is not None:
            if at is other:
                return True
            at = at.parent
        return False

    def owns(self, frame: bytes, own: tuple[OwnAddress, ...]) -> bool:
        """Whether each address of the frame that must be the sender's own is."""
        return all(
            frame[part.offset : part.offset + part.size] in self.addresses.get(part.kind, frozenset()) for part in own
        )


def _lies_in(one: Certificate, packets: tuple[Certificate, ...]) -> bool:
    finding = contained(one, packets)
    return isinstance(finding, Yes) and finding.maximum >= one.program.maximum


def _at_most(derived: int | None, own: int | None) -> bool:
    return own is None or (derived is not None and derived <= own)
