"""Builds ``ruler._native`` from crates/ where that is possible, and says why where it is not.

In: pyproject.toml, which holds everything else about the distribution, and the environment. Out: with Rust a wheel for
this platform (cp311-abi3-...); without it a pure Python wheel (py3-none-any) that holds one line more, the reason, in
``ruler/native_missing.txt``, and says so once in the build's output.

RULER_REQUIRE_NATIVE=1   what would end in pure Python fails instead
RULER_WITHOUT_NATIVE=1   pure Python, Rust or not
(0 and nothing mean that the variable is not set)

Always: a wheel holds what the source holds now, and nothing of an earlier build.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build import build
from setuptools.errors import PlatformError
from setuptools_rust import RustExtension
from setuptools_rust.build import build_rust

ROOT = Path(__file__).resolve().parent
MANIFEST = "crates/ruler-python/Cargo.toml"
REASON_FILE = "native_missing.txt"
AGAIN = "pip install --force-reinstall --no-cache-dir"  # pip would take a pure wheel that it built before

# The stable ABI does not exist yet without the GIL; there the extension is built for one version of Python.
STABLE_ABI = False if sysconfig.get_config_var("Py_GIL_DISABLED") else "cp311"


class NativeUnavailableError(Exception):
    """``reason`` in one line, what to do about it in one line, and what cargo said."""

    def __init__(self, reason: str, remedy: str, details: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.details = details


def is_set(variable: str) -> bool:
    return os.environ.get(variable, "") not in ("", "0")


def oldest_rust() -> str:
    """The version that Cargo.toml asks for: "1.89"."""
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]
    version: str = workspace["package"]["rust-version"]
    return version


def numbers(version: str) -> tuple[int, int]:
    """Major and minor: "1.89" and "1.89.2" are (1, 89)."""
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def check_rust() -> None:
    """Raise NativeUnavailableError where there is no Rust, or none that is new enough."""
    remedy = f"install Rust {oldest_rust()} or newer (https://rustup.rs), then ruler again with {AGAIN}"
    cargo = os.environ.get("CARGO", "cargo")
    for program in ("rustc", cargo):
        if shutil.which(program) is None:
            raise NativeUnavailableError(f"Rust was not found: there is no {program} on PATH", remedy)
    said = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"rustc (\d+\.\d+)", said.stdout)
    if version is None:
        raise NativeUnavailableError("rustc does not tell its version", remedy, said.stdout + said.stderr)
    if numbers(version[1]) < numbers(oldest_rust()):
        raise NativeUnavailableError(f"Rust {version[1]} is too old", remedy)


def cargo_failure(error: Exception) -> NativeUnavailableError:
    """The reason is the first error in what cargo wrote and the innermost cause, without paths of the build."""
    details = str(error)
    said = re.findall(r"^error(?:\[\w+\])?: (.+)$", details, re.MULTILINE)[:1] or [type(error).__name__]
    said += re.findall(r"^Caused by:\n +(.+)$", details, re.MULTILINE)[-1:]
    reason = re.sub(r" \([^()]*\)", "", ": ".join(said))
    remedy = f"mend that and install ruler again with RULER_REQUIRE_NATIVE=1 {AGAIN}, which shows all that cargo says"
    return NativeUnavailableError(f"cargo failed: {reason}", remedy, details)


class StableWheel(bdist_wheel):
    """Is told here and not as an option of setup(), which an editable build forgets."""

    def finalize_options(self) -> None:
        self.py_limited_api = STABLE_ABI
        super().finalize_options()


class CleanBuild(build):
    """Begins without what an earlier build has left: modules removed since, an extension, a reason."""

    def run(self) -> None:
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class OptionalRust(build_rust):
    """Builds the extension, or turns the distribution into a pure one."""

    def run(self) -> None:
        self.remove_leftovers()
        try:
            self.try_to_build()
        except NativeUnavailableError as missing:
            if is_set("RULER_REQUIRE_NATIVE"):
                raise PlatformError(
                    f"{missing.details}\n\nRULER_REQUIRE_NATIVE is set, and the native engine of ruler cannot be "
                    f"built: {missing.reason}.\n{missing.remedy}."
                ) from None
            self.become_pure(missing)

    def try_to_build(self) -> None:
        if is_set("RULER_WITHOUT_NATIVE"):
            raise NativeUnavailableError(
                "RULER_WITHOUT_NATIVE was set", f"unset it and install ruler again with {AGAIN}"
            )
        check_rust()
        try:
            super().run()
        except Exception as error:  # cargo, linker, registry: whatever goes wrong, Python alone can do the work
            raise cargo_failure(error) from error

    def package_directory(self) -> Path:
        """Where modules of ``ruler`` go: in the source for an editable install."""
        if self.inplace:
            return Path(self.get_finalized_command("build_py").get_package_dir("ruler"))
        return Path(self.get_finalized_command("build_ext").build_lib, "ruler")

    def remove_leftovers(self) -> None:
        """An editable install keeps neither the extension nor the reason of the one before."""
        directory = self.package_directory()
        for path in (directory / REASON_FILE, *directory.glob("_native.*so"), *directory.glob("_native.*pyd")):
            path.unlink(missing_ok=True)

    def become_pure(self, missing: NativeUnavailableError) -> None:
        """Tag and lay out the wheel as pure Python, which was decided before the build, and leave the reason in it."""
        self.distribution.has_ext_modules = lambda: False
        wheel = self.distribution.get_command_obj("bdist_wheel", create=False)
        if wheel is not None:
            wheel.root_is_pure = True
            wheel.py_limited_api = False
        directory = self.package_directory()
        directory.mkdir(parents=True, exist_ok=True)
        (directory / REASON_FILE).write_text(f"{missing.reason}; {missing.remedy}\n", encoding="utf-8")
        notice = (
            f"{missing.details}\n"
            f"ruler is installed WITHOUT its native engine, as pure Python: {missing.reason}.\n"
            "Everything works and answers are the same, but matching is several times slower.\n"
            f"To change that, {missing.remedy}."
        )
        print(notice.lstrip(), file=sys.stderr)


setup(
    cmdclass={"bdist_wheel": StableWheel, "build": CleanBuild, "build_rust": OptionalRust},
    rust_extensions=[
        RustExtension(
            "ruler._native",
            path=MANIFEST,
            cargo_manifest_args=["--locked"],
            # Not one that is shared: cargo does not tell copies of the source apart, and we would get another's engine.
            env={**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target")},
            debug=False,  # an editable install too: a debug engine would be slower than the Python one
            quiet=True,  # what cargo writes is caught, so that a failure is told once and in our words
        )
    ],
    zip_safe=False,
)
