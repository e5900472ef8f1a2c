"""Source text to syntax tree.

`parse(source)` never raises for bad input: what cannot be read becomes a diagnostic, and the declarations around it are
read all the same. Nothing here recurses on the source, so that no nesting can exhaust Python's stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any

from .. import codes
from ..diagnostics import Diagnostic, Edit, diagnostic
from ..source import Source, Span
from . import lines, tree
from .tables import parser_of

if TYPE_CHECKING:
    from lark import Lark, Token

LONGEST_SOURCE = 4_000_000
"""Most characters of one source."""

MOST_BYTES = 4 * LONGEST_SOURCE + 3
"""Most bytes that they take as UTF-8, with a byte order mark: whoever reads a file needs one more to see too many."""

MOST_WORDS = 250_000
"""Most words and signs of one source: reading takes its time for each of them, however short they are."""

_MAC = re.compile("[0-9A-Fa-f]{1,2}(:[0-9A-Fa-f]{1,2})+")
"""What was meant as the address of a card, however many parts it has."""

_WORD = re.compile(r'//[^\n]*|"[^"\n]*"|\w+|\S')
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")  # a lone surrogate stands for a byte that is not UTF-8

NOT_YET = {
    "pcap": "tcpdump's words",
}
"""Words of the language that this version does not read yet, and what they stand for."""


@dataclass(frozen=True)
class Parsed:
    """What a source says, and what in it could not be read."""

    source: Source
    declarations: tuple[tree.Declaration, ...]
    diagnostics: tuple[Diagnostic, ...]
    unread: frozenset[str] = frozenset()  # names of the declarations that could not be read, where they say one


def parse(source: Source) -> Parsed:
    """Every declaration of a source that can be read, and a diagnostic for each one that cannot."""
    refusal = _unreadable(source)
    if refusal is not None:
        return Parsed(source, (), (refusal,))
    found: list[tree.Declaration] = []
    diagnostics: list[Diagnostic] = []
    unread: set[str] = set()
    for tokens in lines.declarations(tokens_of(source.text)):
        result = _declaration(source, tokens)
        if isinstance(result, Diagnostic):
            diagnostics.append(result)
            unread |= _declared(tokens)
        else:
            found.append(result)
    return Parsed(source, tuple(found), tuple(diagnostics), frozenset(unread))


def _unreadable(source: Source) -> Diagnostic | None:
    """Why the source as a whole is refused before it is read."""
    if len(source.text) > LONGEST_SOURCE:
        start = Span(source, 0, 0)
        return diagnostic(codes.TOO_LARGE, start, limit=LONGEST_SOURCE, what="characters")
    if (bad := _NOT_TEXT.search(source.text)) is not None:
        what = "a NUL byte" if bad[0] == "\0" else f"byte 0x{ord(bad[0]) - 0xDC00:02x}"
        return diagnostic(codes.NOT_TEXT, Span(source, *bad.span()), what)
    words = (found for found in _WORD.finditer(source.text) if not found[0].startswith("//"))
    if (past := next(islice(words, MOST_WORDS, None), None)) is not None:
        return diagnostic(codes.TOO_LARGE, Span(source, *past.span()), limit=MOST_WORDS, what="words and signs")
    return None


def _declared(tokens: list[Token]) -> set[str]:
    """The name that a declaration gives, if it starts with its word and a name."""
    head = [token.value for token in tokens if token.type != lines.NEWLINE][:2]
    return {head[1]} if len(head) == 2 and head[0] in lines.DECLARATION_WORDS and head[1].isidentifier() else set()


class _Keep:
    """Keeps the terminal for stray characters in the lexer, though no rule takes it."""

    always_accept = ("STRAY",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        return stream


@cache
def _grammar() -> Lark:
    grammar = files(__package__).joinpath("grammar.lark").read_text(encoding="utf-8")

    def make() -> Lark:
        from lark import Lark

        return Lark(grammar, parser="lalr", lexer="basic", propagate_positions=True, postlex=_Keep())

    return parser_of(grammar, make)


def tokens_of(text: str) -> Iterator[Token]:
    """The words and signs of a text, line ends among them; comments and blanks are left out."""
    from lark.lexer import LexerThread

    lexer = _grammar().parser.lexer  # `Lark.lex` makes one anew for each text, which takes as long as a small filter
    words: Iterator[Token] = LexerThread.from_text(lexer, text).lex(None)  # type: ignore[no-untyped-call]
    return words


def _declaration(source: Source, tokens: list[Token]) -> tree.Declaration | Diagnostic:
    """One declaration, or what is wrong with it."""
    from lark import Token
    from lark.exceptions import UnexpectedToken

    if (deep := _too_deep_in_brackets(source, tokens)) is not None:
        return deep
    parser = _grammar().parse_interactive()
    states = parser.parser_state.parse_conf.states
    stack = parser.parser_state.state_stack
    stream = list(lines.statement_lines(tokens))
    previous: Token | None = None
    following: Token | None = None
    read: list[Token] = []
    try:
        for position, token in enumerate(stream):
            following = stream[position + 1] if position + 1 < len(stream) else None
            if token.type != "NAME" and token.value.isidentifier() and "NAME" in states[stack[-1]]:
                names_field = following is not None and following.type == "COLON"
                if token.type not in states[stack[-1]] or names_field:
                    token = Token.new_borrow_pos("NAME", token.value, token)
            parser.feed_token(token)
            previous = token
            read.append(token)
        parsed = parser.feed_eof(previous)  # type: ignore[no-untyped-call]
    except UnexpectedToken as error:
        near = [word for word in (previous, error.token, following) if word is not None]
        accepted, place = _accepted(read), error.token
        if place.type == lines.NEWLINE and accepted == {"$END"} and following is not None:
            place = following  # the declaration may well end with its line: what comes then is in the way
        return _not_yet(source, near) or _syntax_error(source, place, previous, accepted)
    from .build import build

    declaration = build(source, parsed)
    if isinstance(declaration, Diagnostic):
        return declaration
    return _too_deep(declaration) or declaration


def _accepted(read: list[Token]) -> set[str]:
    """The terminals that could have come after these; the parser that failed may have given up some of them."""
    parser = _grammar().parse_interactive()
    for token in read:
        parser.feed_token(token)
    accepted: set[str] = parser.accepts()  # type: ignore[no-untyped-call]
    return accepted


def _too_deep_in_brackets(source: Source, tokens: list[Token]) -> Diagnostic | None:
    depth = 0
    for token in tokens:
        depth += (token.value in ("(", "[", "{")) - (token.value in (")", "]", "}"))
        if depth > lines.DEEPEST:
            return diagnostic(codes.TOO_DEEP, _span(source, token), limit=lines.DEEPEST)
    return None


def _too_deep(declaration: tree.Declaration) -> Diagnostic | None:
    """What the rest of the front end may recurse on is at most `DEEPEST` nodes deep."""
    waiting: list[tuple[Any, int]] = [(declaration, 0)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, tuple):
            waiting.extend((part, depth) for part in node)
        elif hasattr(node, "span") and not isinstance(node, tree.Name):
            if depth > lines.DEEPEST:
                return diagnostic(codes.TOO_DEEP, node.span, limit=lines.DEEPEST)
            waiting.extend((getattr(node, part.name), depth + 1) for part in fields(node) if part.name != "span")
    return None


def _span(source: Source, token: Token) -> Span:
    start = token.start_pos or 0
    return Span(source, start, start + len(token.value))


def _not_yet(source: Source, near: list[Token]) -> Diagnostic | None:
    """The diagnostic for a word that is known to come, where one stands where reading stopped."""
    for word in near:
        if word.value in NOT_YET:
            return diagnostic(codes.NOT_YET, _span(source, word), word=word.value, what=NOT_YET[word.value])
    return None


def _syntax_error(source: Source, token: Token, previous: Token | None, accepted: set[str]) -> Diagnostic:
    """What stands in the way, in words: what was found, and what could have stood there."""
    expected = _expected(accepted)
    if token.type == "$END":
        end = Span(source, *[(previous.end_pos or 0) if previous is not None else 0] * 2)
        return diagnostic(codes.SYNTAX, end, f"the declaration ends here; expected {expected}")
    if token.type == lines.NEWLINE:
        after = _span(source, previous) if previous is not None else _span(source, token)
        place = Span(source, after.end, after.end)
        return diagnostic(codes.SYNTAX, place, f"the line ends here; expected {expected}")
    found = _span(source, token)
    if previous is not None and (address := _MAC.match(source.text, previous.start_pos or 0)) is not None:
        if address.start() <= found.start < address.end():
            remark = "the address of a card has six parts: `08:00:2b:01:02:03`"
            return diagnostic(codes.SYNTAX, Span(source, *address.span()), remark)
    help, edit = _habit(source, token, previous)
    if token.type == "STRAY":
        if token.value == '"':
            return diagnostic(codes.SYNTAX, found, "this string does not end on its line")
        remark = "no word or sign of the language starts like this"
        return diagnostic(codes.SYNTAX, found, remark, help=help, edit=edit)
    return diagnostic(codes.SYNTAX, found, f"expected {expected}", help=help, edit=edit)


_HABITS = {
    "and": ("both conditions are asked by `&&`", "&&"),
    "or": ("either condition is asked by `||`", "||"),
    "not": ("the other truth value is written with `!`", "!"),
    ";": ("a statement ends with its line", ""),
    "#": ("a comment starts with `//`", "//"),
    "/*": ("a comment starts with `//`, and ends with its line", "//"),
    "emit": ("a pipe emits once, in no `if`", None),
    "for": ("a loop counts so: `for i in 0 .. n { … }`", None),
}
"""Words and signs of other languages, or out of their place: what to do, and what is written here instead."""


def _habit(source: Source, token: Token, previous: Token | None) -> tuple[str, Edit | None]:
    """What to do about a word of another language, at the place where reading stopped or right before it."""
    here = _span(source, token)
    wider = Span(source, here.start, min(here.start + 2, len(source.text)))
    for span in ([_span(source, previous)] if previous is not None else []) + [here, wider]:
        if span.text in _HABITS:
            help, text = _HABITS[span.text]
            if span.text == ";" and not _ends_line(source, span.end):
                text = None  # what follows goes on a line of its own
            after = Span(source, span.start, here.start) if text == "!" else span
            return help, None if text is None else Edit(after, text)
    return "", None


def _ends_line(source: Source, place: int) -> bool:
    """Whether nothing but a comment follows in the line."""
    rest = source.text[place:].partition("\n")[0].strip()
    return not rest or rest.startswith("//")


_WORDS = {
    "_TO": "`->`", "_RANGE": "`..`", "OPTIONAL": "`?`",
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "a string",
    lines.NEWLINE: "a new line",
    "$END": "the end of the declaration",
    "LBRACE": "`{`", "RBRACE": "`}`", "LPAR": "`(`", "RPAR": "`)`", "LSQB": "`[`", "RSQB": "`]`",
    "COLON": "`:`", "COMMA": "`,`", "EQUAL": "`=`", "DOT": "`.`", "LESS_EQUAL": "`<=`",
    "ARROW": "`=>`", "EXCHANGE": "`<->`", "VBAR": "`|`", "SUM": "`-`",
}  # fmt: skip
_VALUE = frozenset("NAME NUMBER HEXADECIMAL MAC IP4 IP6 TRUE FALSE STRING LPAR BANG".split())
_OPERATOR = frozenset(
    "COMPARISON LESS_EQUAL EQUAL ASSIGN SHIFT SUM PRODUCT VBAR CIRCUMFLEX AMPERSAND EITHER BOTH"
    " DOT LSQB IN AS ELSE".split()
)


def _expected(accepted: set[str]) -> str:
    """What could have stood there, as words: a value and an operator are named as such."""
    accepted = {name for name in accepted if name != "STRAY"}
    words: list[str] = []
    if accepted >= {"NUMBER", "LPAR"}:
        words.append("a value")
        accepted -= _VALUE
    if accepted >= {"SUM", "PRODUCT"}:
        words.append("an operator")
        accepted -= _OPERATOR
    words += sorted(_WORDS.get(name, f"`{name.lower()}`") for name in accepted)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
