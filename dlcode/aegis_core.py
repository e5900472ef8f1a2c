"""The Aegis core under its documented name: what `dlcode_aegis_core` offers. Never: holds anything of its own."""

from dlcode_aegis_core.bindings import BindCode, BindError, Capability
from dlcode_aegis_core.host import Binding, Core, Delivery, Environment, Frame, Region, Statistics

__all__ = [
    "BindCode",
    "BindError",
    "Binding",
    "Capability",
    "Core",
    "Delivery",
    "Environment",
    "Frame",
    "Region",
    "Statistics",
]
