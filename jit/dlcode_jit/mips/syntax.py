r"""A line of assembly source as labels and a statement, with expressions as trees.

    line        = { NAME ":" | DIGITS ":" } [ statement ] [ "#" ... ]
    statement   = NAME "=" expression | NAME [ argument { "," argument } ]
    argument    = REGISTER | STRING | [ expression ] "(" REGISTER ")" | expression
    expression  = a tree of  | ^ & << >> + - * / %  and unary - ~, as in C, over numbers, 'c', names, `.` (the address
                  of the statement), 1b and 1f (the nearest label `1:` before, after), %hi(e) and %lo(e)

`%hi` is rounded so that adding the sign-extended `%lo` gives the whole: `lui $t0, %hi(x)`; `lw $t0, %lo(x)($t0)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .source import AssemblyError, SourceLine


@dataclass(frozen=True, slots=True)
class Number:
    """A literal."""

    column: int
    value: int


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name: of a label, a constant, or the place `.`."""

    column: int
    name: str


@dataclass(frozen=True, slots=True)
class Unary:
    """An operator or `%hi`, `%lo` before an expression."""

    column: int
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two expressions."""

    column: int
    operator: str
    left: Expression
    right: Expression


Expression = Number | Symbol | Unary | Binary


@dataclass(frozen=True, slots=True)
class Register:
    """A register, without its `$`."""

    column: int
    name: str


@dataclass(frozen=True, slots=True)
class Memory:
    """`offset(base)`."""

    column: int
    offset: Expression
    base: Register


@dataclass(frozen=True, slots=True)
class String:
    """The bytes of a string."""

    column: int
    value: bytes


Argument = Register | Memory | String | Expression


@dataclass(frozen=True, slots=True)
class Statement:
    """A mnemonic, pseudo-instruction or directive with its arguments; `=` is a directive too."""

    line: SourceLine
    column: int
    name: str
    arguments: tuple[Argument, ...]

    def error(self, reason: str, at: Argument | None = None, help: str = "") -> AssemblyError:
        """The error that the statement, or one argument of it, is wrong."""
        return AssemblyError(self.line, self.column if at is None else at.column, reason, help)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|\#.*)
      | (?P<register>\$\w+)
      | (?P<number>0[xX][0-9a-fA-F]+(?!\w)|0[bB][01]+(?!\w)|[0-9]+(?!\w))
      | (?P<local>[0-9]+[bf](?!\w))
      | (?P<name>[A-Za-z_.][\w.$]*)
      | (?P<string>"(?:\\.|[^"\\])*")
      | (?P<character>'(?:\\.|[^'\\])')
      | (?P<operator>%hi(?=\s*\()|%lo(?=\s*\()|<<|>>|[-+*/%&|^~(),:=])""",
    re.VERBOSE,
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", '"': '"', "'": "'"}
_LEVELS: Final = (("|",), ("^",), ("&",), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))
_BINDS: Final = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
EQUATIONS: Final = (".equ", ".set")
"""Directives that give a name a value, as `=` does."""
MOST_BITS: Final = 128
"""Size of the values that expressions are worked out with."""
DEPTH: Final = 32
"""How deep an expression may nest."""

_BINARY: Final[dict[str, Callable[[int, int], int]]] = {
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}
_UNARY: Final[dict[str, Callable[[int], int]]] = {
    "-": lambda a: -a,
    "~": lambda a: ~a,
    "%hi": lambda a: a + 0x8000 >> 16 & 0xFFFF,
    "%lo": lambda a: (a & 0xFFFF ^ 0x8000) - 0x8000,
}


def evaluate(expression: Expression, line: SourceLine, value_of: Callable[[Symbol], int]) -> int:
    """Value of an expression, an integer of at most MOST_BITS. `/` rounds down."""
    values: list[int] = []
    waiting: list[tuple[Expression, bool]] = [(expression, False)]  # with whether its operands' values are there
    while waiting:
        node, ready = waiting.pop()
        match node:
            case Number(_, value):
                values.append(value)
            case Symbol():
                values.append(value_of(node))
            case Unary(_, operator, operand):
                if ready:
                    values.append(_UNARY[operator](values.pop()))
                else:
                    waiting += [(node, True), (operand, False)]
            case Binary(column, operator, left, right):
                if ready:
                    b, a = values.pop(), values.pop()
                    values.append(_binary(operator, a, b, line, column))
                else:
                    waiting += [(node, True), (right, False), (left, False)]
    return values[0]


def _binary(operator: str, a: int, b: int, line: SourceLine, column: int) -> int:
    if operator in ("/", "%") and b == 0:
        raise AssemblyError(line, column, "division by zero")
    if operator in ("<<", ">>") and not 0 <= b < 64:
        raise AssemblyError(line, column, f"shift by {b}")
    value = _BINARY[operator](a, b)
    if value.bit_length() > MOST_BITS:
        raise AssemblyError(line, column, f"a value of more than {MOST_BITS} bits")
    return value


