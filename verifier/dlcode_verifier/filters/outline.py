"""A question about two filters with what they have in common left open: a smaller question, asked first.

Filters on the same headers walk to them in the same way, and what is asked of them seldom depends on it: whether
`tcp.dport == 80` implies `tcp.dport < 1024` is the same question wherever TCP was found. So a value that both filters
read or chose, and a condition with alternatives that both come to, is given any value there is; but what all of the
alternatives begin with still has to be so. If no packet is an exception even then, none is: take a packet, and give
each unknown the value that what it stands for has on it, where all operations wrap (what a run does not work out may
have any value). Nothing follows from an exception that is found.
"""

from __future__ import annotations

from ..terms import FALSE, TRUE, Row, Term, moved, operands

FEWEST, SMALLER = 250, 2
"""Rows that two filters are made of below which a question is asked as it is, and how many times smaller one must get
to be asked first."""

DEEPEST = 20
"""Places where ways meet, one behind the other, through which it is looked for what they begin with."""


def outline(rows: list[Row], question: Term, a: Term, b: Term) -> tuple[list[Row], Term] | None:
    """The question in a table of its own, with what the conditions `a` and `b` have in common left open; None where it
    would not be much smaller."""
    mine, theirs = _below(rows, a), _below(rows, b)
    if len(mine | theirs) < FEWEST:
        return None
    shared = {term for term in mine & theirs if rows[term][0] in _LEFT_OPEN and rows[term][1] >= 0}

    def is_open(part: Term, row: Row) -> bool:
        return part in shared and (rows[part][0] != "and" or row[0] == "not")

    kept, left = {question}, [question]
    begins: dict[Term, Term] = {}  # what is so wherever a conjunction that is left open is not
    opened: set[Term] = set()
    while left:
        row = rows[left.pop()]
        for part in operands(row):
            here = part
            if is_open(part, row):
                opened.add(part)
                if rows[part][0] != "and":
                    continue
                here = _common(rows, part, begins)
            if here not in kept:
                kept.add(here)
                left.append(here)
    if SMALLER * len(kept) > len(mine | theirs):
        return None
    made: list[Row] = [("true", 0), ("false", 0)]
    unknown: dict[Term, Term] = {}  # the values that are left open, and that a conjunction is denied
    for term in sorted(opened):
        unknown[term] = len(made)
        made.append(("any", rows[term][1], f"shared {term}"))
    place = {TRUE: TRUE, FALSE: FALSE}
    for term in sorted(kept - place.keys()):
        row = rows[term]
        place[term] = len(made)
        if row[0] == "not" and is_open(row[2], row) and rows[row[2]][0] == "and":
            made.append(("and", 0, place[begins[row[2]]], unknown[row[2]]))
        else:
            at = {part: unknown[part] if is_open(part, row) else place[part] for part in operands(row)}
            made.append(moved(row, at))
    return made, place[question]


def _common(rows: list[Row], denied: Term, known: dict[Term, Term], deepest: int = DEEPEST) -> Term:
    """A condition that is true wherever a conjunction is not: what all ways begin with of which one was taken."""
    if denied not in known:
        common: set[Term] = set()
        left = [denied] if deepest else []
        while left:
            for part in rows[left.pop()][2:]:  # one of them at least is false
                if rows[part][0] == "and":
                    left.append(part)
                    continue
                begins = _beginning(rows, rows[part][2], known, deepest) if rows[part][0] == "not" else set()
                common = common & begins if common else begins
                if not common:
                    left = []
                    break
        known[denied] = max(common, default=TRUE)
    return known[denied]


def _beginning(rows: list[Row], way: Term, known: dict[Term, Term], deepest: int) -> set[Term]:
    """Conditions that are true where one is: the beginnings of its path, also from before ways met there."""
    found = {way}
    while True:
        row = rows[way]
        if row[0] == "and":
            way = row[2]
        elif row[0] == "not" and rows[row[2]][0] == "and":
            way = _common(rows, row[2], known, deepest - 1)
        else:
            return found
        found.add(way)


_LEFT_OPEN = frozenset({"read", "choose", "and"})
"""What may be left open: values, whatever they were found by, and alternatives: a conjunction that is denied."""


def _below(rows: list[Row], root: Term) -> set[Term]:
    """All terms that one is made of, itself among them."""
    found, left = {root}, [root]
    while left:
        for part in operands(rows[left.pop()]):
            if part not in found:
                found.add(part)
                left.append(part)
    return found
