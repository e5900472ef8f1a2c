"""Sources in files that use the files beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

import dlcode

MAIN = 'use "inner/ports.ash"\nfilter web on ethernet { tcp.dport == PORT }\n'


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder / "main.ash"


def reason(path: Path) -> str:
    with pytest.raises(dlcode.Refused) as refused:
        dlcode.load(path)
    return refused.value.diagnostics[0].primary.text


def test_a_file_beside_the_source_is_part_of_its_certificate(tmp_path: Path) -> None:
    found = []
    for port in (80, 81):
        path = write(tmp_path / str(port), {"main.ash": MAIN, "inner/ports.ash": f"const PORT = {port}\n"})
        found.append(dlcode.load(path)["web"].certificate)
    assert found[0].program != found[1].program


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert reason(write(tmp_path, {"main.ash": MAIN})) == "No such file or directory"


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    path = write(tmp_path / "sources", {"main.ash": MAIN})
    (tmp_path / "ports.ash").write_text("const PORT = 80\n")
    (tmp_path / "sources" / "inner").mkdir()
    (tmp_path / "sources" / "inner" / "ports.ash").symlink_to(tmp_path / "ports.ash")
    assert reason(path) == "a link leads out of the folder of the source"


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path, {"main.ash": MAIN})
    (tmp_path / "inner" / "ports.ash").mkdir(parents=True)
    assert reason(path) == "this is no file"


def test_a_used_file_is_shown_beside_the_source(tmp_path: Path) -> None:
    path = write(tmp_path, {"main.ash": MAIN, "inner/ports.ash": "const PORT =\n"})
    with pytest.raises(dlcode.Refused) as refused:
        dlcode.load(path)
    assert refused.value.diagnostics[0].primary.span.source.name == str(tmp_path / "inner" / "ports.ash")
