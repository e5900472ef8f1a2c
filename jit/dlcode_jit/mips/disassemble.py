"""Words to text that the assembler reads back."""

from __future__ import annotations

import re

from .decode import decode, is_canonical
from .registers import control_name, coprocessor_name, general_name
from .row import FIELDS, Operand


def disassemble(word: int, address: int = 0) -> str:
    """The instruction as source text; `.word 0x...` for a word that no assembler makes.

    A branch shows where it goes, for which `address`, the word's own, is needed.
    """
    decoded = decode(word)
    if word == 0:
        return "nop"
    if decoded is None or not is_canonical(word):
        return f".word 0x{word:08x}"
    shown = {
        name: _operand(FIELDS[name].operand, value, decoded.destination(address))
        for name, value in zip(decoded.row.operands, decoded.operands, strict=True)
    }
    omitted = re.sub(r"\[(\w+)\]", lambda match: "" if shown[match[1]] == "0x0" else match[1], decoded.row.format)
    return f"{decoded.row.name} {re.sub(r'[a-z]+', lambda match: shown[match[0]], omitted)}".rstrip()


def _operand(operand: Operand, value: int, destination: int | None) -> str:
    match operand:
        case Operand.GENERAL:
            return general_name(value)
        case Operand.CONTROL:
            return control_name(value)
        case Operand.COPROCESSOR:
            return coprocessor_name(value)
        case Operand.SIGNED:
            return str(value)
        case Operand.UNSIGNED:
            return hex(value)
        case Operand.DISPLACEMENT | Operand.TARGET:
            return hex(destination or 0)
