"""Which engine is chosen, that it is the one named, and that both have the same methods."""

from __future__ import annotations

import contextlib
import inspect
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from conftest import require_native

from ruler import EngineError, MachineError, Matcher, UnknownRuleError, __version__
from ruler import engine as engine_module
from ruler.engine import Engine, choose_engine, native_module
from ruler.machine.engine import PythonEngine
from ruler_cli.main import version

UNTOLD = (
    "the native engine is not installed (import of ruler._native halted; None in sys.modules); "
    "install ruler where a Rust toolchain can build it"
)


class Native(PythonEngine):
    """Stands for the compiled engine where only the choice is tested."""

    name = "native"

    def __init__(self, validate: str) -> None:
        super().__init__()
        self.validate = validate


@pytest.fixture(autouse=True)
def choose_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing in the environment chooses, and the extension is looked for again."""
    monkeypatch.delenv("RULER_ENGINE", raising=False)
    monkeypatch.delenv("RULER_REQUIRE_NATIVE", raising=False)
    native_module.cache_clear()
    yield
    native_module.cache_clear()


@pytest.fixture
def without_native(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file in which an installation says why: it is not there yet."""
    monkeypatch.setitem(sys.modules, "ruler._native", None)
    monkeypatch.setattr(engine_module, "REASON_FILE", tmp_path / "native_missing.txt")
    return tmp_path / "native_missing.txt"


