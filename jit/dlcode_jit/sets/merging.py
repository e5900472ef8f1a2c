"""A merged set to LLVM code: one function for all filters, lowered statement by statement as an image of one is.

    owner = entry(packet, length, wire_length, tables)

The arguments are those of `abi`, with an array of pointers to the tables in the place of the lease; `length` is at most
`MAXIMUM_PACKET`. The result is the number of the owner of a filter that matches, or 0.

The code does nothing that was not proved. What runs at a node of the trie is a statement of a proved program, of which
all statements before have run with the same values (`trie`). Names that one way has bound are unknown to the next, and
no way changes what another uses. Facts about a node's accesses come from the program that the node was made of. Besides
these statements there are tests of the packet's length, and look-ups, which read nothing but the key and the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlcode_dsl.core.form import MAXIMUM_PACKET, Program, Verdict

from .. import abi
from ..assembly import symbol
from ..guards import Guarding
from ..lower import Lowering, proved_of
from ..targets import Target
from .tables import FURTHER, HEADER, MASK, OTHER_SHIFT, SHIFT, turned
from .trie import Lookup, Node, Rest, Way, trie

if TYPE_CHECKING:
    from dlcode_verifier import Certificate

ENTRY = "set.match"
"""Symbol of the function."""


def lower_set(ways: Sequence[Way], certificates: Iterable[Certificate], link: str, target: Target) -> str:
    """The function as LLVM code for the target; the certificates are those of all programs that steps come from."""
    lowering = _Merging(Program("filter", "set", link, ()), target)
    for certificate in certificates:
        lowering.facts |= proved_of(certificate.program, certificate.alignment)
    return lowering.merged(trie(ways))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where lowering has to go on: a node, what is known there, and where to go if no way from it matches."""

    node: Node
    label: str
    miss: str
    tested: int  # bytes that the packet is known to have
    values: Mapping[str, str]
    slots: Mapping[str, str]
    labels: Mapping[str, str]


