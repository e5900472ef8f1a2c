"""The one flag of the tests: `pytest --rewrite` writes what is found as what is expected, for the diff to show."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Known to every test below this folder."""
    parser.addoption("--rewrite", action="store_true", help="write what is found as what is expected")
