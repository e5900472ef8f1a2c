"""`dlcode sim exchange [--machine MODEL] [--octets N]`: the bare exchange, row by row, beside what was published.

With `--predictions`, what changed inputs were predicted to do to its rows, and what they do.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

from dlcode.command_line import CannotRun
from dlcode.commands.sim.settings import declare_machine, settings
from dlcode_aegis_core.experiments.exchange.orders import ORDERS, Orders, over_orders
from dlcode_aegis_core.experiments.exchange.predictions import LEARNED, Checked, check
from dlcode_aegis_core.experiments.exchange.program import LEAST, MOST, Build
from dlcode_aegis_core.experiments.exchange.rows import CALIBRATED, ROWS, NoAnswer, published_rows
from dlcode_aegis_core.machine.limits import BeyondModel
from dlcode_aegis_core.machine.parameters import BadParameter, Parameters, UnknownParameter
from dlcode_aegis_core.machine.programs.machine import model_name

MOST_ORDERS = 1000
STOPPED = (UnknownParameter, BadParameter, BeyondModel, NoAnswer)
"""What can stop it: its settings."""
WHOLE = "round trip"
SIGNS = {1: "+", 0: "0", -1: "-"}


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    declare_machine(parser, "5000/200 (default) or 5000/125")
    parser.add_argument("--octets", type=int, default=LEAST, help=f"bytes of a frame, {LEAST} ({LEAST}) to {MOST}")
    parser.add_argument("--orders", type=int, default=ORDERS, help=f"orders of its code in memory to try ({ORDERS})")
    parser.add_argument("--predictions", action="store_true", help="check what was predicted of changed inputs instead")
    parser.add_argument("--format", choices=("human", "json"), default="human")


def run(options: argparse.Namespace) -> int:
    """Run it; 0. What stops it is in the settings, or is a bug."""
    if not 0 < options.orders <= MOST_ORDERS:
        raise CannotRun(f"--orders takes a number from 1 to {MOST_ORDERS}")
    if options.predictions:
        return _check(options)
    changes = settings(options)
    try:
        parameters = Parameters.load(model_name(options.machine)).replace(changes)
        orders = over_orders(parameters, Build(options.octets), options.orders, progress=_progress(options.orders))
    except STOPPED as error:
        raise CannotRun(str(error)) from None
    rows = list(_rows(orders, options.octets, parameters.model))
    if options.format == "json":
        found = {"machine": parameters.model, "octets": options.octets, "unit": "us", "status": "executed"}
        span = {"orders": len(orders.each), "least": _round(orders.least), "most": _round(orders.most)}
        print(json.dumps({**found, **span, "rows": rows, "settings": changes}, indent=2))
    else:
        print(f"{options.octets} bytes to and fro between two {parameters.title}, us a round trip")
        _show(rows)
        paper = published_rows(options.octets)
        source = f"; published: DEC5000/200, tl93 Table I, rows of {paper['sum'].value:.0f} in all" if paper else ""
        print(f"  median of {len(orders.each)} orders of its code, {orders.least:.1f} to {orders.most:.1f} us{source}")
        for name, value in changes.items():
            print(f"  with {name} = {value}")
    return 0


def _progress(orders: int) -> Any:
    def progress(done: int) -> None:
        if sys.stderr.isatty():
            print(f"\rorder {done} of {orders}", end="\r\x1b[K", file=sys.stderr, flush=True)

    return progress


def _rows(orders: Orders, octets: int, model: str) -> Iterator[dict[str, Any]]:
    """The rows beside the published ones, with their ratio where both are of the same machine."""
    paper = published_rows(octets)
    for name, of, emulated in (*((row, row, orders.rows[row]) for row in ROWS), (WHOLE, "measured", orders.whole)):
        row: dict[str, Any] = {"name": name, "emulated": _round(emulated), "calibrated": name == CALIBRATED}
        if paper:
            row["published"] = paper[of].value
            if model_name(paper[of].machine) == model:
                row["ratio"] = round(emulated / paper[of].value, 3)
        yield row


def _show(rows: list[dict[str, Any]]) -> None:
    print("  row         published   emulated   ratio")
    for row in rows:
        paper = f"{row['published']:9.0f}" if "published" in row else f"{'-':>9}"
        ratio = f"{row['ratio']:7.3f}" if "ratio" in row else f"{'-':>7}"
        print(
            f"  {row['name']:10}  {paper}  {row['emulated']:9.2f} {ratio}{'  calibrated' if row['calibrated'] else ''}"
        )


def _round(microseconds: float) -> float:
    return round(microseconds, 2)


# ---- predictions


def _check(options: argparse.Namespace) -> int:
    if options.settings:
        raise CannotRun("--predictions are of the machines as they are: it takes no --set")
    checked = list(check())
    if options.format == "json":
        print(json.dumps({"unit": "us", "predictions": [_checked(each) for each in checked]}, indent=2))
        return 0
    for each in checked:
        print(f"{each.prediction.name}: {each.whole:+.2f} us")
        for row in ROWS:
            if row in each.prediction.rows or row in each.wrong:
                least, most = each.prediction.expected(row)
                predicted = f"{SIGNS[each.prediction.sign(row)]}  {least:8.2f} .. {most:8.2f}"
                print(f"  {row:10} {predicted}  {each.moved[row]:+8.2f}{'  missed' if row in each.wrong else ''}")
    return 0


def _checked(each: Checked) -> dict[str, Any]:
    rows = {
        row: {
            "predicted": [_round(bound) for bound in each.prediction.expected(row)],
            "sign": SIGNS[each.prediction.sign(row)],
            "moved": _round(each.moved[row]),
            "missed": row in each.wrong,
        }
        for row in ROWS
    }
    learned = {row: " ".join(why.split()) for (name, row), why in LEARNED.items() if name == each.prediction.name}
    return {
        "name": each.prediction.name,
        "why": " ".join(each.prediction.why.split()),
        "rows": rows,
        "learned": learned,
    }
