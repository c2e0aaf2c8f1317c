"""argparse with our own words: fixed help texts, short errors, exit code 2.

Help is written by hand because the generated text differs between Python versions; a test compares it
with the options a parser has.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from functools import partial
from typing import Any, NoReturn

from ruler.findings import printable
from ruler.words import near_word
from ruler_cli.exit_codes import EXIT_TROUBLE
from ruler_cli.streams import write_message, write_output

COMMANDS = {  # what the first argument may be meant as -> what to write
    "filter": "ruler filter",
    "check": "ruler check",
    "coverage": "ruler coverage",
    "explain": "ruler explain",
    "rules": "ruler rules diff",
    "diff": "ruler rules diff",
    "test": "ruler test",
    "test-event-pattern": "ruler test-event-pattern",
    "run": "ruler run",
    "replay": "ruler replay",
    "lint": "ruler check",
    "why": "ruler explain",
    "help": "ruler --help",
    "version": "ruler --version",
}


class Parser(argparse.ArgumentParser):
    """Parses one command's arguments: options and files in any order, all files after ``--``.

    ``help_text`` is what ``--help`` prints; the files end up in ``files``.
    """

    def __init__(self, program: str, help_text: str) -> None:
        # Without a width argparse loads shutil, 2 ms, to ask the terminal; help is written by hand.
        formatter = partial(argparse.HelpFormatter, width=80)
        super().__init__(prog=program, allow_abbrev=False, formatter_class=formatter)
        self.help_text = help_text

        self.add_argument("files", metavar="FILE", nargs="*")
        self.add_argument("--version", action=_ShowVersion, nargs=0)

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Return the options and ``files``; exits with a message when the arguments are wrong."""
        # Cut at "--" here: parse_intermixed_args loses the files behind it in some Python versions.
        end = arguments.index("--") if "--" in arguments else len(arguments)
        parsed, unknown = self.parse_known_intermixed_args(arguments[:end])
        if unknown:
            self._refuse_option(unknown[0].partition("=")[0])
        parsed.files += arguments[end + 1 :]
        return parsed

    def format_help(self) -> str:
        return self.help_text

    def print_help(self, file: object = None) -> None:
        write_output(self.format_help().encode())

    def error(self, message: str) -> NoReturn:
        refuse(self.prog, self._reworded(message))

    def _refuse_option(self, option: str) -> NoReturn:
        near = near_word(option, self._option_string_actions)
        self.error(f"there is no option {option}" + (f"; did you mean {near}?" if near else ""))

    def _reworded(self, message: str) -> str:
        """Return a message of argparse in our words. Those about one option begin with its names."""
        found = re.fullmatch(r"argument ([^ :]+): (.*)", message, re.DOTALL)
        if found is None:
            return message
        options = found[1].split("/")
        names = ", ".join(options)
        if found[2] == "expected one argument":
            value = self._option_string_actions[options[0]].metavar
            return f"{names} needs a value: {options[0]} {value}, or {options[-1]}={value} when it begins with -"
        ignored = re.fullmatch(r"ignored explicit argument '(.*)'", found[2], re.DOTALL)
        if ignored is not None:
            return f'{names} takes no value, found "{ignored[1]}" after it'
        return f"{names}: {found[2]}"


class _ShowVersion(argparse.Action):
    """Prints the version and ends, as ``--help`` does."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        from ruler_cli.main import version

        write_output(version().encode())
        raise SystemExit(0)


def refuse(program: str, message: str) -> NoReturn:
    """Say what is wrong with the arguments of ``program`` and end."""
    write_message(f"{program}: {printable(message)}\nTry '{program} --help'.")
    raise SystemExit(EXIT_TROUBLE)


def refuse_command(word: str) -> None:
    """End with a message when ``word``, the first argument that is no option, is neither a command nor a file."""
    if word == "-" or os.path.lexists(word):
        return
    near = near_word(word.lower(), COMMANDS)
    advice = f"; did you mean '{COMMANDS[near]}'?" if near else ""
    refuse("ruler", f'"{word}" is neither a command nor a file{advice}')


def whole_number(text: str) -> int:
    """Return the whole number from 0 that ``text`` is."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f'found "{text}", expected a whole number from 0')
    return int(text)


class OneOf:
    """An argument type: one of a few words."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def __call__(self, text: str) -> str:
        if text not in self.words:
            expected = f"{', '.join(self.words[:-1])} or {self.words[-1]}"
            raise argparse.ArgumentTypeError(f'found "{text}", expected {expected}')
        return text
