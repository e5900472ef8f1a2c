"""Which loads and stores are of the packet: what registers and stack slots hold, followed through a function.

What is followed is where an address comes from: the packet, the lease, what the lease points at, or the stack. An
address with a number added is of the same kind; anything else that is made of an address is unknown. An access by
something unknown may be of anything, the packet too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from ..abi import MIPS_ARGUMENT_AREA
from ..mips.decode import Decoded
from ..mips.registers import GENERAL_NAMES
from ..mips.row import Kind
from .graph import RETURN, Function, Graph


class Origin(Enum):
    """Where a value comes from."""

    UNKNOWN = auto()
    NUMBER = auto()  # computed from no address
    PACKET = auto()
    LEASE = auto()
    LENT = auto()  # an address that the lease holds: of a region, or of the queue
    STACK = auto()


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of a value; of an address in the stack, how far from the sp at entry, if that is known."""

    origin: Origin
    offset: int | None = None

    def joined(self, other: Held) -> Held:
        """Of a value that is one of two."""
        if self == other:
            return self
        return Held(self.origin) if self.origin is other.origin else UNKNOWN


UNKNOWN, NUMBER = Held(Origin.UNKNOWN), Held(Origin.NUMBER)

_REGISTER = {name: number for number, name in enumerate(GENERAL_NAMES)}
_SP = _REGISTER["sp"]
_KEPT = tuple(_REGISTER[name] for name in ("s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "gp", "sp"))
_RESULTS = tuple(_REGISTER[name] for name in ("v0", "v1"))
_ARGUMENTS = tuple(_REGISTER[name] for name in ("a0", "a1", "a2", "a3"))


@dataclass(slots=True)
class _State:
    registers: dict[int, Held] = field(default_factory=dict)  # unknown unless here
    slots: dict[int, Held] = field(default_factory=dict)  # words of the stack, likewise

    def of(self, register: int) -> Held:
        return NUMBER if register == 0 else self.registers.get(register, UNKNOWN)

    def copy(self) -> _State:
        return _State(dict(self.registers), dict(self.slots))

    def joined(self, other: _State) -> _State:
        return _State(_common(self.registers, other.registers), _common(self.slots, other.slots))


def _common(one: Mapping[int, Held], other: Mapping[int, Held]) -> dict[int, Held]:
    return {key: joined for key, held in one.items() if key in other and (joined := held.joined(other[key])) != UNKNOWN}


def origins(graph: Graph) -> dict[int, Origin]:
    """Of each load and store that is reached, by its index: what its address comes from."""
    found: dict[int, Origin] = {}
    for start in graph.order:
        state = _State(dict.fromkeys(_ARGUMENTS, NUMBER))
        state.registers[_SP] = Held(Origin.STACK, 0)
        if start == graph.entry:
            packet, _, _, lease = _ARGUMENTS
            state.registers |= {packet: Held(Origin.PACKET), lease: Held(Origin.LEASE)}
        _function(graph, graph.functions[start], state, found)
    return found


def _function(graph: Graph, function: Function, entry: _State, found: dict[int, Origin]) -> None:
    before, waiting = {function.start: entry}, [function.start]
    while waiting:
        at = waiting.pop()
        state, block = before[at].copy(), function.blocks[at]
        for index in block.instructions:
            _execute(graph.instruction(index), state)
        if block.calls is not None:
            _called(state)
        for to in block.goes:
            if to == RETURN:
                continue
            joined = before[to].joined(state) if to in before else state
            if to not in before or joined != before[to]:
                before[to] = joined
                waiting.append(to)
    for start, state in before.items():
        state = state.copy()
        for index in function.blocks[start].instructions:
            one = graph.instruction(index)
            if one.row.kind in (Kind.LOAD, Kind.STORE):
                here = state.of(one.operand("base")).origin
                found[index] = here if found.get(index, here) is here else Origin.UNKNOWN
            _execute(one, state)


def _called(state: _State) -> None:
    """After a call: it keeps what a callee keeps, and writes of the caller's frame the area of its arguments only."""
    sp = state.of(_SP)
    area = range(0) if sp.offset is None else range(sp.offset, sp.offset + MIPS_ARGUMENT_AREA)
    state.slots = {place: held for place, held in state.slots.items() if sp.offset is not None and place not in area}
    state.registers = {register: state.registers[register] for register in _KEPT if register in state.registers}
    state.registers |= dict.fromkeys(_RESULTS, NUMBER)


def _execute(one: Decoded, state: _State) -> None:
    if one.row.kind is Kind.STORE:
        _store(one, state)
        return
    value = _loaded(one, state) if one.row.kind is Kind.LOAD else _computed(one, state)
    for register in one.writes:
        if isinstance(register, int):
            state.registers[register] = value


def _store(one: Decoded, state: _State) -> None:
    base = state.of(one.operand("base"))
    if base.origin is Origin.STACK and base.offset is not None:
        place = base.offset + one.operand("offset")
        whole = one.row.name == "sw" and place % 4 == 0
        state.slots[place & -4] = state.of(one.operand("rt")) if whole else UNKNOWN
    elif base.origin in (Origin.STACK, Origin.UNKNOWN):
        state.slots.clear()


def _loaded(one: Decoded, state: _State) -> Held:
    base = state.of(one.operand("base"))
    match base.origin:
        case Origin.LEASE:
            return Held(Origin.LENT)
        case Origin.STACK if base.offset is not None and one.row.name == "lw":
            return state.slots.get(base.offset + one.operand("offset"), UNKNOWN)
        case Origin.PACKET | Origin.LENT | Origin.NUMBER:
            return NUMBER
    return UNKNOWN


def _computed(one: Decoded, state: _State) -> Held:
    sources = [state.of(register) for register in one.reads if isinstance(register, int)]
    addresses = [held for held in sources if held != NUMBER]
    name = one.row.name
    if name in ("slt", "sltu", "slti", "sltiu"):
        return NUMBER
    if not addresses:
        return NUMBER
    if len(addresses) > 1 or addresses[0] == UNKNOWN:
        return UNKNOWN
    (address,) = addresses
    if name in ("addiu", "addi"):
        moved = None if address.offset is None else address.offset + one.operand("immediate")
        return Held(address.origin, moved)
    if name in ("addu", "add", "or") and 0 in one.operands[1:]:  # a copy
        return address
    if name in ("addu", "add"):
        same = one.operands[1] == one.operands[2]  # twice an address is none
        return UNKNOWN if same else Held(address.origin)
    if name in ("subu", "sub") and state.of(one.operands[2]) == NUMBER:
        return Held(address.origin)
    return UNKNOWN
