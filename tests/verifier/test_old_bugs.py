"""Each proof keeps the bugs that it once caught, here or in the verifiers that came before: none of these is proved."""

from __future__ import annotations

import tracemalloc

import pytest

from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.interpret import Packet, run
from dlcode_verifier import Options, Proved, verify
from dlcode_verifier.lasso import replay
from tests.verifier.support import HERE, program, proved, refutations

BITVECTORS = Options(isolated=False, integer_effort=1)
"""With so little effort for the integers, everything is decided by the bit-vectors."""

UNSAFE = {
    "a constant offset that wraps, with its size, to the packet's start": (
        FaultKind.PACKET_BOUNDS,
        "read %x: u8 = packet[4294967295:u32] exit pass",
    ),
    "an offset that wraps on purpose": (
        FaultKind.PACKET_BOUNDS,
        """let %at: u32 = @words[0:u32]
        if ((%at +% 4:u32) > extent(packet)) { exit pass }
        read %x: u32 = packet[%at] exit pass""",
    ),
    "a packet longer than the longest": (
        FaultKind.ASSERTION,
        "assertion (extent(packet) < 1514:u32) exit pass",
    ),
    "an empty packet": (
        FaultKind.ASSERTION,
        "assertion (extent(packet) > 0:u32) exit pass",
    ),
    "fewer bytes on the wire than captured": (
        FaultKind.WRAP,
        "let %cut: u32 = (extent(wire) - extent(packet)) exit pass",
    ),
    "the largest wire length": (
        FaultKind.WRAP,
        "let %more: u32 = (extent(wire) + 1:u32) exit pass",
    ),
    "a name that only one way to the end of a block has set": (
        FaultKind.DIVISION,
        """var %by: u32 = 0:u32
        block b {
          if (@words[0:u32] == 1:u32) { leave b }
          %by = 1:u32
          if (@words[0:u32] == 2:u32) { leave b }
          %by = 2:u32
        }
        let %q: u32 = (8:u32 / %by) exit pass""",
    ),
    "what one of two ways out of nested blocks knows": (
        FaultKind.ASSERTION,
        """var %x: u32 = 0:u32
        block outer {
          block inner {
            read %a: u8 = packet[0:u32] else { leave outer }
            if (%a == 0:u8) { leave inner }
            %x = 1:u32
            leave outer
          }
          %x = 2:u32
        }
        assertion (%x != 0:u32) exit pass""",
    ),
    "that a read was there, after a block that it may have left": (
        FaultKind.PACKET_BOUNDS,
        """block b { read %a: u8 = packet[9:u32] else { leave b } }
        read %c: u8 = packet[9:u32] exit pass""",
    ),
    "that a condition held, after the branch": (
        FaultKind.PACKET_BOUNDS,
        """if (extent(packet) > 9:u32) { @words[0:u32] = 1:u32 }
        read %c: u8 = packet[9:u32] exit pass""",
    ),
    "one cell through two indexes": (
        FaultKind.ASSERTION,
        """let %i: u32 = (@words[0:u32] & 7:u32) let %j: u32 = (@words[1:u32] & 7:u32)
        @words[%i] = 1:u32
        @words[%j] = 2:u32
        assertion (@words[%i] == 1:u32) exit pass""",
    ),
    "a store on one way only": (
        FaultKind.ASSERTION,
        """@words[3:u32] = 0:u32
        if (extent(packet) > 3:u32) { @words[3:u32] = 1:u32 } else { @words[4:u32] = 1:u32 }
        assertion (@words[3:u32] == 1:u32) exit pass""",
    ),
    "packet bytes that were rewritten on one way only": (
        FaultKind.ASSERTION,
        """read %old: u8 = packet[0:u32] else { exit pass }
        if (extent(packet) > 3:u32) { packet[0:u32] = 1:u8 }
        read %now: u8 = packet[0:u32] else { exit pass }
        assertion ((%now == 1:u8) or (%now == 0:u8)) exit pass""",
    ),
    "a narrow on the side of a short circuit that is reached": (
        FaultKind.NARROW,
        """let %x: u32 = @words[0:u32]
        if ((%x < 256:u32) or (narrow(%x, u8) == 0:u8)) { exit pass } exit pass""",
    ),
    "an index on the right of an or": (
        FaultKind.OWNED_BOUNDS,
        """let %x: u32 = @words[0:u32]
        if ((%x < 8:u32) or (@words[%x] == 0:u32)) { exit pass } exit pass""",
    ),
    "an index on the right of an and": (
        FaultKind.OWNED_BOUNDS,
        """let %x: u32 = @words[0:u32]
        if ((%x > 7:u32) and (@words[%x] == 0:u32)) { exit pass } exit pass""",
    ),
    "a wrap before a bit operation, a shift and a byte swap of what wrapped": (
        FaultKind.WRAP,
        """let %a: u32 = @words[0:u32] let %b: u32 = @words[1:u32]
        let %less: u32 = (%a - %b)
        let %c: u32 = (%less & @words[2:u32])
        let %d: u32 = (@words[3:u32] | %less)
        let %e: u32 = (%less >> (%c & 31:u32))
        let %f: u128 = bswap((widen(%less, u128) ^ widen(%d, u128)))
        exit pass""",
    ),
    "a wrap before an index by what wrapped": (
        FaultKind.WRAP,
        """let %less: u32 = (@words[0:u32] - 8:u32)
        if (%less < 8:u32) { @words[%less] = 1:u32 } exit consume""",
    ),
    "the largest cell": (
        FaultKind.WRAP,
        "let %sum: u8 = (@bytes[3:u32] + 1:u8) exit pass",
    ),
    "the largest byte": (
        FaultKind.WRAP,
        "read %x: u8 = packet[0:u32] else { exit pass } let %sum: u8 = (%x + 1:u8) exit pass",
    ),
    "a write on one way to an abort": (
        FaultKind.ABORT_AFTER_WRITE,
        """block b { if (extent(packet) == 7:u32) { leave b } exit pass }
        if (@words[0:u32] == 5:u32) { @bytes[0:u32] = 1:u8 }
        if (@words[0:u32] == 5:u32) { exit abort } exit pass""",
    ),
    "a write to memory that the application writes too, before an abort": (
        FaultKind.ABORT_AFTER_WRITE,
        "if (extent(packet) == 9:u32) { @common[1:u32] = 1:u64 } exit abort",
    ),
    "pieces of a frame that wrap its length": (
        FaultKind.PACKET_BOUNDS,
        """let %n: u32 = @words[0:u32]
        send send anything { packet[0:u32 : %n] packet[0:u32 : (0:u32 -% %n)] } exit consume""",
    ),
    "an ensures after a store that overlaps what it speaks of": (
        FaultKind.ENSURES,
        """let %i: u32 = (@words[0:u32] & 7:u32)
        @words[%i] = (@words[%i] +% 1:u32)
        @words[(@words[0:u32] & 7:u32)] = 9:u32
        ensures (@words[%i] == (old(@words[%i]) +% 1:u32)) exit consume""",
    ),
}

