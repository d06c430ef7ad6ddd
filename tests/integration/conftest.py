"""What every test of this folder stands on."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _contracts(contracts_held: None) -> None:
    """Hold what every command answers by its contract."""
