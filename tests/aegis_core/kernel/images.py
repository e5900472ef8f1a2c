"""Images written by hand for the tests of the kernel: a filter, and a handler that counts and answers."""

from __future__ import annotations

from dlcode_aegis_core.kernel import layout, system_calls
from dlcode_aegis_core.kernel.boot import Binding, Guard, Image
from dlcode_jit import abi
from dlcode_jit.mips.assemble import Assembly, assemble

EXPERIMENTAL = b"\x88\xb5"  # EtherType for local experiments
FILTERS = layout.cached("IMAGES")
HANDLERS = FILTERS + 0x1000
REGION = layout.cached("REGIONS")
QUEUE = abi.QueueLayout(entries=2, capacity=60)

FILTER = """
        .set    noreorder
entry:  lhu     $t0, 12($a0)            # EtherType, its bytes swapped
        ori     $t1, $zero, ETHERTYPE
        xor     $t0, $t0, $t1
        jr      $ra
        sltiu   $v0, $t0, 1
"""

# Region: u32 answers so far, u32 most answers. The answer goes to the sender, carries LENGTH - 14 bytes of the packet's
# payload, and comes from OWN, in the low and high half of two words.
HANDLER = """
        .set    noreorder
entry:  lw      $t0, LEASE_QUEUE($a3)
        lw      $t1, LEASE_REGIONS($a3)
        nop
        lw      $t2, 0($t1)
        lw      $t3, 4($t1)
        nop
        beq     $t2, $t3, done
        addiu   $t2, $t2, 1
        sw      $t2, 0($t1)
        ori     $t3, $zero, 1
        sw      $t3, QUEUE_COUNT($t0)
        addiu   $t0, $t0, QUEUE_ENTRIES
        ori     $t3, $zero, EFFECT_REPLY
        sh      $t3, ENTRY_KIND($t0)
        sh      $zero, ENTRY_SITE($t0)
        ori     $t3, $zero, LENGTH
        sw      $t3, ENTRY_LENGTH($t0)
        lhu     $t3, 6($a0)             # to whom it came from
        lhu     $t4, 8($a0)
        lhu     $t5, 10($a0)
        sh      $t3, ENTRY_FRAME($t0)
        sh      $t4, ENTRY_FRAME + 2($t0)
        sh      $t5, ENTRY_FRAME + 4($t0)
        ori     $t3, $zero, OWN_0
        sh      $t3, ENTRY_FRAME + 6($t0)
        ori     $t3, $zero, OWN_1
        sh      $t3, ENTRY_FRAME + 8($t0)
        ori     $t3, $zero, OWN_2
        sh      $t3, ENTRY_FRAME + 10($t0)
        ori     $t7, $zero, PAIRS
copy:   lhu     $t3, 12($a0)
        addiu   $a0, $a0, 2
        sh      $t3, ENTRY_FRAME + 12($t0)
        addiu   $t7, $t7, -1
        bnez    $t7, copy
        addiu   $t0, $t0, 2
done:   jr      $ra
        ori     $v0, $zero, VERDICT
"""


def image(text: str, base: int, symbols: dict[str, int] | None = None, maximum: int = 1514) -> Image:
    """Assembled source as an image; it starts at `entry`."""
    assembly = assemble(text, "image", base, {**abi.SYMBOLS, **(symbols or {})})
    (segment,) = assembly.segments
    return Image(base, segment.data, assembly.symbols["entry"], maximum)


def filter_image(ethertype: bytes = EXPERIMENTAL, base: int = FILTERS, maximum: int = 1514) -> Image:
    """Matches one EtherType."""
    return image(FILTER, base, {"ETHERTYPE": int.from_bytes(ethertype, "little")}, maximum)


def answer_image(own: bytes, length: int = 60, verdict: int = 1, base: int = HANDLERS) -> Image:
    """Answers as often as its region allows."""
    halves = {f"OWN_{i}": int.from_bytes(own[2 * i : 2 * i + 2], "little") for i in range(3)}
    return image(HANDLER, base, {**halves, "LENGTH": length, "PAIRS": max(1, (length - 12) // 2), "VERDICT": verdict})


def answering(own: bytes, length: int = 60, verdict: int = 1, claimed: bytes | None = None) -> Binding:
    """A binding of the two; its frames must come from `own`, and claim to come from `claimed`."""
    return Binding(
        filter=filter_image(),
        handler=answer_image(claimed or own, length, verdict),
        queue=QUEUE,
        regions=(REGION,),
        guards=((Guard(6, own),),),
    )


def environment(text: str) -> Assembly:
    """A program for the environment; it starts at `environment`, and its data begin at USER_COUNT."""
    source = "        .set    noreorder\n" + text
    return assemble(source, "environment", layout.USER_TEXT, {**layout.symbols(), **system_calls.symbols()})
