"""Handlers: one self-contained core program each, safe on any packet.

In this order: the `on` test, the message, what `shared` memory must hold, the way back of a reply, `when`; where one of
them fails the handler declines the packet. Then the body. `ensures` is claimed before each `consume`.
"""

from __future__ import annotations

from typing import Literal

from .. import codes
from ..constants import evaluate
from ..core import form
from ..core.check import CELLS
from ..core.form import Body, Budget, Program, Region, Verdict
from ..diagnostics import Diagnostic, Edit, Label
from ..module import Module
from ..paths import paths
from ..source import Span
from ..syntax import tree
from ..types import value_type
from ..wrong import Wrong, unknown, wrong
from . import fold, places, replies, sharing, templates, views
from .filters import binding, end_of, root
from .links import Walk
from .names import Memory, Poisoned, Silent
from .needs import used
from .pipes import lower_pipe
from .statements import Statements
from .templates import Frames

ETHERNET = "ethernet"
"""The link of a handler whose `on` does not name a filter, which has its own."""

_MODES: dict[str, Literal["plain", "shared", "scratch"]] = {"plain": "plain", "shared": "shared", "scratch": "scratch"}

MOST_CELLS = 1 << 24
"""Most cells that a handler owns: 128 MB of the widest."""

EXTENTS = ("packet", "wire")
"""What no region is called: the core form's names of the packet's own lengths."""