MANY = " ".join(f"let %w{at}: u32 = @words[(@words[{at % 8}:u32] & 7:u32)]" for at in range(60))
"""More goals than are decided at once, all of which hold."""

UNSAFE_LOOPS = {
    "a lie that failed, once many later goals were decided under it": (
        FaultKind.DECREASES,
        f"""var %i: u32 = 0:u32
        loop l {{ }} while (%i < 300:u32) decreases %i {{
          let %mixed: u32 = (%i & @words[0:u32])
          if (%mixed < 4:u32) {{ @words[%mixed] = 1:u32 }}
          %i = (%i + 1:u32)
        }}
        {MANY} exit consume""",
    ),
}


@pytest.mark.parametrize("options", [HERE, BITVECTORS], ids=["integers", "bit-vectors"])
@pytest.mark.parametrize("name", UNSAFE_LOOPS)
def test_what_once_was_believed_of_a_loop_is_refuted(name: str, options: Options) -> None:
    kind, text = UNSAFE_LOOPS[name]
    assert kind in {found.kind for found in refutations(text, options)}


@pytest.mark.parametrize("options", [HERE, BITVECTORS], ids=["integers", "bit-vectors"])
@pytest.mark.parametrize("name", UNSAFE)
def test_what_once_was_believed_is_refuted(name: str, options: Options) -> None:
    kind, text = UNSAFE[name]
    assert kind in {found.kind for found in refutations(text, options)}


