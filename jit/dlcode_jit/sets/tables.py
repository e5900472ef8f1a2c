"""Tables of constants: from a key to the number of an owner, by a hash that is chosen for the keys that are there.

A table is words of 32 bits, which lie in the host's memory as they do in an R3000's:

    +0  shift   +4  shift   +8  mask   +12  further        then entries, `stride` bytes each, a power of two
    entry:  owner (0: none), then the words of the key, then nothing up to the stride

    h = xor of the key's words;  home = (h >> shift ^ h >> shift') & mask, a multiple of the stride
    a key is in the entry at its home, or in one of those that follow in the next `further` bytes

There is no multiplication, which takes an R3000 twelve cycles. The shifts are those of many that keep most keys at
home. No key lies more than `REACH` entries behind its home, so that a look-up takes at most `1 + REACH` comparisons; a
key for which there is no such place, in a table of up to `MOST_ROOM` entries a key, is *spilled*: it is for the code.

Readers need no lock. An entry gets its key, then (a release) its owner; a reader loads the owner (an acquire), then the
key. An entry keeps its key for ever: to remove a key is to store 0 as its owner. So a key that a reader compares is
whole whenever the owner that it has loaded is not 0. And the first entry with the key decides, though it may be empty
or half written with owner 0: a key is put where it was before, or into the first entry without one, so it never lies
behind such an entry. What is full is not changed any more; a larger table takes its place.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import xor

from dlcode_dsl.core.form import Type

SHIFT, OTHER_SHIFT, MASK, FURTHER = range(4)
HEADER = 4
"""Words before the first entry."""

REACH = 7
"""Entries behind its home in which a key may lie."""

LEAST_ROOM, MOST_ROOM = 2, 32
"""Entries of a table for each of its keys when it is made: at least, and before keys are spilled."""

SMALLEST = 8
"""Entries of the smallest table."""

TRIES = 200_000
"""Keys times pairs of shifts that are tried at most for one size of table."""

WITHOUT = 31
"""A shift that stands for none: it moves one bit to where every mask has none."""

SHIFTS = (
    *((shift, WITHOUT) for shift in range(WITHOUT)),
    *sorted(combinations(range(WITHOUT), 2), key=lambda pair: (pair[1] * 7 + pair[0] * 11) % 31),
)
"""Pairs of shifts in the order in which they are tried: first what costs least, then pairs, mixed, as neighbours are of
little use to each other."""

Key = tuple[int, ...]
"""The words of a key."""

Store = Callable[[int, int], None]
"""Stores a word (index, value) so that who sees it also sees all that was stored before."""


@dataclass(frozen=True, slots=True)
class Part:
    """Where some bits of a field lie in the words of a key: `bits` of it from bit `start`, at bit `at` of a word."""

    field: int
    start: int
    bits: int
    word: int
    at: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The words of the keys of one shape. Fields lie in them in the order in which packets have their bytes."""

    fields: tuple[Type, ...]
    parts: tuple[Part, ...]
    words: int

    @classmethod
    def of(cls, fields: Sequence[Type]) -> Layout:
        """Fields in turn, each in the word before if there is room for it, in new ones otherwise."""
        parts, word, free = [], 0, 0
        for number, type in enumerate(fields):
            start = 0
            while start < type.bits:
                bits = min(32, type.bits - start)
                if bits > free:
                    word, free = word + 1, 32
                parts.append(Part(number, start, bits, word - 1, 32 - free))
                start, free = start + bits, free - bits
        return cls(tuple(fields), tuple(parts), word)

    @property
    def stride(self) -> int:
        """Bytes of an entry."""
        return 4 << self.words.bit_length()

    def key(self, values: Sequence[int]) -> Key:
        """The words for values of the fields."""
        held = [in_memory(value, type) for value, type in zip(values, self.fields, strict=True)]
        words = [0] * self.words
        for part in self.parts:
            words[part.word] |= (held[part.field] >> part.start & (1 << part.bits) - 1) << part.at
        return tuple(words)


def turned(type: Type) -> bool:
    """Whether a field of this type has its bytes turned round in a key, which saves to turn what packets have."""
    return type.bits % 16 == 0


