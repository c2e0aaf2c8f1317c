"""argparse with our own words: fixed help texts, short errors, exit code 2.

Help is written by hand because the generated text differs between Python versions; a test compares it
with the options a parser has.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from ruler_cli.problems import printable
from ruler_cli.streams import write_message, write_output

EXIT_TROUBLE = 2


class Parser(argparse.ArgumentParser):
    """Parses one command's arguments: options and files in any order, all files after ``--``.

    ``help_text`` is what ``--help`` prints; the files end up in ``files``.
    """

    def __init__(self, program: str, help_text: str) -> None:
        super().__init__(prog=program, allow_abbrev=False)
        self.help_text = help_text

        self.add_argument("files", metavar="FILE", nargs="*")

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Return the options and ``files``; exits with a message when the arguments are wrong."""
        # Cut at "--" here: parse_intermixed_args loses the files behind it in some Python versions.
        end = arguments.index("--") if "--" in arguments else len(arguments)
        parsed = self.parse_intermixed_args(arguments[:end])
        parsed.files += arguments[end + 1 :]
        return parsed

    def format_help(self) -> str:
        return self.help_text

    def print_help(self, file: object = None) -> None:
        write_output(self.format_help().encode())

    def error(self, message: str) -> NoReturn:
        write_message(f"{self.prog}: {printable(message)}\nTry '{self.prog} --help'.")
        raise SystemExit(EXIT_TROUBLE)


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
