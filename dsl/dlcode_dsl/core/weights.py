"""The cost of a core program in core operations: what one run is charged, node by node.

Each statement and each expression that computes counts one; names, constants and lengths are free. Data that is moved
counts one per 4 bytes begun, besides. The interpreter charges by this table, and the verifier bounds it by the same.
"""

from __future__ import annotations

from . import form
from .form import Expression, Statement

_FREE = frozenset({form.Constant, form.Variable, form.Extent, form.Check, form.Entry})


def weight(node: Expression | Statement) -> int:
    """Operations that the node itself is charged each time it is reached, without its parts."""
    return 0 if type(node) in _FREE else 1


def moved(count: int) -> int:
    """Operations charged for moving `count` bytes."""
    return (count + 3) // 4
