"""`dlcode match -r IN [-w OUT] [--count] -F FILE.ash[:NAME]`: the packets of a capture that a filter matches."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime

from dlcode.captures import ETHERNET, Batch, Capture, CaptureError, Packet, open_capture, write_capture
from dlcode.command_line import CannotRun
from dlcode.commands.sources import proved
from dlcode.modules import Filter, LinkMismatch, matches

SOME, NONE = 0, 1
"""Exit codes, as grep has them."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("-r", dest="capture", metavar="IN", required=True, help="the capture to read: pcap or pcapng")
    parser.add_argument("-w", dest="output", metavar="OUT", help="write the matching packets to this pcap file")
    help = "the filter, or NAME.on, which binds a handler"
    parser.add_argument("-F", dest="filter", metavar="FILE.ash[:NAME]", required=True, help=help)
    parser.add_argument("--count", action="store_true", help="print how many packets match instead of the packets")
    parser.add_argument("--time", action="store_true", help="say on standard error how long the matching took")
    parser.add_argument("--format", choices=("human", "json"), default="human")


def run(options: argparse.Namespace) -> int:
    """Match; 0 where a packet matched, 1 where none did."""
    certificate = proved(options.filter, "filter").certificate
    assert certificate is not None
    chosen = Filter(certificate)
    image = chosen.image
    image.scan(Batch(b""))  # compiled before the clock runs
    started = time.perf_counter()
    found = _Found(chosen)
    try:
        with open_capture(options.capture) as capture:
            if options.output:
                link_type = capture.link_type if capture.link_type in chosen.link_types else None
                first = (*chosen.link_types, ETHERNET)[0]
                write_capture(options.output, found.whole(capture), first if link_type is None else link_type)
            elif options.count:
                found.count(capture)
            else:
                for packet in found.packets(capture):
                    _show(packet, options.format)
    except LinkMismatch as error:
        raise CannotRun(f"{options.capture}: {error}") from None
    if options.count:
        print(json.dumps({"matched": found.matched}) if options.format == "json" else found.matched)
    if options.time:
        took = (time.perf_counter() - started) * 1e3
        print(f"{took:.1f} ms to read and match {found.seen} packets with {image.program.name}", file=sys.stderr)
    if found.torn is not None:
        raise found.torn
    return SOME if found.matched else NONE


class _Found:
    """What a pass over a capture came to. A tear ends the pass; what was found before it is not lost."""

    def __init__(self, chosen: Filter) -> None:
        self.chosen, self.seen, self.matched = chosen, 0, 0
        self.torn: CaptureError | None = None

    def batches(self, capture: Capture) -> Iterator[tuple[Batch, bytearray]]:
        try:
            for batch in capture.batches():
                verdicts = self.chosen.verdicts(batch)
                self.seen += len(batch)
                self.matched += verdicts.count(1)
                yield batch, verdicts
        except CaptureError as error:
            self.torn = error

    def count(self, capture: Capture) -> None:
        deque(self.batches(capture), maxlen=0)  # the batches count themselves

    def packets(self, capture: Capture) -> Iterator[Packet]:
        for batch, verdicts in self.batches(capture):
            yield from matches(batch, verdicts)

    def whole(self, capture: Capture) -> Iterator[Packet]:
        """As `packets`, but raises at the tear: half of a capture is not written in the place of a file."""
        yield from self.packets(capture)
        if self.torn is not None:
            raise self.torn


def _show(packet: Packet, form: str) -> None:
    seconds, nanoseconds = divmod(packet.timestamp_ns, 1_000_000_000)
    moment = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"
    if form == "json":
        row = {"time": moment, "captured": len(packet.data), "length": packet.wire_length, "data": packet.data.hex()}
        print(json.dumps(row))
    else:
        more = "…" if len(packet.data) > 32 else ""
        print(f"{moment}  {packet.wire_length:5} bytes  {packet.data[:32].hex(' ', 2)}{more}")
