"""The rule for a copy: its bounds, its pipes one after the other, and what the region holds afterwards.

A pipe is a loop over the words of the stream, and proved like one (see `loops`): its states are forgotten at a head
that stands for every word, and facts of them are promised at the start and after each word. That the loop has as many
turns as there are words is no guess, but what a copy is. A word may have any value of its gauge.

A `commutative` pipe comes to the same from two words in either order. That is claimed of any state that its facts allow
and any two words that differ; the interpreter tries it on each pair that it meets, from the state before the first. The
words in the other order are a run of the body like any other, and what is promised of states holds after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlcode_dsl.core import form
from dlcode_dsl.core.faults import FaultKind

from .facts import Site
from .loops import Knowledge, bound_in
from .terms import TRUE, Term, Terms

if TYPE_CHECKING:
    from .conditions import Run, State

EMITTED = "emitted"
"""Of a pipe: what it has emitted for its present word."""


def copy(run: Run, node: form.Copy, state: State) -> None:
    """The rule; `state` becomes the state after the copy."""
    terms, region = run.terms, run.program.region(node.region)
    start, count, index = (run.value(part, state, state.path) for part in (node.offset, node.count, node.index))
    run.must(FaultKind.COPY_BOUNDS, node, state.path, start, count, run.length, index, run.word(region.count))
    run.accessed(node, state.path, offset=start, count=count, index=index)
    pipes = [run.program.pipe(name) for name in node.through]
    widest = max((pipe.gauge.bits // 8 for pipe in pipes), default=1)
    for pipe in pipes:
        _pipe(run, node, pipe, _words(terms, count, widest, pipe.gauge.bits // 8), state)
    source = state.packet
    if not all("readonly" in pipe.attributes for pipe in pipes):
        source = terms.unknown(-8, "emitted")
    state.memory[node.region] = terms.copied(state.memory[node.region], index, count, source, start)
    if region.mode != "scratch":
        state.written = TRUE


def _words(terms: Terms, count: Term, widest: int, size: int) -> Term:
    """How many words of `size` bytes the stream has: `count` bytes, padded to a multiple of the widest gauge."""
    most = terms.binary("+", terms.convert("widen", count, 64), terms.constant(widest - 1, 64))
    blocks = terms.binary("/", most, terms.constant(widest, 64))
    return terms.binary("*", blocks, terms.constant(widest // size, 64))


def _pipe(run: Run, node: form.Copy, pipe: form.Pipe, words: Term, state: State) -> None:
    terms, site = run.terms, run.site(node, pipe.name)
    run.ending(site)
    outside, run.bound = run.bound, {}  # a pipe knows its word and its states, and nothing around it
    start = state.fork(state.path)
    start.names = {one.name: terms.constant(one.initial.value, one.initial.type.bits) for one in pipe.states}
    start.ghosts = {site.turns: terms.constant(0, 64), site.words: words}
    known = Knowledge(run, site, run.facts(site).invariants, frozenset((pipe.word, *bound_in(pipe.body))), start)
    known.promise(start)

    head = start.fork(start.path)
    for one in pipe.states:
        head.names[one.name] = terms.unknown(one.initial.type.bits, one.name)
    done = head.ghosts[site.turns] = terms.unknown(64, site.turns)
    head.path = terms.both(head.path, terms.compare("<=", done, words))
    known.rely(head)
    run.escapes += 1
    _one_word(run, pipe, site, head.fork(terms.both(head.path, terms.compare("<", done, words))), known)

    finished = head.fork(terms.both(head.path, terms.compare("==", done, words)))
    result = None if pipe.finish is None else run.value(pipe.finish, finished, finished.path)
    run.bound = outside
    if result is not None:
        run.bind(f"{node.result}.{pipe.name}", result, node.span)
    state.path = finished.path


def _one_word(run: Run, pipe: form.Pipe, site: Site, head: State, known: Knowledge) -> None:
    terms, emit = run.terms, emit_of(pipe)
    word = terms.unknown(pipe.gauge.bits, pipe.word)
    end, emitted = _passed(run, pipe, word, head)
    if "readonly" in pipe.attributes:
        run.must(FaultKind.PIPE_ATTRIBUTE, emit, end.path, terms.compare("==", emitted, word))
    end.ghosts[site.turns] = terms.binary("+%", end.ghosts[site.turns], terms.constant(1, 64))
    known.promise(end)
    if "commutative" in pipe.attributes and not run.quiet:
        first, second = terms.unknown(pipe.gauge.bits, pipe.word), terms.unknown(pipe.gauge.bits, pipe.word)
        others = terms.both(head.path, terms.negate(terms.compare("==", first, second)))
        path = terms.both(others, terms.compare("<", end.ghosts[site.turns], head.ghosts[site.words]))
        same, _ = run.quietly(lambda: _commutes(run, pipe, first, second, head))
        run.must(FaultKind.PIPE_ATTRIBUTE, emit, path, same)


def _passed(run: Run, pipe: form.Pipe, word: Term, state: State) -> tuple[State, Term]:
    """The state after one more word, and what is emitted for it."""
    run.bind(pipe.word, word, pipe.span)
    end = run.body(pipe.body, state.fork(state.path))
    assert end is not None, "a pipe only computes"
    return end, end.ghosts[EMITTED]


def _commutes(run: Run, pipe: form.Pipe, first: Term, second: Term, state: State) -> Term:
    """Whether two words in either order leave the same states, and each is turned into the same."""
    terms = run.terms
    one, first_here = _passed(run, pipe, first, state)
    one, second_here = _passed(run, pipe, second, one)
    other, second_there = _passed(run, pipe, second, state)
    other, first_there = _passed(run, pipe, first, other)
    same = terms.both(run.same(first_here, first_there), run.same(second_here, second_there))
    for kept in pipe.states:
        same = terms.both(same, run.same(one.names[kept.name], other.names[kept.name]))
    return same


def emit_of(pipe: form.Pipe) -> form.Emit:
    """The one statement of a pipe that emits."""
    return next(statement for statement in pipe.body if isinstance(statement, form.Emit))
