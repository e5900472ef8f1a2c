"""The proof: a core form becomes a certificate, or a refusal with a packet that breaks it.

What must hold, whether it holds and how to say so are three modules. Never: emits code, or believes its own
untrusted pre-analysis.
"""

from .account import account
from .certificate import ASSUMPTIONS, Certificate, CertificateError, is_live, save
from .cost import Effects, Linear, Turns
from .options import Options
from .turns import LoopProof
from .verify import (
    Answer,
    NotProved,
    OpenObligation,
    OverBudget,
    Proved,
    Refutation,
    Refuted,
    Statistics,
    recheck,
    verify,
)
from .witness import Witness
from .worker import SolverFailure, warm

__all__ = [
    "ASSUMPTIONS",
    "Answer",
    "Certificate",
    "CertificateError",
    "Effects",
    "Linear",
    "LoopProof",
    "NotProved",
    "OpenObligation",
    "Options",
    "OverBudget",
    "Proved",
    "Refutation",
    "Refuted",
    "SolverFailure",
    "Statistics",
    "Turns",
    "Witness",
    "account",
    "is_live",
    "recheck",
    "save",
    "verify",
    "warm",
]
