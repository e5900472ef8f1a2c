"""Merged sets in this process: the owner of a packet, whatever the number of filters.

    connections = MergedSet()
    filter = connections.insert(certificate, owner="web")
    connections.match(packet)                 # "web", or None
    connections.remove(filter)

Packets may be matched in other threads while the set is changed, and no reader waits. What readers use is a
`_Snapshot`: code, and the tables that go with it. A change of filters whose shapes are known is a few stores into such
a table (`tables` says why that is safe). Any other change makes another snapshot, and one assignment lets readers have
it. Who is in the old one holds a reference to it, so its code and tables are freed when the last reader has left, by
Python itself.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from dlcode_dsl.core.form import MAXIMUM_PACKET
from dlcode_dsl.core.interpret import Packet

from .. import native
from ..errors import ImageError
from ..host import Batch, address_of, builtin
from ..targets import HOST
from . import calls
from .merged import Inserted, Merged, Owner
from .merging import ENTRY, lower_set
from .plan import Plan
from .tables import Table

if TYPE_CHECKING:
    from dlcode_verifier import Certificate, Options


class _Code:
    """Machine code of a plan."""

    def __init__(self, made: Plan, link: str) -> None:
        self.llvm = lower_set(made.ways, made.certificates, link, HOST)
        text = self.llvm + calls.MATCH_TEXT + calls.SCAN_TEXT + calls.STORE_TEXT
        imports = {name: address_of(name) for name in calls.PYTHON_FUNCTIONS}
        exports = (ENTRY, calls.BUILTIN, calls.SCAN, calls.STORE)
        self.loaded = native.load(native.compile_object(text), exports, imports)
        number, long, pointer = ctypes.c_uint32, ctypes.c_uint64, ctypes.c_void_p
        at = self.loaded.addresses
        self.entry = ctypes.PYFUNCTYPE(number, pointer, number, number, pointer)(at[ENTRY])
        self.scan = ctypes.CFUNCTYPE(long, pointer, long, *[pointer] * 3, long, pointer, pointer)(at[calls.SCAN])
        self.store = ctypes.PYFUNCTYPE(None, pointer, number)(at[calls.STORE])


class _Snapshot:
    """Code with tables, which a reader holds on to while it is in them."""

    def __init__(self, code: _Code, tables: tuple[Table, ...]) -> None:
        self.code, self.tables = code, tables
        addresses = [table.address for table in tables]
        self._words = (ctypes.c_void_p * max(1, len(addresses)))(*addresses)
        self.address = ctypes.addressof(self._words)
        slow = _Slow(ctypes.c_void_p(self.address))
        slow.snapshot = (self.code, self.tables, self._words)
        self.match: Callable[[bytes], int] = builtin("match", code.loaded.addresses[calls.BUILTIN], slow)

    def owner(self, packet: Packet) -> int:
        """The number of the packet's owner."""
        data = packet.data if type(packet.data) is bytes else bytes(packet.data)
        if len(data) > MAXIMUM_PACKET:
            raise ImageError("packet", f"a set is for packets of at most {MAXIMUM_PACKET} bytes")
        return int(self.code.entry(data, len(data), packet.wire_length, self.address))


class _Slow(bytes):
    """What a builtin holds on to: the address of the tables, and what lives there. Called for what is not `bytes`."""

    snapshot: tuple[Any, ...]

    def __call__(self, packet: object) -> int:
        code, _, words = self.snapshot
        data = bytes(memoryview(cast(bytes, packet)))
        if len(data) > MAXIMUM_PACKET:
            raise ImageError("packet", f"a set is for packets of at most {MAXIMUM_PACKET} bytes")
        return int(code.entry(data, len(data), len(data), ctypes.addressof(words)))


