"""Visible revocation: an owner is asked to give back what the core wants, and what it does not give back is taken.

The owner's callback runs in a thread of its own, so that one which never returns, or raises, costs the deadline and
nothing else. What is taken is broken at once (bindings first, then the regions under them), and stands in the owner's
`repossessed`, so that it can find out what it lost. Engler, Kaashoek and O'Toole, "Exokernel" (SOSP 1995), 3.3 to 3.5.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .binding import Binding
from .region import Region

if TYPE_CHECKING:
    from .core import Core
    from .environment import Environment

Answer = Literal["returned", "refused", "late", "failed", "silent"]
"""The callback gave everything back; returned without; was not done in time; raised; or there is none."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an owner is asked to give back, and within how many seconds."""

    bindings: tuple[Binding, ...]
    regions: tuple[Region, ...]
    deadline: float

    @property
    def wanted(self) -> tuple[Binding | Region, ...]:
        """All of it, bindings first: while one holds a region, the region cannot go."""
        return (*self.bindings, *self.regions)

    @property
    def met(self) -> bool:
        """Whether all of it has been given back."""
        return not any(one.live for one in self.wanted)


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """How an owner answered, what it gave back, and what was taken."""

    environment: Environment
    answer: Answer
    returned: tuple[Binding | Region, ...]
    taken: tuple[Binding | Region, ...]
    error: BaseException | None = None  # what the callback raised


def reclaim(
    core: Core, environments: Sequence[Environment], wanted: Sequence[Binding | Region], deadline: float
) -> tuple[Reclaimed, ...]:
    """What `Core.reclaim` does."""
    requests = {owner: request for owner in environments if (request := _request(owner, wanted, deadline))}
    asked = [one for request in requests.values() for one in request.wanted]
    for one in wanted:
        if one.live and not any(one is other for other in asked):
            raise ValueError("only what an environment of this core has can be reclaimed")
    return tuple(_ask(core, owner, request) for owner, request in requests.items())


def _request(owner: Environment, wanted: Sequence[Binding | Region], deadline: float) -> Request | None:
    bindings = owner.bindings
    held = [region for binding in bindings for region in binding.regions.values()]
    regions = [
        one
        for one in dict.fromkeys(wanted)
        if isinstance(one, Region) and any(one is region for region in (*owner.regions, *held))
    ]
    asked = [one for one in bindings if one in wanted or one.holds(regions)]
    return Request(tuple(asked), tuple(regions), deadline) if asked or regions else None


def _ask(core: Core, owner: Environment, request: Request) -> Reclaimed:
    raised: list[BaseException] = []
    answer: Answer = "silent"
    if (callback := owner.on_revocation) is not None:

        def answering() -> None:
            try:
                callback(request)
            except BaseException as error:  # whatever it is, it is the owner's
                raised.append(error)

        thread = threading.Thread(target=answering, name=f"revocation of {owner.name}", daemon=True)
        thread.start()
        thread.join(request.deadline)
        answer = "late" if thread.is_alive() else "failed" if raised else "returned" if request.met else "refused"
    with core.lock:
        regions = request.regions
        late = [one for one in core.bindings if one not in request.bindings and one.holds(regions)]  # bound meanwhile
        all_of_it: tuple[Binding | Region, ...] = (*request.bindings, *late, *regions)
        taken = tuple(one for one in all_of_it if one.live)
        for one in taken:
            one.revoke() if isinstance(one, Binding) else one.give_back()
        owner.repossessed.extend(taken)
        returned = tuple(one for one in request.wanted if not any(one is other for other in taken))
    return Reclaimed(owner, answer, returned, taken, raised[0] if raised else None)
