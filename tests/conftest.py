"""What every test file shares: the engine under test, and how long the properties search.

RULER_HYPOTHESIS_PROFILE=long searches twenty times as long as the default, "ci".
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

CI_EXAMPLES = 400
LONG_FACTOR = 20

SHARED: dict[str, Any] = {
    "deadline": None,  # a machine under load is no bug of ours
    "print_blob": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}

settings.register_profile("ci", max_examples=CI_EXAMPLES, **SHARED)
settings.register_profile("long", max_examples=CI_EXAMPLES * LONG_FACTOR, **SHARED)
settings.load_profile(os.environ.get("RULER_HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(params=["python"])
def engine(request: pytest.FixtureRequest) -> str:
    """The name of the engine under test: every test that takes it runs once per engine."""
    name: str = request.param
    return name