class MergedSet:
    """Filters with their owners, compiled together. May be used and changed in any number of threads.

    Filters of different owners match no common packet: that is for the caller to have shown
    (`dlcode_verifier.filters`), or else it is not said which of them is found. Filters of one owner may overlap.
    """

    def __init__(
        self,
        filters: Iterable[tuple[Certificate, Owner]] = (),
        *,
        link: str = "ethernet",
        options: Options | None = None,
    ) -> None:
        """`options` are for the proofs of shapes. Raises as `insert` does."""
        self._merged = Merged(self, link, options)
        self.inserted = tuple(self._merged.begin(filters))  # what the filters that it began with are removed by

    def insert(self, certificate: Certificate, owner: Owner) -> Inserted:
        """Put in a filter: a few stores if its shape is known, and else new code, which readers get when it is made.

        Raises ImageError: `certificate` for one that this process has not made or checked again, `unsupported` for
        what is no filter, or on another link than the set, `overlap` for one that asks for the same packets as another
        owner's, as far as is seen here.
        """
        return self._merged.insert(certificate, owner)

    def remove(self, inserted: Inserted) -> None:
        """Take a filter out. Raises KeyError if it is not there."""
        self._merged.remove(inserted)

    def __len__(self) -> int:
        return len(self._merged.members)

    @property
    def compilations(self) -> int:
        """How often code has been made."""
        return self._merged.compilations

    @property
    def probes(self) -> int:
        """Most entries that a look-up in one of the tables compares."""
        return max((table.probes for table in self._current.tables), default=0)

    def match(self, packet: bytes) -> Owner | None:
        """The owner of a whole packet. Takes `bytes`, or copies what has a buffer.

        Raises ImageError (`packet`) for a packet longer than `MAXIMUM_PACKET`, TypeError for what has no buffer.
        """
        return self._merged.owners.get(self._current.match(packet))

    def owner(self, packet: Packet) -> Owner | None:
        """The owner of a packet that may have been cut short. Raises ImageError as `match` does."""
        return self._merged.owners.get(self._current.owner(packet))

    def scan(self, batch: Batch) -> array[int]:
        """The number of the owner of each record of a batch, or 0. Python's lock is not held.

        Raises ImageError (`batch`) with the first record that does not lie in the batch's buffer or is too long.
        """
        count, current = len(batch.offsets), self._current
        arrays = ((batch.offsets, "Q"), (batch.lengths, "I"), (batch.wire_lengths, "I"))
        if any(numbers.typecode != code or len(numbers) != count for numbers, code in arrays):
            raise ImageError("batch", "a batch has as many offsets (Q) as lengths (I) and wire lengths (I)")
        owners = array("I", bytes(4 * count))
        if not count:
            return owners
        buffer = batch.buffer if type(batch.buffer) is bytes else bytes(batch.buffer)
        places = [(ctypes.c_char * (count * numbers.itemsize)).from_buffer(numbers) for numbers, _ in arrays]
        answers = (ctypes.c_char * (4 * count)).from_buffer(owners)
        done = current.code.scan(buffer, len(buffer), *places, count, answers, current.address)
        del places, answers  # they keep their arrays from growing
        if done != count:
            reason = f"record {done} lies outside the buffer or has more than {MAXIMUM_PACKET} bytes"
            raise ImageError("batch", reason)
        return owners

    def owner_of(self, number: int) -> Owner | None:
        """Whose number it is; None for 0, and for an owner that has no filter in the set any more."""
        return self._merged.owners.get(number)

    def listing(self) -> str:
        """The machine code as assembly text."""
        return native.compile_assembly(self._current.code.llvm)

    # ---- used by the bookkeeping, under its lock

    def recompile(self, made: Plan) -> None:
        """Let readers have other code."""
        self._current = _Snapshot(_Code(made, self._merged.link), tuple(made.tables))

    def replace(self, number: int, table: Table) -> bool:
        """Let readers have another table."""
        tables = self._current.tables
        self._current = _Snapshot(self._current.code, (*tables[:number], table, *tables[number + 1 :]))
        return True

    def store(self, table: Table, index: int, value: int) -> None:
        """Change a word that readers may be reading."""
        self._current.code.store(table.address + 4 * index, value)
