"""Input that no editor would make: each is refused with a diagnostic, quickly, and nothing is lost.

Times are of the processor, so that a busy machine fails no test.
"""

from __future__ import annotations

import random
import re
import time

import pytest

from dlcode_dsl import (
    Compiled,
    Packet,
    Source,
    Verdict,
    compile_bytes,
    compile_source,
    parse_program,
    print_program,
    render,
    run,
)
from dlcode_dsl.syntax.lines import DEEPEST
from dlcode_dsl.syntax.parse import LONGEST_SOURCE

GOOD = "filter f on ethernet { tcp.dport == 80 }"

PATIENCE = 60
"""Seconds: each of these takes a fraction of one. Past this, something grows faster than its input."""


def said(compiled: Compiled) -> list[str]:
    """The codes of what is said."""
    assert isinstance(render(compiled.diagnostics), str)
    return [found.code.name for found in compiled.diagnostics]


def test_an_empty_source_is_a_source_without_programs() -> None:
    for text in (b"", b"\n\n", b"   ", b"// nothing\n"):
        compiled = compile_bytes(text, "empty.ash")
        assert (compiled.programs, compiled.diagnostics) == ((), ())


def test_bytes_that_are_not_utf_8_are_refused_with_their_place() -> None:
    (found,) = compile_bytes(b"filter f on ethernet {\n  tcp.\xffdport }", "bytes.ash").diagnostics
    assert found.code.name == "ASH1002"
    assert (found.primary.span.line, found.primary.span.column, found.primary.text) == (2, 7, "byte 0xff")
    render([found]).encode("utf-8")  # what is shown can be printed


def test_a_nul_byte_is_refused() -> None:
    assert said(compile_bytes(GOOD.encode() + b"\0", "nul.ash")) == ["ASH1002"]


def test_random_bytes_never_raise() -> None:
    """Neither as they come, nor as text: every result is diagnostics that can be shown."""
    rng = random.Random(1)
    for length in (1, 10, 1000, 20000):
        data = rng.randbytes(length)
        assert said(compile_bytes(data, "random.ash"))
        compile_source(Source("random.ash", data.decode("latin-1").replace("\0", " ")))


def test_random_words_of_the_language_never_raise() -> None:
    words = (
        """header message filter handler const test on ethernet udp tcp . == < + +% -% && || ! ( ) [ ] { } , : = +=
        => <-> 80 0x10 10.0.0.1 aa:bb:cc:dd:ee:ff true "s" as in else if let var return send reply wake consume pass
        drop abort owns may when where shared ensures cost cycles old has pkt payload len u16 x m next ends size
        checksum given packet expect sent cut""".split()
        + ["\n"] * 3
    )
    rng = random.Random(2)
    for _ in range(200):
        text = " ".join(rng.choice(words) for _ in range(rng.randrange(1, 60)))
        said(compile_source(Source("words.ash", text)))


def test_a_good_source_with_a_word_changed_never_raises() -> None:
    """Most changes leave something that parses, so that names, types and lowering see it too."""
    text = """const N = 4
message m { op: u8 == 1, pad: u8, slot: u16, delta: u32 }
handler h(m: m) on ipv4/udp.dport == 7000
  owns cells: u32[N]
  owns head: u16 shared where head < 7
  may reply
  when m.slot < cells.len
  ensures cells[m.slot] == old(cells[m.slot]) +% m.delta
{
  let x = pkt[head] as m else pass
  if x.slot > 3 && ipv4.ttl in [ 1 , 2 ] { drop }
  cells[m.slot] +%= m.delta
  send reply(m(slot: m.slot, delta: cells[m.slot]))
  consume
}
test h "t" {
  given cells[3] = 40
  packet ethernet / ipv4 / udp(dport: 7000) / m(slot: 3, delta: 2)
  expect consume, cells[3] == 42
}"""
    words = re.findall(r"\w+|[^\w\s]+|\s+", text)
    rng = random.Random(3)
    for _ in range(200):
        changed = list(words)
        for _ in range(rng.randrange(1, 4)):
            changed[rng.randrange(len(changed))] = rng.choice(words)
        said(compile_source(Source("changed.ash", "".join(changed))))


def test_ten_megabytes_are_refused_at_once() -> None:
    for text in ("a" * 10_000_000, GOOD * 250_000, "{" * 10_000_000):
        start = time.process_time()
        assert said(compile_source(Source("long.ash", text))) == ["ASH1003"]
        assert time.process_time() - start < PATIENCE


def test_a_source_of_the_greatest_length_is_read() -> None:
    comment = "//" + "x" * (LONGEST_SOURCE - len(GOOD) - 3) + "\n"
    compiled = compile_source(Source("long.ash", comment + GOOD))
    assert not compiled.diagnostics
    assert len(compiled.programs) == 1


