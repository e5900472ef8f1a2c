"""Solving in a process of its own, which may crash or be killed without harm.

One worker serves this process until it ends, and clears up while it has nothing to do. Tasks
and decisions cross as `marshal` of plain tuples, each behind its length. What comes back is trusted like Z3 itself.
"""

from __future__ import annotations

import atexit
import marshal
import os
import resource
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import IO, Any

from .task import Decision, Task, decision_of, plain

MEMORY = 4 << 30
"""Most bytes of address space of a worker: past it, Z3 fails, and nothing else on the machine does."""

USED, IDLE = 16, 0.1
"""Most contexts that a worker leaves lying about, and the seconds without a task after which it clears them up.

A context takes some milliseconds to make and to destroy: the next task need not wait for either.
"""

SPARE, PAUSE = 2, 0.02
"""Contexts that wait for tasks, and the seconds without a task after which they are made up to so many: the task of a
handler comes right after that of its binding filter.
"""

LARGE = 10_000
"""Rows of a task after which the worker is replaced: such a context can take a minute to destroy, and a process takes
0.1 s to start."""

_LENGTH = struct.Struct("<Q")


class SolverFailure(Exception):
    """The solver's process crashed, ran out of memory or had to be killed. It says nothing about the program."""


def _decided(task: tuple[Any, ...], context: Any) -> tuple[Any, ...]:
    from .decide import decide

    return plain(decide(Task(*task), context))


def _compared(task: tuple[Any, ...], context: Any) -> tuple[Any, ...]:
    from .filters.solving import compared

    return compared(task, context)


def _named(task: tuple[Any, ...], context: Any) -> tuple[Any, ...]:
    from .fewest import fewest

    return fewest(task, context)


def _supposed(task: tuple[Any, ...], context: Any) -> tuple[Any, ...]:
    from .supposing import supposing

    return supposing(task, context)


KINDS: dict[str, Callable[[tuple[Any, ...], Any], tuple[Any, ...]]] = {
    "program": _decided, "filters": _compared, "lines": _named, "supposing": _supposed,
}  # fmt: skip
"""What can be asked, and what answers it: from a task, whose first part is its rows, and a context of its own. Z3 is
imported only where it runs."""


def solve(task: Task, *, isolated: bool, watchdog: float) -> Decision:
    """Decide a task, in the worker if `isolated`, or else in this process. Raises SolverFailure."""
    return decision_of(ask("program", tuple(task), isolated=isolated, watchdog=watchdog))


def ask(kind: str, task: tuple[Any, ...], *, isolated: bool, watchdog: float) -> tuple[Any, ...]:
    """The answer to a task of one of `KINDS`, found in the worker if `isolated`. Raises SolverFailure."""
    if not isolated:
        import z3

        return KINDS[kind](task, z3.Context())
    with _lock:
        answer = _worker().solve((kind, task), watchdog)
        if len(task[0]) > LARGE:
            _end()
        return answer


def warm() -> None:
    """Start the worker now, so that it is there when the first task comes; returns at once."""
    with _lock:
        _worker()


