"""The commands of the command line, one module each: `declare` adds its arguments, `run` does the work."""
