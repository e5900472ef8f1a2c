"""Each stage from a source to machine code, for a filter and for a handler, and a saved proof checked again."""

from __future__ import annotations

import time
from typing import Any

import pytest

import dlcode
from bench.hard_programs import lowered
from dlcode.examples import example
from dlcode_dsl import Source
from dlcode_dsl.library import library
from dlcode_dsl.syntax.parse import Parsed, parse
from dlcode_jit.host import host_image
from dlcode_jit.r3000.image import mips_image
from dlcode_verifier import Certificate, Options, Proved, recheck, save, verify

PAUSE = 0.2
"""Seconds in which the solver's process has cleared up after the last task: it waits a tenth before it begins."""

ROUNDS = 9  # where each is preceded by a pause

BASE = 0x8003_0000
"""An address in kseg0, where images of the R3000 lie."""

stages = pytest.mark.parametrize("name", ["web", "remote_increment"])


def settings(group: str) -> pytest.MarkDecorator:
    """Half a second for each row of a group."""
    return pytest.mark.benchmark(group=group, max_time=0.5)


def source(name: str) -> Source:
    """The example's source, with its tests, as it is shipped."""
    return Source(f"{name}.ash", example(name).read_text(encoding="utf-8"))


def parsed(name: str) -> Parsed:
    """The example's syntax tree, with the header library read already."""
    library()
    return parse(source(name))


@pytest.fixture
def certificate(name: str, request: pytest.FixtureRequest) -> Certificate:
    """The example's proof."""
    program: dlcode.Filter | dlcode.Handler = request.getfixturevalue(name)
    return program.certificate


# ---- the front end


@settings("parse")
@stages
def test_parse(benchmark: Any, name: str) -> None:
    """Text to syntax tree; the header library and the grammar are read already."""
    parsed(name)
    assert not benchmark(parse, source(name)).diagnostics


@settings("lower")
@stages
def test_lower(benchmark: Any, name: str) -> None:
    """Syntax tree to core form."""
    assert benchmark(lowered, parsed(name)).name == name


# ---- the proof


@settings("prove")
@stages
def test_prove_in_a_warm_worker(benchmark: Any, name: str, certificate: Certificate) -> None:
    """As users prove: the solver's process is there, and has had time to clear up."""
    answer = benchmark.pedantic(
        verify, args=(certificate.program,), setup=lambda: time.sleep(PAUSE), rounds=ROUNDS, warmup_rounds=1
    )
    assert isinstance(answer, Proved)


@settings("prove")
@stages
def test_prove_one_after_another(benchmark: Any, name: str, certificate: Certificate) -> None:
    """The same with no time between two tasks, so that clearing up after earlier ones counts."""
    assert isinstance(benchmark(verify, certificate.program), Proved)


@settings("prove")
@stages
def test_prove_in_this_process(benchmark: Any, name: str, certificate: Certificate) -> None:
    """Without a process for the solver."""
    assert isinstance(benchmark(verify, certificate.program, options=Options(isolated=False)), Proved)


@settings("prove")
@stages
def test_recheck(benchmark: Any, name: str, certificate: Certificate) -> None:
    """A saved certificate read and its program proved again."""
    saved = save(certificate)
    answer = benchmark.pedantic(
        recheck, args=(certificate.program, saved), setup=lambda: time.sleep(PAUSE), rounds=ROUNDS, warmup_rounds=1
    )
    assert isinstance(answer, Proved)


@settings("parsed source to certificate")
@stages
def test_parsed_source_to_certificate(benchmark: Any, name: str) -> None:
    """Lower and prove, in a warm worker."""
    tree = parsed(name)
    answer = benchmark.pedantic(
        lambda: verify(lowered(tree)), setup=lambda: time.sleep(PAUSE), rounds=ROUNDS, warmup_rounds=1
    )
    assert isinstance(answer, Proved)


# ---- machine code


@settings("compile")
@stages
def test_compile_for_the_host(benchmark: Any, name: str, certificate: Certificate) -> None:
    """Core form to machine code in this process; a filter's holds the builtin, not yet the loop over a batch."""
    host_image(certificate)  # LLVM is imported, its target machine made
    assert benchmark(host_image, certificate).program.name == name


@settings("compile")
@stages
def test_compile_for_the_r3000(benchmark: Any, name: str, certificate: Certificate) -> None:
    """Core form to a checked and placed image; the code generator's process runs already."""
    mips_image(certificate, BASE)
    assert benchmark(mips_image, certificate, BASE).program.name == name
