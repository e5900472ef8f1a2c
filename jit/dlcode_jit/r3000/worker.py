"""The process that generates MIPS-I code, run as `python -m dlcode_jit.r3000.worker [LLVM OPTION…]`.

LLVM ends its process on some modules (a fence, inline assembly), and its options hold for a whole process. So code for
MIPS is generated here, where neither can harm, and host code never is.

Requests come on standard input, answers go to standard output. Both are messages: a u32 length, then that many bytes of
JSON; modules and objects are text and base64 in it.

    request  {"modules": ["…", …], "assembly": false}
    answer   {"objects": ["…", …]} or {"error": "…", "module": 3}
"""

from __future__ import annotations

import base64
import json
import os
import struct
import sys
from typing import IO, Any

TRIPLE, CPU, FEATURES = "mipsel-unknown-elf", "mips1", "+soft-float,+noabicalls"

OPTIONS = (
    # The check is a `teq`, which a MIPS-I does not have; divisors are proved not to be zero.
    "-mno-check-zero-division",
    # Schedule for few registers: on a machine that issues one instruction at a time and hides no latency but a load's
    # one slot, code that is spread out for parallelism only spills. 8 % fewer words on the larger examples.
    "-pre-RA-sched=list-burr",
)

LENGTH = struct.Struct("<I")


def write_message(stream: IO[bytes], message: dict[str, Any]) -> None:
    """Send one message."""
    data = json.dumps(message).encode()
    stream.write(LENGTH.pack(len(data)) + data)
    stream.flush()


def read_message(stream: IO[bytes]) -> dict[str, Any] | None:
    """Receive one message; None where the other side has ended."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        return None
    message: dict[str, Any] = json.loads(data)
    return message


class _Compiler:
    def __init__(self, options: list[str]) -> None:
        import llvmlite.binding as llvm

        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
        for option in (*OPTIONS, *options):
            llvm.set_option("", option)
        target = llvm.Target.from_triple(TRIPLE)
        self.llvm = llvm
        self.machine = target.create_target_machine(cpu=CPU, features=FEATURES, reloc="static", opt=2)
        self.machine.set_asm_verbosity(False)
        self.head = f'target datalayout = "{self.machine.target_data}"\ntarget triple = "{TRIPLE}"\n'

    def compile(self, text: str, assembly: bool) -> str:
        llvm = self.llvm
        module = llvm.parse_assembly(self.head + text)
        module.verify()
        # Loops stay as they are written: the bound on an image's cycles counts their turns.
        tuning = llvm.create_pipeline_tuning_options(speed_level=2)
        tuning.loop_unrolling = tuning.loop_interleaving = tuning.loop_vectorization = tuning.slp_vectorization = False
        builder = llvm.create_pass_builder(self.machine, tuning)
        builder.getModulePassManager().run(module, builder)
        if assembly:
            return str(self.machine.emit_assembly(module))
        return base64.b64encode(self.machine.emit_object(module)).decode()


def main() -> None:
    """Answer requests until standard input ends."""
    # What LLVM prints by itself ("MIPS-I support is experimental") must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    compiler = _Compiler(sys.argv[1:])
    while (request := read_message(sys.stdin.buffer)) is not None:
        objects: list[str] = []
        try:
            for text in request["modules"]:
                objects.append(compiler.compile(text, request["assembly"]))
            write_message(answers, {"objects": objects})
        except RuntimeError as error:  # llvmlite's only kind: a module that does not parse or verify
            write_message(answers, {"error": str(error), "module": len(objects)})


if __name__ == "__main__":
    main()
