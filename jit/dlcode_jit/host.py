"""Images for this process: machine code made from a certificate, called without further ado.

A `HostImage` runs on packets one at a time, with the memory that its program owns. One of a filter also matches (a
builtin, some twenty nanoseconds a call) and scans whole batches in one native loop without Python's lock.

A proof holds for bytes that don't change: `bytes` objects are used as they are, anything else is copied first.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

from dlcode_dsl.core.form import Verdict
from dlcode_dsl.core.interpret import Memory, Packet, Sent

from . import abi, calls, native
from .admit import admitted
from .errors import ImageError
from .lower import entry_name, lower
from .outcome import Outcome, cells_from_bytes, cells_to_bytes, effects_in, region_size, verdict_of
from .sites import send_sites
from .targets import HOST

if TYPE_CHECKING:
    from dlcode_verifier import Certificate

Writable = Any
"""An object whose buffer can be written to; Python 3.11 has no type for it."""


class Batch(Protocol):
    """Records in one buffer: record i is `lengths[i]` bytes at `offsets[i]`, and had `wire_lengths[i]` on the wire."""

    @property
    def buffer(self) -> bytes:
        """The bytes of all records, and of whatever lies between them."""
        ...

    @property
    def offsets(self) -> array[int]:
        """Of type 'Q'."""
        ...

    @property
    def lengths(self) -> array[int]:
        """Of type 'I'."""
        ...

    @property
    def wire_lengths(self) -> array[int]:
        """Of type 'I'."""
        ...


def host_image(certificate: Certificate) -> HostImage:
    """Machine code of a proved program for this process.

    Raises ImageError (`certificate`) for one that this process has not made or checked again.
    """
    return HostImage(certificate)


class Lease:
    """The memory that runs of one image share: a send queue, and the regions that its program owns.

    Regions are given in the program's order, as objects with a writable buffer of exactly the region's size that starts
    at a multiple of 8; they are held until the lease goes. Raises ImageError (`memory`) otherwise. That they do not
    overlap is for the caller to see to: the code relies on it.
    """

    def __init__(self, image: HostImage, regions: Sequence[Writable]) -> None:
        declared = image.program.regions
        if len(regions) != len(declared):
            raise ImageError("memory", f"{image.program.name} owns {len(declared)} regions, not {len(regions)}")
        self._image = image
        pairs = zip(regions, declared, strict=True)
        self._held = [_hold(region, region_size(shape), shape.name) for region, shape in pairs]
        self._queue = (ctypes.c_uint32 * (image.queue.size // 4))()
        words = [ctypes.addressof(part) for part in (self._queue, *self._held)]
        self._words = (ctypes.c_void_p * len(words))(*words)
        self._address = ctypes.addressof(self._words)
        self.packet = b""  # the bytes of the packet after the last run: other ones, if the program may rewrite
        self._copy = bytearray()  # that a program rewrites

    def enter(self, packet: Packet) -> Verdict:
        """Run the image on a packet; one that may rewrite gets a copy, so the packet stays as it is.

        Raises ImageError (`packet`) for a packet longer than the program's maximum.
        """
        program = self._image.program
        data = packet.data if type(packet.data) is bytes else bytes(packet.data)  # nobody changes these
        if len(data) > program.maximum:
            raise ImageError("packet", f"{program.name} is run on packets of at most {program.maximum} bytes")
        self._queue[0] = 0
        if "rewrite" in program.may:
            self._copy[: len(data)] = data  # as long as the longest packet so far
            held = (ctypes.c_char * len(data)).from_buffer(self._copy)
            code = self._image._entry(ctypes.addressof(held), len(data), packet.wire_length, self._address)
            self.packet = held.raw
        else:
            self.packet = data
            code = self._image._entry(self.packet, len(data), packet.wire_length, self._address)
        return verdict_of(program, code)

    def effects(self) -> tuple[Sent, ...]:
        """What the last run queued; it counts only if the verdict keeps effects."""
        return effects_in(memoryview(self._queue).cast("B"), self._image.queue, self._image.sites)


class HostImage:
    """Machine code of one program, in this process. Made by `host_image`, and raises what that does."""

    def __init__(self, certificate: Certificate) -> None:
        program, queue, facts = admitted(certificate)
        self.certificate, self.program, self.queue, self.sites = certificate, program, queue, send_sites(program)
        self.llvm = lower(program, queue, HOST, facts=facts)
        entry, text = entry_name(program), self.llvm
        imports: dict[str, int] = {}
        exports: tuple[str, ...] = (entry,)
        if program.kind == "filter":
            text += calls.builtin(entry, program.maximum)
            imports = {name: address_of(name) for name in calls.PYTHON_FUNCTIONS}
            exports = (entry, calls.BUILTIN)
        self._code = native.load(native.compile_object(text), exports, imports)
        # Keeping Python's lock makes a run one step for every other thread of the process.
        number, pointer = ctypes.c_uint32, ctypes.c_void_p
        prototype = ctypes.PYFUNCTYPE(number, pointer, number, number, pointer)
        self._entry: Callable[[bytes | int, int, int, int | None], int] = prototype(self._code.addresses[entry])

    def listing(self) -> str:
        """The machine code as assembly text."""
        return native.compile_assembly(self.llvm)

    def run(self, packet: Packet, memory: Memory | None = None) -> Outcome:
        """Run on one packet with a copy of `memory`, zero where it is left out: as the interpreter does.

        Raises ImageError for a packet that is too long or memory of another shape.
        """
        regions = []
        for region in self.program.regions:
            cells = (memory or {}).get(region.name)
            size = region_size(region)
            space = (ctypes.c_uint64 * -(-size // 8))()  # whole words, so that it is aligned
            view = memoryview(space).cast("B")[:size]
            if cells is not None:
                view[:] = cells_to_bytes(region, cells)
            regions.append(view)
        lease = Lease(self, regions)
        verdict = lease.enter(packet)
        after = {
            region.name: cells_from_bytes(region, view)
            for region, view in zip(self.program.regions, regions, strict=True)
        }
        return Outcome(verdict, after, lease.effects() if verdict.keeps_effects else (), lease.packet)

    @cached_property
    def match(self) -> Callable[[bytes], bool]:
        """Whether the filter matches a whole packet. Takes `bytes`, or copies what has a buffer.

        Calls raise ImageError (`packet`) for a packet longer than the filter's maximum, TypeError for what has no
        buffer.
        """
        self._only_a_filter("matches")
        entry, program, code = self._entry, self.program, self._code

        def slow(packet: object) -> bool:
            data = bytes(memoryview(cast(bytes, packet)))
            if len(data) > program.maximum:
                raise ImageError("packet", f"{program.name} is run on packets of at most {program.maximum} bytes")
            return entry(data, len(data), len(data), None) == abi.VERDICT_CODES[Verdict.MATCH]

        return cast(
            "Callable[[bytes], bool]", builtin(program.name, code.addresses[calls.BUILTIN], _Slow(slow, code))
        )

    def scan(self, batch: Batch) -> bytearray:
        """The filter's verdict on each record of a batch: 1 for a match, 0 for a miss. Python's lock is not held.
        The first scan, if only of no record, makes the code.

        Raises ImageError (`batch`) with the first record that does not lie in the batch's buffer or is longer than
        the filter's maximum; no verdict is given then.
        """
        self._only_a_filter("scans a batch")
        arrays = ((batch.offsets, "Q"), (batch.lengths, "I"), (batch.wire_lengths, "I"))
        count = len(batch.offsets)
        if any(numbers.typecode != code or len(numbers) != count for numbers, code in arrays):
            raise ImageError("batch", "a batch has as many offsets (Q) as lengths (I) and wire lengths (I)")
        buffer = batch.buffer if type(batch.buffer) is bytes else bytes(batch.buffer)
        verdicts = bytearray(count)
        loop, _ = self._scan
        if not count:
            return verdicts
        places = [(ctypes.c_char * (count * numbers.itemsize)).from_buffer(numbers) for numbers, _ in arrays]
        answers = (ctypes.c_char * count).from_buffer(verdicts)
        done = loop(buffer, len(buffer), *places, count, answers)
        del places, answers  # they keep their arrays from growing
        if done != count:
            most = self.program.maximum
            raise ImageError("batch", f"record {done} lies outside the buffer or has more than {most} bytes")
        return verdicts

    def count(self, batch: Batch) -> int:
        """How many records of a batch match. Raises as `scan` does."""
        return self.scan(batch).count(abi.VERDICT_CODES[Verdict.MATCH])

    @cached_property
    def _scan(self) -> tuple[Callable[..., int], native.Loaded]:
        """The loop over records, with a copy of the filter in it: made when first wanted, and the code that it is."""
        text = self.llvm + calls.scan(entry_name(self.program), self.program.maximum)
        code = native.load(native.compile_object(text), (calls.SCAN,), {})
        pointer, number = ctypes.c_void_p, ctypes.c_uint64
        prototype = ctypes.CFUNCTYPE(number, pointer, number, pointer, pointer, pointer, number, pointer)
        return prototype(code.addresses[calls.SCAN]), code

    def _only_a_filter(self, does: str) -> None:
        if self.program.kind != "filter":
            raise ImageError("unsupported", f"{self.program.name} is a handler: only a filter {does}")


def _hold(region: Writable, size: int, name: str) -> Any:
    view = memoryview(region)
    if view.readonly or view.nbytes != size or not view.c_contiguous:
        raise ImageError("memory", f"{name} takes {size} bytes that can be written")
    held = (ctypes.c_char * size).from_buffer(region)
    if ctypes.addressof(held) % abi.REGION_ALIGNMENT:
        raise ImageError("memory", f"{name} starts at no multiple of {abi.REGION_ALIGNMENT}")
    return held


# ---- builtins

_METH_O = 0x8  # CPython's Include/methodobject.h: called with the object and one argument


class _MethodDefinition(ctypes.Structure):
    """PyMethodDef of Python's stable ABI."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class _Slow:
    """What the builtin of a filter holds on to and calls for all that it doesn't do itself."""

    def __init__(self, call: Callable[[object], bool], code: native.Loaded) -> None:
        self._call, self._code = call, code

    def __call__(self, packet: object) -> bool:
        return self._call(packet)


def builtin(name: str, address: int, slow: Any) -> Callable[[bytes], Any]:
    """A builtin of one argument whose code is at an address, and whose self is `slow`, which keeps the code alive.

    `slow` can take attributes: its `definition` is that of the builtin.
    """
    slow.definition = _MethodDefinition(name.encode(), address, _METH_O, None)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    return cast("Callable[[bytes], Any]", make(ctypes.addressof(slow.definition), slow, None))


def address_of(function: str) -> int:
    """Address of a function of Python's C API."""
    address = ctypes.cast(getattr(ctypes.pythonapi, function), ctypes.c_void_p).value
    assert address is not None
    return address
