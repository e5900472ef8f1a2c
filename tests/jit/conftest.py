"""The flag that rewrites expected output: `pytest tests/jit --rewrite`."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Known where this folder is named on the command line."""
    parser.addoption("--rewrite", action="store_true", help="write what is found as what is expected")