@pytest.fixture
def with_native(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module: Any = ModuleType("ruler._native")
    module.VERSION = __version__
    module.Engine = Native
    monkeypatch.setitem(sys.modules, "ruler._native", module)
    assert isinstance(module, ModuleType)
    return module


def parts_of(kind: type) -> dict[str, list[str] | None]:
    """Public methods with the names of their parameters; None for an attribute."""
    return {
        name: list(inspect.signature(member).parameters) if callable(member) else None
        for name, member in vars(kind).items()
        if not name.startswith("_")
    }


OWED = parts_of(Engine)


def test_the_python_engine_has_what_an_engine_owes() -> None:
    """Every method under its name, with the same parameters, and nothing public beside them."""
    has = parts_of(PythonEngine)
    assert {name: OWED[name] for name in OWED if name != "changes"} == {**has, "name": None}
    assert PythonEngine().changes == 0


def test_the_native_engine_has_what_an_engine_owes() -> None:
    """As the python engine, by name and parameters, and it is a compiled class."""
    module: Any = require_native()
    has = parts_of(module.Engine)
    assert {name: has.get(name, "missing") for name in OWED} == OWED
    assert list(inspect.signature(module.Engine).parameters) == ["validate"]
    assert module.Engine.__module__ == "ruler._native"
    assert not module.__file__.endswith(".py")


def test_the_engine_under_test_is_the_one_named(request: pytest.FixtureRequest, engine: str) -> None:
    """So that a broken build cannot pass by falling back."""
    matchers: list[Matcher[str]] = [Matcher(engine=engine), Matcher()]
    for matcher in matchers:
        assert engine == matcher.engine
        assert type(matcher._engine).__module__ == {"python": "ruler.machine.engine", "native": "ruler._native"}[engine]


def test_auto_takes_native_where_it_is(with_native: ModuleType) -> None:
    """Python only when it is asked for, by argument or environment."""
    assert choose_engine("auto").name == "native"
    assert choose_engine("native").name == "native"
    assert choose_engine("python").name == "python"
    assert repr(Matcher()) == "<Matcher: 0 rules, native engine>"


def test_auto_falls_back_on_python(without_native: Path) -> None:
    """Silently, since python is complete."""
    assert choose_engine("auto").name == "python"


@pytest.mark.parametrize("word", ["python", "native"])
def test_the_environment_chooses_for_auto_only(
    monkeypatch: pytest.MonkeyPatch, with_native: ModuleType, word: str
) -> None:
    """RULER_ENGINE is read each time; an argument counts more."""
    monkeypatch.setenv("RULER_ENGINE", word)
    assert choose_engine("auto").name == word
    assert choose_engine("python").name == "python"
    assert choose_engine("native").name == "native"
    monkeypatch.setenv("RULER_ENGINE", "")
    assert choose_engine("auto").name == "native"


@pytest.mark.parametrize(
    ("argument", "environment", "asked_by", "others"),
    [
        ("native", {}, "engine='native'", "python or auto"),
        ("auto", {"RULER_ENGINE": "native"}, "RULER_ENGINE=native", "python or auto"),
        ("native", {"RULER_ENGINE": "python", "RULER_REQUIRE_NATIVE": "1"}, "engine='native'", "python"),
        ("auto", {"RULER_ENGINE": "native", "RULER_REQUIRE_NATIVE": "1"}, "RULER_ENGINE=native", "python"),
    ],
)
def test_a_native_engine_that_is_asked_for_and_missing_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
    without_native: Path,
    argument: str,
    environment: dict[str, str],
    asked_by: str,
    others: str,
) -> None:
    """It says who asked, why there is none, and what to do: auto is no way out where native is required."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(EngineError) as caught:
        choose_engine(argument)
    assert f"{asked_by}: {UNTOLD}; or write {others}" == str(caught.value)


def test_native_can_be_required(monkeypatch: pytest.MonkeyPatch, without_native: Path) -> None:
    """With RULER_REQUIRE_NATIVE=1 auto is native or nothing; python is there for who asks for it."""
    monkeypatch.setenv("RULER_REQUIRE_NATIVE", "1")
    with pytest.raises(EngineError) as caught:
        choose_engine("auto")
    assert str(caught.value) == (
        f"RULER_REQUIRE_NATIVE is set: {UNTOLD}; or unset RULER_REQUIRE_NATIVE, "
        "or ask for python with RULER_ENGINE=python"
    )
    assert choose_engine("python").name == "python"
    monkeypatch.setenv("RULER_ENGINE", "python")
    assert choose_engine("auto").name == "python"


@pytest.mark.parametrize(("value", "is_required"), [("", False), ("0", False), ("1", True), ("yes", True)])
def test_nothing_and_0_do_not_require_native(
    monkeypatch: pytest.MonkeyPatch, without_native: Path, value: str, is_required: bool
) -> None:
    """As in setup.py; whatever else is written there does."""
    monkeypatch.setenv("RULER_REQUIRE_NATIVE", value)
    if is_required:
        with pytest.raises(EngineError, match="RULER_REQUIRE_NATIVE is set"):
            choose_engine("auto")
    else:
        assert choose_engine("auto").name == "python"


@pytest.mark.parametrize("variable", ["RULER_ENGINE", "RULER_REQUIRE_NATIVE"])
def test_why_there_is_no_native_engine_is_what_the_installation_left(
    monkeypatch: pytest.MonkeyPatch, without_native: Path, variable: str
) -> None:
    """Its reason and its remedy, whichever way native was asked for; a reason may hold semicolons itself."""
    without_native.write_text("cargo failed: no crate; no network; install Rust and ruler again\n", encoding="utf-8")
    monkeypatch.setenv(variable, "native")
    with pytest.raises(EngineError) as caught:
        Matcher()
    why = "at installation: cargo failed: no crate; no network"
    expected = f"the native engine is not installed ({why}); install Rust and ruler again; or "
    assert expected in str(caught.value)


@pytest.mark.parametrize("left", [b"", b"no remedy\n", b"\xff; \xff\n"])
def test_a_reason_that_cannot_be_read_is_passed_over(without_native: Path, left: bytes) -> None:
    """What Python says of the import stands in its place."""
    without_native.write_bytes(left)
    with pytest.raises(EngineError) as caught:
        choose_engine("native")
    assert f"engine='native': {UNTOLD}; or write python or auto" == str(caught.value)


def test_an_extension_that_does_not_load_is_not_called_absent(
    monkeypatch: pytest.MonkeyPatch, without_native: Path
) -> None:
    """What the installation left is of no use then: the extension is there."""
    without_native.write_text("RULER_WITHOUT_NATIVE was set; unset it\n", encoding="utf-8")

    def cannot_load(name: str) -> ModuleType:
        raise ImportError("no such symbol")

    monkeypatch.setattr(engine_module, "importlib", SimpleNamespace(import_module=cannot_load))
    with pytest.raises(EngineError) as caught:
        choose_engine("native")
    expected = "engine='native': the native engine cannot be loaded (no such symbol); write python or auto"
    assert expected == str(caught.value)
    assert choose_engine("auto").name == "python"


IN_A_SUBINTERPRETER = """
import ruler
print(ruler.Matcher({"r": {"a": [1]}}).rules_for_event({"a": 1}), ruler.Matcher().engine)
try:
    ruler.Matcher(engine="native")