class Worker:
    """The parent's end."""

    def __init__(self, command: str) -> None:
        self.owner, self.asked = os.getpid(), 0
        pipe, silent = subprocess.PIPE, subprocess.DEVNULL
        self.process = subprocess.Popen(
            [sys.executable, "-c", command], stdin=pipe, stdout=pipe, stderr=silent, start_new_session=True
        )
        assert self.process.stdin is not None
        os.set_blocking(self.process.stdin.fileno(), False)

    @property
    def usable(self) -> bool:
        """Whether the process runs, and is ours: a fork of this process must not share it."""
        return self.owner == os.getpid() and self.process.poll() is None

    def solve(self, task: tuple[Any, ...], watchdog: float) -> tuple[Any, ...]:
        """The answer to a task and its kind. Raises SolverFailure, and ends the process, if it is not there in time."""
        self.asked += 1
        try:
            number, fine, what = self.exchange((self.asked, task), time.monotonic() + watchdog)
        except TimeoutError:
            self.stop()
            raise SolverFailure(f"the solver's process was ended after {watchdog:g} seconds") from None
        except OSError:
            self.stop()
            raise SolverFailure(f"the solver's process ended by itself ({self.process.returncode})") from None
        except BaseException:  # an interrupt: the answer that may still come must meet no other question
            self.stop()
            raise
        assert number == self.asked, "an answer belongs to its question"
        if not fine:
            raise SolverFailure(what)
        answer: tuple[Any, ...] = what
        return answer

    def exchange(self, question: tuple[int, tuple[Any, ...]], deadline: float) -> tuple[int, bool, Any]:
        """What the process answers: the question's number, whether it could, and what.

        Raises TimeoutError at the deadline, OSError where the process is gone.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        to, back = self.process.stdin.fileno(), self.process.stdout.fileno()
        data = marshal.dumps(question)
        left = memoryview(_LENGTH.pack(len(data)) + data)
        while left:
            _await(to, select.POLLOUT, deadline)
            left = left[os.write(to, left) :]
        got, size = bytearray(), _LENGTH.size
        while len(got) < size:
            _await(back, select.POLLIN, deadline)
            part = os.read(back, 1 << 16)
            if not part:
                raise BrokenPipeError
            got += part
            if len(got) >= _LENGTH.size:
                size = _LENGTH.size + _LENGTH.unpack(got[: _LENGTH.size])[0]
        answer: tuple[int, bool, Any] = marshal.loads(got[_LENGTH.size :])
        return answer

    def stop(self) -> None:
        """End the process, whatever it is doing; after a fork, only leave it to its owner."""
        if self.owner == os.getpid():
            self.process.kill()
            self.process.wait()
        else:
            self.process.returncode = 0  # of a process that is none of ours to wait for
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was left to write has nobody to read it
                    pipe.close()


_lock = threading.Lock()
_workers: list[Worker] = []  # at most one


def _worker() -> Worker:
    if not _workers or not _workers[0].usable:
        _end()
        command = f"import sys; sys.path[:] = {sys.path!r}; from dlcode_verifier.worker import serve; serve()"
        _workers.append(Worker(command))
    return _workers[0]


@atexit.register
def _end() -> None:
    while _workers:
        _workers.pop().stop()


def serve() -> None:
    """The worker's end: answer tasks until there are no more."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what Z3 might print is no answer
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)  # whoever started us may have set less
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY if soft == resource.RLIM_INFINITY else min(MEMORY, soft), hard))
    import z3

    for module in ("decide", "filters.solving", "fewest", "supposing"):  # now, rather than with the first task
        import_module(f"{__package__}.{module}")
    z3.SimpleSolver(ctx=z3.Context()).check()  # the first check of a process is a slow one
    used: list[Any] = []
    spare = [z3.Context() for _ in range(SPARE)]
    while True:
        if not _is_ready(requests, PAUSE):
            spare += [z3.Context() for _ in range(SPARE - len(spare))]
            if not _is_ready(requests, IDLE - PAUSE):
                used.clear()
        question = _read(requests)
        if question is None:
            return
        number, (kind, task) = question
        used.append(spare.pop())
        try:
            answer: tuple[int, bool, Any] = number, True, KINDS[kind](task, used[-1])
        except Exception as error:  # whatever it is, the asker must hear of it
            answer = number, False, f"{type(error).__name__}: {error}"
        _write(answers, answer)
        del used[:-USED]
        if not spare:  # of many tasks in a row, each finds one that was made while its asker prepared it
            spare.append(z3.Context())


def _end_with(owner: int) -> None:
    """End this process when its owner is gone, in the middle of a task too: Z3 works without Python's lock."""
    while os.getppid() == owner:
        time.sleep(1)
    os._exit(1)


def _await(pipe: int, event: int, deadline: float) -> None:
    """Wait until the pipe is ready, or its other end gone. Raises TimeoutError at the deadline."""
    poll = select.poll()
    poll.register(pipe, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError


def _is_ready(pipe: IO[bytes], seconds: float) -> bool:
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _write(pipe: IO[bytes], value: Any) -> None:
    data = marshal.dumps(value)
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def _read(pipe: IO[bytes]) -> Any:
    """The next value; None where the other end is gone."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    data = pipe.read(_LENGTH.unpack(head)[0])
    return marshal.loads(data) if len(data) == _LENGTH.unpack(head)[0] else None
