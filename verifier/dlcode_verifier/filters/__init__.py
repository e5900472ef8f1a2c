"""Questions between proved filters: equal, implied, disjoint, never matching, shadowed, contained; and sets of them.

    disjoint(a, b)                      # live certificates of filters; of a handler, `certificate.binding`
    FilterSet(certificates).overlaps()  # all pairs of a thousand filters that are not disjoint

Three answers: Yes; No, with a packet that the interpreter ran on the filters; Unknown. Only a Yes may be relied upon.
So filters of different owners are kept apart by `isinstance(disjoint(a, b), Yes)`, and a filter is inside a capability
where `contained(a, capability)` is a Yes, both of which speak of packets of at most the Yes's `maximum` bytes.
"""

from .questions import Finding, No, Unknown, Yes, contained, disjoint, equal, implies, never_matches, shadowed
from .sets import FilterSet, Overlap
from .subject import QuestionError

__all__ = [
    "FilterSet",
    "Finding",
    "No",
    "Overlap",
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
