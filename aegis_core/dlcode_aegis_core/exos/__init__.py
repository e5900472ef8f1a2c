"""The room of ExOS, the library operating system above Aegis. Nothing lives here yet.

Never: runs with a privilege that Aegis has not granted by capability.
"""
