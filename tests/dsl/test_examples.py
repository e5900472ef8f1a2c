"""The examples compile, and their own tests pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcode_dsl import (
    Compiled,
    Fault,
    Packet,
    Program,
    Source,
    Verdict,
    compile_bytes,
    compile_source,
    render,
    run,
    run_test,
)
from dlcode_dsl.core.faults import FaultKind
from dlcode_dsl.core.interpret import Memory, Outcome

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted(EXAMPLES.glob("*.ash"))


def compiled(name: str) -> Compiled:
    path = EXAMPLES / name
    return compile_bytes(path.read_bytes(), path.name)


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_an_example_compiles_and_its_tests_pass(path: Path) -> None:
    found = compiled(path.name)
    assert found.diagnostics == ()
    assert found.programs
    assert {test.program.name for test in found.tests} == {program.name for program in found.programs}
    for test in found.tests:
        assert run_test(test) == [], test.name


def frame(name: str) -> bytes:
    """The packet of the first test of an example."""
    return compiled(name).tests[0].packet.data


def test_the_broken_twin_writes_past_its_counters() -> None:
    """It differs in one sign; a packet that names the slot after the last shows it."""
    data = frame("remote_increment.ash").replace(b"\x01\x00\x00\x03", b"\x01\x00\x01\x00")
    good = compiled("remote_increment.ash").program("remote_increment")
    broken = compiled("remote_increment_broken.ash").program("remote_increment")
    assert run(good, Packet.whole(data)).verdict is Verdict.DECLINE
    with pytest.raises(Fault) as caught:
        run(broken, Packet.whole(data))
    assert caught.value.kind is FaultKind.OWNED_BOUNDS
    assert caught.value.node.span.text in ("counters[m.slot]", "counters[m.slot] +%= m.delta")


def test_client_and_server_send_one_packet_to_and_fro() -> None:
    """Each one's reply is what the other takes, for as long as they are handed the packets."""
    server = compiled("remote_increment.ash").program("remote_increment")
    client = compiled("counter_client.ash").program("counter_client")
    test = compiled("counter_client.ash").tests[0]
    data, counters, rounds = test.packet.data, [0] * 256, [0]
    for turn in range(1, 6):
        asked = run(client, Packet.whole(data), {"rounds": rounds})
        rounds = asked.memory["rounds"]
        answered = run(server, Packet.whole(asked.effects[0].frame), {"counters": counters})
        counters = answered.memory["counters"]
        data = answered.effects[0].frame
        assert (rounds, counters[5]) == ([turn], turn)
        assert data[-4:] == turn.to_bytes(4, "big")


FAILING = """
message m { n: u8 }
handler h(q: m) on ipv4/udp.dport == 7
  owns a: u32
  owns b: u16[4]
  may reply, wake
{
  a = 1
  b[2] = 2
  send reply(m(n: q.n))
  wake
  pass
}
test h "everything else" {
  given b[3] = 5
  packet ethernet / ipv4 / udp(dport: 7) / m(n: 9)
  expect consume, a == 2, b[3] > 5, sent m(n: 8)
}
test h "nothing happens" {
  packet ethernet / ipv4 / udp(dport: 8) / m(n: 9)
  expect decline, sent m(n: 9), woken
}
test h "all of it" {
  packet ethernet / ipv4 / udp(dport: 7) / m(n: 9)
  expect pass, a == 1, b[2] == 2, sent m(n: 9), woken
}
test h "the frame as a whole" {
  packet ethernet / ipv4(src: 10.0.0.1, dst: 10.0.0.2) / udp(sport: 5, dport: 7) / m(n: 9) cut 43
  expect pass, a == 1, b[2] == 2, woken,
         sent ethernet(src: 02:00:00:00:00:02, dst: 02:00:00:00:00:01)
            / ipv4(src: 10.0.0.2, dst: 10.0.0.1) / udp(sport: 7, dport: 5) / m(n: 9)
}
"""


def test_a_test_states_the_whole_effect() -> None:
    """What it expects and does not find is told, and so is what it finds and does not expect."""
    found = compile_source(Source("failing.ash", FAILING))
    assert not found.diagnostics
    everything, nothing, good, whole = found.tests
    assert run_test(everything) == [
        "the verdict is pass, not consume",
        "a is 1, not == 2",
        "b[3] is 5, not > 5",
        "b[2] has changed from 0 to 2",
        "the frame differs from byte 42 on, in m.n\n"
        "  0x002a  sent      09\n"
        "          expected  08\n"
        "                    ^^",
        "a wake that the test does not list",
    ]
    assert run_test(nothing) == ["effect 1 of 2 did not happen", "effect 2 of 2 did not happen"]
    assert run_test(good) == []
    assert run_test(whole) == ["effect 1 is a reply, not a wake", "effect 2 is a wake, not a frame"]


@pytest.mark.parametrize("packet", ["ipv4 / udp(dport: 7)", "m(n: 9)"])
def test_a_test_s_packet_starts_with_the_header_of_the_link(packet: str) -> None:
    """One that starts with another would be read as something else."""
    text = FAILING.split("test ")[0] + f'test h "x" {{\n  packet {packet}\n  expect decline\n}}\n'
    (error,) = compile_source(Source("start.ash", text)).errors
    assert error.code.name == "ASH1030"
    assert "its packets start with that header" in render([error])


def test_another_engine_can_run_the_tests() -> None:
    """Anything that takes what the interpreter takes; a fault is a failure of the test, not of the runner."""
    test = compile_source(Source("failing.ash", FAILING)).tests[2]
    seen: list[Program] = []

    def engine(program: Program, packet: Packet, memory: Memory) -> Outcome:
        seen.append(program)
        return run(program, packet, memory)

    assert run_test(test, engine) == []
    assert seen == [test.program]
    broken = compiled("remote_increment_broken.ash").tests[0]
    data = broken.packet.data.replace(b"\x01\x00\x00\x03", b"\x01\x00\x01\x00")

    def faulting(program: Program, packet: Packet, memory: Memory) -> Outcome:
        return run(program, Packet.whole(data), memory)

    (failure,) = run_test(broken, faulting)
    assert failure.startswith("the run ends in a fault: owned-bounds")
