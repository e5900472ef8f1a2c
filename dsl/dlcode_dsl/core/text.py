"""The stable text of a core program; `parse.parse_program` reads it back.

Names carry a sigil for what they are: `%value`, `@region`. Every constant shows its type, every operation its brackets.
"""

from __future__ import annotations

from . import form
from .form import Body, Expression, Program, Statement


def print_program(program: Program) -> str:
    """The program as text, ending in a newline."""
    return "\n".join(_program(program, "")) + "\n"


def print_expression(expression: Expression) -> str:
    """One expression as text."""
    match expression:
        case form.Constant(value, form.BOOL):
            return "true" if value else "false"
        case form.Constant(value, type):
            return f"{value}:{type}"
        case form.Variable(name):
            return f"%{name}"
        case form.Extent(of):
            return f"extent({of if of in ('packet', 'wire') else '@' + of})"
        case form.Binary(symbol, left, right) | form.Compare(symbol, left, right) | form.Logic(symbol, left, right):
            return f"({print_expression(left)} {symbol} {print_expression(right)})"
        case form.Not(operand):
            return f"not({print_expression(operand)})"
        case form.Convert(how, operand, type):
            return f"{how}({print_expression(operand)}, {type})"
        case form.ByteSwap(operand):
            return f"bswap({print_expression(operand)})"
        case form.Owned(region, index):
            return f"@{region}[{print_expression(index)}]"
        case form.Entry(region, index):
            return f"old(@{region}[{print_expression(index)}])"


def print_body(body: Body, indent: str = "") -> list[str]:
    """The lines of a body, one statement after another."""
    return [line for statement in body for line in _statement(statement, indent)]


def _braced(opening: str, body: Body, indent: str) -> list[str]:
    if not body:
        return [f"{indent}{opening} {{ }}"]
    if len(body) == 1 and isinstance(body[0], form.Leave | form.Exit):
        return [f"{indent}{opening} {{ {print_body(body)[0]} }}"]
    return [f"{indent}{opening} {{", *print_body(body, indent + "  "), f"{indent}}}"]


def _continued(lines: list[str], word: str, body: Body, indent: str) -> list[str]:
    """`lines`, ending in a closing brace, carried on by ` word { … }`."""
    tail = _braced(word, body, indent)
    return [*lines[:-1], f"{lines[-1]} {tail[0].lstrip()}", *tail[1:]]


def _statement(statement: Statement, indent: str) -> list[str]:
    show = print_expression
    match statement:
        case form.Let(name, value, mutable):
            return [f"{indent}{'var' if mutable else 'let'} %{name}: {value.type} = {show(value)}"]
        case form.Assign(name, value):
            return [f"{indent}%{name} = {show(value)}"]
        case form.Read(name, type, offset, otherwise):
            read = f"read %{name}: {type} = packet[{show(offset)}]"
            return [f"{indent}{read}"] if otherwise is None else _braced(f"{read} else", otherwise, indent)
        case form.If(condition, then, otherwise):
            lines = _braced(f"if {show(condition)}", then, indent)
            return _continued(lines, "else", otherwise, indent) if otherwise else lines
        case form.Block(label, body):
            return _braced(f"block {label}", body, indent)
        case form.Leave(label):
            return [f"{indent}leave {label}"]
        case form.Loop():
            return _loop(statement, indent)
        case form.Store(region, index, value):
            return [f"{indent}@{region}[{show(index)}] = {show(value)}"]
        case form.Rewrite(offset, value):
            return [f"{indent}packet[{show(offset)}] = {show(value)}"]
        case form.Copy(offset, count, region, index, through, result):
            pipes = f" through {', '.join(through)}" if through else ""
            span = f"packet[{show(offset)} : {show(count)}]"
            return [f"{indent}copy {span} -> @{region}[{show(index)}]{pipes} as {result}"]
        case form.Emit(value):
            return [f"{indent}emit {show(value)}"]
        case form.Send():
            return _send(statement, indent)
        case form.Wake():
            return [f"{indent}wake"]
        case form.Check(kind, condition):
            return [f"{indent}{kind} {show(condition)}"]
        case form.Exit(verdict):
            return [f"{indent}exit {verdict.value}"]


def _loop(loop: form.Loop, indent: str) -> list[str]:
    clauses = [f"invariant {print_expression(invariant)}" for invariant in loop.invariants]
    if loop.decreases:
        clauses.append("decreases " + ", ".join(map(print_expression, loop.decreases)))
    if loop.limit is not None:
        clauses.append(f"limit {loop.limit}")
    lines = _braced(f"loop {loop.label}", loop.head, indent)
    condition = " ".join([f"while {print_expression(loop.condition)}", *clauses])
    lines = _continued(lines, condition, loop.body, indent)
    return lines if loop.exhausted is None else _continued(lines, "else", loop.exhausted, indent)


def _send(send: form.Send, indent: str) -> list[str]:
    head = f"send {send.effect}" + (f" {send.template}" if send.template else "")
    lines = [f"{indent}{head} {{"]
    for piece in send.pieces:
        match piece:
            case form.PacketBytes(offset, count):
                lines.append(f"{indent}  packet[{print_expression(offset)} : {print_expression(count)}]")
            case form.Value(value):
                lines.append(f"{indent}  value {print_expression(value)}")
    return [*lines, f"{indent}}}{_own(send.own)}"]


def _own(addresses: tuple[form.OwnAddress, ...]) -> str:
    return "".join(f" own {address.kind} {address.offset} {address.size}" for address in addresses)


def _program(program: Program, indent: str) -> list[str]:
    lines = [f"{indent}{program.kind} {program.name} on {program.link} maximum {program.maximum}"]
    inner = indent + "  "
    for region in program.regions:
        lines.append(f"{inner}owns @{region.name}: {region.cell}[{region.count}] {region.mode}")
    if program.may:
        lines.append(f"{inner}may {', '.join(program.may)}")
    for requirement in program.requires:
        lines.append(f"{inner}requires {print_expression(requirement)}")
    if program.budget is not None:
        machine = f" on {program.budget.machine}" if program.budget.machine else ""
        lines.append(f"{inner}cost {program.budget.amount} {program.budget.unit}{machine}")
    for template in program.templates:
        fixed = "".join(f" fixed {part.offset} {part.size} & {part.mask} == {part.value}" for part in template.fixed)
        lines.append(f"{inner}template {template.name}{fixed}{_own(template.own)}")
    for pipe in program.pipes:
        lines.extend(_pipe(pipe, inner))
    if program.on is not None:
        lines.append(f"{inner}binding")
        lines.extend(_program(program.on, inner))
    return [*lines, f"{indent}{{", *print_body(program.body, inner), f"{indent}}}"]


def _pipe(pipe: form.Pipe, indent: str) -> list[str]:
    attributes = "".join(f" {attribute}" for attribute in pipe.attributes)
    states = "".join(f" state %{state.name} = {print_expression(state.initial)}" for state in pipe.states)
    lines = _braced(f"pipe {pipe.name}(%{pipe.word}: {pipe.gauge}){attributes}{states}", pipe.body, indent)
    if pipe.finish is not None:
        lines[-1] += f" finish {print_expression(pipe.finish)}"
    return lines
