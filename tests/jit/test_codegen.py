"""The code generator for MIPS dies alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from dlcode_jit.errors import CodeGeneratorError
from dlcode_jit.r3000.codegen import Codegen

GOOD = "define i32 @f() nounwind { ret i32 7 }"
FENCE = "define void @f() nounwind { fence seq_cst\n ret void }"  # "Cannot select": LLVM ends its process
INLINE = 'define void @f() nounwind { call void asm sideeffect ".word 0", ""()\n ret void }'


@pytest.fixture(scope="module")
def codegen() -> Iterator[Codegen]:
    """A worker of this module's own."""
    worker = Codegen()
    yield worker
    worker.close()


@pytest.mark.parametrize("module", [FENCE, INLINE])
def test_a_module_that_ends_llvm_is_an_error_here(codegen: Codegen, module: str) -> None:
    with pytest.raises(CodeGeneratorError, match=r"died \(signal"):
        codegen.objects([GOOD, module])
    assert len(codegen.objects([GOOD])) == 1  # by another worker


@pytest.mark.parametrize("module", ["nonsense", "define i32 @f() { ret i64 0 }"])
def test_a_module_that_llvm_refuses_is_an_error_that_names_it(codegen: Codegen, module: str) -> None:
    with pytest.raises(CodeGeneratorError, match="module 1"):
        codegen.objects([GOOD, module])
    assert len(codegen.objects([GOOD])) == 1


def test_a_worker_that_is_killed_between_requests_is_replaced(codegen: Codegen) -> None:
    codegen.objects([GOOD])
    assert codegen._process is not None
    os.kill(codegen._process.pid, signal.SIGKILL)
    codegen._process.wait()
    assert len(codegen.objects([GOOD])) == 1


def test_a_forked_process_leaves_the_worker_to_its_parent(codegen: Codegen) -> None:
    codegen.objects([GOOD])
    child = os.fork()
    if child == 0:
        status = 1
        try:
            codegen.objects([GOOD])
            codegen.close()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert codegen._process is not None
    assert codegen._process.poll() is None
    assert len(codegen.objects([GOOD])) == 1


def test_the_same_module_gives_the_same_object(codegen: Codegen) -> None:
    assert codegen.objects([GOOD]) == codegen.objects([GOOD])


def test_no_instruction_that_a_mips_i_lacks_is_made_of_a_division(codegen: Codegen) -> None:
    code = codegen.assembly("define i32 @f(i32 %a, i32 %b) nounwind { %q = udiv i32 %a, %b\n ret i32 %q }")
    assert "divu" in code
    assert "teq" not in code
