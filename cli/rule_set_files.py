"""Reads rule sets to compare them: documents, directories, configs, standard input.

In: a path. Out: a RuleSetFile; RuleSetError with every error. More is let pass than where a rule set is to be used: its
examples are not run, which may lie elsewhere by now, and targets need no URI, as the program may bring them.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ruler.route.documents.config import TABLES, config_of_parts
from ruler.route.documents.document import Around, assembled, part_of_text, read_parts
from ruler.route.rule_set import RuleSet
from ruler_cli.lines import open_input

STANDARD_INPUT = "<stdin>"


@dataclass(frozen=True, slots=True)
class RuleSetFile:
    """A rule set, and the form in which it gets events."""

    rule_set: RuleSet
    form: str = "bare"


class _AnyName(Collection[str]):
    """Names of targets that a program may bring, whatever they are."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def rule_set_file(path: str, *, beside: str = "") -> RuleSetFile:
    """Return the rule set at ``path``. That of standard input, ``-``, is read as if it lay beside another one."""
    around = Around(provided=_AnyName(), also=(*TABLES, "rules"), runs_examples=False)
    if path == "-":
        directory = beside if os.path.isdir(beside) else os.path.dirname(beside)
        with open_input(path) as file:
            content = file.readall() or b""
        form = "json" if content.lstrip()[:1] == b"{" else "toml"
        parts = [part_of_text(STANDARD_INPUT, content, form, around)]
        name = os.path.join(directory, STANDARD_INPUT)
    elif os.path.isdir(path):
        return RuleSetFile(assembled(read_parts(path, around), around))
    else:
        parts, name = read_parts(path, around), path
    config = config_of_parts(name, parts, around)
    return RuleSetFile(config.rule_set, config.source.form)