SAFE = {
    "both ways to the end of a block set the name": """
        var %by: u32 = 0:u32
        block b {
          if (@words[0:u32] == 1:u32) { %by = 3:u32 leave b }
          %by = 1:u32
          if (@words[0:u32] == 2:u32) { leave b }
          %by = 2:u32
        }
        let %q: u32 = (8:u32 / %by) exit pass""",
    "what both ways through a branch tested": """
        if (@words[0:u32] == 1:u32) {
          if (extent(packet) < 4:u32) { exit pass }
          @words[1:u32] = 1:u32
        } else {
          if (extent(packet) < 5:u32) { exit drop }
          @words[1:u32] = 2:u32
        }
        read %x: u32 = packet[0:u32] exit pass""",
    "what every way out of a block tested": """
        block b {
          if (@words[0:u32] == 1:u32) {
            if (extent(packet) < 4:u32) { exit pass }
            leave b
          }
          block c { read %y: u64 = packet[0:u32] else { leave c } leave b }
          exit pass
        }
        read %x: u32 = packet[0:u32] exit pass""",
    "a value read before it is rewritten stays": """
        read %old: u8 = packet[0:u32] else { exit pass }
        packet[0:u32] = 1:u8
        read %now: u8 = packet[0:u32]
        assertion (%now == 1:u8)
        packet[0:u32] = %old
        read %again: u8 = packet[0:u32]
        assertion (%again == %old) exit pass""",
    "a flag that one branch sets implies a check in another": """
        var %long: bool = false
        if (extent(packet) >= 34:u32) { %long = true }
        if %long { read %x: u32 = packet[30:u32] } exit pass""",
    "nothing is computed on a way that is never taken": """
        if false { let %x: u32 = (0:u32 - 1:u32) }
        if (true or ((1:u32 / 0:u32) == 0:u32)) { exit pass } exit pass""",
    "shifted and joined bytes are the wider value": """
        read %high: u8 = packet[0:u32] else { exit pass }
        read %low: u8 = packet[1:u32] else { exit pass }
        read %both: u16 = packet[0:u32]
        assertion (((widen(%high, u16) << 8:u16) | widen(%low, u16)) == %both)
        assertion (((widen(%low, u16) << 8:u16) ^ widen(%high, u16)) == bswap(%both)) exit pass""",
    "a mask of a prefix": """
        let %n: u32 = (@words[0:u32] % 33:u32)
        if (%n == 0:u32) { exit pass }
        let %mask: u32 = (4294967295:u32 << (32:u32 - %n))
        assertion ((%mask & 2147483648:u32) != 0:u32) exit pass""",
    "a matrix's element": """
        read %rows: u8 = packet[0:u32] else { exit pass }
        read %columns: u8 = packet[1:u32] else { exit pass }
        let %r: u32 = @words[0:u32] let %c: u32 = @words[1:u32]
        if ((%r >= widen(%rows, u32)) or (%c >= widen(%columns, u32))) { exit pass }
        if ((widen(%rows, u32) * widen(%columns, u32)) > extent(packet)) { exit pass }
        let %at: u32 = ((%r * widen(%columns, u32)) + %c)
        read %x: u8 = packet[%at] exit pass""",
}


@pytest.mark.parametrize("name", SAFE)
def test_what_is_so_is_proved(name: str) -> None:
    proved(SAFE[name])


def test_a_packet_of_the_longest_length_is_inside_the_proof() -> None:
    text = "filter f on ethernet maximum 262144 { let %n: u32 = (extent(packet) * 16383:u32) exit match }"
    proved(text)
    refutations(text.replace("16383", "16384"))
    assert run(program(text), Packet.whole(bytes(262144))).verdict.value == "match"


def test_the_binding_filter_is_judged_too() -> None:
    text = """handler h on ethernet maximum 1514
      binding filter h.on on ethernet maximum 1514 { read %t: u16 = packet[12:u32] exit match }
    { exit pass }"""
    (found,) = refutations(text)
    assert found.program is program(text).on
    safe = verify(program(text.replace("packet[12:u32]", "packet[12:u32] else { exit miss }")), options=HERE)
    assert isinstance(safe, Proved)
    assert safe.certificate.binding is not None
    assert safe.certificate.binding.program is safe.certificate.program.on


def test_the_search_for_endless_loops_remembers_little_of_long_packets() -> None:
    """Once a whole packet was kept for each turn of a loop that rewrites it: gigabytes for a replay."""
    text = """handler f on ethernet maximum 262144
      may rewrite
    {
      var %i: u32 = 0:u32
      loop l { } while (%i < 2000:u32) {
        read %b: u8 = packet[%i] else { exit pass }
        packet[%i] = ((%b & 127:u8) + 1:u8)
        %i = (%i + 1:u32)
      }
      exit pass
    }"""
    tracemalloc.start()
    assert replay(program(text), Packet.whole(bytes(262144)), {}) is None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


def test_loops_after_bytes_cut_off_on_the_way_are_not_taken_to_be_out_of_reach() -> None:
    """Nothing says that a packet had at least as many bytes on the wire as were captured."""
    proved("""read %late: u8 = packet[extent(wire)] else { exit pass }
    var %i: u32 = 0:u32
    loop l { } while (%i < extent(packet)) { %i = (%i + 1:u32) }
    exit pass""")
