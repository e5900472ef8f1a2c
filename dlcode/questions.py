"""Questions about filters as users write them: `web => tcp.dport == 80`, read, resolved, proved and asked.

What a question speaks of is a filter of a source, a handler's binding filter (`NAME.on`), or an expression, which
stands in quotes where it could be read in two ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dlcode.judging import Judged, Judgement, Verdict, compile_file
from dlcode_dsl import Compiled, Program, Source, compile_source

if TYPE_CHECKING:
    from dlcode_verifier import Certificate
    from dlcode_verifier.filters import Finding

FORMS = """\
A == B            do both match the same packets?
A => B            does B match every packet that A matches?
A disjoint B      does no packet match both?
A never           does A match nothing?
A in B C …        is every packet that A matches matched by one of the others?
shadowed A B C …  which filters of a first-match list are never reached? (all of the sources' if none is named)"""
"""The questions, as help shows them."""

BETWEEN = {"==": "equal", "=>": "implies", "disjoint": "disjoint"}
"""Words between two filters, and the function of `dlcode_verifier.filters` that answers."""


class CannotAsk(ValueError):
    """A question that can't be read, or whose filters can't be found. The message is for the one who asked."""


@dataclass(frozen=True, slots=True)
class Written:
    """A filter as it stands in a question: a name, or an expression that stood in quotes."""

    text: str
    is_expression: bool = False

    def __str__(self) -> str:
        return f"'{self.text}'" if self.is_expression else self.text


@dataclass(frozen=True, slots=True)
class Question:
    """A word, and the filters that it is about."""

    word: str
    filters: tuple[Written, ...]

    def __str__(self) -> str:
        names = list(map(str, self.filters))
        if self.word == "shadowed":
            return " ".join(["shadowed", *names])
        return " ".join([names[0], self.word, *names[1:]])


_TOKEN = re.compile(r"""\s*(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<plain>==|=>|[^\s'"=,]+),?)""")


def read_question(arguments: Sequence[str]) -> Question:
    """The question that arguments make: one argument for all of it, or one for each word, name and expression.

    Raises CannotAsk.
    """
    tokens = _read(arguments[0]) if len(arguments) == 1 else [_token(argument) for argument in arguments]
    plain = ["" if token.is_expression else token.text for token in tokens]
    if "pcap" in plain:
        raise CannotAsk('tcpdump\'s words (`pcap "…"`) are not understood yet: write the filter in .ash')
    words = [word for word in plain if word in (*BETWEEN, "never", "in", "shadowed")]
    match words, plain:
        case [word], [_, between, _] if word == between and word in BETWEEN:
            return Question(word, (tokens[0], tokens[2]))
        case ["never"], [_, "never"]:
            return Question("never", (tokens[0],))
        case ["in"], [_, "in", _, *_]:
            return Question("in", (tokens[0], *tokens[2:]))
        case ["shadowed"], ["shadowed", *_]:
            return Question("shadowed", tuple(tokens[1:]))
    raise CannotAsk(f"`{' '.join(arguments)}` is no question; these are:\n{FORMS}")


_QUOTED = re.compile("""'[^']*'|"[^"]*\"""")
_WORD = re.compile(r"=>|(?<![\w.])(?:disjoint|never|in|shadowed|pcap)(?![\w.])")
"""Words that no expression of the language holds."""

_EQUAL = re.compile(r"(?<![<>=!])==(?!=)")
_NAME = re.compile(r"[^\s'\"=<>&|!(]+")
"""What a name, of a filter or of a file and a filter, is made of."""

_FILTER = re.compile(r"(?:[^\s'\"]+:)?[A-Za-z_]\w*(?:\.on)?")
"""A name, and not a field or a number."""


def _read(text: str) -> list[Written]:
    """A question in one argument: its word, and before and behind it names and expressions, in quotes or as they are.

    Raises CannotAsk, also where it could be read in two ways.
    """
    plain = _QUOTED.sub(lambda found: "\0" * len(found[0]), text)  # nothing in quotes is a word
    words = list(_WORD.finditer(plain)) or list(_EQUAL.finditer(plain))
    if len(words) > 1 and words[0][0] == "==" and all(each.strip() for each in _EQUAL.split(plain)):
        how = f"put the expression in quotes, {_in_quotes(text, words)}"
        raise CannotAsk(f"`{text}` can be read in more than one way: {how}")
    if len(words) != 1 or words[0][0] not in BETWEEN:
        if len(words) == 1 and words[0][0] in ("never", "in"):
            return [_part(text[: words[0].start()]), *_split(text[words[0].start() :])]
        return _split(text)
    (word,) = words
    return [_part(text[: word.start()]), Written(word[0]), _part(text[word.end() :])]


def _part(text: str) -> Written:
    """A name or an expression: what stands on one side of a question's word."""
    text = text.strip()
    if _NAME.fullmatch(text):
        return Written(text)
    tokens = _split(text) if not text or text[0] in "'\"" else [Written(text, True)]
    if len(tokens) != 1 or (text[0] not in "'\"" and _QUOTED.search(text)):
        raise CannotAsk(f"`{text}` is no question's filter: a name, or one expression; the questions are:\n{FORMS}")
    return tokens[0]


def _in_quotes(text: str, words: Sequence[re.Match[str]]) -> str:
    """How a question is written of which one side is a name."""
    left, right = text[: words[0].start()].strip(), text[words[0].end() :].strip()
    if not _FILTER.fullmatch(left):
        left, right = text[: words[-1].start()].strip(), text[words[-1].end() :].strip()
    shown = [side if _FILTER.fullmatch(side) else f"'{side}'" for side in (left, right)]
    return f'as in "{shown[0]} == {shown[1]}"'


def _split(text: str) -> list[Written]:
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise CannotAsk(f"`{text[at:].strip()}` in the question can't be read: an expression stands in quotes")
        at = found.end()
        if found["plain"] is not None:
            tokens.append(Written(found["plain"]))
        else:
            tokens.append(Written(found["single"] if found["double"] is None else found["double"], True))
    return tokens


def _token(argument: str) -> Written:
    """An argument of several, whose quotes the shell has taken away, unless they were written twice."""
    if len(argument) > 1 and argument[0] == argument[-1] and argument[0] in "'\"":
        return Written(argument[1:-1], True)
    return Written(argument, argument not in BETWEEN and not _NAME.fullmatch(argument))


# ---- from names to proofs


@dataclass(frozen=True)
class Asked:
    """A question whose filters were found and put to the verifier, in its order, and what is to be said of them.

    A filter that has an error of the language has no judgement. `judged` has each source and expression once.
    """

    question: Question
    names: tuple[str, ...]
    judgements: tuple[Judgement | None, ...]
    judged: tuple[Judged, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst that was found of the filters of the question: only where all are proved can it be asked."""
        found = {"refused" if one is None else one.verdict for one in self.judgements}
        return "refused" if "refused" in found else "not proved" if "not proved" in found else "proved"

    @property
    def link(self) -> str:
        """The root header of the packets that the first filter speaks of."""
        return next(one.program.link for one in self.judgements if one is not None)

    def finding(self) -> Finding:
        """The answer. Raises QuestionError, as filters on different links are, and SolverFailure."""
        from dlcode_verifier import filters

        proofs = self._proofs
        if self.question.word == "never":
            return filters.never_matches(proofs[0])
        if self.question.word == "in":
            return filters.contained(proofs[0], proofs[1:])
        ask: Callable[[Certificate, Certificate], Finding] = getattr(filters, BETWEEN[self.question.word])
        return ask(proofs[0], proofs[1])

    def findings(self) -> tuple[Finding, ...]:
        """For `shadowed`, what was found of each filter. Raises as `finding` does."""
        from dlcode_verifier import filters

        return filters.shadowed(self._proofs)

    @property
    def _proofs(self) -> tuple[Certificate, ...]:
        proofs = [one.certificate for one in self.judgements if one is not None]
        assert self.verdict == "proved", "only proved filters are asked about"
        return tuple(proof for proof in proofs if proof is not None)


def resolve(question: Question, sources: Iterable[str], link: str) -> Asked:
    """Find the filters of a question, in these source files and those it names itself, and prove each.

    Raises CannotAsk where a name stands for no filter or for several; OSError for a file that can't be read;
    SolverFailure. What is wrong with a filter or an expression does not raise: `verdict` and `judged` tell of it.
    """
    from dlcode_verifier import verify

    compiled = {path: compile_file(path) for path in sources}
    names, written = [], question.filters
    if question.word == "shadowed" and not written:
        every = [program for one in compiled.values() for program in one.programs if program.kind == "filter"]
        written = tuple(Written(program.name) for program in every)
        if not written:
            raise CannotAsk("there is no filter in the sources")
    found: list[tuple[Program | None, Compiled]] = []
    for one in written:
        names.append(str(one))
        found.append(_expression(one.text, link) if one.is_expression else _named(one.text, compiled))
    judgements: dict[int, Judgement] = {}
    for program, _ in found:
        if program is not None and id(program) not in judgements:
            judgements[id(program)] = Judgement(program, verify(program))
    judged = [
        Judged(of, tuple(judgements[at] for at in dict.fromkeys(id(one) for one, its in found if its is of and one)))
        for of in {id(of): of for _, of in found}.values()
    ]
    those = tuple(judgements.get(id(program)) for program, _ in found)
    return Asked(Question(question.word, written), tuple(names), those, tuple(judged))


def _expression(text: str, link: str) -> tuple[Program | None, Compiled]:
    compiled = compile_source(Source(f"'{text}'", f"filter expression on {link} {{ {text} }}"))
    if not compiled.errors and len(compiled.programs) != 1:
        raise CannotAsk(f"'{text}' is no expression of one filter")
    return (compiled.programs[0] if not compiled.errors else None), compiled


def _named(name: str, compiled: dict[str, Compiled]) -> tuple[Program | None, Compiled]:
    path, colon, inner = name.rpartition(":")
    if colon and path not in compiled and Path(path).exists():
        compiled[path] = compile_file(path)
    if colon and path in compiled:
        return _of_source(inner, path, compiled[path])
    holders = [path for path, of in compiled.items() if name in _filters(of)]
    if len(holders) == 1:
        return _of_source(name, holders[0], compiled[holders[0]])
    if holders:
        raise CannotAsk(f"{name} is in {' and in '.join(holders)}: write {holders[0]}:{name}")
    if len(compiled) == 1:
        ((path, of),) = compiled.items()
        return _of_source(name, path, of)
    those = ", ".join(known for of in compiled.values() for known in _filters(of))
    raise CannotAsk(
        f"no filter is called {name}; filters here: {those or 'none'} (an expression stands in quotes of its own)"
    )


def _of_source(name: str, path: str, of: Compiled) -> tuple[Program | None, Compiled]:
    known = _filters(of)
    if name in known:
        return known[name], of
    if of.errors:
        return None, of  # it may be the one that is wrong: what is wrong is said
    if f"{name}.on" in known:
        raise CannotAsk(f"{path}: {name} is a handler; its binding filter is {name}.on")
    raise CannotAsk(f"{path}: no filter is called {name}; filters here: {', '.join(known) or 'none'}")


def _filters(of: Compiled) -> dict[str, Program]:
    """The filters of a source by name, the binding filters of its handlers among them."""
    found = [program if program.kind == "filter" else program.on for program in of.programs]
    return {program.name: program for program in found if program is not None}