class HandlerLowering(Statements):
    """One handler on its way to the core form."""

    ending = "a verdict"

    def __init__(self, module: Module, declared: tree.Handler, link: str) -> None:
        super().__init__(module, link)
        self.declared = declared
        self.found: list[Diagnostic] = []
        self.regions: list[Region] = []
        self.shared: list[tree.Expression] = []
        self.may: list[str] = []
        self.templates: dict[str, Frames] = {}
        self.pipes: dict[str, form.Pipe] = {}
        self.requires: list[form.Expression] = []
        self.budget: Budget | None = None
        self.maximum = form.MAXIMUM_PACKET
        self.ensured: list[form.Check] = []
        self.consumes = False
        self.last: tree.Name = tree.Name(link, span=declared.on.span)

    @property
    def decline(self) -> Body:
        """What runs where the packet is not delivered here."""
        return (form.Exit(Verdict.DECLINE, span=self.declared.on.span),)

    # ---- clauses

    def head(self) -> None:
        """What the clauses before the body declare and test."""
        declared = self.declared
        for clause in declared.clauses:
            with self.recovering():
                self.declaration(clause)
        with self.recovering():
            self.deliver()
        for condition in self.shared:
            with self.recovering():
                self.jump(condition, self.decline)
        if "reply" in self.may:
            with self.recovering():
                replies.guard(self, self.last, self.decline)
        for clause in declared.clauses:
            if isinstance(clause, tree.When):
                with self.recovering():
                    self.jump(clause.condition, self.decline)
        for clause in declared.clauses:
            if isinstance(clause, tree.Ensures):
                with self.recovering():
                    self.ensured.append(form.Check("ensures", self.claim(clause.condition), span=clause.span))

    def declaration(self, clause: tree.Clause) -> None:
        """A clause that declares something."""
        match clause:
            case tree.Owns():
                self.own(clause)
            case tree.May(effects, named):
                for effect in effects:
                    self.permit(effect)
                for name in named:
                    self.template(name)
            case tree.Requires(condition):
                self.requires.append(self.at_bind(condition))
            case tree.Cost(amount, unit, machine):
                if self.budget is not None or (unit == "cycles") != (machine is not None):
                    help = "`cost <= N ops`, or `cost <= N cycles on MACHINE`, once"
                    raise wrong(codes.BAD_CLAUSE, clause.span, help=help)
                self.budget = Budget(amount, "ops" if unit == "ops" else "cycles", machine, span=clause.span)
            case tree.Maximum(amount):
                if not 0 < amount <= form.MAXIMUM_PACKET:
                    raise wrong(codes.BAD_CLAUSE, clause.span, f"a packet has at most {form.MAXIMUM_PACKET} bytes")
                self.maximum = amount

    def at_bind(self, condition: tree.Expression) -> form.Expression:
        """A condition that is known when the handler is bound: over lengths of owned memory, and constants."""
        found = self.claim(condition)
        if not _known_at_bind(found, {region.name for region in self.regions}):
            help = "`requires` speaks of the lengths of owned memory; `when` tests the rest"
            raise wrong(codes.BAD_CLAUSE, condition.span, "this is not known at bind", help=help)
        return found

    def permit(self, effect: tree.Name) -> None:
        """`may effect`."""
        if effect.text not in form.EFFECTS:
            raise unknown("effect", effect, form.EFFECTS)
        if effect.text not in self.may:
            self.may.append(effect.text)

    def template(self, name: tree.Name) -> None:
        """`may send name`."""
        if name.text not in self.module.templates:
            raise unknown("template", name, self.module.templates)
        found = templates.lower_template(self.module, self.module.templates[name.text])
        if found.headers[0].layout.name != self.link:
            raise wrong(codes.WRONG_TYPE, name.span, found=f"a template on {found.headers[0].layout.name}",
                        wanted=f"one on {self.link}")  # fmt: skip
        self.templates[name.text] = found

    def own(self, clause: tree.Owns) -> None:
        """`owns name: type`."""
        type = value_type(clause.type.name.text)
        if type is None or type.core not in CELLS or not type.numeric:
            raise unknown("type of a cell", clause.type.name, [str(cell) for cell in CELLS])
        count = 1
        if clause.type.count is not None:
            known = evaluate(clause.type.count, self.module.constants)
            if not isinstance(known, tree.Number) or not 0 < known.value <= MOST_CELLS:
                raise wrong(codes.BAD_CLAUSE, clause.type.count.span, f"an array has 1 to {MOST_CELLS} cells")
            count = known.value
        mode = _MODES[clause.mode]
        if (clause.where is not None) != (mode == "shared"):
            help = "`shared where P`: the application writes it between runs, so P is tested at every entry"
            raise wrong(codes.BAD_CLAUSE, clause.span, help=help)
        if count + sum(region.count for region in self.regions) > MOST_CELLS:
            raise wrong(codes.BAD_CLAUSE, clause.span, f"a handler owns at most {MOST_CELLS} cells")
        if clause.name.text in EXTENTS:
            raise wrong(codes.DECLARED_TWICE, clause.name.span, "a length of the packet goes by it", name=clause.name)
        region = Region(clause.name.text, type.core, count, mode, span=clause.span)
        self.declare(clause.name, Memory(region, type, scalar=clause.type.count is None))
        self.regions.append(region)
        if clause.where is not None:
            self.shared.append(clause.where)

    def deliver(self) -> None:
        """The `on` test, and the message or header that the handler is given."""
        declared = self.declared
        self.last = last_header(self.module, declared.on, self.link)
        if "reply" in self.may or self.templates:
            places.arrive_by_any(self, self.last, self.decline)
        with self.scope({}):
            self.jump(declared.on, self.decline)
        place = places.locate(self, self.last, self.decline)
        self.payload_header = self.last
        parameter = declared.parameter
        if parameter is None:
            return
        try:
            self.give(parameter, place)
        except (Wrong, Silent):
            self.names[parameter.name.text] = Poisoned()
            raise

    def give(self, parameter: tree.Parameter, place: places.Place) -> None:
        """The message or header that the handler is given by a name."""
        type, span = parameter.type, self.declared.on.span
        if type.text in self.module.messages:
            payload = places.payload_of(self, tree.Name(self.last.text, span=type.span), self.decline)
            layout = self.module.messages[type.text]
            self.declare(parameter.name, views.lay(self, layout, payload, fold.constant(0), self.decline, span))
        elif type.text == place.layout.name:
            self.declare(parameter.name, place)
        elif type.text in self.module.headers:
            raise wrong(codes.WRONG_TYPE, type.span, found=f"the header {type}", wanted=f"{self.last} or a message",
                        labels=(Label(span, f"this accepts packets that end in {self.last}"),))  # fmt: skip
        else:
            raise unknown("message", type, [*self.module.messages, self.last.text])

    def claim(self, condition: tree.Expression) -> form.Expression:
        """A claim as one expression. The packet bytes that it speaks of are read here, and must be there."""
        outer, self.claims = self.claims, True
        try:
            dots = [part for part in tree.parts(condition) if isinstance(part, tree.Dot)]
            inner = {id(dot.target) for dot in dots}  # `udp.payload` in `udp.payload.len` is no value
            for dot in dots:
                if id(dot) not in inner:
                    self.value(dot, None)
            with self.emitter.nested() as body, self.emitter.written_out():
                answer = self.truth(condition, condition.span)
            if body:
                help = "a claim is one expression; name what takes more with `let` before"
                raise wrong(codes.BAD_CLAUSE, condition.span, help=help)
            return answer
        finally:
            self.claims = outer

    # ---- the body

    def end(self, statement: tree.Return | tree.Verdict | tree.Evaluate, last: bool) -> None:
        match statement:
            case tree.Verdict(word):
                verdict = Verdict(word)
                if verdict is Verdict.CONSUME:
                    self.consumes = True
                    self.emitter.emit(*self.ensured)
                self.emitter.emit(form.Exit(verdict, span=statement.span))
            case tree.Return(value):
                help = "a handler ends in `consume`, `pass`, `drop` or `abort`"
                raise wrong(codes.WRONG_TYPE, statement.span, found="a return", wanted="a verdict", help=help)
            case tree.Evaluate(value):
                raise wrong(codes.UNUSED, value.span)

    def allowed(self, effect: str, span: Span) -> None:
        """Raise Wrong unless the handler asks for the effect."""
        if effect not in self.may:
            raise self.without(effect, span)

    def without(self, effect: str, span: Span) -> Wrong:
        """That the handler does not ask for an effect."""
        where = self.declared.on.span
        return wrong(codes.WITHOUT_MAY, span, help="an effect is asked for in the handler's head",
                     edit=Edit(Span(where.source, where.end, where.end), f"\n  may {effect}"),
                     name=self.declared.name, effect=effect)  # fmt: skip

    def may_rewrite(self, span: Span) -> None:
        self.allowed("rewrite", span)

    def effect(self, statement: tree.Send | tree.Wake) -> None:
        match statement:
            case tree.Wake():
                self.allowed("wake", statement.span)
                self.emitter.emit(form.Wake(span=statement.span))
            case tree.Send(tree.Name("reply")):
                self.allowed("reply", statement.span)
                replies.reply(self, self.last, statement)
            case tree.Send(name):
                if name.text not in self.module.templates:
                    raise unknown("template", name, ["reply", *self.module.templates])
                if name.text not in self.templates:
                    raise self.without(f"send {name}", statement.span)
                self.emitter.emit(templates.send(self, self.templates[name.text], self.last, statement))

    def pipe(self, declared: tree.Pipe) -> form.Pipe:
        """The core pipe of a declaration, made when it is first used. Raises Silent where it is refused."""
        name = declared.name.text
        if name not in self.pipes:
            region = next((region for region in self.regions if region.name == name), None)
            if region is not None:
                raise wrong(codes.DECLARED_TWICE, region.span, "a pipe that the handler uses goes by it", name=name)
            made, said = lower_pipe(self.module, declared, self.emitter)
            self.found += said
            if made is None:
                raise Silent
            self.pipes[name] = made
        return self.pipes[name]

    def leaving(self, alternative: tree.Expression | tree.Verdict) -> Body | None:
        if not isinstance(alternative, tree.Verdict):
            return None
        with self.emitter.nested() as body:
            self.end(alternative, last=True)
        return tuple(body)


