"""The code generator under its documented name: what `dlcode_jit` offers to users. Never: holds anything of its own."""

from dlcode_jit import (
    CodeGeneratorError,
    Cycles,
    HostImage,
    ImageError,
    Layout,
    MergedSet,
    MipsImage,
    Services,
    Timing,
    assembly_text,
    host_image,
    llvm_text,
    mips_image,
)

__all__ = [
    "CodeGeneratorError",
    "Cycles",
    "HostImage",
    "ImageError",
    "Layout",
    "MergedSet",
    "MipsImage",
    "Services",
    "Timing",
    "assembly_text",
    "host_image",
    "llvm_text",
    "mips_image",
]
