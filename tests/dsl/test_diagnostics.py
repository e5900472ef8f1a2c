"""Mistakes in sources, and what is said of them: text in, text out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dlcode_dsl import Diagnostic, Source, Span, codes, compile_source, render
from dlcode_dsl.diagnostics import Code, Edit, Label, diagnostic
from tests.data_files import Case, each_case

DATA = Path(__file__).parent / "data"


@each_case(DATA / "diagnostics.test")
def test_a_mistake_is_told_with_code_place_and_reason(case: Case, request: pytest.FixtureRequest) -> None:
    """Programs with an error are left out; the others of the source are compiled all the same."""
    compiled = compile_source(Source("case.ash", case.input))
    assert compiled.diagnostics, "a case without a mistake"
    programs = " ".join(program.name for program in compiled.programs)
    case.expect({"diagnostics": render(compiled.diagnostics), "programs": programs}, request)


WALK = Source(
    "walk.ash",
    """filter walk_by_hand on ethernet {
  var nh = ipv6.proto else false
  var at = ipv6.end

  while nh in [0, 43, 44, 60]
    decreases pkt.len - at
    limit 8 else false
  {
    let x = pkt[at] as ip6_ext
""",
)


def span(source: Source, text: str) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def loop_reads_past_the_end() -> Diagnostic:
    view = span(WALK, "pkt[at] as ip6_ext")
    return diagnostic(
        codes.READ_PAST_END,
        view,
        "reads pkt[at .. at+2]",
        labels=(Label(span(WALK, "nh in [0, 43, 44, 60]"), "the loop can get here with at == pkt.len - 1"),),
        notes=("packet that does it: 55 bytes, written to walk.ASH2031.pcap",),
        help="say what happens when the packet is cut short",
        edit=Edit(Span(WALK, view.end, view.end), " else false"),
    )


def test_a_diagnostic_looks_as_the_design_shows_it() -> None:
    assert render([loop_reads_past_the_end()]) == (
        """\
error[ASH2031]: this read can go past the end of the packet
  --> walk.ash:9:13
   |
 5 |   while nh in [0, 43, 44, 60]
   |         --------------------- the loop can get here with at == pkt.len - 1
 9 |     let x = pkt[at] as ip6_ext
   |             ^^^^^^^^^^^^^^^^^^ reads pkt[at .. at+2]
   = packet that does it: 55 bytes, written to walk.ASH2031.pcap
help: say what happens when the packet is cut short
   |     let x = pkt[at] as ip6_ext else false
   |                                ++++++++++
"""
    )


def test_colour_is_only_added() -> None:
    """Without its colours, the coloured text is the plain one."""
    plain, colored = render([loop_reads_past_the_end()]), render([loop_reads_past_the_end()], color=True)
    assert plain != colored
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == plain


def test_places_in_two_files_are_both_shown() -> None:
    other = Source("other.ash", "const A = 1\n")
    found = diagnostic(
        codes.DECLARED_TWICE, span(WALK, "nh"), labels=(Label(span(other, "A"), "here first"),), name="A"
    )
    text = render([found])
    assert "--> walk.ash:2:" in text
    assert "--> other.ash:1:7" in text


def test_what_would_disturb_a_terminal_is_not_shown() -> None:
    """Neither escape sequences nor marks that reorder a line reach it from a source or its name."""
    source = Source("a\x1b[2Jb.ash", "let \x1b[31m \u202e x\ty = z\n")
    text = render([diagnostic(codes.SYNTAX, span(source, "z"), "expected \x07")])
    assert not set("\x1b\u202e\x07") & set(text)
    line, mark = text.splitlines()[3:5]
    assert line.index("z") == mark.index("^")


def test_an_underline_stays_on_its_line() -> None:
    source = Source("lines.ash", "one\ntwo\n")
    assert "   | ^^^\n" in render([diagnostic(codes.SYNTAX, Span(source, 0, 7))])
    assert "   |    ^\n" in render([diagnostic(codes.SYNTAX, Span(source, 3, 3))])


def test_every_code_is_declared_once() -> None:
    """One number, one kind of mistake, with a title that its own arguments fill."""
    found = [value for value in vars(codes).values() if isinstance(value, Code)]
    assert len({code.name for code in found}) == len(found)
    assert all(re.fullmatch("ASH[1-9][0-9]{3}", code.name) for code in found)


def test_a_promise_that_no_consume_keeps_is_warned_of() -> None:
    """`ensures` is claimed at `consume`; in a handler that never consumes it would say nothing, silently."""
    text = "handler c on has(ipv4) owns n: u32 ensures n == 7 { n +%= 1\n VERDICT }\n"
    kept = compile_source(Source("c.ash", text.replace("VERDICT", "consume")))
    lost = compile_source(Source("c.ash", text.replace("VERDICT", "pass")))
    assert [found.code.name for found in kept.diagnostics] == []
    assert [(found.code.name, found.severity) for found in lost.diagnostics] == [("ASH1031", "warning")]
    assert len(lost.programs) == 1


def test_of_very_many_mistakes_the_first_are_shown() -> None:
    """And how many more there are; the value holds all of them."""
    source = "".join(f"filter f{number} on ethernet {{ nothing{number} == 1 }}\n" for number in range(130))
    found = compile_source(Source("case.ash", source)).diagnostics
    assert len(found) == 130
    text = render(found)
    assert text.count("error[ASH1010]") == 100
    assert text.endswith("\nand 30 more\n")


def test_a_very_long_name_is_cut_where_it_is_shown() -> None:
    """In the title as in remarks and help."""
    name = "a" * 100_000
    named = f"filter f on ethernet {{ {name} == 1 && {name}.b == 2 }}"
    declared = f"header {name} {{ a: u8 }}\nfilter f on {name} {{ let x = {name}.a\n x == {name} }}"
    for source in (named, declared):
        text = render(compile_source(Source("case.ash", source)).diagnostics)
        assert text
        assert max(map(len, text.splitlines())) < 500


@pytest.mark.parametrize("text", ["a " * 300_000, "(" * 300_000, "x+" * 300_000, "a\n" * 300_000])
def test_a_source_of_very_many_words_is_refused_before_it_is_read(text: str) -> None:
    """Comments do not count."""
    found = compile_source(Source("case.ash", text)).diagnostics
    assert [each.title for each in found] == ["a source has at most 250000 words and signs"]
    commented = compile_source(Source("case.ash", "// " + "a " * 300_000 + "\nfilter f on ethernet { has(tcp) }"))
    assert not commented.diagnostics


ON_UDP = "handler h on udp.dport == 7\n  owns last: u8\n  owns part: u8[64]\n"


@pytest.mark.parametrize(
    "text",
    [
        ON_UDP + "{\n  let n = payload.len else pass\n  last = n as u8\n  pass\n}\n",
        ON_UDP + "  when payload.len <= 64\n{\n  last = payload.len as u8\n  pass\n}\n",
        ON_UDP + "{\n  let n = payload.len else pass\n  if n <= 64 { copy payload -> part }\n  pass\n}\n",
        ON_UDP + "  when payload.len <= 64\n{\n  copy payload -> part\n  pass\n}\n",
        "filter f on ethernet {\n  let n = udp.payload.len else false\n  n > 3\n}\n",
        "filter f on ethernet { ipv4.src in 10.0.0.0/8 }\n",
        "use checksum\nfilter f on ethernet {\n  let sum = tcp.seq else false\n  fold16(sum) == 3\n}\n",
    ],
)
def test_what_is_suggested_compiles(text: str) -> None:
    """The ways out that the help of an absent payload, a network and a library's name speaks of."""
    assert compile_source(Source("right.ash", text)).diagnostics == ()