def in_memory(value: int, type: Type) -> int:
    """A field's value as it is in a key."""
    return int.from_bytes(value.to_bytes(type.bits // 8, "big"), "little") if turned(type) else value


class Table:
    """The keys of one shape, each with the number of its owner."""

    def __init__(self, layout: Layout, entries: Mapping[Key, int], room: int = 0) -> None:
        """A table for these keys, of at least `room` entries; those that found no place are in `spilled`."""
        self.layout, self.step = layout, layout.stride // 4
        size = SMALLEST
        while size < max(room, LEAST_ROOM * len(entries)):
            size *= 2
        while not self._made(size, entries) and size < MOST_ROOM * len(entries):
            size *= 2
        self.spilled = {key: owner for key, owner in entries.items() if key not in self._places}

    def _made(self, size: int, entries: Mapping[Key, int]) -> bool:
        """Make it with so many homes; whether every key has found a place."""
        count, mask = HEADER + (size + REACH) * self.step, (size - 1) * 4 * self.step
        self._memory = (ctypes.c_uint64 * -(-count // 2))()  # which is aligned to 8
        self.words = (ctypes.c_uint32 * count).from_buffer(self._memory)
        self.size, self._places, self._used = size, dict[Key, int](), set[int]()
        folded = [reduce(xor, key, 0) for key in entries]
        self.words[SHIFT], self.words[OTHER_SHIFT], self.words[MASK] = *_shifts(folded, mask), mask
        placed = [self.insert(key, owner, self.store) for key, owner in entries.items()]  # every one that can be
        return all(placed)

    @property
    def full(self) -> bool:
        """Whether it should be made anew, with more room, before another key is put into it."""
        return LEAST_ROOM * len(self._places) >= self.size

    @property
    def probes(self) -> int:
        """Most entries that a look-up compares."""
        return 1 + self.words[FURTHER] // self.layout.stride

    @property
    def address(self) -> int:
        """Where the words lie in this process; a multiple of 8."""
        return ctypes.addressof(self._memory)

    def store(self, index: int, value: int) -> None:
        """Store a word where no reader is yet."""
        self.words[index] = value

    @property
    def shifts(self) -> tuple[int, int]:
        """The shifts of its hash."""
        return self.words[SHIFT], self.words[OTHER_SHIFT]

    @property
    def mask(self) -> int:
        """The mask of its hash."""
        return self.words[MASK]

    def home(self, key: Key) -> int:
        """Index of the first word of the entry in which a key should be."""
        shift, other, mask = self.words[:FURTHER]
        return HEADER + _home(reduce(xor, key, 0), shift, other, mask) // 4

    def insert(self, key: Key, owner: int, store: Store) -> bool:
        """Put in a key, or give another owner to one that is there. False, and no change, if there is no place."""
        at = self._places.get(key)
        if at is None:
            home = self.home(key)
            last = home + REACH * self.step
            at = next((one for one in range(home, last + 1, self.step) if one not in self._used), None)
            if at is None:
                return False
            self._places[key] = at
            self._used.add(at)
            for index, word in enumerate(key, at + 1):
                store(index, word)
            if 4 * (at - home) > self.words[FURTHER]:
                store(FURTHER, 4 * (at - home))
        store(at, owner)
        return True

    def knows(self, key: Key) -> bool:
        """Whether a key has an entry, though it may have no owner any more."""
        return key in self._places

    def remove(self, key: Key, store: Store) -> None:
        """Leave a key that is there without an owner."""
        store(self._places[key], 0)

    def owner(self, key: Key) -> int:
        """What compiled code finds: the number of the key's owner, or 0."""
        home = self.home(key)
        for at in range(home, home + self.words[FURTHER] // 4 + 1, self.step):
            if tuple(self.words[at + 1 : at + 1 + len(key)]) == key:
                return self.words[at]
        return 0


def _shifts(folded: Sequence[int], mask: int) -> tuple[int, int]:
    """The pair with which most keys have a home of their own, or the first with which all have."""
    best, most = SHIFTS[0], 0
    for shift, other in SHIFTS[: max(8, TRIES // max(1, len(folded)))]:
        homes = len({_home(one, shift, other, mask) for one in folded})
        if homes > most:
            best, most = (shift, other), homes
        if homes == len(folded):
            break
    return best


def _home(folded: int, shift: int, other: int, mask: int) -> int:
    return (folded >> shift ^ folded >> other) & mask
