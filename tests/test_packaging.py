"""What the distribution holds: with Rust the native engine, without it pure Python and the reason why.

The build hooks that pip calls are called directly, in copies of the source, so that no package index is needed. Crates
come from where cargo keeps them. One copy, in target/packaging, keeps what is compiled for the next run. Without cargo,
or with crates out of reach, tests of the native wheel are skipped; RULER_REQUIRE_NATIVE=1 makes them fail instead.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NATIVE_SOURCE = ROOT / "target" / "packaging"
REQUIRED = os.environ.get("RULER_REQUIRE_NATIVE", "") not in ("", "0")
BUILD_SECONDS = 600  # one release build of the crates on a slow machine

NAME = "ruler_events-" + tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
PURE_WHEEL = f"{NAME}-py3-none-any.whl"
EXTENSION = "ruler/_native.abi3.so"
REASON = "ruler/native_missing.txt"
SAID = "WITHOUT its native engine"
HOOK = "import sys; from setuptools import build_meta; getattr(build_meta, sys.argv[1])(sys.argv[2])"
STABLE_ABI = sys.implementation.name == "cpython" and sys.platform == "linux"
NOT_COPIED = (".*", "target", "build", "dist", "bench", "tests", "scripts", "__pycache__", "*.egg-info", "*.so")

needs_cargo = pytest.mark.skipif(shutil.which("cargo") is None and not REQUIRED, reason="cargo is not installed")


@dataclass(frozen=True)
class Built:
    """How a build ended: the files it made, and what it wrote."""

    code: int
    files: list[Path]
    said: str

    @property
    def wheel(self) -> zipfile.ZipFile:
        assert self.code == 0, self.said
        [path] = self.files
        return zipfile.ZipFile(path)


def build(source: Path, hook: str, into: Path, **changes: str) -> Built:
    """Call a hook of the build backend in ``source``, as ``pip --no-build-isolation`` does."""
    into.mkdir(exist_ok=True)
    before = set(into.iterdir())
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("RULER_") and name != "CARGO"
    }
    done = subprocess.run(
        [sys.executable, "-P", "-c", HOOK, hook, str(into)],
        cwd=source,
        env={**environment, **changes},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    return Built(done.returncode, sorted(set(into.iterdir()) - before), done.stdout)


# Where the project is installed for editing, a hook would find in the source what the wheel lacks.
NO_HOOKS = "import sys; sys.meta_path[:] = [finder for finder in sys.meta_path if 'editable' not in repr(finder)]\n"


def run_installed(wheel: Path, directory: Path, code: str) -> str:
    """What ``code`` prints where the wheel is installed."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RULER_")}
    done = subprocess.run(
        [sys.executable, "-P", "-c", NO_HOOKS + code],
        cwd=directory,
        env={**environment, "PYTHONPATH": str(directory)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, of a tree with what work leaves behind in it."""
    tree = tmp_path_factory.mktemp("tree") / "ruler"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*NOT_COPIED))
    for left in (EXTENSION, "target/release/lib.so", "crates/ruler-core/fuzz/corpus/event/0", "build/lib/ruler/old.py"):
        (tree / left).parent.mkdir(parents=True, exist_ok=True)
        (tree / left).write_bytes(b"left behind")
    built = build(tree, "build_sdist", tree.parent / "dist")
    assert built.code == 0, built.said
    [path] = built.files
    return path


@pytest.fixture(scope="module")
def unpacked(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution unpacked; tests that build change copies."""
    directory = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(directory, filter="data")
    return directory / NAME


@pytest.fixture
def source(unpacked: Path, tmp_path: Path) -> Path:
    """A copy of the unpacked source distribution."""
    return Path(shutil.copytree(unpacked, tmp_path / "source"))


@pytest.fixture
def native_source(unpacked: Path) -> Iterator[Path]:
    """A copy that keeps its path and its target/; all in it is new to cargo once a run, so our crates are compiled.

    One test has it at a time, whichever process runs the test, and finds nothing there that another one built.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    mark = NATIVE_SOURCE / "run"
    NATIVE_SOURCE.mkdir(parents=True, exist_ok=True)
    with (NATIVE_SOURCE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text(encoding="utf-8") != run:
            for path in NATIVE_SOURCE.glob("*"):
                if path.is_dir() and path.name != "target":
                    shutil.rmtree(path)
            shutil.copytree(unpacked, NATIVE_SOURCE, copy_function=shutil.copy, dirs_exist_ok=True)
            mark.write_text(run, encoding="utf-8")
        for built in (NATIVE_SOURCE / REASON, *(NATIVE_SOURCE / "ruler").glob("_native.*")):
            built.unlink(missing_ok=True)
        yield NATIVE_SOURCE


def require_extension(built: Built) -> None:
    """Skip where the crates cannot be had, unless they must; fail where the extension is missing for another reason."""
    if SAID in built.said and not REQUIRED and ("failed to download" in built.said or "failed to get" in built.said):
        pytest.skip("the crates cannot be downloaded")
    assert SAID not in built.said, built.said


def test_versions_agree() -> None:
    """The crates, their lock file and the distribution have one version, and one Rust is asked for."""
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]
    locked = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))["package"]
    ours = {package["version"] for package in locked if package["name"].startswith("ruler-")}
    assert {workspace["version"]} == ours == {NAME.partition("-")[2]}


def test_sdist_holds_what_builds_and_nothing_that_was_built(sdist: Path) -> None:
    """Crates and lock file are in it; tests, target/, fuzzing inputs and binaries are not."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"setup.py", "pyproject.toml", "Cargo.toml", "Cargo.lock", "LICENSE", "README.md"} <= names
    crates = {path.relative_to(ROOT).as_posix() for path in (ROOT / "crates").rglob("*.rs")}
    assert {name for name in crates if "/target/" not in name and "/tests/" not in name} <= names
    tops = {name.partition("/")[0] for name in names}
    assert tops.isdisjoint({"tests", "bench", "scripts", "target", "build"})
    assert [name for name in names if "corpus" in name or name.endswith((".so", ".pyd", ".pyc"))] == []


def without_rust(source: Path, directory: Path) -> dict[str, str]:
    return {"PATH": str(directory)}


def with_old_rust(source: Path, directory: Path) -> dict[str, str]:
    for program, version in (("rustc", "rustc 1.63.0 (4b91a6ea7 2022-08-08)"), ("cargo", "cargo 1.63.0")):
        (directory / program).write_text(f"#!/bin/sh\necho '{version}'\n", encoding="utf-8")
        (directory / program).chmod(0o755)
    return {"PATH": str(directory)}


def without_crates(source: Path, directory: Path) -> dict[str, str]:
    return {"CARGO_HOME": str(directory), "CARGO_NET_OFFLINE": "true"}


def with_an_old_lock_file(source: Path, directory: Path) -> dict[str, str]:
    manifest = source / "crates/ruler-core/Cargo.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("[dependencies]", '[dependencies]\nitoa = "0.4"'), encoding="utf-8")
    return {}


def as_asked_for(source: Path, directory: Path) -> dict[str, str]:
    return {"RULER_WITHOUT_NATIVE": "1"}


OBSTACLES = [
    pytest.param(without_rust, "Rust was not found: there is no rustc on PATH", id="no Rust"),
    pytest.param(with_old_rust, "Rust 1.63 is too old; install Rust 1.89 or newer", id="old Rust"),
    pytest.param(without_crates, "cargo failed: ", id="no crates", marks=needs_cargo),
    pytest.param(with_an_old_lock_file, "lock", id="lock file", marks=needs_cargo),
    pytest.param(as_asked_for, "RULER_WITHOUT_NATIVE was set", id="asked for"),
]


@pytest.mark.parametrize(("obstacle", "reason"), OBSTACLES)
def test_without_the_extension_the_wheel_is_pure_and_says_why(
    obstacle: Callable[[Path, Path], dict[str, str]], reason: str, source: Path, tmp_path: Path
) -> None:
    """One notice in the output, one line in the wheel, a tag for every platform, and a library that works."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for stale in ("ruler/old.py", EXTENSION):
        path = source / "build" / "lib.linux-x86_64-cpython-311" / stale
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    built = build(source, "build_wheel", tmp_path / "dist", **obstacle(source, tools))
    assert built.said.count(SAID) == 1
    names = built.wheel.namelist()
    assert [path.name for path in built.files] == [PURE_WHEEL]
    assert [name for name in names if name.endswith((".so", ".pyd", "old.py")) or ".data/" in name] == []
    said = built.wheel.read(REASON).decode()
    assert reason in said
    assert said.endswith("\n")
    assert said.count("\n") == 1
    assert said.partition(";")[0] in built.said
    code = "from ruler import Matcher; print(Matcher({'r': {'a': [1]}}).rules_for_event(b'{\"a\": 1}'))"
    assert run_installed(built.files[0], tmp_path / "installed", code) == "['r']\n"
    code = "import ruler\ntry: ruler.Matcher(engine='native')\nexcept ruler.EngineError as error: print(error)"
    why, _, remedy = said.strip().rpartition("; ")
    told = f"the native engine is not installed (at installation: {why}); {remedy}; or write python or auto\n"
    assert run_installed(built.files[0], tmp_path / "installed", code) == "engine='native': " + told


@pytest.mark.parametrize(("obstacle", "reason"), OBSTACLES)
def test_a_required_extension_that_cannot_be_built_fails(
    obstacle: Callable[[Path, Path], dict[str, str]], reason: str, source: Path, tmp_path: Path
) -> None:
    """RULER_REQUIRE_NATIVE=1 turns every way into pure Python into an error that says the same."""
    tools = tmp_path / "tools"
    tools.mkdir()
    environment = {"RULER_REQUIRE_NATIVE": "1", **obstacle(source, tools)}
    built = build(source, "build_wheel", tmp_path / "dist", **environment)
    assert built.code != 0
    assert [path.name for path in built.files if path.suffix == ".whl"] == []
    assert "RULER_REQUIRE_NATIVE is set, and the native engine of ruler cannot be built: " in built.said
    assert reason.partition(";")[0] in built.said


@pytest.mark.parametrize("value", ["", "0"])
def test_a_variable_that_holds_nothing_or_0_is_not_set(value: str, source: Path, tmp_path: Path) -> None:
    """Native is not required then, and pure Python is not asked for."""
    (tmp_path / "tools").mkdir()
    switches = {"RULER_REQUIRE_NATIVE": value, "RULER_WITHOUT_NATIVE": value}
    built = build(source, "build_wheel", tmp_path / "dist", **switches, **without_rust(source, tmp_path / "tools"))
    assert built.wheel.read(REASON).decode().startswith("Rust was not found")


@needs_cargo
def test_with_rust_the_wheel_holds_the_extension(native_source: Path, tmp_path: Path) -> None:
    """From the source distribution; one wheel for every Python from 3.11 on, compiled in the source's own target/."""
    elsewhere = tmp_path / "elsewhere"
    built = build(native_source, "build_wheel", tmp_path / "dist", CARGO_TARGET_DIR=str(elsewhere))
    assert not elsewhere.exists()
    require_extension(built)
    [path] = built.files
    if STABLE_ABI:
        assert path.name.startswith(f"{NAME}-cp311-abi3-linux_")
        assert EXTENSION in built.wheel.namelist()
    assert REASON not in built.wheel.namelist()
    assert [name for name in built.wheel.namelist() if ".data/" in name] == []
    code = "import ruler._native; print(ruler._native.__file__)"
    assert run_installed(path, tmp_path / "installed", code).startswith(str(tmp_path))


@needs_cargo
def test_editable_installs_follow_the_last_build(native_source: Path, tmp_path: Path) -> None:
    """The extension and the reason why there is none never stand side by side in the source."""
    for attempt, changes in enumerate(({}, {"RULER_WITHOUT_NATIVE": "1"}, {})):
        built = build(native_source, "build_editable", tmp_path / f"dist{attempt}", **changes)
        assert built.code == 0, built.said
        if not changes:
            require_extension(built)
        assert (native_source / REASON).exists() == bool(changes)
        assert len(list((native_source / "ruler").glob("_native.*"))) == (not changes)
        assert (native_source / EXTENSION).exists() == (STABLE_ABI and not changes)


@needs_cargo
def test_what_does_not_compile_is_left_out_or_an_error(native_source: Path, tmp_path: Path) -> None:
    """The first error of the compiler is the reason."""
    broken = native_source / "crates/ruler-core/build.rs"  # compiled before all else
    before = broken.read_bytes() if broken.exists() else None
    broken.write_text("this is no Rust", encoding="utf-8")
    try:
        pure = build(native_source, "build_wheel", tmp_path / "pure")
        required = build(native_source, "build_wheel", tmp_path / "required", RULER_REQUIRE_NATIVE="1")
    finally:
        broken.unlink()
        if before is not None:
            broken.write_bytes(before)
    assert [path.name for path in pure.files] == [PURE_WHEEL]
    assert pure.said.count(SAID) == 1
    if "failed to get" not in pure.said:  # the crates are there
        assert "cargo failed: expected one of" in pure.wheel.read(REASON).decode()
    assert required.code != 0
    assert [path.name for path in required.files if path.suffix == ".whl"] == []
