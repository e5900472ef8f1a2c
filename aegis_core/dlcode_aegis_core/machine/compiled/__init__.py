"""The processor compiled through LLVM, from the instruction rows and from a processor in a small part of Python.

`translate.py` says what is translated to LLVM IR, and `dispatch.py` makes the decoder; `access.py`, `instructions.py`
and `loop.py` are the processor, as `cpu.py` is in all of Python; `build.py` has them compiled, and keeps the code;
`state.py` is what both sides share; `processor.py` is Python's side.
"""

from dlcode_aegis_core.machine.compiled.processor import CompiledCpu

__all__ = ["CompiledCpu"]
