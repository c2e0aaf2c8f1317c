"""Imports point one way, and nothing but ``ruler`` and ``ruler_cli`` is installed."""

from __future__ import annotations

import ast
import functools
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Each layer may import itself and what stands before it.
LAYERS = (
    "shared",
    "patterns",
    "dialects",
    "machine",
    "engine",
    "explain",
    "matcher",
    "rule_sources",
    "checks",
    "testing",
    "coverage",
    "route",
    "ruler",
    "ruler_cli",
)
# Packages that are a layer of their own.
PACKAGES = (
    "ruler.patterns",
    "ruler.dialects",
    "ruler.machine",
    "ruler.explain",
    "ruler.rule_sources",
    "ruler.checks",
    "ruler.testing",
    "ruler.coverage",
    "ruler.route",
    "ruler_cli",
)
MODULE_LAYERS = {
    "ruler.errors": "shared",
    "ruler.fields": "shared",
    "ruler.lines": "shared",
    "ruler.paint": "shared",
    "ruler.version": "shared",
    "ruler.words": "shared",
    "ruler.engine": "engine",
    "ruler.names": "engine",
    "ruler.matcher": "matcher",
    "ruler.findings": "patterns",  # errors of rules as people and programs read them
    "ruler": "ruler",
    "ruler.__main__": "ruler_cli",  # the one module of ruler that starts the command line
}
MACHINE_SEES = {
    "ruler.patterns.model",
    "ruler.patterns.folding",
    "ruler.patterns.addresses",
    "ruler.patterns.regexp_walk",  # what a program of the model means; it knows no rule text either
}
MAY_SHARE = {"ruler.patterns.numbers"}  # comparable numbers, of use to both sides


def layer_of(module: str) -> str:
    """The layer a module of ours belongs to; KeyError for one that has no place yet."""
    for package in PACKAGES:
        if module == package or module.startswith(package + "."):
            return package.removeprefix("ruler.")
    return MODULE_LAYERS[module]


@functools.cache
def modules() -> dict[str, Path]:
    """Our modules by import name."""
    found = {}
    for directory, package in ((ROOT / "ruler", "ruler"), (ROOT / "cli", "ruler_cli")):
        for path in sorted(directory.rglob("*.py")):
            parts = path.relative_to(directory).with_suffix("").parts
            found[".".join((package, *(part for part in parts if part != "__init__")))] = path
    return found


def imports_of(module: str, source: str, *, is_package: bool) -> set[str]:
    """The modules of ours that ``source`` imports anywhere in it, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                kept = parts[: len(parts) - node.level + is_package]
                base = ".".join([*kept, base]).rstrip(".")
            # "from ruler.patterns import model" names a module, "from ruler import Matcher" does not
            found |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in modules() else base for alias in node.names}
    return {name for name in found if name.split(".")[0] in ("ruler", "ruler_cli")}


@functools.cache
def arrows() -> list[tuple[str, str]]:
    """Every (importing module, imported module) among ours."""
    return [
        (module, imported)
        for module, path in modules().items()
        for imported in sorted(
            imports_of(module, path.read_text(encoding="utf-8"), is_package=path.name == "__init__.py")
        )
    ]


def test_imports_point_one_way() -> None:
    """In the order of LAYERS, and never back."""
    wrong = [
        f"{module} imports {imported}"
        for module, imported in arrows()
        if LAYERS.index(layer_of(imported)) > LAYERS.index(layer_of(module))
    ]
    assert not wrong


def test_library_does_not_import_its_own_top() -> None:
    """Modules import where a thing is defined; ``import ruler`` inside ruler would be a circle."""
    wrong = [
        f"{module} imports {imported}"
        for module, imported in arrows()
        if imported == "ruler" and layer_of(module) != "ruler_cli"
    ]
    assert not wrong


def test_machine_sees_the_model_and_never_the_compiler() -> None:
    """The data plane knows sub-rules, not rule text."""
    wrong = [
        f"{module} imports {imported}"
        for module, imported in arrows()
        if layer_of(module) == "machine"
        and layer_of(imported) == "patterns"
        and imported not in MACHINE_SEES | MAY_SHARE
    ]
    assert not wrong


def test_only_the_main_module_of_ruler_starts_the_command_line() -> None:
    """``python -m ruler`` is the one way from the library to ``ruler_cli``."""
    from_library = [
        module
        for module, imported in arrows()
        if imported.split(".")[0] == "ruler_cli" and module.split(".")[0] == "ruler"
    ]
    assert set(from_library) <= {"ruler.__main__"}


@pytest.mark.parametrize("module", sorted(modules()))
def test_every_module_says_what_it_is_for(module: str) -> None:
    """A module begins with a docstring, and it has a place in the layers."""
    source = modules()[module].read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source)), module
    assert layer_of(module) in LAYERS


def test_importing_is_read_correctly() -> None:
    """The reader of imports sees absolute, relative and nested ones."""
    source = "import ruler.errors\nfrom . import model\ndef f():\n    from ..machine import walk\nimport json\n"
    found = imports_of("ruler.patterns.compiler", source, is_package=False)
    assert {"ruler.errors", "ruler.patterns.model"} <= found
    assert any(name.startswith("ruler.machine") for name in found)
    assert "json" not in found


def test_nothing_installs_a_common_top_level_name() -> None:
    """The distribution brings ``ruler`` and ``ruler_cli``; ``cli``, ``bench`` and ``tests`` stay at home."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["setuptools"]["packages"]
    assert {"ruler", "ruler_cli"} == {package.split(".")[0] for package in packages}
    directories = project["tool"]["setuptools"].get("package-dir", {})
    assert directories == {"ruler_cli": "cli"}
    assert not project["tool"]["setuptools"].get("py-modules")


def test_every_package_of_ours_is_installed() -> None:
    """A new package directory that pyproject forgets would be missing from every installation."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    ours = {module if path.name == "__init__.py" else module.rpartition(".")[0] for module, path in modules().items()}
    assert ours == set(project["tool"]["setuptools"]["packages"])
