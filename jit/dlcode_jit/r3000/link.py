"""LLVM's objects as images: what an image may consist of. Reading and placing them is `mips/objects.py`'s."""

from __future__ import annotations

from dataclasses import replace

from ..errors import CodeGeneratorError, ImageError
from ..mips import objects
from ..mips.elf import ElfError
from ..mips.objects import PLACEMENT, R_MIPS_26, R_MIPS_LO16, Object, Relocation, Unreachable
from .lines import read_lines

__all__ = ["PLACEMENT", "R_MIPS_26", "R_MIPS_LO16", "Object", "Relocation", "place", "read_object"]


def read_object(elf: bytes) -> Object:
    """Read an object file.

    Raises ImageError (`unsupported`) for one that refers to something outside itself, CodeGeneratorError for one that
    holds what an image can't: data that changes, or a kind of relocation that is not known.
    """
    try:
        object = objects.read_object(elf)
    except ElfError as error:
        raise CodeGeneratorError(str(error)) from error
    if object.writable:
        raise CodeGeneratorError(f"the code has data of its own ({object.writable[0]}), and an image has none")
    for relocation in object.relocations:
        if relocation.external:
            called = relocation.external
            raise ImageError("unsupported", f"the code would call {called}, and an image calls nothing outside itself")
    return replace(object, lines=read_lines(elf, object.text))


def place(object: Object, base: int) -> bytes:
    """The image's bytes as they lie at address `base`, a multiple of `PLACEMENT`. Raises ImageError (`placement`)."""
    try:
        return objects.place(object, base)
    except Unreachable as error:
        raise ImageError("placement", str(error)) from None
    except ElfError as error:
        raise CodeGeneratorError(str(error)) from error
