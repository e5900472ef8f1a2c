"""This process's side of the code generator for MIPS: starts the worker, asks it, and reports its death as an error."""

from __future__ import annotations

import atexit
import base64
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from typing import IO, Any, cast

from ..errors import CodeGeneratorError
from .worker import read_message, write_message


class Codegen:
    """A worker process, started by the first request and again after it died. Requests come one at a time.

    `options` are LLVM's, which hold for a whole process.
    """

    def __init__(self, *options: str) -> None:
        self._options = options
        self._begin()
        os.register_at_fork(after_in_child=self._begin)  # the worker stays the parent's: a child starts its own

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._talk: IO[bytes] | None = None  # what the worker and LLVM print

    def objects(self, modules: Sequence[str]) -> list[bytes]:
        """Object code of each module.

        Raises CodeGeneratorError for a module that LLVM refuses, or that it dies of.
        """
        return [base64.b64decode(code) for code in self._ask(modules, assembly=False)]

    def assembly(self, module: str) -> str:
        """The same code of a module as LLVM's assembly text. Raises as `objects` does."""
        return self._ask([module], assembly=True)[0]

    def close(self) -> None:
        """End the worker. The next request starts another."""
        with self._lock:
            self._stop()

    def _ask(self, modules: Sequence[str], *, assembly: bool) -> list[str]:
        with self._lock:
            process = self._started()
            answer: dict[str, Any] | None = None
            try:
                write_message(cast("IO[bytes]", process.stdin), {"modules": list(modules), "assembly": assembly})
                answer = read_message(cast("IO[bytes]", process.stdout))
            except OSError:  # a broken pipe: it died, and is asked below of what
                pass
            except BaseException:  # interrupted halfway: what comes next on the pipe is of no use to anybody
                self._stop()
                raise
            if answer is None:
                raise CodeGeneratorError(self._obituary(process))
            if "error" in answer:
                raise CodeGeneratorError(f"LLVM refuses module {answer['module']}: {answer['error']}")
            objects: list[str] = answer["objects"]
            return objects

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._stop()
            self._talk = tempfile.TemporaryFile()  # noqa: SIM115  # it lives as long as the process that writes to it
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dlcode_jit.r3000.worker", *self._options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._talk,
                env=environment,
            )
        return self._process

    def _obituary(self, process: subprocess.Popen[bytes]) -> str:
        process.wait()
        assert self._talk is not None
        self._talk.seek(0)
        last = self._talk.read().decode(errors="replace").strip().splitlines()[-12:]
        self._stop()
        how = f"signal {-process.returncode}" if process.returncode < 0 else f"exit status {process.returncode}"
        return "\n".join([f"the code generator for MIPS died ({how})", *last])

    def _stop(self) -> None:
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):  # bytes that a dead worker will never read
                    cast("IO[bytes]", pipe).close()
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
        if self._talk is not None:
            self._talk.close()
        self._process = self._talk = None


FILLED = Codegen()
"""With instructions in the delay slots of branches where LLVM finds some."""

UNFILLED = Codegen("-disable-mips-delay-filler", "-tail-dup-placement=0")
"""With a nop in each: longer and slower, but free of a fault of LLVM 22, which can move a load into a delay slot though
the branch's target uses the value at once, too early (fixed upstream by pull request 185427). And without copies of
blocks, so that no mark of a loop is there twice."""

atexit.register(FILLED.close)
atexit.register(UNFILLED.close)
