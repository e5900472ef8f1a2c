"""Refusals point at the source, with the values on the way, the packet that does it, and what would help."""

from __future__ import annotations

from dlcode_dsl import Source, compile_source
from dlcode_dsl.diagnostics import Diagnostic
from dlcode_verifier import Proved, Refuted, verify
from tests.verifier.support import refutations


def said(text: str) -> Diagnostic:
    (found,) = refutations(text)
    return found.diagnostic


def applied(diagnostic: Diagnostic) -> str:
    """The source's line with the edit made."""
    edit = diagnostic.edit
    assert edit is not None
    text = edit.span.source.text
    changed = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return next(line.strip() for line in changed.splitlines() if edit.text in line and line not in text.splitlines())


def test_a_read_past_the_end_is_shown_with_its_packet_and_an_edit() -> None:
    diagnostic = said("""filter f on ethernet maximum 64 {
      read %n: u8 = packet[0:u32] else { exit miss }
      let %at: u32 = (widen(%n, u32) + 1:u32)
      read %x: u8 = packet[%at]
      exit match
    }""")
    assert diagnostic.code.name == "ASH2031"
    assert diagnostic.primary.span.text == "read %x: u8 = packet[%at]"
    assert diagnostic.primary.text == "bytes 1 to 1 of 1"
    (way,) = diagnostic.labels
    assert (way.span.text, way.text) == ("let %at: u32 = (widen(%n, u32) + 1:u32)", "1 here")
    assert diagnostic.notes == ("it also depends on line 2", "packet that does it: 1 byte")
    assert diagnostic.help == "say what happens when the packet is cut short"
    assert applied(diagnostic) == "read %x: u8 = packet[%at] else false"


def test_a_wrap_is_shown_with_its_operator_and_an_edit() -> None:
    diagnostic = said("let %x: u32 = (@words[2:u32] + 1:u32) exit pass")
    assert diagnostic.title == "this `+` can wrap"
    assert diagnostic.primary.text == "4294967295 + 1 as a u32"
    assert diagnostic.notes == ("packet that does it: 0 bytes", "memory that does it: words[2] = 4294967295")
    assert applied(diagnostic).startswith("let %x: u32 = (@words[2:u32] +% 1:u32)")


def test_an_index_past_the_end_is_shown_with_its_region_and_its_test() -> None:
    diagnostic = said("""
    read %slot: u8 = packet[0:u32] else { exit pass }
    let %at: u32 = widen(%slot, u32)
    @words[%at] = 1:u32
    exit consume
    """)
    assert diagnostic.title == "this index can go past the end of `words`"
    assert diagnostic.help == "test the index first: `when %at < words.len`"
    assert diagnostic.labels[0].text.endswith("here")


def test_of_an_index_that_is_a_number_it_is_told_which_there_are() -> None:
    assert said("@words[9:u32] = 1:u32\nexit consume").help == "the cells of `words` are numbered 0 to 7"


def test_an_index_made_of_a_name_of_the_body_is_not_tested_in_the_head() -> None:
    source = """handler h on has(ipv4)
  owns    t: u32[16]
{
  for i in 0 .. 16 { t[i + 1] = 1 }
  consume
}
"""
    (program,) = compile_source(Source("h.ash", source)).programs
    answer = verify(program)
    assert isinstance(answer, Refuted)
    assert [each.help for each in answer.diagnostics] == ["test the index first: `if i + 1 < t.len { … }`"]


def test_each_kind_of_refusal_has_its_code() -> None:
    by_code = {
        "ASH2034": "let %x: u8 = narrow(@words[0:u32], u8) exit pass",
        "ASH2035": "let %x: u32 = (1:u32 / @words[0:u32]) exit pass",
        "ASH2036": "let %x: u32 = (1:u32 << @words[0:u32]) exit pass",
        "ASH2037": "assertion (@words[0:u32] == 0:u32) exit pass",
        "ASH2038": "ensures (@words[0:u32] == 0:u32) exit consume",
        "ASH2039": "@words[0:u32] = 1:u32 exit abort",
        "ASH2040": "if (extent(packet) < 1500:u32) { exit pass } send send anything "
        "{ packet[0:u32 : 1500:u32] value 0:u128 } exit pass",
    }
    assert {code: said(text).code.name for code, text in by_code.items()} == {code: code for code in by_code}


def test_a_packet_that_was_cut_is_told_with_both_lengths() -> None:
    diagnostic = said("if (extent(wire) < 20:u32) { exit pass } read %x: u8 = packet[19:u32] exit pass")
    assert diagnostic.notes == ("packet that does it: 0 bytes, of 20 on the wire",)


def helped(text: str) -> list[str]:
    """The advice of a source's one program, without its edits."""
    (program,) = compile_source(Source("h.ash", text)).programs
    answer = verify(program)
    assert isinstance(answer, Refuted)
    return [each.help for each in answer.diagnostics]


def test_of_a_difference_the_test_is_offered_and_no_wrapping() -> None:
    source = "filter f on ethernet {\n  let p = udp.payload else false\n  let n = p.len - 12\n  n > 100\n}\n"
    (program,) = compile_source(Source("f.ash", source)).programs
    answer = verify(program)
    assert isinstance(answer, Refuted)
    (diagnostic,) = answer.diagnostics
    assert diagnostic.help == "test the operands first: `if p.len >= 12 { … }`"
    assert diagnostic.edit is None


def test_of_a_promise_that_wraps_the_value_at_entry_is_not_offered() -> None:
    head = "handler h on has(ipv4)\n  owns n: u32\n"
    assert helped(head + "  ensures n > 0\n{\n  n +%= 1\n  consume\n}\n") == [""]
    assert helped(head + "  ensures n > 0\n{\n  consume\n}\n") == ["the value at entry is `old(…)`"]


def test_of_a_frame_too_long_it_is_told_what_room_its_headers_leave() -> None:
    def source(when: str, sent: str) -> str:
        head = f"handler h on ipv4/udp.dport == 7\n  may reply\n  when {when}\n"
        return f"{head}{{\n  send reply({sent})\n  consume\n}}\n"

    assert helped(source("payload.len >= 0", "payload")) == [
        "its headers take 42 bytes of a frame's 1514: `when payload.len <= 1472`"
    ]
    (program,) = compile_source(Source("h.ash", source("payload.len <= 1472", "payload"))).programs
    assert isinstance(verify(program), Proved)
    assert helped(source("payload.len >= 4", "payload[2 ..]")) == [
        "its headers take 42 bytes of a frame's 1514: send at most 1472 more"
    ]


def test_of_a_frame_outside_its_template_it_is_told_what_that_fixes() -> None:
    source = """template alarm = ethernet(src: own) / ipv4(src: own, dst: 10.0.0.9) / udp(dport: 514)
message r { a: u16 }
handler w on ipv4/udp.dport == 9
  may send alarm
{
  send alarm(ipv4(dst:ipv4.src), r(a: 1))
  consume
}
"""
    assert helped(source) == ["`alarm` fixes ipv4.dst to 10.0.0.9: leave it out, or test the value before it is sent"]
