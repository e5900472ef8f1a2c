"""Why a core refuses to bind a program, or to use a binding."""

from __future__ import annotations

from enum import Enum

from dlcode_dsl.core.interpret import Packet


class BindCode(Enum):
    """One reason. The value says it in general; a `BindError` adds what it was about."""

    CERTIFICATE = "the program is not one that this process has proved"
    NOT_GRANTED = "the capability does not grant an effect that the program asks for"
    EFFECTS = "one run of the program can have more effects than there is room for"
    SLOTS = "the capability's regions are all lent already"
    MISSING = "a region that the program owns was not lent"
    UNKNOWN = "something was lent that the program does not own"
    SHAPE = "what was lent has not the cells that the program owns"
    ALIGNMENT = "a region does not start at a multiple of its alignment"
    OVERLAP = "two regions share memory"
    LINK = "the program is for packets of another link"
    PACKETS = "the program asks for packets that the capability does not cover"
    OWNED = "the program asks for packets of another owner"
    UNDECIDED = "whose packets the program asks for could not be shown"
    TEMPLATE = "the program sends frames that the capability does not cover"
    OPERATIONS = "one packet can cost more than the capability allows"
    REQUIRES = "a `requires` of the program does not hold"
    REVOKED = "the binding or its capability has been revoked"


class BindError(ValueError):
    """A request to a core that is refused. Nothing has changed. `witness` is a packet that shows why, if one does."""

    def __init__(self, code: BindCode, reason: str, witness: Packet | None = None) -> None:
        super().__init__(f"{code.value}: {reason}")
        self.code, self.reason, self.witness = code, reason, witness
