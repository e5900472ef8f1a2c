"""Questions between proved filters: equal, implied, disjoint, never matching, shadowed, contained; and sets of them.

    disjoint(a, b)          # a and b: live certificates of filters; of a handler, certificate.binding

Three answers: Yes; No, with a packet that the interpreter ran on the filters; Unknown. Only a Yes may be relied upon:
whoever keeps filters of different owners apart asks `isinstance(disjoint(a, b), Yes)`.
"""

from .questions import Finding, No, Unknown, Yes, contained, disjoint, equal, implies, never_matches, shadowed
from .subject import QuestionError

__all__ = [
    "Finding",
    "No",
    "QuestionError",
    "Unknown",
    "Yes",
    "contained",
    "disjoint",
    "equal",
    "implies",
    "never_matches",
    "shadowed",
]
