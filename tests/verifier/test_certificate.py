"""A certificate is what a proof in this process made; a saved one is a hint, and is never believed."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle

import pytest

from dlcode_verifier import (
    Certificate,
    CertificateError,
    Options,
    Proved,
    is_live,
    recheck,
    save,
)
from dlcode_verifier.certificate import FORMAT
from tests.verifier.support import HERE, program, proved

TEXT = """
if (extent(packet) < 20:u32) { exit pass }
send reply { packet[6:u32 : 6:u32] packet[0:u32 : 8:u32] value @words[1:u32] }
if (@words[0:u32] == 1:u32) { wake wake } else { send send anything { value 1:u8 } }
exit consume
"""


def made() -> Certificate:
    return proved(TEXT).certificate


def test_a_certificate_holds_the_very_program_and_what_is_so_of_it() -> None:
    certificate = made()
    assert certificate.program is program(TEXT)
    assert is_live(certificate)
    assert dict(certificate.discharged) == {"packet-bounds": 2, "owned-bounds": 2, "frame-length": 2}
    assert (certificate.effects.sends, certificate.effects.replies, certificate.effects.wakes) == (2, 1, 2)
    assert certificate.maximum_effects == 4
    assert certificate.longest_frame == 18
    assert certificate.assumptions


def test_no_copy_of_a_certificate_is_live() -> None:
    certificate = made()
    fields = {field.name: getattr(certificate, field.name) for field in dataclasses.fields(certificate)}
    assert not is_live(copy.copy(certificate))
    assert not is_live(dataclasses.replace(certificate, program=program("exit pass")))
    assert not is_live(Certificate(**fields))
    assert not is_live(pickle.loads(pickle.dumps(certificate)))
    assert not is_live(None)


def test_a_saved_certificate_is_the_same_bytes_each_time_and_proves_again() -> None:
    data = save(made())
    assert data == save(made())
    again = recheck(program(TEXT), data, options=HERE)
    assert isinstance(again, Proved)
    assert is_live(again.certificate)
    assert save(again.certificate) == data


def error(data: bytes, text: str = TEXT, options: Options = HERE) -> str:
    with pytest.raises(CertificateError) as raised:
        recheck(program(text), data, options=options)
    return raised.value.code


def test_a_certificate_cut_short_anywhere_is_torn() -> None:
    data = save(made())
    for length in range(0, len(data) - 2, 7):
        assert error(data[:length]) == "torn"


@pytest.mark.parametrize("data", [b"", b"\0\xff", b"[]", b"7", b"{}", b"null", b"[" * 100_000])
def test_what_is_no_certificate_is_torn(data: bytes) -> None:
    assert error(data) == "torn"


def test_a_changed_certificate_is_torn_and_never_believed() -> None:
    facts = json.loads(save(made()))
    facts["operations"]["constant"] = 1
    assert error(json.dumps(facts).encode()) == "torn"


def test_a_certificate_for_another_program_is_refused() -> None:
    assert error(save(made()), TEXT.replace("20:u32", "21:u32")) == "program"


def test_a_certificate_of_another_version_or_other_options_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = save(made())
    assert error(data.replace(b'"format": %d' % FORMAT, b'"format": %d' % (FORMAT + 1))) == "version"
    assert error(data, options=Options(isolated=False, integer_effort=7)) == "version"
    monkeypatch.setattr("dlcode_verifier.certificate.versions", lambda: {"prover": "another", "z3": "0"})
    assert error(data) == "version"


def test_a_certificate_with_false_facts_proves_nothing() -> None:
    """A file made up for an unsafe program, whole and of this version, is still only a hint."""
    from dlcode_verifier import Refuted
    from dlcode_verifier.certificate import _digest

    unsafe = program(TEXT.replace("20:u32", "11:u32"))
    facts = json.loads(save(dataclasses.replace(made(), program=unsafe)))
    facts.pop("digest")
    data = json.dumps({**facts, "digest": _digest(facts)}).encode()
    assert isinstance(recheck(unsafe, data, options=HERE), Refuted)