@pytest.mark.parametrize(
    ("opening", "middle", "closing"),
    [
        ("(", "pkt.len > 3", ")"),
        ("!(", "pkt.len > 3", ")"),
        ("(pkt.len > 3 && ", "pkt.len > 3", ")"),
        ("pkt.len > (1 + ", "pkt.len", ")"),
        ("has(", "tcp", ")"),
        ("pkt[", "3", "] as u8 == 1"),
        ("if pkt.len > 3 {\n", "return true", "\n}"),
        ("!", "true", ""),
        ("", "1", " + 1"),
        ("", "pkt.len", " as u32"),
        ("(1 else ", "1", ")"),
    ],
)
def test_nesting_of_any_depth_is_refused_or_compiled(opening: str, middle: str, closing: str) -> None:
    """Never Python's own limit, at any depth, however the nesting is made."""
    for depth in (DEEPEST - 5, DEEPEST + 5, 10_000):
        text = f"filter f on ethernet {{ {opening * depth}{middle}{closing * depth} }}"
        start = time.process_time()
        compiled = compile_source(Source("deep.ash", text))
        assert compiled.diagnostics or compiled.programs
        if depth > DEEPEST + 100:
            assert "ASH1004" in said(compiled)
        assert time.process_time() - start < PATIENCE


def test_a_hundred_levels_compile_and_run() -> None:
    """What is allowed to be deep is within Python's limit all the way through the interpreter and back from text."""
    depth = DEEPEST - 4
    terms = "(" * depth + "pkt.len" + " + 1)" * depth
    choices = "if pkt.len > 3 {\n" * (depth // 2) + "return true" + "\n}" * (depth // 2)
    for body in (f"pkt.len < {terms}", f"{choices}\nfalse"):
        compiled = compile_source(Source("deep.ash", f"filter f on ethernet {{ {body} }}"))
        assert not compiled.diagnostics
        (program,) = compiled.programs
        assert parse_program(print_program(program)) == program
        assert run(program, Packet.whole(bytes(10))).verdict is Verdict.MATCH


@pytest.mark.parametrize("operator", ["||", "&&"])
def test_five_thousand_terms_compile_and_run(operator: str) -> None:
    text = f" {operator}\n  ".join(f"pkt.len != {number}" for number in range(5000))
    start = time.process_time()
    compiled = compile_source(Source("long.ash", f"filter f on ethernet {{\n  {text}\n}}"))
    assert time.process_time() - start < PATIENCE
    assert not compiled.diagnostics
    expected = Verdict.MATCH if operator == "||" else Verdict.MISS
    assert run(compiled.program("f"), Packet.whole(bytes(7))).verdict is expected


def test_lines_end_as_on_any_system_and_the_last_may_lack_its_end() -> None:
    text = "const A = 80\n\nfilter f on ethernet {\n  tcp.dport ==\n    A\n}\n"
    programs = {
        compile_source(Source("lines.ash", variant)).programs
        for variant in (text, text.replace("\n", "\r\n"), text.rstrip("\n"))
    }
    assert len(programs) == 1
    assert len(programs.pop()) == 1


def test_many_mistakes_are_all_told_and_none_twice() -> None:
    text = "\n".join(f"filter f{number} on ethernet {{ tcp.x{number} == 1 }}" for number in range(200))
    codes = said(compile_source(Source("many.ash", text)))
    assert codes == ["ASH1012"] * 200


def test_a_header_graph_made_to_be_slow_is_refused() -> None:
    """Thirty layers with two ways between each two would be a thousand million ways."""
    layers = ["header ethernet { a: u8, next a { 1 => a0, 2 => b0 } }"]
    for at in range(30):
        layers += [f"header {name}{at} {{ a: u8, next a {{ 1 => a{at + 1}, 2 => b{at + 1} }} }}" for name in "ab"]
    layers += ["header a30 { x: u8 }", "header b30 { x: u8 }", "filter f on ethernet { a30.x == 1 }"]
    start = time.process_time()
    assert said(compile_source(Source("slow.ash", "\n".join(layers)))) == ["ASH1023"]
    assert time.process_time() - start < PATIENCE


def test_filters_that_name_one_another_are_not_made_to_grow_without_end() -> None:
    chain = ["filter f0 on ethernet { pkt.len > 3 }"]
    chain += [f"filter f{at} on ethernet {{ f{at - 1} || f{at - 1} }}" for at in range(1, 40)]
    start = time.process_time()
    compiled = compile_source(Source("grow.ash", "\n".join(chain)))
    assert "ASH1027" in said(compiled)
    assert time.process_time() - start < PATIENCE


def test_filters_that_name_one_another_nest_no_deeper_than_one_expression() -> None:
    """Ten filters of ninety levels each would be nine hundred levels in the last."""
    nested = "(pkt.len > 3 && (pkt.len > 4 || " * 40 + "INNER" + "))" * 40
    chain = [f"filter f0 on ethernet {{ {nested.replace('INNER', 'pkt.len > 5')} }}"]
    chain += [f"filter f{at} on ethernet {{ {nested.replace('INNER', f'f{at - 1}')} }}" for at in range(1, 10)]
    compiled = compile_source(Source("nest.ash", "\n".join(chain)))
    assert set(said(compiled)) == {"ASH1027"}
    assert compiled.programs
