"""`dlcode show FILE.ash[:NAME] --stage core|proof|llvm|asm [--target host|r3000]`: a program on its way."""

from __future__ import annotations

import argparse

from dlcode.command_line import CannotRun
from dlcode.commands.sources import judged, proved, report, split
from dlcode_dsl import print_program

LAYOUTS = ("plain", "gapped", "buffer", "halves")


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("source", metavar="FILE.ash[:NAME]", help="the source, and the program if it holds several")
    parser.add_argument("--stage", choices=("core", "proof", "llvm", "asm"), default="core")
    parser.add_argument("--target", choices=("host", "r3000"), default="host")
    help = "how packets lie for code of the R3000 (plain)"
    parser.add_argument("--layout", choices=LAYOUTS, default="plain", help=help)


def run(options: argparse.Namespace) -> int:
    """Show. The core form is shown of any program that compiles, proof and code only of what is proved."""
    if options.stage == "core":
        return _core(options.source)
    certificate = proved(options.source).certificate
    assert certificate is not None
    if options.stage == "proof":
        from dlcode_verifier import account

        print(account(certificate), end="")
        return 0
    from dlcode_jit import assembly_text, layouts, llvm_text

    layout = layouts.LAYOUTS[options.layout]
    print((llvm_text if options.stage == "llvm" else assembly_text)(certificate, options.target, layout), end="")
    return 0


def _core(argument: str) -> int:
    path, name = split(argument)
    found = judged(path)
    programs = [one.program for one in found.judgements if name in (None, one.program.name)]
    if not programs:
        report(found)
        raise CannotRun(f"{path}: no program{f' called {name}' if name else ''} that compiles")
    print("\n".join(print_program(program) for program in programs), end="")
    return 0
