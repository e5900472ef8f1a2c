"""The rules of the core form, each broken once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dlcode_dsl import Program, assert_well_formed, check_program, parse_program
from dlcode_dsl.core import form
from dlcode_dsl.core.check import IllFormed, leaves
from dlcode_dsl.core.form import BOOL, U8, U16, U32, Constant, Exit, Type, Variable, Verdict
from tests.dsl.core import filter_of, handler

END = Exit(Verdict.PASS)
ONE = Constant(1, U32)
TRUE = Constant(1, BOOL)
MATCH: form.Body = (Exit(Verdict.MATCH),)


def made(*body: form.Statement) -> Program:
    """A handler with these statements, which no text would parse to."""
    return replace(handler("exit pass"), body=body)


def piped(pipe: str) -> Program:
    return handler("exit pass", pipe)


BROKEN = {
    # what a program declares
    "the longest packet": replace(filter_of("exit match"), maximum=0),
    "a filter owns nothing": replace(filter_of("exit match"), may=("wake",)),
    "declared 2 times": handler("exit pass", "owns @words: u8[1] plain\n"),
    "cells of u8, u16, u32 or u64": handler("exit pass", "owns @odd: u24[1] plain\n"),
    "no effect is called": replace(handler("exit pass"), may=("fly",)),
    "a requirement is a bool": replace(handler("exit pass"), requires=(ONE,)),
    "the binding is a filter": replace(handler("exit pass"), maximum=64, on=filter_of("exit match")),
    "without a verdict": handler("wake"),
    "does not end in match": made(*MATCH),
    "a filter does not end in pass": replace(filter_of("exit match"), body=(END,)),
    # pipes
    "a pipe's gauge": piped("pipe p(%w: u24) { emit %w }\n"),
    "a pipe emits once": piped("pipe p(%w: u8) { }\n"),
    "a pipe only computes": piped("pipe p(%w: u8) { wake emit %w }\n"),
    "a pipe sees the stream": piped("pipe p(%w: u8) { emit @bytes[0:u32] }\n"),
    "its own state, and no region": piped("pipe p(%w: u8) { emit %w } finish @words[0:u32]\n"),
    "only a pipe emits": handler("emit 1:u8 exit pass"),
    "what is emitted is a u8": piped("pipe p(%w: u8) { emit 1:u16 }\n"),
    # names
    "bound twice": handler("let %a: u32 = 1:u32 let %a: u32 = 1:u32 exit pass"),
    "%a is not in scope": handler("if true { let %a: u32 = 1:u32 } @words[0:u32] = %a exit pass"),
    "%a is a u32, not a u8": made(form.Let("a", ONE), form.Let("b", Variable("a", U8)), END),
    "not a mutable name": handler("let %a: u32 = 1:u32 %a = 2:u32 exit pass"),
    "%a is a u32, not a u16": handler("var %a: u32 = 1:u32 %a = 2:u16 exit pass"),
    # statements
    "nothing gets here": handler("exit pass wake exit pass"),
    "1 to 16 whole bytes": handler("read %a: u12 = packet[0:u32] exit pass"),
    "an offset is a u32": handler("read %a: u8 = packet[0:u16] exit pass"),
    "the bytes are not there leaves": handler("read %a: u8 = packet[0:u32] else { wake } exit pass"),
    "a condition is a bool": made(form.If(ONE, (END,)), END),
    "no enclosing block or loop": handler("leave nowhere"),
    "the name of an enclosing block": handler("block a { block a { } } exit pass"),
    "a cell of @words is a u32": handler("@words[0:u32] = 1:u8 exit pass"),
    "no region is called @other": made(form.Store("other", ONE, ONE), END),
    "an index is a u32": handler("@words[0:u8] = 1:u32 exit pass"),
    "whole bytes are written": handler("packet[0:u32] = 1:u12 exit pass"),
    "does not say `may wake`": replace(handler("wake exit pass"), may=("reply",)),
    "does not say `may rewrite`": replace(handler("packet[0:u32] = 1:u8 exit pass"), may=()),
    "does not say `may send`": replace(handler("send send anything { value 1:u8 } exit pass"), may=("reply",)),
    "a frame is made of whole bytes": handler("send reply { value 1:u4 } exit pass"),
    "a count is a u32": made(form.Send("reply", (form.PacketBytes(ONE, Constant(1, U8)),)), END),
    "an own address lies": handler("send reply { value 1:u8 } own mac 0 6 exit pass"),
    "a claim is a bool": made(form.Check("assertion", ONE), END),
    # loops
    "a loop's condition is a bool": made(form.Loop("l", (), ONE, ()), END),
    "a limit is a count": made(form.Loop("l", (), TRUE, (), limit=-1), END),
    "only a limit can be exhausted": made(form.Loop("l", (), TRUE, (), exhausted=(form.Leave("l"),)), END),
    "what runs past the limit leaves": handler("loop l { } while true limit 3 { } else { wake } exit pass"),
    # copies
    "bytes are copied to cells of u8": handler("copy packet[0:u32 : 1:u32] -> @words[0:u32] as d exit pass"),
    "a copy's offset or count": handler("copy packet[0:u8 : 1:u32] -> @bytes[0:u32] as d exit pass"),
    "no pipe is called": made(form.Copy(ONE, ONE, "bytes", ONE, ("p",), "d"), END),
    "stands once in a copy": handler(
        "copy packet[0:u32 : 1:u32] -> @bytes[0:u32] through p, p as d exit pass", "pipe p(%w: u8) { emit %w }\n"
    ),
    # expressions
    "256 does not fit a u8": handler("let %a: u8 = 256:u8 exit pass"),
    "nothing called other has an extent": made(form.Let("a", form.Extent("other")), END),
    "no operator is written": made(form.Let("a", form.Binary("**", ONE, ONE)), END),
    "the right side of + is a u32": made(form.Let("a", form.Binary("+", ONE, Constant(1, U16))), END),
    "works on numbers": made(form.Let("a", form.Compare("==", TRUE, TRUE)), END),
    "a side of and is a bool": made(form.Let("a", form.Logic("and", ONE, TRUE)), END),
    "what `not` turns is a bool": made(form.Let("a", form.Not(ONE)), END),
    "widen does not go from u32 to u8": made(form.Let("a", form.Convert("widen", ONE, U8)), END),
    "narrow does not go from u8 to u16": made(form.Let("a", form.Convert("narrow", Constant(1, U8), U16)), END),
    "whole bytes are swapped": made(form.Let("a", form.ByteSwap(Constant(1, Type(12)))), END),
    "a cell of @words is a u32, not": made(form.Let("a", form.Owned("words", ONE, U8)), END),
    "the value at entry": handler("let %a: u32 = old(@words[0:u32]) exit pass"),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_broken_rule_is_found(reason: str) -> None:
    """By its own words, and by the assertion that front ends make."""
    wanted = reason.removesuffix(", not")
    found = [finding.reason for finding in check_program(BROKEN[reason])]
    assert any(wanted in each for each in found), found
    with pytest.raises(IllFormed):
        assert_well_formed(BROKEN[reason])


def test_a_program_that_keeps_all_rules_has_no_findings() -> None:
    assert check_program(handler("wake exit pass")) == []
    assert_well_formed(filter_of("exit match"))


def test_a_block_that_is_left_goes_on_after_it() -> None:
    """Its end is reached, though its last statement leaves."""
    ended = "block a { if true { leave a } exit pass }"
    assert not leaves(handler(f"{ended} exit pass").body[:1])
    assert leaves(handler("block a { block b { leave b } exit pass }").body)


def test_a_handlers_binding_keeps_the_rules_too() -> None:
    text = "handler h on ethernet maximum 64 binding filter h.on on ethernet maximum 64 { } { exit pass }"
    assert [finding.reason for finding in check_program(parse_program(text))] == [
        "the end of the program can be reached without a verdict"
    ]
