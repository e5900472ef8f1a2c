"""What filters a merged set has, and what a change of them takes: some stores in a table, or new code.

Whose code and memory it is, the host's or an emulated machine's, is for `Readers` to know.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from threading import RLock
from typing import Protocol

from dlcode_verifier import Certificate, Options

from ..admit import admitted
from ..errors import ImageError
from .plan import Branch, Member, Overlap, Plan, Shapes, fixed_of, keys_of, plan
from .tables import Key, Table

Owner = Hashable


class Readers(Protocol):
    """Those that match packets while the set is changed."""

    def recompile(self, made: Plan) -> None:
        """Make code of a plan and let readers have it from now on, or raise and change nothing."""
        ...

    def replace(self, number: int, table: Table) -> bool:
        """Let the present code have another table in the place of the one of that number; False if it takes none."""
        ...

    def store(self, table: Table, index: int, value: int) -> None:
        """Store a word of a table where readers are, so that who sees it also sees all that was stored before."""
        ...


class Inserted:
    """A filter that is in a set: what to remove it by. Made by `MergedSet.insert`."""

    def __init__(self, member: Member, owner: Owner) -> None:
        self.member, self.owner = member, owner

    @property
    def certificate(self) -> Certificate:
        """The filter's proof."""
        return self.member.certificate


class Merged:
    """Bookkeeping of a set; its owner numbers are never used again, so that a late reader mistakes nobody."""

    def __init__(self, readers: Readers, link: str, options: Options | None) -> None:
        self.readers, self.link = readers, link
        self.lock = RLock()
        self.compilations = 0
        self.members: dict[int, Member] = {}  # by identity, in the order in which they came
        self.owners: dict[int, Owner] = {}
        self._numbers: dict[Owner, tuple[int, int]] = {}  # with how many filters the owner has
        self._last = 0
        self._shapes = Shapes(options)
        self.plan = plan((), self._shapes)

    def begin(self, filters: Iterable[tuple[Certificate, Owner]]) -> list[Inserted]:
        """Put in filters, compiled together. Raises as `insert` does."""
        with self.lock:
            made = [self._member(certificate, owner) for certificate, owner in filters]
            try:
                self._recompile([one.member for one in made])
            except BaseException:
                for one in made:
                    self._release(one.owner)
                raise
            return made

    def insert(self, certificate: Certificate, owner: Owner) -> Inserted:
        """Put in a filter."""
        with self.lock:
            made = self._member(certificate, owner)
            try:
                self._insert(made.member)
            except BaseException:
                self._release(owner)
                raise
            return made

    def remove(self, inserted: Inserted) -> None:
        """Take a filter out. Raises KeyError if it is not there."""
        with self.lock:
            member = self.members.pop(id(inserted.member))
            try:
                self._remove(member)
            except BaseException:
                self.members[id(member)] = member
                raise
            self._release(inserted.owner)

    def number_of(self, owner: Owner) -> int:
        """The number of an owner. Raises KeyError for one who has no filter here."""
        return self._numbers[owner][0]

    def _member(self, certificate: Certificate, owner: Owner) -> Inserted:
        program, _, _ = admitted(certificate)
        if program.kind != "filter":
            raise ImageError("unsupported", f"{program.name} is a handler: a set is of filters")
        if program.link != self.link:
            raise ImageError("unsupported", f"{program.name} is on {program.link}, the set on {self.link}")
        number, count = self._numbers.get(owner, (0, 0))
        if not number:
            number = self._last = self._last + 1
            self.owners[number] = owner
        self._numbers[owner] = number, count + 1
        return Inserted(self._shapes.member(certificate, number), owner)

    def _release(self, owner: Owner) -> None:
        number, count = self._numbers[owner]
        if count > 1:
            self._numbers[owner] = number, count - 1
        else:
            del self._numbers[owner], self.owners[number]

    def _recompile(self, more: Iterable[Member] = ()) -> None:
        members = self.members | {id(member): member for member in more}
        try:
            made = plan(members.values(), self._shapes)
        except Overlap:
            raise ImageError("overlap", "filters of two owners ask for the same packets") from None
        self.readers.recompile(made)
        self.compilations += 1
        self.plan, self.members = made, members
        self._shapes.forget({member.structure for member in members.values() if member.structure is not None})

    def _place(self, member: Member) -> tuple[Branch | None, list[Key]]:
        """The branch that a filter is in or would be in, and its keys."""
        if (alone := self.plan.alone.get(id(member))) is not None:
            return alone, [()]
        if member.structure is None:
            return None, []
        keyed = self._shapes.keyed.get(member.structure, frozenset())
        branch = self.plan.branches.get((member.structure, fixed_of(member.constants, keyed)))
        return branch, [] if branch is None else keys_of(member.constants, keyed, branch.layout)

    def _insert(self, member: Member) -> None:
        branch, keys = self._place(member)
        if branch is None or self.plan.idle > len(self.members):
            self._recompile([member])
            return
        for key in keys:
            if member.owner not in branch.keys.get(key, [member.owner]):
                raise ImageError("overlap", f"another owner has a filter as {member.certificate.program.name} is")
        table, new = branch.table, [key for key in keys if key not in branch.keys]
        for key in keys:
            branch.keys.setdefault(key, []).append(member.owner)
        self.members[id(member)] = member
        if all(self._stored(table, key, member.owner) for key in new):
            return
        try:
            self._grow(branch)
        except BaseException:
            del self.members[id(member)]
            self._leave(branch, keys, member.owner)
            raise

    def _stored(self, table: Table, key: Key, owner: int) -> bool:
        if table.full and not table.knows(key):
            return False
        return table.insert(key, owner, lambda index, value: self.readers.store(table, index, value))

    def _grow(self, branch: Branch) -> None:
        """Another table for a branch, with twice the room for what is there; other code if a key has found no place."""
        table = Table(branch.layout, {key: owners[0] for key, owners in branch.keys.items()}, 4 * len(branch.keys))
        number = self.plan.tables.index(branch.table)
        if table.spilled or branch.table.spilled or not self.readers.replace(number, table):
            self._recompile()
        else:
            self.plan.tables[number] = branch.table = table

    def _leave(self, branch: Branch, keys: list[Key], owner: int) -> None:
        """Take a filter's keys out of a branch's table where no other filter has them."""
        table = branch.table
        for key in keys:
            branch.keys[key].remove(owner)
            if not branch.keys[key]:
                del branch.keys[key]
                if table.knows(key):
                    table.remove(key, lambda index, value: self.readers.store(table, index, value))

    def _remove(self, member: Member) -> None:
        branch, keys = self._place(member)
        assert branch is not None, "every filter that is there has a way"
        self._leave(branch, keys, member.owner)
        if any(key in branch.table.spilled for key in keys):
            self._recompile()
