"""Download into Aegis: a proved program is admitted, compiled, and given its place in the kernel's memory.

This is the half of binding that happens at download time; what it leaves is executed. The checks are those of
`bindings.checks`, on addresses of the DECstation's memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dlcode_aegis_core.bindings.capability import Capability
from dlcode_aegis_core.bindings.checks import (
    Lent,
    check_effects,
    check_grants,
    check_regions,
    check_requires,
    check_slots,
)
from dlcode_aegis_core.bindings.errors import BindCode, BindError
from dlcode_aegis_core.kernel import layout
from dlcode_aegis_core.kernel.boot import Binding, Guard, Image
from dlcode_dsl.core.form import OwnAddress, Send
from dlcode_jit import ImageError, MipsImage, mips_image
from dlcode_jit.abi import REGION_ALIGNMENT
from dlcode_verifier import Certificate

IMAGE_ALIGNMENT = 16
ROOM = 8
"""Effects of one run that the kernel has room for."""


@dataclass(slots=True)
class Downloads:
    """What has been downloaded for one machine, in bind order, and where the next image and region go."""

    capability: Capability
    bindings: list[Binding] = field(default_factory=list)
    lent: list[Lent] = field(default_factory=list)
    _image: int = layout.cached("IMAGES")
    _region: int = layout.cached("REGIONS")

    def region(self, bits: int, count: int) -> Lent:
        """Fresh memory of the machine's for a region. Raises BindError where there is none left."""
        given = Lent(self._region, bits, count)
        self._region += -(-given.size // REGION_ALIGNMENT) * REGION_ALIGNMENT
        if self._region > layout.cached("REGIONS") + layout.AREA["REGIONS"].size:
            raise BindError(BindCode.SLOTS, f"{given.size} bytes are more than the machine has left for regions")
        return given

    def download(self, certificate: Certificate, **regions: Lent) -> Binding:
        """Admit a proved handler with the memory it is lent, after all others.

        Raises BindError as the core in the host process does, and for code that does not fit.
        """
        program = certificate.program
        if certificate.binding is None:
            raise BindError(BindCode.CERTIFICATE, f"{program.name} is bound to no packets: it is a filter")
        check_grants(program, self.capability)
        check_effects(program, certificate.effects, self.capability, ROOM)
        check_requires(program)
        check_regions(program, regions, self.lent, [])
        check_slots(program, regions.values(), self.lent, self.capability)
        match, handler = self._code(certificate.binding), self._code(certificate)
        binding = Binding(
            filter=Image(match.base, match.data, match.entry, match.program.maximum),
            handler=Image(handler.base, handler.data, handler.entry, program.maximum),
            queue=handler.queue,
            regions=tuple(regions[region.name].address for region in program.regions),
            guards=tuple(self._guards(send) for send in handler.sites),
        )
        self.lent.extend(regions.values())
        self.bindings.append(binding)
        return binding

    def _code(self, certificate: Certificate) -> MipsImage:
        try:
            image = mips_image(certificate, self._image)
        except ImageError as error:
            raise BindError(BindCode.CERTIFICATE, str(error)) from None
        end = image.base + -(-image.size // IMAGE_ALIGNMENT) * IMAGE_ALIGNMENT
        if end > layout.cached("IMAGES") + layout.AREA["IMAGES"].size:
            raise BindError(BindCode.SLOTS, f"{image.size} bytes of code are more than the machine has left")
        if image.stack > layout.AREA["KERNEL_STACK"].size // 2:
            raise BindError(BindCode.SLOTS, f"{certificate.program.name} takes {image.stack} bytes of stack")
        self._image = end
        return image

    def _guards(self, send: Send) -> tuple[Guard, ...]:
        """What a frame of this `Send` must carry, so that it goes out under its owner's own addresses only."""
        return tuple(Guard(own.offset, self._address(own, self.capability.addresses)) for own in send.own)

    @staticmethod
    def _address(own: OwnAddress, addresses: Mapping[str, frozenset[bytes]]) -> bytes:
        known = addresses.get(own.kind, frozenset())
        if len(known) != 1:  # the kernel compares with one address of each kind
            raise BindError(BindCode.NOT_GRANTED, f"the owner has {len(known)} addresses of kind {own.kind}, not one")
        return next(iter(known))
