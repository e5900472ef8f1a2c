"""The verifier under its documented name: what `dlcode_verifier` offers to users. Never: holds anything of its own."""

from dlcode_verifier import (
    Answer,
    Certificate,
    CertificateError,
    NotProved,
    Options,
    OverBudget,
    Proved,
    Refuted,
    SolverFailure,
    Witness,
    recheck,
    save,
    verify,
)

__all__ = [
    "Answer",
    "Certificate",
    "CertificateError",
    "NotProved",
    "Options",
    "OverBudget",
    "Proved",
    "Refuted",
    "SolverFailure",
    "Witness",
    "recheck",
    "save",
    "verify",
]