def _known_at_bind(expression: form.Expression, regions: set[str]) -> bool:
    match expression:
        case form.Constant():
            return True
        case form.Extent(of):
            return of in regions
        case form.Binary(_, left, right) | form.Compare(_, left, right) | form.Logic(_, left, right):
            return _known_at_bind(left, regions) and _known_at_bind(right, regions)
        case form.Not(operand) | form.Convert(_, operand) | form.ByteSwap(operand):
            return _known_at_bind(operand, regions)
    return False


def last_header(module: Module, condition: tree.Expression, link: str) -> tree.Name:
    """The header in which every packet that a condition accepts ends. Raises Wrong where there is more than one."""
    found = _last(module, condition, link)
    return found if found is not None else tree.Name(link, span=condition.span)


def _last(module: Module, condition: tree.Expression, link: str) -> tree.Name | None:
    match condition:
        case tree.Junction("and", terms):
            ends = [end for term in terms if (end := _last(module, term, link)) is not None]
            return _deepest(module, ends, link, condition)
        case tree.Junction(_, terms):
            alternatives = [_last(module, term, link) for term in terms]
            first = alternatives[0]
            for other in alternatives[1:]:
                if first is None or other is None or first.text != other.text:
                    remark = f"in {first or link} here, in {other or link} there"
                    raise wrong(codes.NO_END, condition.span, remark, help="bind two handlers, one for each header")
            return first
        case tree.Compare(_, left, right):
            return _deepest(module, list((used(left, module, {}) | used(right, module, {})).values()), link, condition)
        case tree.Member(value):
            return _deepest(module, list(used(value, module, {}).values()), link, condition)
        case tree.Call(tree.Name("has"), (tree.Argument(None, tree.Use(header)),)) if header.text in module.headers:
            return header
        case tree.Use(name) if name.text in module.conditions:
            inner = _last(module, module.conditions[name.text], link)
            return None if inner is None else tree.Name(inner.text, span=name.span)
    return None


