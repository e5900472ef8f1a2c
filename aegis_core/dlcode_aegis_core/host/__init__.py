"""The core in the host process: regions, delivery, verdicts and replies over images for the host processor.

Never: runs code that `bindings` has not admitted, or lends a region that two owners could write at once.
"""

from .binding import Binding, Statistics
from .core import Core, Delivery, Frame
from .environment import Account, Environment
from .region import Region
from .revocation import Reclaimed, Request

__all__ = [
    "Account",
    "Binding",
    "Core",
    "Delivery",
    "Environment",
    "Frame",
    "Reclaimed",
    "Region",
    "Request",
    "Statistics",
]
