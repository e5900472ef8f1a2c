"""The table of instructions is consistent: encodings, operands, declared registers and meanings agree."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcode_jit.mips.decode import decode, encode
from dlcode_jit.mips.row import FIELDS, Cpu, Instruction, Kind
from dlcode_jit.mips.rows import ROWS

IMPLIED = {
    "multiplied": {"hi", "lo"},
    "divided": {"hi", "lo"},
    "write_hi": {"hi"},
    "write_lo": {"lo"},
}
"""What a call of the processor writes besides general registers."""


def by_name(row: Instruction) -> str:
    return row.name


def test_no_word_is_two_instructions() -> None:
    overlapping = [
        (one.name, other.name) for one, other in combinations(ROWS, 2) if one.encoding.overlaps(other.encoding)
    ]
    assert overlapping == []


def test_no_name_stands_for_two_instructions() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=by_name)
def test_operands_lie_beside_each_other_and_beside_the_encoding(row: Instruction) -> None:
    taken = row.encoding.mask
    for name in row.operands:
        field = FIELDS[name]
        bits = (1 << field.width) - 1 << field.low
        assert not taken & bits
        taken |= bits


@given(st.sampled_from(ROWS), st.data())
def test_decoding_gives_back_what_was_encoded(row: Instruction, data: st.DataObject) -> None:
    operands = tuple(data.draw(st.sampled_from(FIELDS[name].values)) for name in row.operands)
    decoded = decode(encode(row, operands))

    assert decoded is not None
    assert (decoded.row, decoded.operands) == (row, operands)


@pytest.mark.parametrize("row", [row for row in ROWS if row.operands], ids=by_name)
def test_an_operand_that_does_not_fit_is_refused(row: Instruction) -> None:
    for index, name in enumerate(row.operands):
        for value in (FIELDS[name].values.start - 1, FIELDS[name].values.stop):
            operands = [0] * len(row.operands)
            operands[index] = value
            with pytest.raises(OverflowError, match=name):
                encode(row, tuple(operands))


# Meanings ------------------------------------------------------------------------------------------------------------


def body(row: Instruction) -> ast.FunctionDef:
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(row.meaning))).body
    assert isinstance(function, ast.FunctionDef)
    function.decorator_list = []
    return function


def calls(row: Instruction) -> set[str]:
    """Methods of the processor that the meaning calls."""
    return {
        node.func.attr
        for node in ast.walk(body(row))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }


def registers(row: Instruction, context: type[ast.expr_context]) -> set[str]:
    """Subscripts of `cpu.gpr` that are read, or written."""
    return {
        "ra" if isinstance(node.slice, ast.Constant) else ast.unparse(node.slice)
        for node in ast.walk(body(row))
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, context)
    }


@pytest.mark.parametrize("row", ROWS, ids=by_name)
def test_a_meaning_takes_the_operands_in_the_order_of_the_format(row: Instruction) -> None:
    parameters = [argument.arg for argument in body(row).args.args]
    assert parameters == ["cpu", *row.operands]


@pytest.mark.parametrize("row", ROWS, ids=by_name)
def test_a_meaning_reads_and_writes_the_registers_that_the_row_declares(row: Instruction) -> None:
    called = calls(row)
    writes = registers(row, ast.Store) | set().union(*(IMPLIED.get(name, set()) for name in called))
    reads = registers(row, ast.Load) | {name.removeprefix("read_") for name in called & {"read_hi", "read_lo"}}
    if "load" in called:
        writes |= {"rt"}

    assert writes == set(row.writes)
    assert reads == set(row.reads)


@pytest.mark.parametrize("row", ROWS, ids=by_name)
def test_a_meaning_does_what_its_kind_says(row: Instruction) -> None:
    called = calls(row)

    assert (row.kind is Kind.LOAD) == ("load" in called)
    assert (row.kind is Kind.STORE) == bool(called & {"write", "write_masked"})
    assert row.has_delay_slot == bool(called & {"branch", "jump"})
    assert row.merges == ("merge_source" in called)
    assert row.privileged == bool(called & PRIVILEGED)


PRIVILEGED = {
    *("read_control", "write_control", "coprocessor_condition", "return_from_exception"),
    *("tlb_read", "tlb_write_indexed", "tlb_write_random", "tlb_probe"),
}

TRANSLATABLE = (
    *(ast.FunctionDef, ast.arguments, ast.arg, ast.Expr, ast.Assign, ast.If, ast.IfExp, ast.Name, ast.Constant),
    *(ast.Call, ast.Attribute, ast.Subscript, ast.BinOp, ast.UnaryOp, ast.Compare),
    *(ast.operator, ast.unaryop, ast.cmpop, ast.expr_context),
)
"""What a meaning may be written with: nothing that could not be turned into straight machine code."""


@pytest.mark.parametrize("row", ROWS, ids=by_name)
def test_a_meaning_is_written_in_the_part_of_python_that_can_be_translated(row: Instruction) -> None:
    function = body(row)

    assert [ast.dump(node) for node in ast.walk(function) if not isinstance(node, TRANSLATABLE)] == []
    assert calls(row) <= set(dir(Cpu))
    plain = {
        node.func.id for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert plain <= {"signed", "abs"}
    assert row.summary
