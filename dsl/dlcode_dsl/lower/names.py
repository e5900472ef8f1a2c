"""What a name of a program stands for: values, places in the packet, owned memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..core import form
from ..layout import Field
from ..types import ValueType
from .places import Part, Place
from .values import Typed


@dataclass(frozen=True)
class Local:
    """A `let` or `var`."""

    type: ValueType
    core: form.Expression  # a variable, or a constant where the name never changes
    mutable: bool


@dataclass(frozen=True)
class FieldOf:
    """A field's own name, inside its header's declaration."""

    place: Place
    field: Field


@dataclass(frozen=True)
class Memory:
    """An owned scalar or array."""

    region: form.Region
    type: ValueType
    scalar: bool


@dataclass(frozen=True)
class Record:
    """Values by name: what the pipes of a copy finished with."""

    members: Mapping[str, Typed]


@dataclass(frozen=True)
class Poisoned:
    """A name whose value was refused; its uses are not blamed as well."""


Meaning = Local | Place | Part | FieldOf | Memory | Record | Poisoned


class Silent(Exception):
    """A use of something that has been refused already."""
