"""The documentation runs: README.md and docs/*.md, their examples, and what they must mention.

In a ``python`` block every statement runs, one namespace for a whole file; where an expression ends in a
comment, the comment is the ``repr`` of its value (a value of None is not compared). In a ``console`` block
each line that begins with ``$ `` runs in bash from the project's root; the lines up to the next one are what
it writes to standard output and error, exactly, but for a line ``...``, which stands for any lines. ``>>>``
examples are doctests, here and in every module.
"""

from __future__ import annotations

import ast
import doctest
import importlib
import io
import os
import pkgutil
import re
import subprocess
import sys
import tokenize
from pathlib import Path
from typing import Any

import pytest

import ruler

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Commands that install, fetch, measure or run these very tests are shown to the reader and not run here.
NOT_RUN = (
    "pip install",
    "git clone",
    "python -m venv",
    "python3 -m venv",
    "activate",
    ".ci/run",
    "pytest",
    "bench",
)
COMMAND_SECONDS = 60
FENCED = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```\s*$", re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def python_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages show what everybody has, wherever they are run."""
    monkeypatch.setenv("RULER_ENGINE", "python")


page_of_docs = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def blocks(page: Path, language: str) -> list[tuple[int, str]]:
    """(line number, text) of each fenced block of a language."""
    text = page.read_text(encoding="utf-8")
    return [
        (text.count("\n", 0, found.start(2)) + 1, found[2]) for found in FENCED.finditer(text) if found[1] == language
    ]


def comments(source: str) -> dict[int, str]:
    """The comment of each line that has one."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.removeprefix("#").strip() for token in tokens if token.type == tokenize.COMMENT
    }


def run_python(source: str, namespace: dict[str, Any], where: str) -> list[str]:
    """Run a block; returns a line for each expression whose value is not what its comment says."""
    wrong = []
    said = comments(source)
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Expr):
            exec(compile(ast.Module([node], []), where, "exec"), namespace)
            continue
        value = eval(compile(ast.Expression(node.value), where, "eval"), namespace)
        expected = said.get(node.end_lineno or node.lineno)
        if value is not None and expected is not None and expected != repr(value):
            wrong.append(f"{where}: {ast.unparse(node)} is {value!r}, the page says {expected}")
    return wrong


@page_of_docs
def test_python_blocks_do_what_they_say(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every ``python`` block of the page runs, in order, and each commented value is the value."""
    monkeypatch.chdir(ROOT)
    namespace: dict[str, Any] = {"__name__": "docs"}
    wrong = []
    for line, block in blocks(page, "python"):
        where = f"{page.name}:{line}"
        if ">>>" in block:
            example = doctest.DocTestParser().get_doctest(block, namespace, where, str(page), line - 1)
            runner = doctest.DocTestRunner(verbose=False)
            report = io.StringIO()
            runner.run(example, out=report.write, clear_globs=False)
            namespace.update(example.globs)
            wrong += [report.getvalue()] if report.getvalue() else []
        else:
            wrong += run_python(block, namespace, where)
    assert not wrong, "\n".join(wrong)


def commands(block: str) -> list[tuple[str, list[str]]]:
    """(command, lines it should write) of a console block; a command may go on after a backslash."""
    found: list[tuple[str, list[str]]] = []
    continues = False
    for line in block.splitlines():
        if continues:
            command, output = found[-1]
            found[-1] = (command + "\n" + line.removeprefix("> "), output)
        elif line.startswith("$ "):
            found.append((line[2:], []))
        else:
            assert found, f"a console block begins with a command, found: {line}"
            found[-1][1].append(line)
        continues = line.endswith("\\") and (continues or line.startswith("$ "))
    return found


def run_command(command: str) -> list[str]:
    """What the command writes, both streams together, as lines."""
    programs = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env={**os.environ, "PATH": programs + os.pathsep + os.environ["PATH"], "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode != 127, f"{command}: {done.stdout.decode()}"
    return done.stdout.decode().splitlines()


def agree(expected: list[str], actual: list[str]) -> bool:
    """Equal line for line; ``...`` stands for any number of lines."""
    if not expected or not actual:
        return expected in ([], ["..."]) and (not actual or bool(expected))
    if expected[0] == "...":
        return agree(expected[1:], actual) or agree(expected, actual[1:])
    return expected[0] == actual[0] and agree(expected[1:], actual[1:])


@page_of_docs
def test_console_blocks_show_what_happens(page: Path) -> None:
    """Every command of the page that NOT_RUN does not name writes exactly what the page shows."""
    for line, block in blocks(page, "console"):
        for command, expected in commands(block):
            if any(words in command for words in NOT_RUN):
                continue
            while expected and not expected[-1]:
                expected.pop()
            actual = run_command(command)
            shown = "\n".join(actual)
            assert agree(expected, actual), f"{page.name}:{line}: $ {command}\nwrites\n{shown}"


def module_names() -> list[str]:
    """Every module of the library but the one that runs when imported."""
    found = [info.name for info in pkgutil.walk_packages(ruler.__path__, "ruler.")]
    return ["ruler", *(name for name in found if not name.endswith("__main__"))]


@pytest.mark.parametrize("name", module_names())
def test_doctests_of_the_module_hold(name: str) -> None:
    """Every ``>>>`` in the docstrings of the library shows what it prints."""
    report = io.StringIO()
    runner = doctest.DocTestRunner(verbose=False)
    for example in doctest.DocTestFinder().find(importlib.import_module(name)):
        runner.run(example, out=report.write)
    assert not report.getvalue(), report.getvalue()


def mentioned() -> str:
    """The text of every page."""
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def mentions(name: str) -> bool:
    """Whether any page says the name as a word of its own."""
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", mentioned()) is not None


def help_text(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "ruler", *arguments, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_public_name_is_mentioned() -> None:
    """What can be imported from ``ruler`` is in the README or in docs/."""
    assert [name for name in ruler.__all__ if not mentions(name)] == []


def test_every_public_method_is_mentioned() -> None:
    """What a Matcher can do is in the README or in docs/."""
    public = [name for name in vars(ruler.Matcher) if not name.startswith("_")]
    assert [name for name in public if not mentions(name)] == []


def test_every_verb_and_option_is_mentioned() -> None:
    """What the command line understands is in the README or in docs/."""
    overview = help_text()
    listed = re.search(r"^commands:\n((?: +.*\n)+)", overview, re.MULTILINE)
    assert listed is not None
    verbs = re.findall(r"^  ([\w-]+)", listed[1], re.MULTILINE)
    assert {"filter", "check", "test-event-pattern"} <= set(verbs)
    text = overview + "".join(help_text(verb) for verb in verbs)
    options = set(re.findall(r"(?<![\w-])--?[a-zA-Z][a-z-]*(?![\w-])", text)) - {"-h", "--help"}
    assert {"-r", "--rules", "--on-error", "--version"} <= options
    assert [word for word in [*verbs, *sorted(options)] if not mentions(word)] == []


# ----- the checks themselves can fail


def test_a_wrong_value_in_a_python_block_is_found() -> None:
    """A comment that is not the value, and none for a right one, for None or for a statement."""
    source = 'x = 1  # one\nx + 1  # 2\nx + 1  # 3\nprint(end="")  # nothing\n"é"  # \'é\'\n'
    assert run_python(source, {}, "page") == ["page: x + 1 is 2, the page says 3"]


def test_console_blocks_are_read_as_commands_and_output() -> None:
    """A command may continue after a backslash; what follows is its output."""
    block = "$ a \\\n  b\nout\n\n$ c\n$ d\n...\nlast\n"
    assert commands(block) == [("a \\\n  b", ["out", ""]), ("c", []), ("d", ["...", "last"])]


def test_output_is_compared_line_for_line() -> None:
    """Only ``...`` is loose."""
    assert agree(["a", "b"], ["a", "b"])
    assert agree(["a", "...", "d"], ["a", "b", "c", "d"])
    assert agree(["..."], ["a"])
    assert agree(["..."], [])
    assert not agree(["a"], ["a", "b"])
    assert not agree(["a", "b"], ["a"])
    assert not agree([], ["a"])
    assert not agree(["a", "...", "d"], ["a", "b"])


@page_of_docs
def test_no_page_holds_a_placeholder(page: Path) -> None:
    """What was to be filled in has been."""
    prose = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    words = set(re.findall(r"\b[A-Z]{4,}\b", prose))
    assert words.isdisjoint({"FIGURES", "TODO", "FIXME", "PLACEHOLDER", "TRIED"})
