"""Code generation and loading for this process's own CPU: the only module that speaks to LLVM here.

LLVM is imported with the first image, not with the package. There is one target machine and one loader in a process,
and one lock around both.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from .errors import CodeGeneratorError

_LOCK = threading.RLock()
_NUMBERS = itertools.count()  # a name of a library is never used again


@dataclass(frozen=True, slots=True)
class Loaded:
    """Machine code in this process; it stays as long as this object does."""

    addresses: Mapping[str, int]
    _tracker: Any = field(repr=False)


class _Compiler:
    def __init__(self) -> None:
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        self.llvm, self.triple = llvm, llvm.get_process_triple()
        features = llvm.get_host_cpu_features().flatten()
        target = llvm.Target.from_triple(self.triple)
        self.machine = target.create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=features, opt=2, reloc="pic", codemodel="small"
        )
        self.machine.set_asm_verbosity(False)
        self.layout = str(self.machine.target_data)
        self.loader = llvm.create_lljit_compiler()

    def module(self, text: str) -> Any:
        """The optimised module. A module without triple and layout would abort the process at code generation."""
        llvm = self.llvm
        head = f'target datalayout = "{self.layout}"\ntarget triple = "{self.triple}"\n'
        try:
            module = llvm.parse_assembly(head + text)
            module.verify()
        except RuntimeError as error:
            raise CodeGeneratorError(f"lowering made a module that LLVM refuses: {error}") from error
        builder = llvm.create_pass_builder(self.machine, llvm.create_pipeline_tuning_options(speed_level=2))
        builder.getModulePassManager().run(module, builder)
        return module


@cache
def _compiler() -> _Compiler:
    return _Compiler()


def compile_object(text: str) -> bytes:
    """Object code of a module. Raises CodeGeneratorError for text that is no valid module."""
    with _LOCK:
        compiler = _compiler()
        return bytes(compiler.machine.emit_object(compiler.module(text)))


def compile_assembly(text: str) -> str:
    """The same code as assembly text."""
    with _LOCK:
        compiler = _compiler()
        return str(compiler.machine.emit_assembly(compiler.module(text)))


def load(code: bytes, exports: tuple[str, ...], imports: Mapping[str, int]) -> Loaded:
    """Object code, made callable. `imports` gives the address of each symbol that the code refers to."""
    with _LOCK:
        compiler = _compiler()
        builder = compiler.llvm.JITLibraryBuilder().add_object_img(code)
        for name, address in imports.items():
            builder.import_symbol(name, address)
        for name in exports:
            builder.export_symbol(name)
        try:
            tracker = builder.link(compiler.loader, f"image{next(_NUMBERS)}")
        except RuntimeError as error:
            raise CodeGeneratorError(f"object code that does not link: {error}") from error
        return Loaded({name: tracker[name] for name in exports}, tracker)
