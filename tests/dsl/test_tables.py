"""The grammar's tables are kept between processes, and nothing depends on what is kept."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlcode_dsl import Source
from dlcode_dsl.syntax import parse as reading
from dlcode_dsl.syntax import tables
from dlcode_dsl.syntax.parse import Parsed, parse

SOURCES = (
    "filter f on ethernet { tcp.dport == 80 && ipv4.src != 10.0.0.1 }",
    "header h { a: u8, next: u16\n next a { 1 => h } }\nfilter g on h { h.a == 0x11 }",
    "filter f on ethernet { tcp.dport == }\nfilter g on ethernet { \"x\n }",
    "filter f on ethernet { tcp.dport == 80 ? }\x7f",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache folder of the test's own; no parser is there when it starts, nor stays when it ends."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    reading._grammar.cache_clear()
    yield tmp_path / "dlcode"
    reading._grammar.cache_clear()


def parsed_anew() -> list[Parsed]:
    """What each source says, as a new process would read it."""
    reading._grammar.cache_clear()
    return [parse(Source("test.ash", text)) for text in SOURCES]


def kept(folder: Path) -> Path:
    """The one file in the cache."""
    (file,) = folder.iterdir()
    return file


def test_a_second_process_reads_the_same_from_kept_tables(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = parsed_anew()
    assert stat.S_IMODE(kept(folder).stat().st_mode) == 0o600
    monkeypatch.setattr("lark.Lark.__init__", None)  # so that none is made
    assert parsed_anew() == first
    assert any(each.diagnostics for each in first)


@pytest.mark.parametrize("bytes_left", [0, 20, 40, -1])
def test_tables_that_are_torn_or_changed_are_made_anew(folder: Path, bytes_left: int) -> None:
    first = parsed_anew()
    whole = kept(folder).read_bytes()
    kept(folder).write_bytes(whole[:bytes_left] + b"!")
    assert tables._read(kept(folder)) is None
    assert parsed_anew() == first
    assert tables._read(kept(folder)) is not None


def test_tables_of_somebody_else_are_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = parsed_anew()
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    monkeypatch.setattr("dlcode_dsl.syntax.tables._loaded", None)  # so that none can be used
    assert parsed_anew() == first


def test_older_tables_go_when_new_ones_are_kept(folder: Path) -> None:
    folder.mkdir()
    (folder / "grammar-of-old").write_bytes(b"")
    (folder / "something else").write_bytes(b"")
    parsed_anew()
    assert len(list(folder.iterdir())) == 2
    assert not (folder / "grammar-of-old").exists()


def test_a_folder_that_cannot_be_written_does_no_harm(folder: Path) -> None:
    folder.write_bytes(b"a file where the folder would be")
    first = parsed_anew()
    assert first == parsed_anew()
    assert first[0].declarations


@pytest.mark.parametrize("open_to_others", ["file", "folder"])
def test_tables_that_others_could_have_written_are_not_read(folder: Path, open_to_others: str) -> None:
    parsed_anew()
    file = kept(folder)
    assert tables._read(file) is not None
    (file if open_to_others == "file" else folder).chmod(0o770)
    assert tables._read(file) is None


def test_a_link_in_the_place_of_tables_is_not_followed(folder: Path, tmp_path: Path) -> None:
    parsed_anew()
    file = kept(folder)
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert tables._read(file) is None
