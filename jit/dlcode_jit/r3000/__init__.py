"""Images for the MIPS R3000: code from a worker process, placed and checked here."""
