"""What the machine does not model, as errors: a simulation stops rather than go on with a made-up answer."""

from __future__ import annotations


class BeyondModel(RuntimeError):
    """The program in the machine, or its set-up, asked for something that the model leaves out."""


REVERSE = "Status.RE: user mode with its bytes the other way round"
UNALIGNED = "swl or swr to a device, at {:#x}"
END = "time has come to its end, after 2**62 cycles"
