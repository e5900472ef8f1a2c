"""Rights that are copied, forged, passed on or kept: capabilities, certificates, bindings and regions."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

from dlcode_aegis_core.bindings import BindCode, BindError, Capability
from dlcode_aegis_core.host import Binding, Core, Environment, Request
from dlcode_dsl import Verdict
from dlcode_dsl.core.form import Program
from dlcode_jit import ImageError, host_image
from dlcode_verifier import CertificateError, Proved, recheck, save
from tests.attacks.programs import RING, WEB, packet, proof

ECHO = """
handler echo on udp.dport == 7
  may reply
  when payload.len <= 1400
{
  send reply(payload)
  consume
}
test echo "a packet" {
  packet ethernet / ipv4(src: 192.0.2.1) / udp(dport: 7)
  expect consume, sent reply(hex(""))
}
"""


def bound(environment: Environment, capability: Capability | None = None) -> Binding:
    """The ring, bound over fresh memory."""
    lent = {name: environment.region(bits, count) for name, bits, count in (("head", 32, 1), ("seen", 32, 1))}
    return environment.download(proof(RING), capability, **lent, cells=environment.region(16, 64))


# ---- capabilities


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copied_capability_is_revoked_with_the_one_that_it_is_a_copy_of(
    copied: Callable[[Capability], Capability],
) -> None:
    """A copy gives no right that outlives the original."""
    core, right = Core(), Capability()
    environment = core.environment("owner", right)
    kept = copied(right)
    binding = bound(environment, kept)
    core.revoke(right)
    assert not binding.live
    with pytest.raises(BindError) as refused:
        bound(environment, kept)
    assert refused.value.code is BindCode.REVOKED


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_capability_cannot_leave_the_process(protocol: int) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Capability(), protocol)


def test_a_derived_capability_that_was_altered_is_still_revoked_with_its_parent() -> None:
    """Whatever its fields were replaced by, it came from where it came from."""
    core, right = Core(), Capability(regions=8)
    environment = core.environment("owner", right)
    altered = dataclasses.replace(right.derive(regions=4).derive(regions=3), grants=frozenset({"reply"}))
    binding = bound(environment, altered)
    core.revoke(right)
    assert not binding.live
    with pytest.raises(BindError) as refused:
        bound(environment, altered)
    assert refused.value.code is BindCode.REVOKED


@pytest.mark.parametrize(
    "more",
    [
        {"grants": frozenset({"reply", "send"})}, {"replies": 2}, {"regions": 17}, {"operations": 1001},
        {"operations": None}, {"addresses": {"mac": frozenset({bytes(6)})}}, {"packets": None},
    ],
    ids=str,
)  # fmt: skip
def test_no_right_grows_by_being_passed_on(more: dict[str, Any]) -> None:
    right = Capability(grants=frozenset({"reply"}), operations=1000, packets=(proof(WEB),))
    with pytest.raises(ValueError, match="would have more"):
        right.derive().derive(**more)


# ---- certificates


def altered_certificates() -> dict[str, Any]:
    """Certificates that no proof in this process made."""
    good = proof(ECHO)
    dangerous = dataclasses.replace(good.program, may=())
    return {
        "a copy": copy.copy(good),
        "a deep copy": copy.deepcopy(good),
        "one that was pickled": pickle.loads(pickle.dumps(good)),
        "one that was replaced by itself": dataclasses.replace(good),
        "one for another program": dataclasses.replace(good, program=dangerous),
        "the other program's": dataclasses.replace(proof(RING), program=good.program),
        "none": None,
        "its file": save(good),
        "its program": good.program,
    }


@pytest.mark.parametrize("kind", altered_certificates())
def test_no_image_is_made_of_a_certificate_that_this_process_did_not_make(kind: str) -> None:
    forged = altered_certificates()[kind]
    environment = Core(Capability(grants=frozenset({"reply"}))).environment("owner")
    with pytest.raises(BindError) as refused:
        environment.download(forged)
    assert refused.value.code is BindCode.CERTIFICATE
    with pytest.raises(ImageError):
        host_image(forged)


def test_a_live_certificate_whose_program_was_changed_in_place_is_refused() -> None:
    """Frozen, yet this is Python: the fields of a frozen object can be forced."""
    (answer,) = [recheck(proof(WEB).program, save(proof(WEB)))]
    assert isinstance(answer, Proved)
    program = answer.certificate.program
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.certificate.program = program  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        program.maximum = 1 << 30  # type: ignore[misc]


EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "another constant": lambda facts: facts["operations"].update(constant=1),
    "another key": lambda facts: facts.update(key="0" * 64),
    "another program": lambda facts: facts.update(program="0" * 64),
    "another prover": lambda facts: facts.update(prover="0" * 64),
    "no loops": lambda facts: facts.pop("loops"),
    "loops that are no list": lambda facts: facts.update(loops={"0": 1}),
    "a million loops": lambda facts: facts.update(loops=[[]] * 1_000_000),
    "nested without end": lambda facts: facts.update(loops=nested(400)),
    "a digest of nothing": lambda facts: facts.update(digest=""),
    "a digest that is no text": lambda facts: facts.update(digest=[1]),
}


def nested(depth: int) -> list[Any]:
    """Lists in lists."""
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_certificate_is_refused(edit: str) -> None:
    """Told with its code, and never half believed."""
    facts = json.loads(save(proof(WEB)))
    EDITS[edit](facts)
    with pytest.raises(CertificateError) as refused:
        recheck(proof(WEB).program, json.dumps(facts).encode())
    assert refused.value.code in ("torn", "version", "program")


def test_a_certificate_is_for_the_whole_program_not_for_its_name() -> None:
    """The same source with one number changed is another program."""
    saved = save(proof(WEB))
    other: Program = proof(WEB.replace("80", "81")).program
    assert other.name == proof(WEB).program.name
    with pytest.raises(CertificateError) as refused:
        recheck(other, saved)
    assert refused.value.code == "program"


# ---- bindings that were revoked


def test_no_run_begins_after_a_binding_was_revoked_while_threads_deliver() -> None:
    """When `revoke` has returned, the memory is the owner's alone: nothing of it changes any more."""
    core = Core()
    environment = core.environment("owner")
    over = threading.Event()
    frame = packet(RING)
    failures: list[BaseException] = []

    def deliver() -> None:
        try:
            while not over.is_set():
                core.deliver(frame)
        except BaseException as error:  # whatever it is, the test must hear of it
            failures.append(error)

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(6):
        binding = bound(environment)
        cells = binding.regions["cells"]
        while binding.stats.tried < 20:
            pass
        binding.revoke()
        before, tried = cells.cells(), binding.stats.tried
        for _ in range(20):
            assert core.deliver(frame).binding is None
        assert (cells.cells(), binding.stats.tried) == (before, tried)
        assert sum(before) == binding.stats.passed
        cells[0] = 1  # nobody holds it
    over.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_what_a_revoked_binding_may_still_do_is_nothing() -> None:
    core = Core()
    environment = core.environment("owner")
    binding = bound(environment)
    binding.revoke()
    binding.revoke()  # once more does nothing
    with pytest.raises(BindError) as refused, binding:
        pass
    assert refused.value.code is BindCode.REVOKED
    for use in (lambda: binding.replace(proof(RING)), lambda: binding.deliver(packet(RING))):  # type: ignore[arg-type]
        with pytest.raises(BindError) as refused:
            use()
        assert refused.value.code is BindCode.REVOKED


