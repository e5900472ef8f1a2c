"""Memory that changes when it should not: regions that their owner corrupts, packets that somebody still writes to.

A proof holds for bytes that don't change. Whoever changes them may spoil his own packets and cells, never a run.
"""

from __future__ import annotations

import ctypes
import mmap
import subprocess
import sys
import threading
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dlcode_aegis_core.host import Binding, Core
from dlcode_dsl import Packet, Verdict
from dlcode_jit import ImageError, host_image
from tests.attacks.programs import RING, WEB, packet, proof

GUARD = 0xA5


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[None]:
    """Do some work again and again in another thread."""
    over = threading.Event()

    def again() -> None:
        while not over.is_set():
            work()

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@dataclass
class Ring:
    """The ring, bound over a row of cells with guards on both sides, and a head that anybody may write."""

    head: ctypes.Array[ctypes.c_uint32] = field(default_factory=lambda: (ctypes.c_uint32 * 2)())
    space: bytearray = field(default_factory=lambda: bytearray([GUARD]) * (64 + 128 + 64))

    def bound(self, head: object = None) -> Binding:
        environment = Core().environment("owner")
        cells = memoryview(self.space)[64:192]
        cells[:] = bytes(128)
        lent = memoryview(self.head).cast("B")[:4].cast("I") if head is None else head
        return environment.download(proof(RING), head=lent, seen=environment.region(32, 1), cells=cells.cast("H"))

    @property
    def is_whole(self) -> bool:
        """Nothing beside the cells was written."""
        return set(self.space[:64] + self.space[192:]) == {GUARD}

    @property
    def counted(self) -> int:
        return sum(memoryview(self.space)[64:192].cast("H"))


@pytest.mark.parametrize("head", [64, 65, 127, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1000_0000])
def test_a_shared_cell_out_of_its_bounds_is_declined_and_left_as_it_is(head: int) -> None:
    """Corrupted between two packets, through the buffer itself: the handler's word is not taken, and nothing stored."""
    ring = Ring()
    binding = ring.bound()
    ring.head[0] = head
    assert binding.environment.core.deliver(packet(RING)).verdict is Verdict.DECLINE
    assert (ring.head[0], ring.counted, ring.is_whole) == (head, 0, True)
    ring.head[0] = 63
    assert binding.environment.core.deliver(packet(RING)).verdict is Verdict.PASS
    assert (ring.head[0], ring.counted, ring.is_whole) == (0, 1, True)


def test_a_thread_that_writes_a_shared_cell_all_the_time_breaks_no_run() -> None:
    """Written by ctypes, past every lock of ours; each run sees one value, tested and used."""
    ring = Ring()
    binding = ring.bound()

    def corrupt() -> None:
        for value in (0, 63, 64, 0xFFFF_FFFF, 7, 0x8000_0000):
            ring.head[0] = value

    with beside(corrupt):
        for _ in range(3000):
            verdict = binding.environment.core.deliver(packet(RING)).verdict
            assert verdict in (Verdict.PASS, Verdict.DECLINE)
            assert binding.regions["seen"][0] < 64
    assert ring.counted == binding.stats.passed
    assert ring.is_whole


CORRUPT = """
import mmap, sys
with open(sys.argv[1], "r+b") as file:
    shared = mmap.mmap(file.fileno(), 4096)
    print("ready", flush=True)
    while not shared[8]:
        for value in (0, 63, 64, 0xFFFFFFFF, 31, 1 << 31):
            shared[:4] = value.to_bytes(4, "little")
"""


def test_another_process_that_writes_a_shared_cell_during_runs_breaks_none(tmp_path: Path) -> None:
    """Memory of a file that both have mapped: nothing holds the other process back, not even Python's lock."""
    (tmp_path / "shared").write_bytes(bytes(4096))
    with (tmp_path / "shared").open("r+b") as file, mmap.mmap(file.fileno(), 4096) as shared:
        other = subprocess.Popen([sys.executable, "-c", CORRUPT, tmp_path / "shared"], stdout=subprocess.PIPE)
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == b"ready\n"
            ring = Ring()
            whole = memoryview(shared)
            binding = ring.bound(whole[:4].cast("I"))
            for _ in range(20_000):
                binding.environment.core.deliver(packet(RING))
                assert binding.regions["seen"][0] < 64
            stats = binding.stats
            assert stats.passed == ring.counted
            assert stats.passed + stats.declined == 20_000
            assert ring.is_whole
            whole[8] = 1
            assert other.wait(30) == 0
            binding.revoke()
            del binding, whole, ring
        finally:
            other.kill()
            other.communicate()


def test_an_owner_that_releases_its_view_of_a_region_stops_nobody() -> None:
    """What the core reads is a view of its own."""
    ring = Ring()
    binding = ring.bound()
    binding.regions["head"].view.release()
    assert binding.environment.core.deliver(packet(RING)).verdict is Verdict.PASS
    assert ring.head[0] == 1


