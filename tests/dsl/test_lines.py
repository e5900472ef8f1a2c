"""Where a statement and a declaration end."""

from __future__ import annotations

import pytest

from dlcode_dsl import Source
from dlcode_dsl.syntax import tree
from dlcode_dsl.syntax.parse import parse

PLAIN = """handler h(m: incr) on udp.dport == 7000 && ipv4.ttl > 1 owns a: u32[4] may reply, wake when m.slot < a.len {
  let x = m.slot + 1
  if x in [1, 2] { drop } else { pass }
}"""

SPREAD = [
    """handler h(m: incr) on udp.dport == 7000
      && ipv4.ttl > 1
    owns a: u32[4]
    may reply, wake
    when m.slot < a.len
    {""",
    """handler h(
    m: incr
    ) on\tudp.dport ==
    7000 &&
    ipv4.ttl > 1 owns a: u32[
      4
    ] may reply,
    wake when m.slot
    < a.len

    {
    """,
]
BODIES = [
    "let x = m.slot + 1\n if x in [1, 2] { drop } else { pass } }",
    "let x = m.slot +\n 1\n\n\n if x in [\n1,\n 2\n] {\n drop\n }\n else\n {\n pass\n }\n\n}",
    "let x = m.slot // the slot\n + 1 // and one\n if x in [1, 2]\n {\n drop } // out\n else { pass }\n }",
]


@pytest.mark.parametrize("head", SPREAD)
@pytest.mark.parametrize("body", BODIES)
def test_lines_may_be_broken_where_they_cannot_end(head: str, body: str) -> None:
    """The tree is that of the plain text."""
    found = parse(Source("spread.ash", f"{head} {body}"))
    assert found.diagnostics == ()
    assert found.declarations == parse(Source("plain.ash", PLAIN)).declarations


def test_two_statements_on_one_line_are_a_mistake() -> None:
    (found,) = parse(Source("one.ash", "filter f on ethernet { let a = 1 a == 1 }")).diagnostics
    assert found.code.name == "ASH1001"


@pytest.mark.parametrize("name", ["type", "next", "reply", "when", "limit", "let", "send", "test", "match", "shared"])
def test_a_word_is_a_name_where_no_keyword_can_stand(name: str) -> None:
    """Protocols name their fields as they like."""
    text = f"message m {{\n  {name}: u8\n  other: u8\n}}\n"
    text += f"filter f on ethernet {{\n  let v = pkt[0] as m else false\n  v.{name} == 1\n}}"
    found = parse(Source("words.ash", text))
    assert found.diagnostics == ()
    message = found.declarations[0]
    assert isinstance(message, tree.Message)
    assert [field.name.text for field in message.fields] == [name, "other"]


def test_a_span_is_the_text_of_its_node() -> None:
    text = "filter f on ethernet {\n  tcp.dport == 80 ||\n    (udp.dport else 7) in [53, 5353]\n}\n"
    (found,) = parse(Source("spans.ash", text)).declarations
    assert isinstance(found, tree.Filter)
    assert found.span.text == text.rstrip()
    (statement,) = found.body
    assert isinstance(statement, tree.Evaluate)
    assert isinstance(statement.value, tree.Junction)
    assert [term.span.text for term in statement.value.terms] == ["tcp.dport == 80", "(udp.dport else 7) in [53, 5353]"]