def test_an_owner_that_lends_a_region_again_when_it_is_asked_for_it_loses_both() -> None:
    """The callback revokes what it is asked for and binds another program over the same memory: it is taken too."""
    core = Core()
    lent_again: list[Binding] = []

    def stubborn(request: Request) -> None:
        (first,) = request.bindings
        regions = dict(first.regions)
        first.revoke()
        lent_again.append(environment.download(proof(RING), **regions))

    environment = core.environment("owner", on_revocation=stubborn)
    region = bound(environment).regions["cells"]
    (answer,) = core.reclaim(region, deadline=10)
    assert answer.answer == "refused"
    assert answer.taken == (*lent_again, region)
    assert not region.live
    assert environment.repossessed == [*lent_again, region]
    assert core.deliver(packet(RING)).verdict is Verdict.DECLINE


def test_what_is_asked_for_twice_is_taken_once() -> None:
    core = Core()
    environment = core.environment("owner")
    binding = bound(environment)
    region = binding.regions["cells"]
    (answer,) = core.reclaim(region, binding, region, binding)
    assert answer.taken == (binding, region)


def test_threads_that_revoke_one_capability_and_bind_by_it_leave_nothing_bound() -> None:
    """Whatever the order in which they come."""
    for _ in range(4):
        core, right = Core(), Capability()
        environment = core.environment("owner", right)
        start, codes = threading.Barrier(3), list[BindCode]()

        def bind(
            environment: Environment = environment, start: threading.Barrier = start, codes: list[BindCode] = codes
        ) -> None:
            start.wait()
            for _ in range(2):
                try:
                    bound(environment)
                except BindError as error:
                    codes.append(error.code)

        threads = [threading.Thread(target=bind) for _ in range(2)]
        for thread in threads:
            thread.start()
        start.wait()
        core.revoke(right)
        for thread in threads:
            thread.join()
        assert core.bindings == []
        assert set(codes) <= {BindCode.REVOKED}
