"""Reads files and directories of rules.

In: a path; ``-`` is standard input. Out: a RuleSet for each file. In a directory each file is one rule:

    rules/big-orders.json    {"total": [{"numeric": [">", 1000]}]}    ->  the rule "big-orders"

Read are files that end in .json, .yaml or .yml, in the order of their names; not those whose name begins with a
dot, and not directories inside.

Always: nothing is raised for what stands there, or does not.
"""

from __future__ import annotations

import os

from ruler.findings import Finding, Source
from ruler.rule_sources.named_rules import RuleSet
from ruler.rule_sources.read import YAML_SUFFIXES, rule_of_text, rules_of_text

STANDARD_INPUT = 0
SUFFIXES = (".json", *YAML_SUFFIXES)
DIRECTORY = "a directory"  # the form of one without rules; its files have forms of their own


def read_rule_file(path: str) -> RuleSet:
    """Return the rules of the file or the directory ``path``, all in one set."""
    found = read_rule_files(path)
    if len(found) == 1:
        return found[0]
    rules = [rule for each in found for rule in each.rules]
    return RuleSet(rules, [finding for each in found for finding in each.findings], form=DIRECTORY)


def read_rule_files(path: str) -> list[RuleSet]:
    """Return the rules of the file ``path``, or of each file of a directory."""
    return _read_directory(path) if path != "-" and os.path.isdir(path) else [_read_file(path)]


def _read_file(path: str) -> RuleSet:
    source, content = _content_of(path)
    return rules_of_text(source, content) if isinstance(content, bytes) else _unreadable(source, content)


def _read_directory(path: str) -> list[RuleSet]:
    try:
        names = sorted(os.listdir(path))
    except OSError as error:
        return [_unreadable(Source(path, ""), error)]
    names = [name for name in names if name.lower().endswith(SUFFIXES) and not name.startswith(".")]
    found: list[RuleSet] = []
    files: dict[str, str] = {}  # of the rules, by name
    for name in names:
        file = os.path.join(path, name)
        if os.path.exists(file) and not os.path.isfile(file):
            continue  # a directory, or a pipe, which might never end
        rule_name = os.path.splitext(name)[0]
        found.append(_read_rule(file, rule_name))
        if rule_name in files:
            message = f"the name {rule_name} is already used by {files[rule_name]}"
            found[-1].findings.append(Finding(found[-1].source or Source(file, ""), "rule-name-twice", message))
        files.setdefault(rule_name, name)
    if not found:
        message = f"the directory holds no file of a rule: none ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        return [RuleSet(findings=[Finding(Source(path, ""), "file-without-rules", message)], form=DIRECTORY)]
    return found


def _read_rule(path: str, name: str) -> RuleSet:
    source, content = _content_of(path)
    return rule_of_text(name, source, content) if isinstance(content, bytes) else _unreadable(source, content)


def _content_of(path: str) -> tuple[Source, bytes | OSError]:
    name = "<stdin>" if path == "-" else path
    try:
        with open(STANDARD_INPUT if path == "-" else path, "rb", buffering=0, closefd=path != "-") as file:
            content = file.readall()
    except OSError as error:
        return Source(name, ""), error
    return Source(name, content.decode(errors="replace")), content


def _unreadable(source: Source, error: OSError) -> RuleSet:
    return RuleSet(findings=[Finding(source, "file-unreadable", error.strerror or str(error))])
