"""What must be there for a condition to be true, found without making any statement.

A comparison with something absent in it is false, so a condition can only be true where all that it needs is there.
What every alternative of an `||` needs is read once, before the first: `tcp.sport == 80 || tcp.dport == 80` walks to
tcp once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module import Module
from ..syntax import tree
from ..syntax.tree import Expression, Name

Needs = dict[tuple[str, str], Name]
"""(header, field), or (header, "") for the header alone, in the order in which they are met; each where it is named."""


def needs(condition: Expression, module: Module, names: Mapping[str, Any]) -> Needs:
    """Headers and fields without which the condition is not true. `names` are those that hide a header's."""
    match condition:
        case tree.Junction("and", terms):
            return {key: name for term in terms for key, name in needs(term, module, names).items()}
        case tree.Junction(_, terms):
            first, *others = (needs(term, module, names) for term in terms)
            return {key: name for key, name in first.items() if all(key in other for other in others)}
        case tree.Compare(_, left, right):
            return used(left, module, names) | used(right, module, names)
        case tree.Member(value, items):
            found = used(value, module, names)
            for item in items:
                found |= used(item, module, names)
            return found
        case tree.Call(Name("has"), (tree.Argument(None, tree.Use(header)),)) if header.text in module.headers:
            return {(header.text, ""): header}
        case tree.Use(name) if name.text in module.conditions and name.text not in names:
            inside = needs(module.conditions[name.text], module, {})
            return {key: Name(place.text, span=name.span) for key, place in inside.items()}
    return {}


def used(expression: Expression, module: Module, names: Mapping[str, Any]) -> Needs:
    """Headers and fields that a value is made of; what has an `else` of its own is not among them."""
    match expression:
        case tree.Dot(tree.Use(header), field) if header.text in module.headers and header.text not in names:
            found: Needs = {(header.text, ""): header}
            if field.text in module.headers[header.text].fields:
                found[header.text, field.text] = header
            return found
        case tree.Dot(target, _) | tree.As(target, _):
            return used(target, module, names)
        case tree.Binary(_, left, right) | tree.Index(left, right):
            return used(left, module, names) | used(right, module, names)
        case tree.Call(Name("bswap"), arguments):
            return {key: name for argument in arguments for key, name in used(argument.value, module, names).items()}
    return {}
