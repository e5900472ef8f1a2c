"""Warnings of what a source says to no end: writes that nobody sees, effects that never happen, names never used.

They are found in the text alone, of a source that nothing is wrong with. Where it takes more to be sure, nothing is
said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields

from . import codes
from .diagnostics import Diagnostic, diagnostic
from .library import library_file
from .syntax import tree


def warnings_of(declarations: Iterable[tree.Declaration]) -> list[Diagnostic]:
    """The warnings of a source's own declarations."""
    own = list(declarations)
    found: list[Diagnostic] = []
    for declared in own:
        match declared:
            case tree.Handler():
                found += _effects(declared)
                found += _rewrites(declared)
                found += _locals(declared)
            case tree.Filter() | tree.Function():
                found += _locals(declared)
    return found + list(_imports(own))


# ---- effects


def _effects(declared: tree.Handler) -> Iterator[Diagnostic]:
    """Effects that the head asks for and the body never has."""
    happen = {"wake" for part in tree.nodes(declared.body) if isinstance(part, tree.Wake)}
    happen |= {part.template.text for part in tree.nodes(declared.body) if isinstance(part, tree.Send)}
    owned = _owned(declared)
    if any(_is_rewrite(part, owned) for part in tree.nodes(declared.body)):
        happen.add("rewrite")
    for clause in declared.clauses:
        if isinstance(clause, tree.May):
            asked = [(name, name.text) for name in clause.effects if name.text != "send"]
            asked += [(name, f"send {name}") for name in clause.templates]
            for name, effect in asked:
                if name.text not in happen:
                    help = "leave it out: what a handler does not ask for, it cannot do"
                    yield diagnostic(codes.UNUSED_EFFECT, name.span, help=help, name=declared.name, effect=effect)


# ---- rewrites


def _rewrites(declared: tree.Handler) -> Iterator[Diagnostic]:
    """Assignments to the packet after which it is neither consumed nor sent nor read."""
    unseen: list[tree.Assign] = []
    _seen(declared.body, False, _owned(declared), unseen)
    help = "`pass` hands on the original packet; what is rewritten is seen by who takes it from `consume`"
    for statement in sorted(unseen, key=lambda each: each.span.start):
        yield diagnostic(codes.UNSEEN_REWRITE, statement.span, help=help)


def _seen(body: tree.Body, after: bool, owned: frozenset[str], unseen: list[tree.Assign]) -> bool:
    """Whether the packet's bytes may be seen from the start of a body on; `after` is so at its end."""
    for statement in reversed(body):
        match statement:
            case tree.Assign() if _is_rewrite(statement, owned):
                if not after:
                    unseen.append(statement)
            case tree.Verdict(word):
                after = word == "consume"
            case tree.If(condition, then, otherwise):
                ways = [_seen(way, after, owned, unseen) for way in (then, otherwise)]
                after = any(ways) or _sees(condition)
            case tree.While() | tree.For():
                again = after or _sees(statement)
                _seen(statement.body, again, owned, unseen)
                after = again
            case tree.Break() | tree.Continue():
                after = True  # by way of the loop, which may see them
            case _:
                after = after or _sees(statement)
    return after


def _sees(node: object) -> bool:
    """Whether something may read bytes of the packet, send them, or hand them on."""
    for part in tree.nodes(node):
        match part:
            case tree.Verdict("consume") | tree.Send() | tree.Copy() | tree.Call():
                return True
            case tree.Dot() | tree.Index() | tree.Slice():
                return True
    return False


def _is_rewrite(node: object, owned: frozenset[str]) -> bool:
    """Whether a statement assigns to bytes of the packet."""
    match node:
        case tree.Assign(tree.Use()):
            return False
        case tree.Assign(tree.Index(tree.Use(name))):
            return name.text not in owned
        case tree.Assign():
            return True
    return False


def _owned(declared: tree.Handler) -> frozenset[str]:
    return frozenset(clause.name.text for clause in declared.clauses if isinstance(clause, tree.Owns))


# ---- names


def _locals(declared: tree.Filter | tree.Handler | tree.Function) -> Iterator[Diagnostic]:
    """Names of a body that stand in it once: where they are declared. A `let … else` tests, and a copy copies."""
    times = Counter(_names(declared))
    for part in tree.nodes(declared.body):
        match part:
            case tree.Let(name, value) if times[name.text] == 1 and not name.text.startswith("_"):
                if not isinstance(value, tree.Otherwise | tree.Copy):
                    yield diagnostic(codes.UNUSED_NAME, name.span, help="leave it out", name=name)


def _imports(own: list[tree.Declaration]) -> Iterator[Diagnostic]:
    """Files of the library that are used, and nothing of them is; said only where no other file may need them."""
    asked = [part for part in own if isinstance(part, tree.Import)]
    if any(each.quoted for each in asked):
        return
    named = {name for part in own if not isinstance(part, tree.Import) for name in _names(part)}
    for each in asked:
        if not named & set(_given(each.name.text)):
            help = "a file's headers are known without it; nothing else of it is used"
            yield diagnostic(codes.UNUSED_NAME, each.name.span, help=help, name=each.name)


def _given(file: str) -> Iterator[str]:
    """The names that a file of the library gives to who uses it, those of the files that it uses among them."""
    library = library_file(file)
    assert library is not None, "a source that uses an unknown file has an error"
    for part in library.declarations:
        match part:
            case tree.Import(name):
                yield from _given(name.text)
            case tree.Constant(name) | tree.Function(name) | tree.Pipe(name):
                yield name.text


def _names(node: object) -> Iterator[str]:
    """Every name in a piece of a source, as often as it stands there."""
    for part in tree.nodes(node):
        for each in fields(part):
            value = getattr(part, each.name)
            for name in value if isinstance(value, tuple) else (value,):
                if isinstance(name, tree.Name):
                    yield name.text
