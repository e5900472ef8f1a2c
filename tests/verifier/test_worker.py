"""The solver's process may crash, hang or be killed: an error of the tool, after which the next one answers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dlcode_dsl import print_program
from dlcode_verifier import Options, Proved, Refuted, SolverFailure, verify, warm, worker
from dlcode_verifier.task import Task
from tests.verifier.support import program

SAFE = program(  # which takes a query to prove
    "let %x: u32 = (@words[0:u32] % 9:u32) if (%x != 8:u32) { @words[%x] = 1:u32 } exit consume"
)
HARD = program(
    """let %a: u64 = (widen(@words[0:u32], u64) *% widen(@words[1:u32], u64))
    let %b: u64 = (widen(@words[2:u32], u64) *% widen(@words[3:u32], u64))
    if ((%a == %b) and (@words[0:u32] != @words[2:u32])) {
      assertion ((%a ^ %b) == ((%a *% %b) % 18446744073709551557:u64))
    }
    exit pass"""
)


def running() -> worker.Worker:
    warm()
    return worker._workers[0]


def test_a_worker_that_was_killed_is_replaced() -> None:
    first = running()
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()
    assert isinstance(verify(SAFE), Proved)
    assert running().process.pid != first.process.pid


def test_a_worker_that_dies_over_a_question_is_no_verdict() -> None:
    first = running()
    os.kill(first.process.pid, signal.SIGSTOP)
    killer = f"import os, time; time.sleep(0.2); os.kill({first.process.pid}, 9)"
    with subprocess.Popen([sys.executable, "-c", killer]), pytest.raises(SolverFailure, match="ended by itself"):
        verify(SAFE)
    assert isinstance(verify(SAFE), Proved)


def test_a_worker_that_takes_too_long_is_killed_and_is_no_verdict() -> None:
    first = running()
    os.kill(first.process.pid, signal.SIGSTOP)
    with pytest.raises(SolverFailure, match=r"after 0\.2 seconds"):
        verify(SAFE, options=Options(watchdog=0.2))
    assert first.process.poll() is not None
    assert isinstance(verify(SAFE), Proved)


def test_an_error_in_the_worker_is_told_and_it_goes_on() -> None:
    pid = running().process.pid
    with pytest.raises(SolverFailure, match="KeyError"):
        worker.solve(Task([("no such operation", 0)], [(0, 0)], 64, {}, 1, 1), isolated=True, watchdog=10)
    assert isinstance(verify(SAFE), Proved)
    assert running().process.pid == pid


def test_an_interrupted_question_leaves_no_answer_for_the_next_one() -> None:
    first = running()
    os.kill(first.process.pid, signal.SIGSTOP)

    def interrupt(number: int, frame: object) -> None:
        os.kill(first.process.pid, signal.SIGCONT)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            verify(SAFE)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert isinstance(verify(program("@words[@words[0:u32]] = 1:u32 exit consume")), Refuted)
    assert running().process.pid != first.process.pid


def test_giving_up_is_an_answer_and_not_a_failure() -> None:
    answer = verify(HARD, options=Options(integer_effort=2000, bitvector_effort=2000))
    assert not isinstance(answer, Proved | Refuted)
    assert "gave up after 2000 steps" in answer.diagnostics[0].notes[0]


def test_a_forked_process_does_not_share_the_worker() -> None:
    parent = running().process.pid
    child = os.fork()
    if child == 0:
        try:
            fine = isinstance(verify(SAFE), Proved) and running().process.pid != parent
            worker._workers.pop().stop()
        except BaseException:
            fine = False
        os._exit(0 if fine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert isinstance(verify(SAFE), Proved)
    assert running().process.pid == parent


def test_the_worker_ends_with_its_owner() -> None:
    script = (
        "from dlcode_verifier import warm, worker; import os; warm();"
        "print(worker._workers[0].process.pid, flush=True); os._exit(0)"
    )
    assert_ends(int(told(script)))


def assert_ends(pid: int) -> None:
    """The process ends soon; one that nobody has waited for yet has ended too."""
    status = Path(f"/proc/{pid}/status")
    deadline = time.monotonic() + 10
    while status.exists() and "zombie" not in status.read_text():
        assert time.monotonic() < deadline, "the worker outlived its owner"
        time.sleep(0.05)


def test_a_worker_in_the_middle_of_a_task_ends_with_its_owner() -> None:
    """The owner is killed while Z3 is at work: nobody would read the answer."""
    script = (
        "from dlcode_verifier import Options, verify, warm, worker; from dlcode_dsl import parse_program; warm();"
        "print(worker._workers[0].process.pid, flush=True);"
        f"verify(parse_program({print_program(HARD)!r}), options=Options(2**31, 2**31))"
    )
    with subprocess.Popen(python(script), stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        time.sleep(2)
        assert owner.poll() is None, "the task was not hard enough to be interrupted"
        owner.kill()
    assert_ends(pid)


def test_importing_the_verifier_does_not_import_the_solver() -> None:
    assert told("import dlcode_verifier; print('z3' in sys.modules)") == "False"


def told(script: str) -> str:
    """What a new Python process prints."""
    return subprocess.run(python(script), capture_output=True, text=True, check=True).stdout.strip()


def python(script: str) -> list[str]:
    """The command that runs a script with the modules that are in reach here."""
    return [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {script}"]


def test_a_worker_is_replaced_after_a_large_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits while a large context is destroyed: the next question meets a new process."""
    first = running().process
    assert isinstance(verify(SAFE), Proved)
    assert running().process is first
    monkeypatch.setattr(worker, "LARGE", 0)
    assert isinstance(verify(SAFE), Proved)
    assert first.poll() is not None
    assert isinstance(verify(SAFE), Proved)