class Parser:
    """Reads lines one after another; it remembers how often each digit label has been defined.

    The place `.` of the n-th equation is the label `.#n`, which `here` names, since its value is asked for elsewhere.
    """

    def __init__(self) -> None:
        self.defined: dict[str, int] = {}
        self.depth = self.equations = 0
        self.here = "."

    def parse(self, line: SourceLine) -> tuple[list[Symbol], Statement | None]:
        """Labels and statement of a line. The n-th label `1:` is named `1#n`."""
        self.line, self.tokens, self.position, self.depth = line, _tokens(line), 0, 0
        self.here = "."
        labels = []
        while self.at("name", "number") and self.at(":", ahead=1):
            token = self.take()
            self.position += 1
            labels.append(Symbol(token.column, self.define(token) if token.kind == "number" else token.text))
        if self.ended():
            return labels, None
        head = self.take()
        if head.kind != "name":
            raise self.unexpected(head)
        if self.at("=") or head.text in EQUATIONS:
            self.equations += 1
            self.here = f".#{self.equations}"
        if self.at("="):
            self.position += 1
            arguments: tuple[Argument, ...] = (Symbol(head.column, head.text), self.expression())
            statement = Statement(line, head.column, "=", arguments)
        else:
            statement = Statement(line, head.column, head.text, self.arguments())
        if not self.ended():
            raise self.unexpected(self.take())
        return labels, statement

    def define(self, token: _Token) -> str:
        count = self.defined[token.text] = self.defined.get(token.text, 0) + 1
        return f"{token.text}#{count}"

    def ended(self) -> bool:
        return self.position == len(self.tokens)

    def at(self, *wanted: str, ahead: int = 0) -> bool:
        position = self.position + ahead
        return position < len(self.tokens) and (
            self.tokens[position].kind in wanted or self.tokens[position].text in wanted
        )

    def take(self) -> _Token:
        if self.ended():
            raise AssemblyError(self.line, len(self.line.text.rstrip()), "the line ends too early")
        self.position += 1
        return self.tokens[self.position - 1]

    def unexpected(self, token: _Token) -> AssemblyError:
        return AssemblyError(self.line, token.column, f'"{token.text}" is not expected here')

    def expect(self, text: str) -> None:
        token = self.take()
        if token.text != text:
            raise AssemblyError(self.line, token.column, f'"{text}" is expected here, not "{token.text}"')

    def arguments(self) -> tuple[Argument, ...]:
        if self.ended():
            return ()
        arguments = [self.argument()]
        while self.at(","):
            self.position += 1
            arguments.append(self.argument())
        return tuple(arguments)

    def argument(self) -> Argument:
        if self.at("register"):
            return self.register()
        if self.at("string"):
            token = self.take()
            return String(token.column, _unescape(token, self.line).encode("utf-8", "surrogatepass"))
        if self.at("(") and self.at("register", ahead=1):
            return self.memory(Number(self.tokens[self.position].column, 0))
        expression = self.expression()
        return self.memory(expression) if self.at("(") else expression

    def memory(self, offset: Expression) -> Memory:
        self.expect("(")
        base = self.register()
        self.expect(")")
        return Memory(offset.column, offset, base)

    def register(self) -> Register:
        token = self.take()
        if token.kind != "register":
            raise AssemblyError(self.line, token.column, f'a register is expected here, not "{token.text}"')
        return Register(token.column, token.text[1:])

    def expression_at(self, line: SourceLine, column: int) -> Expression:
        """The expression that a line has from a column on."""
        self.line, self.position, self.depth = line, 0, 0
        self.tokens = [token for token in _tokens(line) if token.column >= column]
        expression = self.expression()
        if not self.ended():
            raise self.unexpected(self.take())
        return expression

    def expression(self, level: int = 0) -> Expression:
        """Operators of a level and those that bind closer, by precedence climbing."""
        left = self.primary()
        while not self.ended() and (binds := _BINDS.get(self.tokens[self.position].text, -1)) >= level:
            operator = self.take()
            left = Binary(operator.column, operator.text, left, self.expression(binds + 1))
        return left

    def primary(self) -> Expression:
        token = self.take()
        match token.kind:
            case "number":
                return Number(token.column, _number(token, self.line))
            case "character":
                return Number(token.column, ord(_unescape(token, self.line)))
            case "name":
                return Symbol(token.column, self.here if token.text == "." else token.text)
            case "local":
                digits, direction = token.text[:-1], token.text[-1]
                return Symbol(token.column, f"{digits}#{self.defined.get(digits, 0) + (direction == 'f')}")
        if token.text != "(" and token.text not in _UNARY:
            raise self.unexpected(token)
        self.depth += 1
        if self.depth > DEPTH:
            raise AssemblyError(self.line, token.column, f"brackets and signs nested over {DEPTH} deep")
        if token.text == "(":
            expression = self.expression()
            self.expect(")")
        else:
            expression = Unary(token.column, token.text, self.primary())
        self.depth -= 1
        return expression


def _tokens(line: SourceLine) -> list[_Token]:
    tokens, position = [], 0
    while position < len(line.text):
        match = _TOKEN.match(line.text, position)
        if match is None:
            raise AssemblyError(line, position, f"{line.text[position]!r} begins nothing that an assembler knows")
        assert match.lastgroup is not None, "every alternative is named"
        if match.lastgroup != "space":
            tokens.append(_Token(match.lastgroup, match[0], position))
        position = match.end()
    return tokens


def _number(token: _Token, line: SourceLine) -> int:
    text = token.text
    if len(text) > MOST_BITS:
        raise AssemblyError(line, token.column, f"a number of {len(text)} digits")
    if text[0] == "0" and text.isdigit() and len(text) > 1:
        raise AssemblyError(line, token.column, f"{text} would be octal elsewhere", "write 0x, or no leading zero")
    return int(text, 0)


def _unescape(token: _Token, line: SourceLine) -> str:
    def character(match: re.Match[str]) -> str:
        if match[1] not in _ESCAPES:
            raise AssemblyError(line, token.column + 1 + match.start(), f"unknown escape {match[0]}")
        return _ESCAPES[match[1]]

    return re.sub(r"\\(.)", character, token.text[1:-1])
