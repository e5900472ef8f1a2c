"""A kernel's download-time half: capabilities, ownership, admission and revocation of secure bindings.

Every core checks a binding here, once, before code runs. Never: runs a handler, or touches a packet.
"""

from .capability import Capability
from .errors import BindCode, BindError

__all__ = ["BindCode", "BindError", "Capability"]
