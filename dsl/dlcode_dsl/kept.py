"""What is costly to make, kept in the user's cache folder between processes.

A file holds bytes behind their digest, and its name says what they were made of. Nothing depends on it: a file that is
torn, somebody else's, or open to others' writing is not read, and one that cannot be written is not kept.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

_DIGEST = sha256().digest_size
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_AS_IT_IS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # a link is not followed, a pipe not waited for

MOST = 1 << 28
"""Bytes: a larger file is not read."""


def place(kind: str, *made_of: str) -> Path | None:
    """The file of that kind for what is made of all this; None where no home is known."""
    name = f"{kind}-{sha256(chr(0).join(made_of).encode()).hexdigest()[:32]}"
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dlcode" / name
    except RuntimeError:
        return None


def read(file: Path) -> bytes | None:
    """What a file holds, if it is whole and only this user can have written it."""
    try:
        if not _is_ours(os.stat(file.parent)):
            return None
        with open(os.open(file, os.O_RDONLY | _AS_IT_IS), "rb") as opened:
            status = os.fstat(opened.fileno())
            if not (_is_ours(status) and stat.S_ISREG(status.st_mode) and status.st_size <= MOST):
                return None
            digest, data = opened.read(_DIGEST), opened.read()
    except OSError:
        return None
    return data if sha256(data).digest() == digest else None


def _is_ours(status: os.stat_result) -> bool:
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_WRITE


def write(file: Path, data: bytes) -> None:
    """Keep bytes, whole or not at all, in the place of older ones of the same kind."""
    import tempfile

    kind = file.name.rpartition("-")[0]
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as new:
            new.write(sha256(data).digest() + data)
        os.replace(new.name, file)
        for old in file.parent.glob(f"{kind}-*"):
            if old != file:
                old.unlink()
