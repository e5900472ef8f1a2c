"""Two stations under Aegis on one wire, for tests."""

from __future__ import annotations

from collections.abc import Sequence

from dlcode_aegis_core.kernel.boot import Aegis, Binding, boot
from dlcode_aegis_core.machine.parameters import Parameters
from dlcode_aegis_core.machine.simulation import run_together
from dlcode_aegis_core.machine.station import Station
from dlcode_aegis_core.machine.wire import Wire
from dlcode_jit.mips.assemble import Assembly, Segment
from tests.aegis_core.kernel.images import EXPERIMENTAL, REGION

US = 1_000_000
MS = 1000 * US
CLIENT = bytes.fromhex("08002b000001")
SERVER = bytes.fromhex("08002b000002")
PARAMETERS = Parameters.load("dec5000-125")
BOOTED = 3 * MS
"""By then both machines have booted."""


def frame(length: int = 60, kind: bytes = EXPERIMENTAL) -> bytes:
    """A frame from the client to the server, each byte of its payload unlike its neighbours."""
    return SERVER + CLIENT + kind + bytes(i * 11 % 251 for i in range(length - 14))


class Lab:
    """A client and a server; the frames that were on the wire."""

    def __init__(self, parameters: Parameters = PARAMETERS) -> None:
        self.wire = Wire(parameters)
        self.client = Station(parameters, self.wire, CLIENT, "client")
        self.server = Station(parameters, self.wire, SERVER, "server")
        self.frames: list[tuple[int, int, str, bytes]] = []
        self.wire.observers.append(lambda *row: self.frames.append(row))

    def boot_client(
        self, bindings: Sequence[Binding] = (), first: bytes = b"", environment: Assembly | None = None
    ) -> Aegis:
        """Aegis on the client."""
        return boot(self.client, bindings, first, environment)

    def boot_server(self, bindings: Sequence[Binding] = (), environment: Assembly | None = None) -> Aegis:
        """Aegis on the server."""
        return boot(self.server, bindings, b"", environment)

    def allow(self, answers: int) -> None:
        """How often each station's handler may answer."""
        for station in (self.client, self.server):
            station.load([Segment(REGION, (0).to_bytes(4, "little") + answers.to_bytes(4, "little"))])

    def run(self, until_ps: int = BOOTED, longest_turn_ps: int | None = None) -> None:
        """Run both until then."""
        run_together([self.client, self.server], until_ps, longest_turn_ps)

    def sent_by(self, name: str) -> list[bytes]:
        """Frames that a station has sent."""
        return [frame for _, _, sender, frame in self.frames if sender == name]
