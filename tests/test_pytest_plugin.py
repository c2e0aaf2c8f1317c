"""The pytest plugin: test files of rules are collected by their name alone, and cost nothing where there are none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULE = "ruler_cli.pytest_plugin"
RULES = {"big": {"total": [{"numeric": [">", 1000]}]}}
PASSING = {"name": "a big order", "event": {"total": 1500}, "matches": ["big"]}
FAILING = {"name": "an order between", "event": {"total": 500}, "matches": ["big"]}


@dataclass(frozen=True)
class Ended:
    code: int
    text: str


def run_pytest(directory: Path, *arguments: str, path: str = "", autoload: str = "off") -> Ended:
    """Run pytest in ``directory``; unless ``autoload`` is "on", with no plugin but those that ``arguments`` name."""
    environment = {**os.environ, "PYTEST_ADDOPTS": "", "NO_COLOR": "1"}
    environment.pop("PYTEST_DISABLE_PLUGIN_AUTOLOAD", None)
    if autoload == "off":
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    if path:
        environment["PYTHONPATH"] = os.pathsep.join([path, environment.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ended(done.returncode, done.stdout + done.stderr)


def write_tests(path: Path, *tests: object, rules: object = RULES) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"rules": rules, "tests": tests}))


def test_tests_are_items_with_the_name_of_file_and_test(tmp_path: Path) -> None:
    """Beside the tests of Python, selected as they are."""
    write_tests(tmp_path / "rules" / "orders.ruler-test.json", PASSING, FAILING)
    (tmp_path / "test_other.py").write_text("def test_other():\n    pass\n")
    found = run_pytest(tmp_path, "-p", MODULE, "--collect-only", "-q")
    assert found.text.splitlines()[:3] == [
        "rules/orders.ruler-test.json::a big order",
        "rules/orders.ruler-test.json::an order between",
        "test_other.py::test_other",
    ]
    one = run_pytest(tmp_path, "-p", MODULE, "-q", "rules/orders.ruler-test.json::a big order")
    assert (one.code, "1 passed" in one.text) == (0, True)


def test_a_failure_is_shown_as_ruler_test_shows_it(tmp_path: Path) -> None:
    """Place, rule and reason, without a traceback."""
    write_tests(tmp_path / "orders.ruler-test.json", PASSING, FAILING)
    result = run_pytest(tmp_path, "-p", MODULE)
    assert result.code == 1
    lines = result.text.splitlines()
    column = (tmp_path / "orders.ruler-test.json").read_text().index('{"name": "an order') + 1
    start = lines.index(f"orders.ruler-test.json:1:{column}: failed: an order between")
    assert lines[start + 1] == '  "big" should match, and does not'
    assert "Traceback" not in result.text
    assert "RuleTestFailed" not in result.text
    assert "1 failed, 1 passed" in result.text


def test_a_file_with_errors_is_an_error_of_the_collection(tmp_path: Path) -> None:
    """With every finding, and no internals."""
    write_tests(tmp_path / "ruler-test.json", {"nam": "t", "event": {}, "matches": ["bigger"]})
    result = run_pytest(tmp_path, "-p", MODULE)
    assert result.code == 2
    lines = [line for line in result.text.splitlines() if line.startswith("ruler-test.json:")]
    assert lines == [
        'ruler-test.json:1:70: "nam" is not a member of a test; did you mean "name"?',
        'ruler-test.json:1:107: no rule is named "bigger"; did you mean "big"?',
    ]
    assert "Traceback" not in result.text
    assert "CollectError" not in result.text


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    """Collecting is opt-in by name; a file that is named on the command line has to have that name too."""
    for name in ("rules.json", "orders.test.json", "ruler-tests.json", "x-ruler-test.json", "ruler-test.json.txt"):
        write_tests(tmp_path / name, FAILING)
    assert "no tests ran" in run_pytest(tmp_path, "-p", MODULE).text
    assert "no tests ran" in run_pytest(tmp_path, "-p", MODULE, "x-ruler-test.json").text


def test_names_with_control_characters_are_shown_with_escapes(tmp_path: Path) -> None:
    """As everywhere in ruler."""
    write_tests(tmp_path / "ruler-test.json", {**FAILING, "name": "red \x1b[31m\n"})
    result = run_pytest(tmp_path, "-p", MODULE, "-v")
    assert "ruler-test.json::red \\u001b[31m\\n FAILED" in result.text
    assert "\x1b" not in result.text


def test_paths_are_shown_from_where_pytest_was_started(tmp_path: Path) -> None:
    """Also where its root is elsewhere; rules are found beside the test file."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    inner = tmp_path / "inner"
    write_tests(inner / "deep" / "ruler-test.json", FAILING, rules="../rules.json")
    (inner / "rules.json").write_text(json.dumps(RULES))
    result = run_pytest(inner, "-p", MODULE)
    assert "\ndeep/ruler-test.json:1:" in result.text
    assert result.code == 1


def test_without_test_files_ruler_is_not_imported(tmp_path: Path) -> None:
    """The plugin is imported in every run of pytest where ruler is installed, so it must cost nothing."""
    (tmp_path / "test_it.py").write_text(
        "import sys\n"
        "def test_it():\n"
        f"    assert {MODULE!r} in sys.modules\n"
        "    assert 'ruler' not in sys.modules\n"
        "    assert {name for name in sys.modules if name.startswith('ruler_cli')} == "
        f"{{'ruler_cli', {MODULE!r}}}\n"
    )
    result = run_pytest(tmp_path, "-p", MODULE)
    assert result.code == 0, result.text


def test_the_project_names_the_entry_point() -> None:
    """What is installed tells pytest where the plugin is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"] == {"pytest11": {"ruler": MODULE}}


@pytest.mark.parametrize(
    ("arguments", "autoload", "code", "summary"),
    [
        ((), "on", 0, "1 passed"),
        (("-p", "ruler"), "on", 0, "1 passed"),
        (("-p", "ruler"), "off", 0, "1 passed"),
        ((), "off", 5, "no tests ran"),
        (("-p", "no:ruler"), "on", 5, "no tests ran"),
    ],
)
def test_the_entry_point_brings_the_plugin_once(
    tmp_path: Path, arguments: tuple[str, ...], autoload: str, code: int, summary: str
) -> None:
    """As an installation brings it: by itself, or by name, and each test is run once."""
    installed = tmp_path / "installed"
    metadata = installed / "other_name-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: other-name\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[pytest11]\nruler = {MODULE}\n")
    write_tests(tmp_path / "tests" / "ruler-test.json", PASSING)
    result = run_pytest(tmp_path / "tests", *arguments, path=str(installed), autoload=autoload)
    assert (result.code, summary in result.text) == (code, True), result.text
