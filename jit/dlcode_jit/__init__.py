"""Certificate in, image out: code for the host process and for the MIPS R3000, from one lowering."""
