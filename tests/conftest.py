"""What every test file shares: the engine under test, and how long the properties search.

RULER_HYPOTHESIS_PROFILE=long searches twenty times as long as the default, "ci".
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from ruler.engine import native_is_required, native_module

sys.path.append(str(Path(__file__).resolve().parent.parent))  # for bench; last, as ruler is what is installed

CI_EXAMPLES = 200
LONG_FACTOR = 40

SHARED: dict[str, Any] = {
    "deadline": None,  # a machine under load is no bug of ours
    "print_blob": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}

settings.register_profile("ci", max_examples=CI_EXAMPLES, **SHARED)
settings.register_profile("long", max_examples=CI_EXAMPLES * LONG_FACTOR, **SHARED)
settings.load_profile(os.environ.get("RULER_HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(params=["python", "native"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the engine under test: every test that takes it runs once per engine.

    "auto" means that engine too, also in processes that the test starts. Native is skipped where it is not built; with
    RULER_REQUIRE_NATIVE=1 in the environment it fails instead.
    """
    name: str = request.param
    if name == "native":
        require_native()
    monkeypatch.setenv("RULER_ENGINE", name)
    return name


def require_native() -> ModuleType:
    """The compiled extension; skips or fails the test when there is none."""
    module, missing = native_module()
    if module is None:
        if native_is_required():
            pytest.fail(f"RULER_REQUIRE_NATIVE is set, and the native engine {missing}")
        pytest.skip(f"the native engine {missing}")
    return module
