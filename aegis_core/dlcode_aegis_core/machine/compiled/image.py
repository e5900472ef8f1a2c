"""Machine code as one block of bytes that runs wherever it is put, and putting it there.

Reading an object file and linking it takes LLVM, whose library alone takes a new process most of 100 ms to load. So the
sections of an x86-64 object are laid one after the other, and what refers from one to another, always by distance, is
filled in: that needs no linker when it is loaded. An object that has more to it than that, or is for another processor,
has no such image.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
from collections.abc import Sequence
from typing import Final

ALIGNMENT: Final = 64

_X86_64: Final = 62
_BITS, _SYMBOLS, _RELOCATIONS = 1, 2, 4  # types of section: PROGBITS, SYMTAB, RELA
_ALLOCATED: Final = 2
_PC32, _PLT32 = 2, 4  # R_X86_64: 32 bits of the distance from here


def flattened(code: bytes, exports: Sequence[str]) -> bytes | None:
    """An object's image: the offset of each export, 8 bytes each, then the code. None if it needs a linker."""
    if code[:6] != b"\x7fELF\x02\x01" or struct.unpack_from("<H", code, 18)[0] != _X86_64:
        return None
    at, size, count, names_at = struct.unpack_from("<Q10xHHH", code, 40)
    sections = [struct.unpack_from("<IIQQQQIIQQ", code, at + index * size) for index in range(count)]
    names = _text(code, sections[names_at])
    image, bases = bytearray(), {}
    for index, (name, kind, flags, _, offset, length, *_) in enumerate(sections):
        if not flags & _ALLOCATED or names(name).startswith(".eh_frame"):
            continue
        if kind != _BITS:
            return None
        image += bytes(-len(image) % ALIGNMENT)
        bases[index] = len(image)
        image += code[offset : offset + length]
    symbols: list[tuple[str, int | None]] = []
    for _, kind, _, _, offset, length, link, *_ in sections:
        if kind == _SYMBOLS:
            names = _text(code, sections[link])
            for place in range(offset, offset + length, 24):
                name, _, section, value = struct.unpack_from("<IBxHQ", code, place)
                symbols.append((names(name), bases[section] + value if section in bases else None))
    for _, kind, _, _, offset, length, _, target, *_ in sections:
        if kind != _RELOCATIONS or target not in bases:
            continue
        for place in range(offset, offset + length, 24):
            where, information, addend = struct.unpack_from("<QQq", code, place)
            symbol = symbols[information >> 32][1]
            if symbol is None or information & 0xFFFFFFFF not in (_PC32, _PLT32):
                return None
            here = bases[target] + where
            struct.pack_into("<i", image, here, symbol + addend - here)
    places = dict(symbols)
    head = struct.pack(f"<{len(exports)}Q", *(places[name] or 0 for name in exports))
    return head + bytes(image)


class _Text:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def __call__(self, at: int) -> str:
        return self._data[at : self._data.index(0, at)].decode()


def _text(code: bytes, section: tuple[int, ...]) -> _Text:
    return _Text(code[section[4] : section[4] + section[5]])


class Image:
    """An image in memory, which nothing can write any more. `addresses` are those of its exports."""

    def __init__(self, image: bytes, exports: int) -> None:
        head = 8 * exports
        offsets = struct.unpack_from(f"<{exports}Q", image)
        self._memory = mmap.mmap(-1, len(image) - head)
        self._memory.write(image[head:])
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        library = ctypes.CDLL(None, use_errno=True)
        library.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        if library.mprotect(start, len(self._memory), mmap.PROT_READ | mmap.PROT_EXEC):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        self.addresses: Final = tuple(start + offset for offset in offsets)
