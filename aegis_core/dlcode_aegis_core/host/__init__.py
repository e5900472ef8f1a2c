"""The core in the host process: regions, delivery, verdicts and replies over images for the host processor.

Never: runs code that `bindings` has not admitted, or lends a region that two owners could write at once.
"""

from .binding import Binding, Statistics
from .core import Core, Delivery, Environment, Frame
from .region import Region

__all__ = ["Binding", "Core", "Delivery", "Environment", "Frame", "Region", "Statistics"]