except ruler.EngineError as error:
    print(error, flush=True)
"""


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="_xxsubinterpreters is not what it was in Python 3.11")
def test_in_a_subinterpreter_auto_is_python_and_native_says_why() -> None:
    """The extension is there, and loads in the first interpreter only."""
    require_native()
    code = f"""
import _xxsubinterpreters as interpreters
import ruler._native
interpreters.run_string(interpreters.create(), {IN_A_SUBINTERPRETER!r})
"""
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    assert (0, 2) == (done.returncode, done.stdout.count("\n")), done.stderr
    found, said = done.stdout.splitlines()
    assert found == "['r'] python"
    assert said.startswith("engine='native': the native engine cannot be loaded (")
    assert "interpreter" in said
    assert said.endswith("); write python or auto")


@pytest.mark.parametrize(
    ("left", "engine_asked_for", "expected"),
    [
        ("no cargo; none; install Rust", "", "no cargo; none; install Rust"),
        ("no cargo; install Rust", "auto", "no cargo; install Rust"),
        ("no cargo; install Rust", "python", ""),
        ("RULER_WITHOUT_NATIVE was set; unset it", "", ""),
        ("", "", ""),
    ],
)
def test_version_says_why_there_is_no_native_engine_where_nobody_wanted_that(
    monkeypatch: pytest.MonkeyPatch, without_native: Path, left: str, engine_asked_for: str, expected: str
) -> None:
    """In a line of its own behind the version, and only where the installation has left a reason."""
    if left:
        without_native.write_text(f"{left}\n", encoding="utf-8")
    monkeypatch.setenv("RULER_ENGINE", engine_asked_for)
    first = f"ruler {__version__} (engine: python)\n"
    assert first + (f"native engine not installed: {expected}\n" if expected else "") == version()


def test_version_says_nothing_of_a_reason_that_is_out_of_date(
    monkeypatch: pytest.MonkeyPatch, with_native: ModuleType, tmp_path: Path
) -> None:
    """The extension has come since."""
    (tmp_path / "native_missing.txt").write_text("no cargo; install Rust\n", encoding="utf-8")
    monkeypatch.setattr(engine_module, "REASON_FILE", tmp_path / "native_missing.txt")
    assert f"ruler {__version__} (engine: native)\n" == version()


@pytest.mark.parametrize("version", ["0.0.9", None])
def test_an_extension_of_another_version_counts_as_missing(with_native: Any, version: str | None) -> None:
    """A forgotten build of another version must not answer."""
    with_native.VERSION = version
    if version is None:
        del with_native.VERSION
    assert choose_engine("auto").name == "python"
    with pytest.raises(EngineError, match=f"ruler._native is of version {version}, ruler of {__version__}"):
        choose_engine("native")


@pytest.mark.parametrize(("argument", "variable"), [("fast", ""), ("auto", "fast")])
def test_an_unknown_engine_is_refused(monkeypatch: pytest.MonkeyPatch, argument: str, variable: str) -> None:
    """A word that names no engine."""
    monkeypatch.setenv("RULER_ENGINE", variable)
    with pytest.raises(EngineError) as caught:
        Matcher(engine=argument)
    asked_by = "RULER_ENGINE=fast" if variable else "engine='fast'"
    assert f"{asked_by}: no such engine; write one of auto, python, native" == str(caught.value)


def test_validate_reaches_the_native_engine_and_its_copies(with_native: ModuleType) -> None:
    """It travels with the matcher; the python engine has no use for it."""
    matcher = Matcher({"r": {"a": [1]}}, engine="native", validate="used")
    for twin in (matcher, matcher.copy(), pickle.loads(pickle.dumps(matcher))):
        assert isinstance(twin._engine, Native)
        assert twin._engine.validate == "used"
    assert Matcher(engine="python", validate="used").rules_for_event("{}") == []


# ----- a change is whole: names and engine agree, whichever part fails


RULES = {"p": '{"a":[1]}', "q": '{"a":[1]}', "r": '{"a":[1]}'}


def changes(matcher: Matcher[str]) -> list[Any]:
    return [
        lambda: matcher.add_rule("new", '{"a":[1]}'),
        lambda: matcher.add_rules({"new": '{"a":[1]}', "p": '{"b":[1]}'}),
        lambda: matcher.remove_rule("p"),
        lambda: matcher.remove_rule("q"),
        lambda: matcher.remove_rule("r"),
        lambda: matcher.replace_rule("q", '{"b":[1]}'),
    ]


@pytest.mark.parametrize("index", range(6))
def test_a_change_that_the_engine_refuses_leaves_all_as_it_was(monkeypatch: pytest.MonkeyPatch, index: int) -> None:
    """Names too, each at its place."""
    matcher = Matcher(RULES, engine="python")
    before = (list(matcher.rules.items()), matcher.describe())

    def refuse(*_: Any) -> None:
        raise MemoryError("no")

    with monkeypatch.context() as patched:
        for method in ("add", "replace", "remove"):
            patched.setattr(matcher._engine, method, refuse)
        with pytest.raises(MemoryError):
            changes(matcher)[index]()
    matcher._check()
    assert before == (list(matcher.rules.items()), matcher.describe())
    assert matcher.rules_for_event({"a": 1}) == ["p", "q", "r"]


@pytest.mark.parametrize("index", range(6))
def test_an_interrupt_after_the_engine_has_changed_keeps_the_change(
    monkeypatch: pytest.MonkeyPatch, index: int
) -> None:
    """What has taken effect stays, with its names."""
    matcher, twin = Matcher(RULES, engine="python"), Matcher(RULES, engine="python")
    changes(twin)[index]()

    def late(change: Callable[..., None]) -> Callable[..., None]:
        def changed(*arguments: Any) -> None:
            change(*arguments)
            raise KeyboardInterrupt

        return changed

    with monkeypatch.context() as patched:
        for method in ("add", "replace", "remove"):
            patched.setattr(matcher._engine, method, late(getattr(matcher._engine, method)))
        with pytest.raises(KeyboardInterrupt):
            changes(matcher)[index]()
    matcher._check()
    assert list(twin.rules.items()) == list(matcher.rules.items())
    assert twin.describe() == matcher.describe()


class Counting:
    """A name whose comparison raises when it is asked once too often."""

    def __init__(self) -> None:
        self.left = 1000

    def __hash__(self) -> int:
        return 7

    def __eq__(self, other: object) -> bool:
        self.left -= 1
        if self.left < 0:
            raise LookupError("no comparison")
        return self is other


@pytest.mark.parametrize("left", range(6))
def test_a_name_that_raises_at_any_step_of_a_removal_changes_nothing(engine: str, left: int) -> None:
    """The look-up, or the deletion after a look-up that went well."""
    first, second = Counting(), Counting()
    matcher: Matcher[Any] = Matcher({first: '{"a":[1]}', second: '{"a":[1]}', "last": '{"a":[1]}'}, engine=engine)
    first.left = second.left = left
    try:
        matcher.remove_rule(second)
        expected = [first, "last"]
    except LookupError:
        expected = [first, second, "last"]
    first.left = second.left = 1000
    matcher._check()
    assert expected == list(matcher)
    assert expected == matcher.rules_for_event({"a": 1})


class Wavering:
    """A name that is equal to its like at some questions: those whose turn is in ``yes_at``."""

    turn = 0
    yes_at: frozenset[int] = frozenset()

    def __hash__(self) -> int:
        return 7

    def __eq__(self, other: object) -> bool:
        Wavering.turn += 1
        return Wavering.turn in Wavering.yes_at


@pytest.mark.parametrize("yes_at", [frozenset(chosen) for n in range(4) for chosen in combinations(range(1, 7), n)])
def test_names_that_change_their_mind_leave_names_and_machine_in_agreement(engine: str, yes_at: frozenset[int]) -> None:
    """Whichever rule a look-up hits, it is one and the same for names and machine."""
    changes: list[Callable[[Matcher[Any]], None]] = [
        lambda matcher: matcher.remove_rule(Wavering()),
        lambda matcher: matcher.add_rule(Wavering(), '{"a":[1]}'),
        lambda matcher: matcher.add_rules({Wavering(): '{"a":[1]}', "new": '{"a":[1]}'}),
        lambda matcher: matcher.replace_rule(Wavering(), '{"a":[1]}'),
    ]
    for change in changes:
        Wavering.yes_at = frozenset()
        names = [Wavering(), Wavering(), Wavering(), "last"]
        matcher: Matcher[Any] = Matcher(engine=engine)
        for name in names:
            matcher.add_rule(name, '{"a":[1]}')
        assert len(matcher) == len(names)
        Wavering.turn, Wavering.yes_at = 0, yes_at
        with contextlib.suppress(UnknownRuleError):
            change(matcher)
        Wavering.yes_at = frozenset()
        matcher._check()
        left = list(map(id, matcher))
        assert left == [id(name) for name in matcher.rules_for_event({"a": 1})]
        assert len(left) >= len(names) - 1


@pytest.mark.parametrize("raise_at", range(1, 12))
def test_a_name_that_raises_while_a_refused_removal_is_undone_loses_no_other(
    monkeypatch: pytest.MonkeyPatch, engine: str, raise_at: int
) -> None:
    """At worst the order suffers, or the name itself, which nothing can put into a dict."""
    asked = 0

    class Raising:
        def __init__(self, key: int) -> None:
            self.key = key

        def __hash__(self) -> int:
            nonlocal asked
            asked += 1
            if asked == raise_at:
                raise LookupError("no hash")
            return hash(self.key)

    names = [Raising(i) for i in range(5)]
    asked = 100
    matcher: Matcher[Any] = Matcher(engine=engine)
    for name in names:
        matcher.add_rule(name, '{"a":[1]}')

    class Refusing:
        """The engine, which removes nothing."""

        def __getattr__(self, name: str) -> Any:
            return getattr(inner, name)

        def remove(self, rule_id: int) -> None:
            raise MemoryError("no")

    inner = matcher._engine
    monkeypatch.setattr(matcher, "_engine", Refusing())
    asked = 0
    with pytest.raises((MemoryError, LookupError)):
        matcher.remove_rule(names[1])
    asked = 100
    monkeypatch.setattr(matcher, "_engine", inner)
    kept = set(matcher) | ({names[1]} if raise_at == 2 else set())
    assert kept == set(names)
    if raise_at > 7 or raise_at == 1:
        assert names == list(matcher)
        matcher._check()


def test_names_that_disagree_with_the_engine_are_found() -> None:
    """The check of a matcher sees what the check of the engine cannot."""
    for act in (
        lambda rules: rules.pop("q"),
        lambda rules: rules.update(p=rules["q"], q=rules["p"]),
        lambda rules: rules.update(p=rules.pop("p")),
        lambda rules: rules.update(unknown=1000),
    ):
        matcher = Matcher(RULES, engine="python")
        act(matcher._names.ids)
        with pytest.raises(MachineError, match="names"):
            matcher._check()


def test_starting_loads_no_other_engine_and_nothing_for_errors() -> None:
    """Whoever filters with the native engine does not wait for modules that only the Python engine or errors need."""
    require_native()
    code = """
import sys
before = set(sys.modules)  # an editable installation loads some of its own
from ruler import Matcher
from ruler_cli import filter
filter.filter_parser()
assert Matcher({"r": {"a": [1]}}, engine="native").rules_for_event('{"a":1}') == ["r"]
print(*sys.modules.keys() - before)
"""
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "RULER_ENGINE": "native"},
    ).stdout.split()
    unwanted = {"ahocorasick", "sortedcontainers", "ruler.machine.build", "ruler.machine.describe", "difflib", "shutil"}
    assert "ruler._native" in loaded
    assert not unwanted & set(loaded)
