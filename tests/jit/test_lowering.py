"""LLVM code of core programs: text in, text out."""

from __future__ import annotations

import pytest

from dlcode_dsl.core.parse import parse_program
from dlcode_jit import host, native
from dlcode_jit.abi import QueueLayout
from dlcode_jit.errors import CodeGeneratorError
from dlcode_jit.lower import lower
from dlcode_jit.targets import HOST, R3000, Target
from tests.jit.programs import DATA, NAMES, certificate, program, prove

LAYOUT = QueueLayout(3, 300)


@pytest.mark.parametrize("target", [HOST, R3000], ids=lambda target: target.name)
@pytest.mark.parametrize("name", NAMES)
def test_a_program_is_lowered_to_the_expected_text(name: str, target: Target, request: pytest.FixtureRequest) -> None:
    expected = DATA / f"{name}.{target.name}.ll"
    text = lower(program(name), LAYOUT, target, facts=certificate(name).alignment)
    if request.config.getoption("--rewrite", default=False):
        expected.write_text(text)
    assert text == expected.read_text(), "pytest tests/jit --rewrite writes what is found"


def test_every_example_is_proved() -> None:
    """What is compiled in these tests is what the verifier lets pass."""
    for name in NAMES:
        assert certificate(name).program is program(name)


def test_what_the_proof_made_needless_is_not_emitted() -> None:
    """No test of a read that is proved, of an owned index, or of a claim; a read that may fail keeps its test."""
    text = """
    handler h on ethernet maximum 64
      owns @cells: u32[4] plain
    {
      read %index: u8 = packet[0:u32] else { exit decline }
      read %again: u8 = packet[0:u32]
      @cells[widen((%index & 3:u8), u32)] = 1:u32
      assertion (%index == %again)
      exit consume
    }
    """
    code = lower(parse_program(text), LAYOUT, HOST)
    assert code.count("icmp") == code.count("br i1") == 1


def test_arithmetic_that_is_proved_not_to_wrap_says_so() -> None:
    text = """
    filter f on ethernet maximum 64
    {
      let %plain: u32 = (extent(packet) + 1:u32)
      let %wrapping: u32 = (%plain +% 1:u32)
      if (%wrapping == 7:u32) { exit match }
      exit miss
    }
    """
    code = lower(parse_program(text), LAYOUT, HOST)
    assert "add nuw i32 %length, 1" in code
    assert "add i32 %plain, 1" in code


def test_a_loop_with_a_limit_runs_as_it_is_written() -> None:
    """The sum of bytes, but of no more than ten."""
    text = """
    filter f on ethernet maximum 64
    {
      var %at: u32 = 0:u32
      var %sum: u32 = 0:u32
      loop bytes {
        let %more: bool = (%at < extent(packet))
      } while %more limit 10 {
        read %byte: u8 = packet[%at]
        if (%byte == 255:u8) { leave bytes }
        %sum = (%sum +% widen(%byte, u32))
        %at = (%at + 1:u32)
      } else { exit miss }
      if (%sum == 6:u32) { exit match }
      exit miss
    }
    """
    image = host.host_image(prove(parse_program(text)))
    assert image.match(bytes([1, 2, 3]))
    assert image.match(bytes([1, 2, 3, 255, 9]))
    assert image.match(bytes([6] + [0] * 9))
    assert not image.match(bytes([6] + [0] * 10))
    assert not image.match(b"")


def test_llvm_is_told_that_regions_do_not_overlap() -> None:
    """So a cell that a loop reads stays in a register while another region is written."""
    text = """
    handler h on ethernet maximum 64
      owns @marks: u8[64] plain
      {}
    {{
      var %at: u32 = 0:u32
      loop all {{ }} while (%at < extent(packet)) {{
        @marks[%at] = 1:u8
        %at = (%at + {})
      }}
      exit consume
    }}
    """
    two = lower(parse_program(text.format("owns @step: u32[1] plain", "@step[0:u32]")), LAYOUT, HOST)
    (store,) = [line for line in two.splitlines() if "store i8" in line]
    (load,) = [line for line in two.splitlines() if "!noalias" in line and "load i32" in line]
    assert store.rsplit("!", 1)[0] != load.rsplit("!", 1)[0]
    assert "!noalias" in store
    assert "!noalias" not in lower(parse_program(text.format("", "1:u32")), LAYOUT, HOST)


def test_a_module_that_llvm_refuses_is_an_error_of_ours() -> None:
    with pytest.raises(CodeGeneratorError):
        native.compile_object("define i32 @f() { ret i64 0 }")


@pytest.mark.parametrize("name", ["memcpy", "main", "abort", "printf", "entry", "packet", "bcmp"])
def test_a_program_may_have_any_name(name: str) -> None:
    """Not even one that C's library, LLVM or our own lowering gives a meaning."""
    text = f"filter {name} on ethernet maximum 64 {{ read %entry: u8 = packet[0:u32] else {{ exit miss }} exit match }}"
    image = host.host_image(prove(parse_program(text)))
    assert image.match(b"a")
    assert not image.match(b"")