class _Merging(Lowering):
    """The function on its way; `miss` and `owner` say what the exits of the way at hand come to."""

    def __init__(self, of: Program, target: Target) -> None:
        super().__init__(of, abi.QueueLayout(0, 0), target, Guarding.NONE, ())
        self.miss, self.owner = "", 0
        self.concurrent = target.pointer_bits > 32  # whether others may change a table while code reads it

    def merged(self, tops: Mapping[int, Node]) -> str:
        to = self.to
        for maximum, node in sorted(tops.items(), key=lambda top: top[0]):
            after = to.label("after")
            if maximum < MAXIMUM_PACKET:
                allowed = to.label("allowed")
                to.branch(to.value(f"icmp ule i32 %length, {maximum}"), allowed, after)
                to.start(allowed)
            self.tree(node, after)
            to.start(after)
        to.finish("i32 0")
        attributes = " ".join(self.target.attributes)
        head = (
            f"define i32 {symbol(ENTRY)}(ptr noalias readonly %packet, i32 range(i32 0, {MAXIMUM_PACKET + 1}) %length, "
            f"i32 %wire_length, ptr readonly %lease) {attributes}"
        )
        parts = [text.replace("ATTRIBUTES", attributes) for text in self.declared.values()]
        parts += [f"!{number} = {node}" for number, node in enumerate(self.metadata)]
        return "\n".join([to.text(head), *parts]) + "\n"

    def tree(self, top: Node, miss: str) -> None:
        """All ways from a node on, each begun where the one before missed."""
        waiting = [_Place(top, "", miss, 0, {}, {}, {})]
        while waiting:
            place = waiting.pop()
            node, tested = place.node, place.tested
            self.values, self.slots, self.labels = dict(place.values), dict(place.slots), dict(place.labels)
            self.miss = place.miss
            if place.label:
                self.to.start(place.label)
            while True:
                tested = self.long_enough(node.least, tested)
                self.body(node.body)
                if node.ends or len(node.after) != 1:
                    break
                (node,) = node.after.values()
            self.parting(node, place.miss, tested, waiting)

    def parting(self, node: Node, miss: str, tested: int, waiting: list[_Place]) -> None:
        """What follows a node: its ends, and then the ways on, which wait for their turn."""
        starts = [self.to.label("way") for _ in (*node.ends, *node.after)]
        ways = list(zip(starts, [*starts[1:], miss], strict=True))
        known = (tested, dict(self.values), dict(self.slots), dict(self.labels))
        for (start, otherwise), end in zip(ways, node.ends, strict=False):
            self.to.start(start)
            self.miss = otherwise
            if isinstance(end, Lookup):
                self.look_up(end)
            else:
                self.rest(end)
        onward = list(zip(ways[len(node.ends) :], node.after.values(), strict=True))
        if onward and self.to.open:
            self.to.jump(onward[0][0][0])
        waiting += [_Place(after, start, otherwise, *known) for (start, otherwise), after in reversed(onward)]

    def long_enough(self, least: int, tested: int) -> int:
        """Miss unless the packet has so many bytes; how many it is then known to have."""
        if least <= tested:
            return tested
        enough = self.to.label("enough")
        self.to.branch(self.to.value(f"icmp uge i32 %length, {least}"), enough, self.miss)
        self.to.start(enough)
        return least

    def rest(self, end: Rest) -> None:
        """The end of a filter that is compiled by itself."""
        values, slots, labels = dict(self.values), dict(self.slots), dict(self.labels)
        self.owner = end.owner
        self.body(end.body)
        self.values, self.slots, self.labels = values, slots, labels

    def exit(self, verdict: Verdict) -> None:
        if verdict is Verdict.MATCH:
            self.to.finish(f"i32 {self.owner}")
        else:
            assert verdict is Verdict.MISS, "a filter has no other verdicts"
            self.to.jump(self.miss)

    # ---- looking up a key

    def look_up(self, end: Lookup) -> None:
        """End with the owner of the key, or miss."""
        to, words = self.to, self.key(end)
        for key, number in end.spilled:
            found, other = to.label("spilled"), to.label("other")
            to.branch(self.equal(words, [str(word) for word in key]), found, other)
            to.start(found)
            to.finish(f"i32 {number}")
            to.start(other)
        table = to.value(f"getelementptr inbounds ptr, ptr %lease, i32 {end.table}")
        table = to.value(f"load ptr, ptr {table}, !invariant.load !0, !nonnull !0, !align !1", "table")
        home = self.hashed(words, table)
        first = to.value(f"getelementptr inbounds i8, ptr {table}, {self.word} {4 * HEADER}")
        entry = to.value(f"getelementptr inbounds i8, ptr {first}, {self.word} {self.widened(home)}")
        found, next_, walk, other = (to.label(name) for name in ("found", "next", "walk", "other"))
        owner = self.compared(entry, words, found, next_)
        to.start(next_)
        further = to.value(self.shared(f"i32, ptr {self.place(table, FURTHER)}"))
        to.branch(to.value(f"icmp eq i32 {further}, 0"), self.miss, walk)
        to.start(walk)
        at, behind = to.local("at"), to.local("behind")
        to.emit(f"{at} = phi i32 [ {end.layout.stride}, %{next_} ], [ {behind}, %{other} ]")
        entry = to.value(f"getelementptr inbounds i8, ptr {entry}, {self.word} {self.widened(at)}")
        found_later = to.label("found")
        owner_later = self.compared(entry, words, found_later, other)
        to.start(other)
        to.emit(f"{behind} = add nuw i32 {at}, {end.layout.stride}")
        to.branch(to.value(f"icmp ule i32 {behind}, {further}"), walk, self.miss)
        for label, named in ((found, owner), (found_later, owner_later)):
            to.start(label)
            some = to.label("some")
            to.branch(to.value(f"icmp eq i32 {named}, 0"), self.miss, some)
            to.start(some)
            to.finish(f"i32 {named}")

    def key(self, end: Lookup) -> list[str]:
        """The words of the key."""
        to = self.to
        fields = []
        for variable in end.key:
            value = self.value(variable)
            fields.append(self.swapped(value, variable.type) if turned(variable.type) else value)
        words = [""] * end.layout.words
        for part in end.layout.parts:
            bits, value = end.layout.fields[part.field].bits, fields[part.field]
            if part.start:
                value = to.value(f"lshr i{bits} {value}, {part.start}")
            if bits != 32:
                value = to.value(f"{'zext' if bits < 32 else 'trunc'} i{bits} {value} to i32")
            if part.at:
                shifted = to.value(f"shl i32 {value}, {part.at}")
                value = to.value(f"or disjoint i32 {words[part.word]}, {shifted}")
            words[part.word] = value
        return words

    def hashed(self, words: Sequence[str], table: str) -> str:
        """Offset of the key's home from the first entry."""
        to, folded = self.to, words[0]
        for word in words[1:]:
            folded = to.value(f"xor i32 {folded}, {word}")
        mixed = folded
        for which in (SHIFT, OTHER_SHIFT):
            by = to.value(f"load i32, ptr {self.place(table, which)}, !range !{self.shifts()}")
            mixed = to.value(f"xor i32 {mixed}, {to.value(f'lshr i32 {folded}, {by}')}")
        return to.value(f"and i32 {mixed}, {to.value(f'load i32, ptr {self.place(table, MASK)}')}")

    def shifts(self) -> int:
        """The metadata that says that a shift is less than a word's bits."""
        said = "!{i32 0, i32 32}"
        if said not in self.metadata:
            self.metadata.append(said)
        return self.metadata.index(said)

    def compared(self, entry: str, words: Sequence[str], found: str, other: str) -> str:
        """Go on to `found` if an entry has the key, else to `other`; the owner that was loaded before."""
        to = self.to
        owner = to.value(self.shared(f"i32, ptr {entry}", "acquire"), "owner")
        there = [to.value(self.shared(f"i32, ptr {self.place(entry, 1 + at)}")) for at in range(len(words))]
        to.branch(self.equal(words, there), found, other)
        return owner

    def equal(self, some: Sequence[str], others: Sequence[str]) -> str:
        """Whether words are the same."""
        to, all_same = self.to, ""
        for one, other in zip(some, others, strict=True):
            same = to.value(f"icmp eq i32 {one}, {other}")
            all_same = to.value(f"and i1 {all_same}, {same}") if all_same else same
        return all_same

    def place(self, base: str, word: int) -> str:
        """Address of a word behind another."""
        return self.to.value(f"getelementptr inbounds i32, ptr {base}, i32 {word}")

    def shared(self, what: str, order: str = "monotonic") -> str:
        """A load of what may be stored at the same time, by another thread of the host."""
        return f"load atomic {what} {order}, align 4" if self.concurrent else f"load {what}"