def test_memory_that_is_lent_does_not_move() -> None:
    """A buffer that grew would leave the handler with memory that is no longer its owner's."""
    environment = Core().environment("owner")
    head, cells = array("I", [0]), bytearray(128)
    binding = environment.download(
        proof(RING), head=head, seen=environment.region(32, 1), cells=memoryview(cells).cast("H")
    )
    growing: list[Callable[[], None]] = [lambda: head.append(1), lambda: cells.extend(bytes(1 << 20)), cells.clear]
    for grow in growing:
        with pytest.raises(BufferError):
            grow()
    assert environment.core.deliver(packet(RING)).verdict is Verdict.PASS
    assert (head[0], cells[0]) == (1, 1)
    assert binding.live


# ---- packets


def writable(data: bytes) -> list[tuple[object, Callable[[int, int], None]]]:
    """The same bytes in every kind of buffer that can be written to, each with what writes to it."""
    kept, numbers, mapped = bytearray(data), array("B", data), mmap.mmap(-1, len(data))
    mapped[:] = data
    plain = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
    return [(one, one.__setitem__) for one in (kept, memoryview(bytearray(data)), numbers, mapped, plain)]


@pytest.mark.parametrize("kind", range(5))
def test_a_buffer_that_changes_while_it_is_matched_gives_an_answer(kind: int) -> None:
    """The port flips between two; the filter says yes or no, and of a buffer at rest the truth."""
    match = host_image(proof(WEB)).match
    buffer, write = writable(packet(WEB))[kind]
    port = 14 + 20 + 3
    with beside(lambda: (write(port, 81), write(port, 80))):
        answers = [match(buffer) for _ in range(5000)]  # type: ignore[arg-type]
    assert set(answers) <= {True, False}
    for value, expected in ((81, False), (80, True)):
        write(port, value)
        assert match(buffer) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", range(5))
def test_a_packet_that_waits_does_not_change_with_the_buffer_that_it_came_in(kind: int) -> None:
    """Neither the normal path's, nor one that waits for its owner's credit; whole, or as a packet of the caller's."""
    for made in (lambda buffer: buffer, lambda buffer: Packet(buffer, len(buffer))):
        ring = Ring()
        binding = ring.bound()
        environment = binding.environment
        buffer, write = writable(packet(RING))[kind]
        assert environment.core.deliver(made(buffer)).verdict is Verdict.PASS
        environment.credit(0)
        assert environment.core.deliver(made(buffer)).deferred
        write(0, 0xEE)
        environment.credit(10 * binding.most)
        assert [one.data for one in environment.packets()] == [packet(RING)] * 2


@pytest.mark.parametrize("said", ["text", 7, None, [1, 2, 300], object()])
def test_what_is_no_packet_is_an_error_of_the_callers_and_changes_nothing(said: object) -> None:
    ring = Ring()
    binding = ring.bound()
    for given in (said, Packet(said, 4)):  # type: ignore[arg-type]
        with pytest.raises((TypeError, ValueError)):
            binding.environment.core.deliver(given)  # type: ignore[arg-type]
    assert (binding.stats.tried, ring.counted) == (0, 0)
    assert binding.environment.core.deliver(packet(RING)).verdict is Verdict.PASS


@dataclass
class Records:
    """A batch that is what it says, until somebody changes it."""

    buffer: bytes
    offsets: array[int]
    lengths: array[int]
    wire_lengths: array[int]


def test_columns_of_a_batch_that_change_during_a_scan_lead_nowhere() -> None:
    """Lengths and offsets that point out of the buffer are found, record by record, at the moment of their use."""
    image, frame, count = host_image(proof(WEB)), packet(WEB), 20_000
    size = len(frame)
    batch = Records(
        frame * count, array("Q", range(0, count * size, size)), array("I", [size]) * count, array("I", [size]) * count
    )

    def lie() -> None:
        for at in range(0, count, 997):
            batch.lengths[at], batch.offsets[at] = 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FF00
            batch.lengths[at], batch.offsets[at] = size, at * size

    found = refused = 0
    with beside(lie):
        for _ in range(60):
            try:
                found += image.scan(batch).count(1)
            except ImageError as error:
                refused += error.code == "batch"
    assert refused <= 60
    assert found <= (60 - refused) * count
    assert image.scan(batch).count(1) == count


class Fickle:
    """A batch that is another one each time that it is asked."""

    def __init__(self, frame: bytes) -> None:
        self.frame, self.asked = frame, 0

    def _of(self, kind: str, value: int) -> array[int]:
        self.asked += 1
        return array(kind, [value] * (self.asked % 4))

    @property
    def buffer(self) -> bytes:
        self.asked += 1
        return self.frame[: self.asked % len(self.frame)] if self.asked % 2 else bytearray(self.frame)  # type: ignore[return-value]

    @property
    def offsets(self) -> array[int]:
        return self._of("Q", 40)

    @property
    def lengths(self) -> array[int]:
        return self._of("I", 1000)

    @property
    def wire_lengths(self) -> array[int]:
        return self._of("I", 1000)


def test_a_batch_that_is_another_each_time_is_never_read_past_its_end() -> None:
    image = host_image(proof(WEB))
    fickle = Fickle(packet(WEB))
    answers = []
    for _ in range(200):
        try:
            answers.append(image.scan(fickle))
        except (ImageError, TypeError, ValueError):
            continue
    assert set(b"".join(answers)) <= {0, 1}
