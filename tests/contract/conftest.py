"""dbt's manifest of the checkout, parsed once."""

from __future__ import annotations

from typing import Any

import pytest

from tests import parsed


@pytest.fixture(scope="session")
def manifest() -> dict[str, Any]:
    return parsed.manifest()
