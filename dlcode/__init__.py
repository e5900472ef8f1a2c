"""dlcode: download code safely. Packet filters and handlers are proved, compiled without run-time checks, and run.

This is the face. Never: parses, proves or emits code itself; imports z3, llvmlite, numpy or rich before they are used.
"""
