"""Sources made to be slow, deep, endless or enormous: each gets an answer, in time, with a code and a place.

What takes longer than a few seconds is in `python -m tests.attacks.heavy`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcode.command_line import main
from dlcode_aegis_core.bindings import BindCode, BindError, Capability
from dlcode_aegis_core.host import Core
from dlcode_dsl import Source, compile_source, format_source
from dlcode_verifier import NotProved, Options, Proved, SolverFailure, verify, warm, worker
from tests.attacks.programs import proof

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds: far more than any of these takes, far less than what has no bound."""

PROVED, REFUSED, CANNOT_RUN, NOT_PROVED = 0, 1, 2, 3

Dlcode = Callable[..., tuple[int, str, str]]


@pytest.fixture
def dlcode(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dlcode:
    """Run a command on a source in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def command(name: str, text: str, *more: str) -> tuple[int, str, str]:
        (tmp_path / "attack.ash").write_text(text, encoding="utf-8")
        started = time.perf_counter()
        code = main([name, *more, "attack.ash"])
        out, err = capsys.readouterr()
        assert time.perf_counter() - started < PATIENCE
        assert "Traceback" not in err
        assert "a bug in dlcode" not in err
        return code, out, err

    return command


def ring(count: int, end: str = "") -> str:
    """Functions that call the next one, and the last the first, or `end`."""
    last = end or "f0(x)"
    calls = [f"fn f{at}(x: u32) -> u32 {{ f{at + 1}(x) }}\n" for at in range(count - 1)]
    return "".join(calls) + f"fn f{count - 1}(x: u32) -> u32 {{ {last} }}\nfilter g on ethernet {{ f0(3) == 1 }}\n"


def twice(first: str, count: int) -> str:
    """Functions of which each calls the one before it twice."""
    calls = [f"fn f{at}(x: u32) -> u32 {{ f{at - 1}(x) +% f{at - 1}(x +% 1) }}\n" for at in range(1, count)]
    return first + "".join(calls) + f"filter g on ethernet {{ f{count - 1}(3) == 1 }}\n"


HANDLER = "handler h on has(ipv4)\n owns a: u32[64]\n owns s: u32\n"
TESTED = 'filter f on ethernet { true }\ntest f "x" { packet ethernet'

REFUSED_SOURCES = {
    "a function that calls itself": ("fn f(x: u32) -> u32 { f(x - 1) }\nfilter g on ethernet { f(3) == 1 }", "ASH1027"),
    "two functions that call each other": (ring(2), "ASH1027"),
    "200 functions in a ring": (ring(200), "ASH1027"),
    "1,000 functions in a row": (ring(1000, "x"), "ASH1027"),
    "functions that each call another twice": (twice("fn f0(x: u32) -> u32 { x +% 1 }\n", 40), "ASH1027"),
    "functions that each call another twice, with a loop": (
        twice("fn f0(x: u32) -> u32 { var n = x\n for i in 0 .. 9 { n +%= i }\n n }\n", 30), "ASH1027",
    ),
    "two filters that name each other": ("filter a on ethernet { b }\nfilter b on ethernet { a }", "ASH1027"),
    "a filter that names itself": ("filter a on ethernet { a }", "ASH1027"),
    "two constants by means of each other": ("const A = B\nconst B = A", "ASH1010"),
    "a chain without an end": (
        "header y { n: u8 }\nheader ethernet { type: u16\n chain type limit 1000000000 { 1 => y } }\n"
        "filter f on ethernet { has(y) }", "ASH1022",
    ),
    "a filter with a name of 100,000 characters that may wrap": (
        f"filter {'f' * 100_000} on ethernet {{ pkt.len - 1 == 3 }}", "ASH2033",
    ),
    "a field with a name of 100,000 characters that is no index": (
        f"message m {{ {'f' * 100_000}: u8 }}\nhandler h(m: m) on udp.dport == 7\n owns a: u8[3]\n"
        f"{{ a[m.{'f' * 100_000}] = 1\n pass }}", "ASH2032",
    ),
    "571,000 lines of one word": ("x\n" * 571_000, "ASH1003"),
    "3,000 filters of nothing known": ("filter f on ethernet { x }\n" * 3000, "ASH1010"),
    "20,000 lines that start with what only ends": ("} {\n" * 20_000, "ASH1001"),
    "200,000 strings that do not end": ('"' * 200_000, "ASH1001"),
    "a test's packet of 3,000 tags": (f"{TESTED}{'/ vlan' * 3000}\n expect match }}", "ASH1004"),
    "a test's packet of 300,000 bytes": (f'{TESTED} / hex("{"00" * 300_000}")\n expect match }}', "ASH1030"),
    "a test's packet that says to be longer than any": (
        "header ethernet { n: u16\n d: u8[n * 65535] }\nfilter f on ethernet { true }\n"
        'test f "x" { packet ethernet(n: 65535)\n expect match }', "ASH1030",
    ),
    "memory of 32 TB": ("handler h on has(udp)\n owns a: u64[4000000000000]\n{ pass }", "ASH1029"),
    "a loop to the last number there is": (
        f"{HANDLER}{{ for i in 0 .. {(1 << 128) - 1} {{ s = 1 }}\n pass }}", "ASH1014",
    ),
    "one pipe twice in a copy": (
        "pipe p(w: u8) -> u8 { emit w }\nhandler h on has(ipv4)\n owns b: u8[64]\n"
        "{ let p = ipv4.payload else pass\n if p.len <= 64 { copy p -> b[0 ..] through p >> p }\n pass }", "ASH1028",
    ),
    "a copy of 4 billion bytes": (
        "handler h on has(ipv4)\n owns b: u8[64]\n owns n: u32\n"
        "{ let p = pkt[0 .. n] else pass\n copy p -> b[n ..]\n pass }", "ASH2041",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED_SOURCES)
def test_a_source_made_to_harm_is_refused_with_its_code_and_place(name: str, dlcode: Dlcode) -> None:
    text, code = REFUSED_SOURCES[name]
    status, _, err = dlcode("check", text)
    assert status == REFUSED
    assert f"error[{code}]" in err
    assert "--> attack.ash:" in err


def nested(depth: int, end: str) -> str:
    """Loops inside one another."""
    loops = "".join(f"for i{at} in 0 .. {end} {{\n" for at in range(depth))
    return f"{HANDLER}{{ var x = 1\n{loops} x +%= 1\n a[i0 % 64] = x\n{'}' * depth}\n pass }}\n"


PROVED_SOURCES = {
    "5,000 bytes that may be absent": "".join(f" let x{at} = pkt[{at}] else pass\n" for at in range(5000)) + " pass",
    "5,000 sums": " var x = 1\n" + "".join(f" x = x + {at}\n" for at in range(5000)) + " s = x\n pass",
    "5,000 products that wrap": " var x = s\n"
    + "".join(f" x = x *% {at + 3} +% {at}\n" for at in range(5000)) + " s = x\n pass",
    "5,000 tests": " var x = 1\n"
    + "".join(f" if pkt[{at % 1000}] == {at % 256} {{ x +%= {at} }}\n" for at in range(5000)) + " s = x\n pass",
    "30 loops": "".join(f" for i{at} in 0 .. 10 {{ a[i{at}] +%= s }}\n" for at in range(30)) + " pass",
    "a counter of 128 bits": " let n = pkt[0] as u128 else pass\n for i in 0 .. n { s = 1 }\n pass",
}  # fmt: skip


@pytest.mark.parametrize("name", PROVED_SOURCES)
def test_a_source_that_is_only_long_is_proved(name: str, dlcode: Dlcode) -> None:
    status, out, err = dlcode("check", f"{HANDLER}{{\n{PROVED_SOURCES[name]}\n}}\n")
    assert (status, err) == (PROVED, "")
    assert "proved" in out


@pytest.mark.parametrize("end", ["10", "pkt.len"])
def test_loops_nested_ten_deep_are_proved_and_their_cost_is_no_more_than_it_says(end: str, dlcode: Dlcode) -> None:
    assert dlcode("check", nested(10, end))[0] == PROVED


@pytest.mark.parametrize("end", ["10", "pkt.len"])
def test_loops_nested_thirty_deep_get_an_answer(end: str, dlcode: Dlcode) -> None:
    """More than the proof tries: that is said, with its place, and is no refusal as unsafe."""
    status, _, err = dlcode("check", nested(30, end))
    assert status in (PROVED, NOT_PROVED)
    assert (status == PROVED) == (err == "")


WAKES = "handler h on has(ipv4)\n may wake\n{ for i in 0 .. pkt.len { for j in 0 .. pkt.len { wake } }\n pass }\n"


def test_effects_without_number_are_bound_nowhere(dlcode: Dlcode) -> None:
    """68 billion wake-ups are proved to be no more; no queue takes them, here or in a test."""
    with pytest.raises(BindError) as refused:
        Core(Capability(grants=frozenset({"wake"}))).environment("owner").download(proof(WAKES))
    assert refused.value.code in (BindCode.EFFECTS, BindCode.CERTIFICATE)
    status, _, err = dlcode("test", WAKES + 'test h "x" { packet ethernet\n expect decline }\n')
    assert status == CANNOT_RUN
    assert "68719476736 entries" in err


# ---- the formatter

WORDS = st.sampled_from(
    (
        "filter handler on owns may when { } ( ) [ ] .. -> >> == + - 1 0x 10.0.0.1/8 x y.z else for while in , : ; // "
        "\x0b \x0c \x85 \u2028 # @ \\ ' ` \" let var = if \n \t \r // comment\n"
    ).split(" ")
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=40).map(" ".join)))
def test_the_formatter_survives_any_text_and_has_nothing_to_add_to_its_own(text: str) -> None:
    made = format_source(Source("any.ash", text))
    if not made.diagnostics:
        assert format_source(Source("again.ash", made.text)).text == made.text


# ---- where the witness goes, and who answers

UNSAFE = "filter f on ethernet { pkt.len - 60 > 3 }\n"


@pytest.mark.parametrize("folder", ["/proc/nowhere", "/dev/full", "attack.ash/in"])
def test_a_witness_that_cannot_be_written_leaves_the_refusal(folder: str, dlcode: Dlcode) -> None:
    status, out, err = dlcode("check", UNSAFE, "--witnesses", folder)
    assert status == REFUSED
    assert "error[ASH2033]" in err
    assert "not written: " in err
    assert "refused" in out


def test_a_witness_on_a_full_disk_leaves_the_refusal_and_no_half_of_a_file(tmp_path: Path) -> None:
    """A file may not grow: as on a disk that is full, in the middle of writing."""
    (tmp_path / "attack.ash").write_text(UNSAFE)
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)); sys.argv = ['dlcode', 'check', 'attack.ash'];"
        "from dlcode.command_line import main; sys.exit(main())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", limited], cwd=tmp_path, capture_output=True, text=True, timeout=2 * PATIENCE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert ran.returncode == REFUSED
    assert "not written: " in ran.stderr
    assert os.listdir(tmp_path) == ["attack.ash"]


LOOPED = f"{HANDLER}{{ for i in 0 .. pkt.len {{ a[i % 64] +%= i }}\n pass }}\n"


def test_a_solver_that_is_killed_in_the_middle_of_a_proof_with_loops_is_no_verdict() -> None:
    """An error of the tool's own; the next proof has a solver again."""
    program = compile_source(Source("looped.ash", LOOPED)).programs[0]
    warm()
    first = worker._workers[0].process
    os.kill(first.pid, signal.SIGSTOP)
    killer = f"import os, time; time.sleep(0.3); os.kill({first.pid}, 9)"
    with subprocess.Popen([sys.executable, "-c", killer]), pytest.raises(SolverFailure):
        verify(program)
    assert isinstance(verify(program), Proved)


def test_effort_that_is_used_up_leaves_everything_open_and_proves_nothing() -> None:
    """However little there is: a fact whose promise was not proved is relied upon nowhere."""
    program = compile_source(Source("looped.ash", LOOPED.replace("% 64", "% 65"))).programs[0]
    safe = compile_source(Source("looped.ash", LOOPED)).programs[0]
    answers = set()
    for most in (0, 1, 1000, 10_000, 30_000, 100_000, 300_000):
        options = Options(isolated=False, most_effort=most)
        assert not isinstance(verify(program, options=options), Proved)
        answers.add(type(verify(safe, options=options)))
    assert answers == {NotProved, Proved}
