"""GNU as and objdump for MIPS as oracles: one run for many words. Not having them is a failure, not a skip."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

PREFIX = "mipsel-linux-gnu-"


def tool(name: str) -> str:
    path = shutil.which(PREFIX + name)
    assert path is not None, f"{PREFIX}{name} is needed: apt-get install binutils-mipsel-linux-gnu"
    return path


def gnu_assemble(source: str, folder: Path) -> bytes:
    """Bytes of .text, linked at address 0."""
    (folder / "source.s").write_text(".set noreorder\n.set noat\n" + source)
    # -mfp32: the default needs a floating-point unit of a kind that MIPS-I has not.
    run("as", "-march=r3000", "-mfp32", "-o", "source.o", "source.s", folder=folder)
    run("ld", "-N", "-Ttext=0", "-e", "0", "-o", "linked", "source.o", folder=folder)
    run("objcopy", "-O", "binary", "-j", ".text", "linked", "text", folder=folder)
    return (folder / "text").read_bytes()


def gnu_disassemble(words: list[int], folder: Path, address: int = 0) -> list[str]:
    """objdump's line for each word of a MIPS-I program at `address`, without aliases."""
    (folder / "words").write_bytes(b"".join(word.to_bytes(4, "little") for word in words))
    options = ["-D", "-z", "-b", "binary", "-EL", "-m", "mips:3000", "-M", "no-aliases", f"--adjust-vma={address}"]
    listing = run("objdump", *options, "words", folder=folder)
    lines = re.findall(r"^ *[0-9a-f]+:\t[0-9a-f]{8} \t(.*)$", listing, re.MULTILINE)
    assert len(lines) == len(words)
    return lines


def run(name: str, *arguments: str, folder: Path) -> str:
    result = subprocess.run([tool(name), *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{name}: {result.stderr}"
    return result.stdout
