"""What a core program can do wrong: the kinds of fault that the verifier excludes and the interpreter raises."""

from __future__ import annotations

from enum import Enum


class FaultKind(Enum):
    """One kind of fault. The value is the kind's name in text output."""

    PACKET_BOUNDS = "packet-bounds"  # a packet access past the captured bytes
    OWNED_BOUNDS = "owned-bounds"  # an index past the end of owned memory
    WRAP = "wrap"  # a plain + - * whose result does not fit
    NARROW = "narrow"  # a value that does not fit the narrower type
    DIVISION = "division"  # division by zero
    SHIFT = "shift"  # a shift by the width or more
    ASSERTION = "assertion"  # an `assert` that does not hold
    ENSURES = "ensures"  # an `ensures` that does not hold at consume
    ABORT_AFTER_WRITE = "abort-after-write"  # an abort, or a decline, after an owned write outside scratch
    FRAME_LENGTH = "frame-length"  # a frame longer than the queue's entry, or than a link carries
    PART_BOUNDS = "part-bounds"  # an index past the end of a part of the packet: a payload, options, a slice
    TEMPLATE = "template"  # a frame outside the template that it is sent by
    PIPE_ATTRIBUTE = "pipe-attribute"  # a pipe that is not what its attributes say
    COPY_BOUNDS = "copy-bounds"  # a copy past the end of the packet or of its destination
    LIMIT = "limit"  # a loop's turn past its limit
    INVARIANT = "invariant"  # a loop invariant that does not hold
    DECREASES = "decreases"  # a loop's measure that does not fall
    ENDLESS = "endless"  # a loop that does not end
