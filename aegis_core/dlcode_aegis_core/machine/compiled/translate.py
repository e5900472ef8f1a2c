"""A small part of Python, as LLVM IR: the language of the instruction rows and of the compiled processor.

What is translated: functions whose first parameter is a record of state (`cells.py`); assignments to locals, to fields
of the record and to elements of its arrays; `if`, `while`, `for … in range(…)`, `match` on constants, `return`;
`raise` of a `Signal` and `try … except` of one; integer expressions, comparisons, `and`, `or`, `not`; calls of other
such functions, of the record's methods, of `abs`, `min`, `max`, `bool`, `int`, and of callbacks. Names of modules and
classes stand for integers. Anything else is refused with its place.

Integers here have the values that Python's have: `intervals.py` shows each to fit the bits that compute it.

A record's `hot` fields live in registers while a `working` function works: they are parts of `%h`, its local copy,
which LLVM takes apart, since all that it calls is inlined. But a `rare` function is not, and sees the record alone:
what it may look at of the copy is written back before a call of one, and what it may change is read again after it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from dlcode_aegis_core.machine.compiled.cells import Cell, Field, kind_of, layout
from dlcode_aegis_core.machine.compiled.intervals import BOOLEAN, Interval
from dlcode_aegis_core.machine.compiled.statements import translate_function
from dlcode_aegis_core.machine.compiled.writer import Instance, Untranslatable, Value, Writer


@dataclass
class Module:
    """A translation under way. `signal` names the record's field that says what is being raised.

    Of the hot fields, callbacks may look at and change those that are `shared`.
    """

    record: type
    hot: tuple[str, ...]
    shared: frozenset[str]
    signal: str
    methods: Mapping[str, Callable[..., Any]]
    fields: dict[str, Field] = field(init=False)
    records: dict[str, Any] = field(init=False)
    lines: list[str] = field(default_factory=list)
    instances: dict[Any, Instance] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fields, self.records = layout(self.record)
        self.regions: dict[str, int] = {}
        self.builtin: dict[Callable[..., Any], Callable[[Any, list[Value]], Value]] = {}

    def instance(
        self, function: Callable[..., Any], prefix: str, operands: list[Interval], in_memory: bool
    ) -> Instance:
        """The translation of a function, made when first asked for."""
        is_rare = getattr(function, "rare", False)
        hints = get_type_hints(function, include_extras=True)
        names = list(inspect.signature(function).parameters)[1:]
        if len(names) != len(operands):
            raise Untranslatable(f"{function.__qualname__} takes {len(names)} operands, not {len(operands)}")
        intervals = []
        for name, given in zip(names, operands, strict=True):
            declared = kind_of(hints[name])
            if isinstance(declared, Cell):
                if not given.within(declared.values):
                    raise Untranslatable(f"{function.__qualname__}: {name} may be {given.low} to {given.high}")
                intervals.append(declared.values if is_rare else given)
            elif is_rare and hints[name] is bool:
                intervals.append(BOOLEAN)
            else:
                intervals.append(given)
        is_working = getattr(function, "working", False)
        in_memory = (in_memory or is_rare) and not is_working
        key = function, prefix, tuple(intervals), in_memory
        if key not in self.instances:
            name = f"{function.__name__}.{len(self.instances)}"
            self.instances[key] = Instance(name, None, False, is_rare)  # the place of its name; no recursion
            made = translate_function(self, function, prefix, name, names, intervals, hints, in_memory)
            self.instances[key] = self.work(f"{name}.working", made) if is_working else made
        return self.instances[key]

    def work(self, name: str, instance: Instance) -> Instance:
        """The function around a working one that makes the copy and writes it back."""
        body = Writer(self, in_memory=False)
        body.emit(f"%h = alloca [{len(self.hot)} x i64], align 8")
        body.reload(self.hot)
        body.emit(f"%r = call i64 @{instance.name}(ptr %s, ptr %h)")
        body.spill(self.hot)
        body.emit("ret i64 %r")
        self.lines += [f"define internal i64 @{name}(ptr noalias %s) nounwind noinline {{", *body.lines, "}"]
        everything = frozenset(self.hot)
        return Instance(name, instance.returns, instance.raises, True, everything, everything)

    def root(self, name: str, function: Callable[..., Any]) -> None:
        """Export a function of the record alone, under a name."""
        instance = self.instance(function, "", [], True)
        if instance.raises or instance.returns is None:
            raise Untranslatable(f"{name} raises, or has no result")
        self.lines += [f"define i64 @{name}(ptr noalias %s) nounwind {{"]
        self.lines += [f"  %r = call i64 @{instance.name}(ptr %s)", "  ret i64 %r", "}"]

    def region(self, name: str) -> str:
        """The metadata that says which memory an access may touch."""
        return f"!tbaa !{3 + 2 * self.regions.setdefault(name, len(self.regions))}"

    @property
    def text(self) -> str:
        """The module."""
        metadata = ["!0 = !{}", '!1 = !{!"memory of the processor"}']
        for name, number in self.regions.items():
            metadata += [f'!{2 + 2 * number} = !{{!"{name}", !1}}']
            metadata += [f"!{3 + 2 * number} = !{{!{2 + 2 * number}, !{2 + 2 * number}, i64 0}}"]
        return "\n".join([*self.lines, *metadata, ""])
