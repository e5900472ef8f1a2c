"""The look-up of a key in compiled code: the hash, the entry at the key's home, and those behind it.

On the host a table's hash is read out of its header, as other threads may read and change tables at the same time, and
tables are replaced by larger ones without new code. On the R3000, where each load costs two cycles, place and hash are
constants of the code (`Fixed`), and nothing else runs while it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlcode_dsl.core import form

from .tables import FURTHER, HEADER, MASK, OTHER_SHIFT, SHIFT, WITHOUT, Layout, turned
from .trie import Lookup

if TYPE_CHECKING:
    from dlcode_dsl.core.form import Variable

    from .merging import Merging


@dataclass(frozen=True, slots=True)
class Fixed:
    """A table's place behind the address that code is given, and its hash, as constants of the code."""

    offset: int
    shifts: tuple[int, int]
    mask: int


class Lookups:
    """The look-ups of one set while it is lowered; `fixed` has each table, or nothing where memory tells."""

    def __init__(self, into: Merging, fixed: Sequence[Fixed]) -> None:
        self.into, self.fixed = into, fixed
        self._held: list[form.Read] = []

    def early(self, end: Lookup) -> list[str]:
        """The words of a key before the tests behind which it is looked up, as loads take time."""
        words = self.words(end)
        if all(self.into.bound.sure(part) for part in end.key):
            return words
        return [self.into.to.value(f"freeze i32 {word}") for word in words]

    def lower(self, end: Lookup, words: list[str]) -> None:
        """End with the owner of the key of these words, or miss."""
        into, to = self.into, self.into.to
        for key, number in end.spilled:
            found, other = to.label("spilled"), to.label("other")
            to.branch(self._equal(words, [str(word) for word in key]), found, other)
            to.start(found)
            to.finish(f"i32 {number}")
            to.start(other)
        table = self._table(end.table)
        home = self._home(words, end.table, table)
        place = to.value(f"getelementptr inbounds i8, ptr {table}, {into.word} {into.widened(home)}")
        first = self._behind(place, HEADER)
        following, walk, other = to.label("following"), to.label("walk"), to.label("other")
        self._compare(first, words, following)
        to.start(following)
        further = self._load(self._behind(table, FURTHER))
        to.branch(to.value(f"icmp eq i32 {further}, 0"), into.miss, walk)
        to.start(walk)
        at, behind = to.local("at"), to.local("behind")
        to.emit(f"{at} = phi i32 [ {end.layout.stride}, %{following} ], [ {behind}, %{other} ]")
        entry = to.value(f"getelementptr inbounds i8, ptr {first}, {into.word} {into.widened(at)}")
        self._compare(entry, words, other)
        to.start(other)
        to.emit(f"{behind} = add nuw i32 {at}, {end.layout.stride}")
        to.branch(to.value(f"icmp ule i32 {behind}, {further}"), walk, into.miss)

    def lower_without_key(self, number: int) -> None:
        """End with the owner that the only entry of a table has, or miss."""
        self._named(self._load(self._behind(self._table(number), HEADER)))

    def _named(self, owner: str) -> None:
        """End with an owner, or miss if it is none."""
        to, into = self.into.to, self.into
        if into.miss != into.last:
            some = to.label("some")
            to.branch(to.value(f"icmp eq i32 {owner}, 0"), into.miss, some)
            to.start(some)
        to.finish(f"i32 {owner}")

    def words(self, end: Lookup) -> list[str]:
        """The words of the key."""
        key, layout, into, to = end.key, end.layout, self.into, self.into.to
        fields = []
        for variable in key:
            value = into.value(variable)
            fields.append(into.swapped(value, variable.type) if turned(variable.type) else value)
        words = [""] * layout.words
        for part in layout.parts:
            joined = self._joined(key, layout, part.word)
            if joined:
                words[part.word] = joined
                continue
            bits, value = layout.fields[part.field].bits, fields[part.field]
            if part.start:
                value = to.value(f"lshr i{bits} {value}, {part.start}")
            if bits != 32:
                value = to.value(f"{'zext' if bits < 32 else 'trunc'} i{bits} {value} to i32")
            if part.at:
                shifted = to.value(f"shl i32 {value}, {part.at}")
                value = to.value(f"or disjoint i32 {words[part.word]}, {shifted}")
            words[part.word] = value
        return words

    def _joined(self, key: Sequence[Variable], layout: Layout, word: int) -> str:
        """A word of the key that lies in the packet as it is: two halfwords, one behind the other."""
        into = self.into
        fields = [key[part.field] for part in layout.parts if part.word == word]
        if not into.gathers or [field.type for field in fields] != [form.U16, form.U16]:
            return ""
        first, second = (into.bound.read(field.name) for field in fields)
        if first is None or second is None:
            return ""
        starts = [into.bound.split(read.offset) for read in (first, second)]
        if starts[0] is None or starts[1] is None or starts[1] != (starts[0][0], starts[0][1] + 2):
            return ""
        start, constant = starts[0]
        if constant + 4 > into.reached.get(start, 0):
            return ""
        offset = form.Binary("+", start, form.Constant(constant, form.U32))
        read = replace(into.gathering.alike(first, offset, form.U32), name=f"{first.name}.joined")
        into.facts[id(read), "offset"] = into.known(first, "offset", first.offset)
        self._held.append(read)
        into.statement(read)
        return into.swapped(into.values[read.name], form.U32)

    def _table(self, number: int) -> str:
        """Address of a table."""
        to = self.into.to
        if self.fixed:
            return to.value(f"getelementptr inbounds i8, ptr %lease, i32 {self.fixed[number].offset}", "table")
        place = to.value(f"getelementptr inbounds ptr, ptr %lease, i32 {number}")
        return to.value(f"load ptr, ptr {place}, !invariant.load !0, !nonnull !0, !align !1", "table")

    def _home(self, words: Sequence[str], number: int, table: str) -> str:
        """Offset of the key's home from the first entry."""
        to, folded = self.into.to, words[0]
        for word in words[1:]:
            folded = to.value(f"xor i32 {folded}, {word}")
        if self.fixed:
            fixed = self.fixed[number]
            shifts, mask = [str(shift) for shift in fixed.shifts if shift != WITHOUT], str(fixed.mask)
        else:
            shifts = [self._header(table, which, ", !range !2") for which in (SHIFT, OTHER_SHIFT)]
            mask = self._header(table, MASK)
        first, *second = [to.value(f"lshr i32 {folded}, {shift}") for shift in shifts]
        mixed = to.value(f"xor i32 {first}, {second[0]}") if second else first
        return to.value(f"and i32 {mixed}, {mask}")

    def _header(self, table: str, which: int, note: str = "") -> str:
        """A word of the header that never changes."""
        if note and len(self.into.metadata) == 2:
            self.into.metadata.append("!{i32 0, i32 32}")
        return self.into.to.value(f"load i32, ptr {self._behind(table, which)}{note}")

    def _compare(self, entry: str, words: Sequence[str], other: str) -> None:
        """End if an entry has the key; go on to `other` if it has not."""
        to = self.into.to
        owner = "" if self.fixed else self._load(entry, "acquire")
        there = [self._load(self._behind(entry, 1 + at)) for at in range(len(words))]
        owner = owner or self._load(entry)
        found = to.label("found")
        to.branch(self._equal(words, there), found, other)
        to.start(found)
        self._named(owner)

    def _equal(self, some: Sequence[str], others: Sequence[str]) -> str:
        """Whether words are the same."""
        to, all_same = self.into.to, ""
        for one, other in zip(some, others, strict=True):
            same = to.value(f"icmp eq i32 {one}, {other}")
            all_same = to.value(f"and i1 {all_same}, {same}") if all_same else same
        return all_same

    def _behind(self, base: str, words: int) -> str:
        """Address so many words behind another."""
        return self.into.to.value(f"getelementptr inbounds i32, ptr {base}, i32 {words}") if words else base

    def _load(self, place: str, order: str = "monotonic") -> str:
        """A word that may be stored meanwhile by another thread; on the R3000, loaded here and nowhere else.

        There the order of loads is chosen so that each has something to do in the cycle that the one before takes.
        """
        how = "load volatile i32, ptr {}" if self.fixed else f"load atomic i32, ptr {{}} {order}, align 4"
        return self.into.to.value(how.format(place))
