"""A merged set to LLVM code: one function for all filters, lowered statement by statement as an image of one is.

    owner = entry(packet, length, wire_length, tables)

The arguments are those of `abi`, but for the last, which is on the host an array of pointers to the tables, and on the
R3000 the address of all tables (`lookups.Fixed`); `length` is at most `MAXIMUM_PACKET`. The result is the number of the
owner of a filter that matches, or 0.

The code does nothing that was not proved. What runs at a node of the trie is a statement of a proved program, of which
all statements before have run with the same values (`trie`). A way binds its names itself, or has them from a node
that it shares; and no way changes what another uses. Facts about a node's accesses come from the program that the node
was made of. Besides these statements there are tests of the packet's length, and look-ups, which read nothing but the
key and the table.

On the R3000, tests are gathered (`gathering`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlcode_dsl.core import form
from dlcode_dsl.core.form import MAXIMUM_PACKET, Body, Expression, Program, Verdict

from .. import abi
from ..assembly import symbol
from ..guards import Guarding
from ..lower import Lowering, proved_of
from ..targets import Target
from .bits import Bound
from .gathering import Gathering
from .lookups import Fixed, Lookups
from .trie import Lookup, Node, Rest, Way, trie

if TYPE_CHECKING:
    from dlcode_verifier import Certificate

ENTRY = "set.match"
"""Symbol of the function."""


def lower_set(
    ways: Sequence[Way], certificates: Iterable[Certificate], link: str, target: Target, fixed: Sequence[Fixed] = ()
) -> str:
    """The function as LLVM code for the target; the certificates are those of all programs that steps come from.

    With `fixed`, which is of each table, their places and hashes are constants of the code.
    """
    lowering = Merging(Program("filter", "set", link, ()), target, fixed)
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
    bound: Bound
    reached: Mapping[Expression, int]


class Merging(Lowering):
    """The function on its way; `miss` and `table` say what the exits of the way at hand come to."""

    def __init__(self, of: Program, target: Target, fixed: Sequence[Fixed]) -> None:
        super().__init__(of, abi.QueueLayout(0, 0), target, Guarding.NONE, ())
        self.miss, self.last, self.tested, self.table = "", "", 0, 0
        self.lookups = Lookups(self, fixed)
        self.gathers = not target.unaligned_loads
        self.gathering = Gathering(self)
        self.bound = Bound()
        self.reached: dict[Expression, int] = {}  # bytes that the packet is known to have behind a value

    def merged(self, tops: Mapping[int, Node]) -> str:
        """The text of the function that runs all ways of a trie."""
        to = self.to
        self.last = to.label("none")
        ordered = sorted(tops.items(), key=lambda top: top[0])
        for number, (maximum, node) in enumerate(ordered, 1):
            after = self.last if number == len(ordered) else to.label("after")
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
        waiting = [_Place(top, "", miss, 0, Bound(), {})]
        while waiting:
            place = waiting.pop()
            node = place.node
            self.miss, self.tested = place.miss, place.tested
            self.bound, self.reached = Bound(place.bound), dict(place.reached)
            if place.label:
                self.to.start(place.label)
            while True:
                self.long_enough(node.least)
                self.step(node.body)
                if node.ends or len(node.after) != 1:
                    break
                (node,) = node.after.values()
            words = None
            if self.gathers and not node.after and len(node.ends) == 1 and isinstance(node.ends[0], Lookup):
                words = self.lookups.early(node.ends[0])
            words = self.gathering.settle(words)
            self.parting(node, waiting, words)

    def parting(self, node: Node, waiting: list[_Place], words: list[str] | None) -> None:
        """What follows a node: its ends, then the ways on, which wait for their turn. `words` are of its only key."""
        starts = [self.to.label("way") for _ in (*node.ends, *node.after)]
        ways = list(zip(starts, [*starts[1:], self.miss], strict=True))
        known = (self.tested, Bound(self.bound), dict(self.reached))
        for (start, otherwise), end in zip(ways, node.ends, strict=False):
            self.to.start(start)
            self.miss = otherwise
            if isinstance(end, Lookup):
                self.lookups.lower(end, self.lookups.words(end) if words is None else words)
            else:
                self.rest(end)
        onward = list(zip(ways[len(node.ends) :], node.after.values(), strict=True))
        if onward and self.to.open:
            self.to.jump(onward[0][0][0])
        waiting += [_Place(after, start, otherwise, *known) for (start, otherwise), after in reversed(onward)]

    def long_enough(self, least: int) -> None:
        """Miss unless the packet has so many bytes."""
        if least > self.tested:
            enough = self.to.label("enough")
            self.gathering.settle()
            self.to.branch(self.to.value(f"icmp uge i32 %length, {least}"), enough, self.miss)
            self.to.start(enough)
            self.tested = least

    def rest(self, end: Rest) -> None:
        """The end of a filter that is compiled by itself."""
        self.table = end.table
        self.body(end.body)

    def exit(self, verdict: Verdict) -> None:
        if verdict is Verdict.MATCH:
            self.lookups.lower_without_key(self.table)
        else:
            assert verdict is Verdict.MISS, "a filter has no other verdicts"
            self.to.jump(self.miss)

    def step(self, body: Body) -> None:
        """The statements of a node."""
        for statement in body:
            if isinstance(statement, form.Read) or (isinstance(statement, form.Let) and not statement.mutable):
                self.bound.bind(statement)
            if not self.gathers or not self.gathering.joins(statement):
                self.gathering.settle()
                self.statement(statement)
