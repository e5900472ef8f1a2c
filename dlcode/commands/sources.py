"""What the commands share that take a source: `FILE.ash` or `FILE.ash:NAME`, judged and reported."""

from __future__ import annotations

import sys
from pathlib import Path

from dlcode.command_line import CannotRun, colored
from dlcode.judging import Judged, Judgement, judge_file
from dlcode_dsl import Program, render

EXIT_CODES = {"proved": 0, "refused": 1, "not proved": 3}


def split(argument: str) -> tuple[str, str | None]:
    """The file and, after a colon, the program's name. A file whose own name holds a colon wins."""
    if ":" in argument and not Path(argument).exists():
        path, _, name = argument.rpartition(":")
        return path, name
    return argument, None


def judged(path: str) -> Judged:
    """The source at a path, judged. Raises CannotRun if it can't be read, or the solver had to be ended."""
    from dlcode_verifier import SolverFailure

    try:
        return judge_file(path)
    except SolverFailure as error:
        raise CannotRun(f"{path}: {error}: neither proved nor refused") from None
    except OSError as error:
        raise CannotRun(f"{path}: {error.strerror or error}") from None
    except ValueError as error:  # a path with a zero byte in it
        raise CannotRun(f"{path!r}: {error}") from None


def report(found: Judged) -> None:
    """Show what was found on standard error."""
    if found.diagnostics:
        print(render(found.diagnostics, color=colored(sys.stderr)), file=sys.stderr)


def _which(found: Judged, kind: str | None, name: str | None) -> str:
    """Why an argument names no program, or more than one."""
    what = kind or "program"
    known = {judgement.program.name: judgement.program.kind for judgement in found.judgements}
    bindings = [one.program.on.name for one in found.judgements if one.program.on is not None]
    own = [one for one, of in known.items() if kind in (None, of)]
    if kind == "filter" and bindings:
        if not own and name is None:
            return f"it holds handlers and no filter; what binds a handler is a filter: {', '.join(bindings)}"
        own += bindings
    those = ", ".join(own) or "none that compiles"
    if name in known:
        return f"{name} is a {known[name]}; {what}s here: {those}"
    if name is not None or those.startswith("none"):
        return f"no {what}{f' is called {name}' if name else ''}; {what}s here: {those}"
    return f"more than one {what}: name one after a colon; {what}s here: {those}"


def _bound(binding: Program) -> Judgement:
    """The filter that a handler is bound by, judged by itself. Raises CannotRun."""
    from dlcode_verifier import SolverFailure, verify

    try:
        return Judgement(binding, verify(binding))
    except SolverFailure as error:
        raise CannotRun(f"{binding.name}: {error}: neither proved nor refused") from None


def proved(argument: str, kind: str | None = None) -> Judgement:
    """The one program that an argument names (its source's only one, if it names none), proved.

    Where a filter is wanted, `NAME.on` is the one that the handler of that name is bound by.

    Raises CannotRun, after the diagnostics were shown, if there is no such program or it is not proved.
    """
    path, name = split(argument)
    found = judged(path)
    programs = [judgement for judgement in found.judgements if kind in (None, judgement.program.kind)]
    if kind == "filter" and name is not None:
        bindings = [judgement.program.on for judgement in found.judgements]
        programs += [_bound(binding) for binding in bindings if binding is not None and binding.name == name]
    if name is not None:
        programs = [judgement for judgement in programs if judgement.program.name == name]
    if not programs or len(programs) > 1:
        report(found)
        raise CannotRun(f"{path}: {_which(found, kind, name)}")
    (judgement,) = programs
    if judgement.verdict != "proved":
        report(found)
        raise CannotRun(f"{path}: {judgement.program.name} is {judgement.verdict}: nothing of it is run")
    return judgement
