"""Merged sets on the R3000: code at one address, tables at another, and the words to store when filters come and go.

    number = entry(packet, length, wire_length, tables)        o32, as `abi` says of images

`tables` is the address of the tables, which the caller has put where the set was told that they lie: at a multiple of
`TABLES_ALIGNMENT`, and cached. The result is the number of the packet's owner, or 0. Place and hash of each table are
constants of the code. A filter of a known shape is a few words to be stored, in their order; where a table has to grow,
or a shape is new, there is other code, with other tables. Nobody runs the code while words are stored.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ImageError
from ..r3000.codegen import UNFILLED, Codegen
from ..r3000.filling import filled
from ..r3000.image import findings
from ..r3000.link import PLACEMENT, Object, place, read_object
from ..r3000.spacing import spaced
from ..targets import R3000, Target
from .lookups import Fixed
from .merged import Inserted, Merged, Owner
from .merging import ENTRY, lower_set
from .plan import Plan
from .tables import Table

if TYPE_CHECKING:
    from dlcode_verifier import Certificate, Options

TABLES_ALIGNMENT = 16
"""Bytes: a line of the caches."""

IN_ORDER = Codegen("-pre-RA-sched=source")
"""Keeps the order in which code is lowered: loads first, so that none is waited for. An image of a handler, which holds
more values, would run out of registers."""

atexit.register(IN_ORDER.close)


@dataclass(frozen=True, slots=True)
class SetCode:
    """Code of a set before it has an address, and its tables as they are when it is made."""

    object: Object
    offsets: tuple[int, ...]  # of the tables
    tables: bytes

    def place(self, base: int) -> tuple[bytes, int]:
        """The code as it lies at `base`, and the address of its entry point.

        Raises ImageError (`placement`) where it can't lie.
        """
        if base % PLACEMENT or not 0 <= base < 1 << 32:
            raise ImageError("placement", f"code starts at a multiple of {PLACEMENT}, not at {base:#x}")
        return place(self.object, base), base + self.object.symbols[ENTRY]


class MipsSet:
    """Filters with their owners, for an R3000. What is said of owners is said of `host.MergedSet`."""

    def __init__(
        self,
        filters: Iterable[tuple[Certificate, Owner]] = (),
        *,
        link: str = "ethernet",
        target: Target = R3000,
        options: Options | None = None,
    ) -> None:
        """`target` says how packets lie. Raises as `insert` does."""
        self.target = target
        self._stores: list[tuple[int, int]] = []
        self._merged = Merged(self, link, options)
        self.inserted = tuple(self._merged.begin(filters))  # what the filters that it began with are removed by

    def insert(self, certificate: Certificate, owner: Owner) -> Inserted:
        """Put in a filter. Raises ImageError as `host.MergedSet.insert` does, and as images for the R3000 do."""
        return self._merged.insert(certificate, owner)

    def remove(self, inserted: Inserted) -> None:
        """Take a filter out. Raises KeyError if it is not there."""
        self._merged.remove(inserted)

    def __len__(self) -> int:
        return len(self._merged.members)

    @property
    def compilations(self) -> int:
        """How often code has been made: if it was made anew, that and its tables take the place of what was there."""
        return self._merged.compilations

    def stores(self) -> list[tuple[int, int]]:
        """The words to be stored for what has changed since it was last asked, or since the present code was made.

        Each is an offset from the address of the tables, and a value; they are in their order, and are taken out.
        """
        taken, self._stores = self._stores, []
        return taken

    def number_of(self, owner: Owner) -> int:
        """The number by which the code names an owner. Raises KeyError for one who has no filter here."""
        return self._merged.number_of(owner)

    def owner_of(self, number: int) -> Owner | None:
        """Whose number it is; None for 0, and for an owner that has no filter in the set any more."""
        return self._merged.owners.get(number)

    # ---- used by the bookkeeping, under its lock

    def recompile(self, made: Plan) -> None:
        """Make code, and lay out the tables."""
        offsets, data = [], b""
        for table in made.tables:
            offsets.append(len(data))
            words = bytes(table.words)
            data += words + bytes(-len(words) % TABLES_ALIGNMENT)
        fixed = [Fixed(at, table.shifts, table.mask) for at, table in zip(offsets, made.tables, strict=True)]
        module = lower_set(made.ways, made.certificates, self._merged.link, self.target, fixed)
        self.code = SetCode(_checked(module), tuple(offsets), data)
        self._tables = tuple(made.tables)
        self._stores = []

    def replace(self, number: int, table: Table) -> bool:
        """No other table goes with the code that there is."""
        return False

    def store(self, table: Table, index: int, value: int) -> None:
        """Keep a word that is to be stored."""
        table.store(index, value)
        self._stores.append((self.code.offsets[self._tables.index(table)] + 4 * index, value))


def _checked(module: str) -> Object:
    """Code that keeps the hardware's rules. Raises ImageError (`rejected`) where no setting makes such code."""
    for generator, finished in ((IN_ORDER, filled), (UNFILLED, spaced)):
        made = finished(spaced(read_object(generator.objects([module])[0])))
        found = findings(made)
        if not found:
            return made
    raise ImageError("rejected", "a merged set: " + "; ".join(finding.text for finding in found))
