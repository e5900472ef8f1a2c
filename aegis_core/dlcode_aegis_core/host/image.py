"""From what a caller wants to bind to machine code for this process."""

from __future__ import annotations

from typing import Any, Protocol

from dlcode_jit.errors import ImageError
from dlcode_jit.host import HostImage, host_image
from dlcode_verifier import Certificate

from ..bindings.errors import BindCode, BindError


class Proved(Protocol):
    """A program with its certificate: what the front end makes of a source that it proved."""

    @property
    def certificate(self) -> Certificate:
        """The proof."""
        ...


def image_of(handler: Certificate | Proved) -> HostImage:
    """Machine code of what is to be bound.

    Raises BindError (`CERTIFICATE`) unless this process has proved it.
    """
    certificate: Any = getattr(handler, "certificate", handler)  # what has none is refused as no certificate
    try:
        return host_image(certificate)
    except ImageError as error:
        raise BindError(BindCode.CERTIFICATE, error.reason) from None
