"""Objects laid out at addresses: what GNU ld makes of the same object, and what is refused."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlcode_jit.errors import CodeGeneratorError, ImageError
from dlcode_jit.r3000.codegen import FILLED
from dlcode_jit.r3000.link import place, read_object

TABLES = """
@squares = internal constant [64 x i32] [{squares}]
@names = internal constant [40 x i8] c"{names}"
@places = internal constant [3 x ptr] [ptr @names, ptr getelementptr (i8, ptr @names, i32 17), ptr @squares]

define i32 @first(i32 %n, ptr %p) nounwind "no-builtins" {{
  %square.place = getelementptr [64 x i32], ptr @squares, i32 0, i32 %n
  %square = load volatile i32, ptr %square.place
  %fixed = load volatile i32, ptr getelementptr ([64 x i32], ptr @squares, i32 0, i32 63)
  %name.place = getelementptr [40 x i8], ptr @names, i32 0, i32 %n
  %name = load volatile i8, ptr %name.place
  %wide = zext i8 %name to i32
  %pointer.place = getelementptr [3 x ptr], ptr @places, i32 0, i32 %n
  %pointer = load volatile ptr, ptr %pointer.place
  %byte = load volatile i8, ptr %pointer
  %long = zext i8 %byte to i32
  %a = add i32 %square, %fixed
  %b = add i32 %a, %wide
  %c = call i32 @second(i32 %b, i32 %long)
  ret i32 %c
}}

define internal i32 @second(i32 %a, i32 %b) noinline nounwind "no-builtins" {{
entry:
  %big = icmp ugt i32 %a, %b
  br i1 %big, label %more, label %less
more:
  %x = mul i32 %a, %b
  ret i32 %x
less:
  %y = xor i32 %a, %b
  ret i32 %y
}}
""".format(squares=", ".join(f"i32 {n * n}" for n in range(64)), names="abcdefghij" * 4)


@pytest.fixture(scope="module")
def elf() -> bytes:
    """An object with every kind of relocation that images have."""
    return FILLED.objects([TABLES])[0]


def tool(name: str) -> str:
    """Path of a tool of binutils for mipsel, which these tests are against."""
    path = shutil.which(f"mipsel-linux-gnu-{name}")
    assert path, f"mipsel-linux-gnu-{name} is missing: install binutils-mipsel-linux-gnu"
    return path


def sections_at(path: Path) -> Iterator[tuple[str, int, int, int]]:
    """Name, address, offset in the file and size of each section that is loaded, read with readelf."""
    shown = subprocess.run([tool("readelf"), "-SW", path], capture_output=True, text=True, check=True).stdout
    for line in shown.splitlines():
        words = line.replace("[ ", "[").split()
        if len(words) > 6 and words[0].startswith("[") and words[2] in ("PROGBITS",) and "A" in words[7]:
            yield words[1], int(words[3], 16), int(words[4], 16), int(words[5], 16)


@pytest.mark.parametrize("base", [0x8010_0000, 0x8FFF_FF00 & ~0xF, 0x0000_7FF0, 0xA000_8000])
def test_an_object_is_placed_as_the_gnu_linker_places_it(elf: bytes, base: int, tmp_path: Path) -> None:
    """The sections are put where we put them; then every byte must agree."""
    object = read_object(elf)
    ours = place(object, base)
    (tmp_path / "in.o").write_bytes(elf)
    offset = -(-object.text // 16) * 16
    script = f"""
    SECTIONS {{
      .text {base:#x} : {{ *(.text) }}
      .rodata {base + offset:#x} : {{ *(.rodata .rodata.*) }}
      /DISCARD/ : {{ *(.reginfo) *(.MIPS.abiflags) *(.pdr) *(.mdebug*) *(.note*) *(.gnu.attributes) }}
    }}
    """
    (tmp_path / "script").write_text(script)
    paths = [str(tmp_path / name) for name in ("script", "out", "in.o")]
    command = [tool("ld"), "-EL", "-m", "elf32ltsmip", "-e", "first", "-T", paths[0], "-o", paths[1], paths[2]]
    subprocess.run(command, check=True)
    linked, seen = (tmp_path / "out").read_bytes(), 0
    for name, address, start, size in sections_at(tmp_path / "out"):
        if name in (".text", ".rodata"):
            assert ours[address - base : address - base + size] == linked[start : start + size], name
            seen += 1
    assert seen == 2


def test_the_kinds_of_relocation_are_all_there(elf: bytes) -> None:
    assert {relocation.type for relocation in read_object(elf).relocations} >= {2, 4, 5, 6}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("%q = udiv i64 %a, %b", "__udivdi3"),
        ("%q = call i64 @elsewhere(i64 %a, i64 %b)", "elsewhere"),
        ("call void @llvm.memset.p0.i32(ptr %p, i8 0, i32 4000, i1 false)\n%q = add i64 %a, %b", "memset"),
    ],
)
def test_a_call_outside_the_image_is_refused_by_name(body: str, name: str) -> None:
    declared = "declare i64 @elsewhere(i64, i64)\ndeclare void @llvm.memset.p0.i32(ptr, i8, i32, i1)"
    module = f"define i64 @f(i64 %a, i64 %b, ptr %p) nounwind {{\n{body}\nret i64 %q }}\n{declared}\n"
    with pytest.raises(ImageError, match=name) as refused:
        read_object(FILLED.objects([module])[0])
    assert refused.value.code == "unsupported"


@pytest.mark.parametrize("global_", ["@g = global i32 7", "@g = global i32 0"])
def test_data_that_changes_is_an_error(global_: str) -> None:
    module = f"{global_}\ndefine i32 @f() nounwind {{ %v = load i32, ptr @g\n ret i32 %v }}"
    with pytest.raises(CodeGeneratorError, match="data of its own"):
        read_object(FILLED.objects([module])[0])
