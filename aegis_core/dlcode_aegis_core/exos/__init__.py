"""ExOS, the library operating system above Aegis: what an application links to instead of asking the kernel.

Never: runs with a privilege that Aegis has not granted by capability.
"""
