"""Which newlines end a statement, and where one declaration stops and the next begins.

A newline ends a statement, except inside `(` or `[`, after a line that ends with a binary operator, a comma or an
arrow, and before a line that starts with one, with `else`, with a clause word or with `{`. Newlines next to a brace,
and all but one of several, mean nothing either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lark import Token

NEWLINE = "_NEWLINE"
DEEPEST = 100
"""Most levels of brackets inside one another, and of an expression's operators."""

CLAUSE_WORDS = frozenset(
    "owns may when where requires ensures cost maximum decreases limit invariant through as in is nonzero cut"
    " else".split()
)
"""Words that carry on the line before, where they start one."""

DECLARATION_WORDS = frozenset("header message filter handler const test fn pipe use template".split())
"""Words that start a declaration."""

_OPERATORS = frozenset(
    "COMPARISON LESS_EQUAL EQUAL ASSIGN SHIFT SUM PRODUCT VBAR CIRCUMFLEX AMPERSAND EITHER BOTH ARROW EXCHANGE"
    " _TO _RANGE COMMA DOT".split()
)
OPENING, CLOSING = frozenset({"(", "[", "{"}), frozenset({")", "]", "}"})


def joins(token: Token) -> bool:
    """Whether the token is a binary operator, a comma or an arrow: a line ends or starts with it only by going on."""
    return token.type in _OPERATORS


def _ends(token: Token) -> bool:
    return not joins(token) and token.value != "{"


def carries_on(token: Token, following: Token | None) -> bool:
    """Whether a line that starts with a token, and then has `following`, goes on with the line before."""
    if token.value in CLAUSE_WORDS:  # unless it is the name of a field, or is assigned to
        return following is None or following.type not in ("COLON", "EQUAL", "ASSIGN", "DOT")
    return joins(token) or token.value in ("{", "}")


def statement_lines(tokens: Iterable[Token]) -> Iterator[Token]:
    """The tokens, with only those newlines that end something."""
    stack: list[str] = []
    previous: Token | None = None
    newline: Token | None = None
    ahead = iter(tokens)
    token = next(ahead, None)
    while token is not None:
        following = next(ahead, None)
        if token.type == NEWLINE:
            newline = newline or token
        else:
            flat = not stack or stack[-1] == "{"
            if newline is not None and flat and previous is not None and _ends(previous):
                if not carries_on(token, following):
                    yield newline
            newline = None
            if token.value in OPENING:
                stack.append(token.value)
            elif token.value in CLOSING and stack:
                stack.pop()
            yield token
            previous = token
        token = following


def declarations(tokens: Iterable[Token]) -> Iterator[list[Token]]:
    """The tokens of one declaration after another.

    A declaration starts with its word on a new line outside all braces; or in column 1, so that a brace that was
    forgotten costs one declaration and not the rest of the file.
    """
    chunk: list[Token] = []
    depth = 0
    fresh = True  # outside all braces, nothing stands before on this line
    for token in tokens:
        if token.type != NEWLINE and token.value in DECLARATION_WORDS and (fresh or token.column == 1):
            if any(earlier.type != NEWLINE for earlier in chunk):
                yield chunk
            chunk, depth = [], 0
        chunk.append(token)
        depth += (token.value in OPENING) - (token.value in CLOSING)
        fresh = depth <= 0 and (token.type == NEWLINE or token.value == "}")
    if any(token.type != NEWLINE for token in chunk):
        yield chunk
