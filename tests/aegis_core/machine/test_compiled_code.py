"""The compiled processor's code is kept between processes, and only believed if nobody else can have written it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dlcode_aegis_core.machine.compiled import build
from dlcode_aegis_core.machine.compiled.image import Image, flattened
from dlcode_dsl import kept
from dlcode_jit import native

TRY = """
import sys
from dlcode_aegis_core.machine.bus import Bus
from dlcode_aegis_core.machine.compiled import CompiledCpu
from dlcode_aegis_core.machine.events import EventQueue
from dlcode_aegis_core.machine.memory import Memory
from dlcode_aegis_core.machine.parameters import Parameters
memory = Memory(4096)
memory.words[:3] = memoryview(b"\\x07\\x00\\x02\\x24\\xff\\xff\\x00\\x10\\x01\\x00\\x42\\x24").cast("I")  # li, b, addiu
cpu = CompiledCpu(Parameters.load("dec5000-125"), Bus(memory, ()), EventQueue())
cpu.pc = 0x80000000
cpu.run(40_000 * 200)
print(cpu.gpr[2], cpu.cycles, "llvmlite.binding" in sys.modules)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "dlcode"


def used_llvm() -> bool:
    """Run a program in a new process; whether it took LLVM.

    Three words are read, in 13 cycles each; then each two cycles add 1.
    """
    path = os.pathsep.join(sys.path)
    environment = {**os.environ, "PYTHONPATH": path}
    run = subprocess.run([sys.executable, "-c", TRY], env=environment, capture_output=True, text=True, check=True)
    *figures, used = run.stdout.split()
    assert figures == [str(7 + 1 + (200 - 3 * 13) // 2), "200"]
    return used == "True"


def test_a_second_process_needs_no_llvm_and_damaged_code_is_made_anew(folder: Path) -> None:
    assert used_llvm()
    (file,) = folder.iterdir()
    assert not used_llvm()
    whole = file.read_bytes()
    file.write_bytes(whole[:-100] + bytes(100))
    assert used_llvm()
    assert file.read_bytes() == whole


def test_code_that_others_could_have_written_is_not_run(folder: Path) -> None:
    assert used_llvm()
    (file,) = folder.iterdir()
    file.chmod(0o666)
    assert used_llvm()
    assert file.stat().st_mode & 0o777 == 0o600, "made anew"


@pytest.mark.parametrize("what", ["a folder", "a pipe", "a link", "too large"])
def test_what_is_no_file_of_ours_is_not_read(what: str, folder: Path) -> None:
    """Nobody waits for a pipe that nobody writes, and memory is not filled with what is too large."""
    folder.mkdir(mode=0o700)
    file = folder / "kind-0"
    if what == "a folder":
        file.mkdir()
    elif what == "a pipe":
        os.mkfifo(file, 0o600)
    elif what == "a link":
        kept.write(folder / "other-0", b"code")
        file.symlink_to(folder / "other-0")
    else:
        kept.write(file, b"code")
        assert kept.read(file) == b"code"
        os.truncate(file, kept.MOST + 1)  # with a hole
    assert kept.read(file) is None


def test_where_nothing_can_be_kept_code_is_made(folder: Path) -> None:
    folder.write_bytes(b"a file where the folder would be")
    assert used_llvm()


def test_code_is_kept_by_what_it_is_made_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [build._file()]
    monkeypatch.setattr(build, "_this_processor", lambda: "another processor")
    places.append(build._file())
    monkeypatch.setattr("llvmlite.__version__", "99")
    places.append(build._file())
    monkeypatch.setattr(build, "SOURCES", build.SOURCES[1:])
    places.append(build._file())
    assert len(set(places)) == 4


# Images ---------------------------------------------------------------------------------------------------------------

TABLE = """
define i64 @second(i64 %x) { ret i64 %x }
define i64 @first(i64 %x) {
  switch i64 %x, label %other [ CASES ]
LABELS
other:
  %twice = call i64 @helper(i64 %x)
  ret i64 %twice
}
define internal i64 @helper(i64 %x) noinline { %r = mul i64 %x, 77  ret i64 %r }
"""


def module(cases: int) -> str:
    """A function with a table of jumps, whose addresses lie in another section."""
    table = " ".join(f"i64 {at}, label %c{at}" for at in range(cases))
    labels = "\n".join(f"c{at}:\n  %r{at} = call i64 @helper(i64 {at * at})\n  ret i64 %r{at}" for at in range(cases))
    return TABLE.replace("CASES", table).replace("LABELS", labels)


def test_an_image_runs_where_it_is_put() -> None:
    image = flattened(native.compile_object(module(40)), ("first", "second"))
    assert image is not None, "this test is for x86-64"
    for _ in range(2):
        loaded = Image(image, 2)
        first, second = (build._callable(address, loaded) for address in loaded.addresses)
        assert [first(at) for at in (0, 7, 39, 100)] == [0, 49 * 77, 39 * 39 * 77, 7700]
        assert second(5) == 5


@pytest.mark.parametrize(
    "text",
    [
        "declare i64 @elsewhere(i64)\ndefine i64 @f(i64 %x) { %r = call i64 @elsewhere(i64 %x)  ret i64 %r }",
        "@v = global i64 0\n@p = global ptr @v\ndefine i64 @f(i64 %x) { %r = load i64, ptr @p  ret i64 %r }",
    ],
    ids=["a call of what is elsewhere", "an address that must be filled in"],
)
def test_an_object_that_needs_a_linker_has_no_image(text: str) -> None:
    assert flattened(native.compile_object(text), ("f",)) is None


def test_what_is_no_object_has_no_image() -> None:
    assert flattened(b"\x7fELF\x01\x01" + bytes(60), ()) is None