def _deepest(module: Module, ends: list[tree.Name], link: str, condition: tree.Expression) -> tree.Name | None:
    """Of headers that are all there, the one that the others lead to."""
    if not ends:
        return None
    routes = {name.text: paths(module.headers, link, name) for name in ends}
    deepest = max(ends, key=lambda name: (len(routes[name.text][0]), -len(routes[name.text])))
    for name in ends:
        if not all(any(path[: len(way)] == way for way in routes[name.text]) for path in routes[deepest.text]):
            raise wrong(codes.NO_END, condition.span, f"{name} is not on the way to {deepest}")
    return deepest


def lower_handler(module: Module, declared: tree.Handler) -> tuple[Program | None, list[Diagnostic]]:
    """The core program of a handler; None where something is wrong with it."""
    link = ETHERNET
    if isinstance(declared.on, tree.Use) and declared.on.name.text in module.filters:
        try:
            link = root(module, module.filters[declared.on.name.text].link)
        except Wrong as error:
            return None, [error.diagnostic]
    lower = _lowered(module, declared, link, ())
    if not lower.found and "rewrite" not in lower.may and lower.written_twice():  # a walk sees what was rewritten
        lower = _lowered(module, declared, link, lower.written_twice())
    on: Program | None = None
    if not lower.found:
        try:
            on = binding(module, declared, link, lower.maximum)
        except Wrong as error:
            lower.found.append(error.diagnostic)
    if lower.found:
        return None, lower.found + lower.warnings
    if lower.ensured and not lower.consumes:
        help = "`ensures` is proved at every `consume`, and nowhere else"
        place = lower.ensured[0].span
        lower.warnings.append(wrong(codes.NEVER_CLAIMED, place, help=help, name=declared.name).diagnostic)
    program = Program(
        "handler", declared.name.text, link, lower.emitter.body, lower.maximum, tuple(lower.regions),
        tuple(lower.pipes.values()),
        tuple(lower.may), tuple(lower.requires), lower.budget, on,
        tuple(frames.core for frames in lower.templates.values()), span=declared.span,
    )  # fmt: skip
    return program, lower.warnings


def _lowered(module: Module, declared: tree.Handler, link: str, ahead: tuple[Walk, ...]) -> HandlerLowering:
    lower = HandlerLowering(module, declared, link)
    lower.shares = sharing.mentions(declared.body) >= sharing.SHARED_FROM
    lower.ahead = ahead
    with lower.recovering():
        places.walk_ahead(lower, declared.on.span)
    lower.head()
    if not lower.found and not lower.statements(declared.body, outermost=True) and not lower.found:
        help = "each way through a handler ends in `consume`, `pass`, `drop` or `abort`"
        lower.found.append(
            wrong(codes.NO_VERDICT, end_of(declared), name=declared.name, wanted="a verdict", help=help).diagnostic
        )
    return lower
