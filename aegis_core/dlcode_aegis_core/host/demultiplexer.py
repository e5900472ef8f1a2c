"""Whose a packet is, of all who have bound programs: found in one run over the filters of all of them.

A packet has one owner, which was proved at bind. So it is enough to know one program that asks for it, and only its
owner's are run. Filters are put into the merged set by the thread that binds, while packets are delivered; until that
is done, programs are asked in turn, which comes to the same.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, cast

from dlcode_dsl.core.interpret import Packet
from dlcode_jit.sets.host import MergedSet
from dlcode_jit.sets.merged import Inserted

from ..bindings.ownership import asked_for

if TYPE_CHECKING:
    from .binding import Binding
    from .core import Core
    from .environment import Environment


class Demultiplexer:
    """The owners of packets. All of it but `take_in` is called under the core's lock, and takes microseconds."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._set: MergedSet | None = None  # made when there is something to put into it
        self._inserted: dict[Binding, Inserted] = {}
        self._left: list[Inserted] = []  # of bindings that are no more, while filters are put in
        self._waiting = 0  # bindings whose filters are to be put in
        self._one_by_one = Lock()  # taken before the core's

    def announce(self) -> None:
        """A binding has been made or changed, and `take_in` of it follows."""
        self._waiting += 1

    def take_in(self, binding: Binding) -> None:
        """Put in the filter of a binding that was announced, in place of the one that it had.

        Takes a while, and the core goes on meanwhile. Raises what proving and compiling raise; it is revoked then.
        """
        asked, inserted, core = asked_for(binding.certificate), None, self._core
        with self._one_by_one:
            try:
                with core.lock:
                    self.leave_out(binding)
                    left, self._left = self._left, []
                for one in left:
                    self._merged.remove(one)
                if asked is not None:
                    inserted = self._merged.insert(asked, binding.environment)
            except BaseException:
                with core.lock:
                    self._waiting -= 1
                    binding.revoke()
                raise
            with core.lock:
                if inserted is not None:
                    self._inserted[binding] = inserted
                if not binding.live:  # it was revoked meanwhile
                    self.leave_out(binding)
                self._waiting -= 1
                if not self._waiting:
                    for one in self._left:
                        self._merged.remove(one)
                    self._left.clear()

    def leave_out(self, binding: Binding) -> None:
        """A binding is no more."""
        inserted = self._inserted.pop(binding, None)
        if inserted is not None and self._waiting:  # else the set might keep the core waiting
            self._left.append(inserted)
        elif inserted is not None:
            self._merged.remove(inserted)

    def owner(self, packet: Packet) -> Environment | None:
        """Whose packet it is."""
        bindings = self._core.bindings
        if self._waiting or len(self._inserted) < len(bindings):  # a program that asks for all packets has no filter
            return next((binding.environment for binding in bindings if binding.asks_for(packet)), None)
        return cast("Environment | None", self._merged.owner(packet)) if bindings else None

    @property
    def _merged(self) -> MergedSet:
        if self._set is None:
            self._set = MergedSet(link=self._core.link)
        return self._set
