"""An image is made only of what this process has proved."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from types import SimpleNamespace
from typing import Any

import pytest

from dlcode_dsl.core.parse import parse_program
from dlcode_jit.errors import ImageError
from dlcode_jit.host import host_image
from dlcode_jit.r3000.image import mips_image
from tests.jit.programs import certificate, program, prove

REAL = "increment"


def forged() -> list[Any]:
    """What looks like a certificate and is none."""
    real = certificate(REAL)
    fields = {field.name: getattr(real, field.name) for field in dataclasses.fields(real)}
    return [
        copy.copy(real),
        dataclasses.replace(real, program=program("mirror")),  # another program's
        type(real)(**fields),
        SimpleNamespace(**fields, maximum_effects=9, longest_frame=9),
        program(REAL),
        None,
    ]


@pytest.mark.parametrize("number", range(6))
def test_a_copied_or_forged_certificate_makes_no_image(number: int) -> None:
    for make in (host_image, lambda certificate: mips_image(certificate, 0x8010_0000)):
        with pytest.raises(ImageError) as refused:
            make(forged()[number])
        assert refused.value.code == "certificate"


def test_a_certificate_that_went_through_a_file_makes_no_image() -> None:
    """Unpickled or not, it is not the object that the proof made."""
    try:
        back = pickle.loads(pickle.dumps(certificate(REAL)))
    except (TypeError, pickle.PicklingError):
        return
    with pytest.raises(ImageError):
        host_image(back)


def test_a_program_that_may_send_without_measure_makes_no_image() -> None:
    """It is proved, as a queue is no part of the proof; but there is no room for what it may queue."""
    text = """handler floods on ethernet maximum 1514
      owns @words: u32[1] plain
      may wake
    {
      var %i: u32 = 0:u32
      loop l { } while (%i < @words[0:u32]) { wake %i = (%i + 1:u32) }
      exit consume
    }"""
    proof = prove(parse_program(text))
    assert proof.maximum_effects == (1 << 32) - 1
    for make in (host_image, lambda certificate: mips_image(certificate, 0x8010_0000)):
        with pytest.raises(ImageError) as refused:
            make(proof)
        assert refused.value.code == "unsupported"


def test_the_real_one_makes_both() -> None:
    assert host_image(certificate(REAL)).program is program(REAL)
    assert mips_image(certificate(REAL), 0x8010_0000).program is program(REAL)
