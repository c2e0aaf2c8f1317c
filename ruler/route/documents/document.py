"""Reads rule sets: a file, the files of a directory, text, or Python objects.

In: a path, JSON or TOML text, or a mapping. Out: a RuleSet; RuleSetError with every error and its place.

    routes.json    {"targets": {...}, "rules": {...}}        routes/   targets.toml, shop.json, users.json: one rule set
    routes.toml    [targets.ops] ...

A directory holds the parts of one rule set: its files that end in .json or .toml, in the order of their names, not
those whose name begins with a dot. A name may stand in one of them only.

Always: a rule set is whole and without errors, or there is none.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ruler.errors import RuleError, RulerError
from ruler.findings import DECODED, Finding, Source, finding_of_text, in_text_order
from ruler.machine.collector import COLLECTOR
from ruler.patterns.reader import Document, document_from_mapping, read_document
from ruler.route.documents.assemble import Assembly
from ruler.route.documents.rule_members import DOCUMENT_FORM, DOCUMENT_MEANING, Part, RuleSetReader
from ruler.route.documents.toml_text import toml_document
from ruler.route.rule_set import RuleSet

SUFFIXES = (".json", ".toml")


class RuleSetError(RulerError, ValueError):
    """A rule set that cannot be read. ``findings`` are all its errors; ``str()`` shows them one below the other."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings)
        self.findings = findings

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Around:
    """What is around a document: what it may rely on, and what in it is for others."""

    provided: Collection[str] = ()  # names of targets that the program brings itself
    schemes: Collection[str] | None = None  # that URIs may have; None for any
    also: Collection[str] = ()  # members at the top of the document that are for others
    directory: str = ""  # what the paths of examples begin at
    engine: str = "auto"
    runs_examples: bool = True


# Reading makes many objects and no garbage: of 100,000 rules without collections 8.7 s, with them 17.5. 2026-11-22,
# process time of rule_set_of_text. Parts read by themselves, as by a config, are read without them too.
@COLLECTOR.stopped()
def read_rule_set(
    path: str | os.PathLike[str],
    *,
    provided: Collection[str] = (),
    schemes: Collection[str] | None = None,
    also: Collection[str] = (),
    engine: str = "auto",
) -> RuleSet:
    """Return the rule set of a file, or of the files of a directory. RuleSetError tells every error.

    ``provided`` are names of targets that the program brings itself, ``schemes`` those that URIs of targets may have
    (None for any), and members called ``also`` are let be. ``engine`` is that of the matcher.
    """
    around = Around(provided, schemes, also, engine=engine)
    return assembled(read_parts(path, around), around)


@COLLECTOR.stopped()
def read_parts(path: str | os.PathLike[str], around: Around) -> list[Part]:
    """Return what the file holds, or each file of the directory; RuleSetError when one of them is no document."""
    name = os.fspath(path)
    files = _files_of(name) if os.path.isdir(name) else [name]
    parts: list[Part] = []
    findings: list[Finding] = []
    for file in files:
        try:
            parts.append(_part_of_file(file, around))
        except RuleSetError as error:
            findings += error.findings
    if findings:  # of texts that are no documents; what refers to them is not judged
        raise RuleSetError(findings + [each for part in parts for each in in_text_order(part.reader.all_findings)])
    return parts


@COLLECTOR.stopped()
def rule_set_of_text(
    text: str | bytes,
    *,
    name: str = DECODED,
    form: str = "json",
    directory: str = "",
    provided: Collection[str] = (),
    schemes: Collection[str] | None = None,
    also: Collection[str] = (),
    engine: str = "auto",
) -> RuleSet:
    """Return the rule set of a text; ``form`` is "json" or "toml", ``name`` what messages call the text.

    ``directory`` is what the paths of examples begin at; the rest is as for ``read_rule_set``.
    """
    if form not in ("json", "toml"):
        raise ValueError(f"form is {form!r}, expected 'json' or 'toml'")
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    around = Around(provided, schemes, also, directory, engine)
    return assembled([part_of_text(name, content, form, around)], around)


@COLLECTOR.stopped()
def rule_set_of_mapping(
    mapping: Mapping[str, Any],
    *,
    directory: str = "",
    provided: Collection[str] = (),
    schemes: Collection[str] | None = None,
    also: Collection[str] = (),
    engine: str = "auto",
) -> RuleSet:
    """Return the rule set that a mapping of mappings and lists means; places in errors are paths.

    >>> rules = {"big": {"pattern": {"total": [{"numeric": [">", 9]}]}, "targets": ["ops"]}}
    >>> rule_set_of_mapping({"targets": {"ops": {"uri": "file:big.jsonl"}}, "rules": rules}).matcher.rules["big"]
    ('{"total": [{"numeric": [">", 9]}]}',)
    """
    source = Source(DECODED, "")
    around = Around(provided, schemes, also, directory, engine)
    try:
        document = document_from_mapping(mapping)
    except RuleError as error:
        finding = Finding(source, error.code, error.what, error.why, error.write, rule=DECODED, location=error.location)
        raise RuleSetError([finding]) from None
    return assembled([_part(source, document, around)], around)


@COLLECTOR.stopped()
def assembled(parts: list[Part], around: Around) -> RuleSet:
    """Return the one rule set that the parts are; RuleSetError with all that was found in them."""
    rule_set, findings = Assembly(parts, around.provided, around.engine, runs_examples=around.runs_examples).assembled()
    if rule_set is None:
        raise RuleSetError(findings)
    return rule_set


def _files_of(directory: str) -> list[str]:
    try:
        names = sorted(os.listdir(directory))
    except OSError as error:
        raise RuleSetError([_unreadable(directory, error)]) from None
    names = [name for name in names if name.lower().endswith(SUFFIXES) and not name.startswith(".")]
    files = [os.path.join(directory, name) for name in names]
    files = [file for file in files if os.path.isfile(file)]
    if not files:
        message = f"the directory holds no part of a rule set: no file ends in {' or '.join(SUFFIXES)}"
        raise RuleSetError([Finding(Source(directory, ""), "file-without-rules", message)])
    return files


def _unreadable(path: str, error: OSError) -> Finding:
    return Finding(Source(path, ""), "file-unreadable", error.strerror or str(error))


def _part_of_file(path: str, around: Around) -> Part:
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise RuleSetError([_unreadable(path, error)]) from None
    form = "toml" if path.lower().endswith(".toml") else "json"
    here = replace(around, directory=os.path.dirname(path))
    return part_of_text(path, content, form, here)


@COLLECTOR.stopped()
def part_of_text(name: str, content: bytes, form: str, around: Around) -> Part:
    """Return what a text holds, which messages call ``name``; ``form`` is "json" or "toml"."""
    source = Source(name, content.decode(errors="replace"))
    try:
        if form == "toml":
            document: Document = toml_document(_decoded(content))
        else:
            document = read_document(content)
    except RuleError as error:
        raise RuleSetError([_finding_of_text(source, error)]) from None
    return _part(source, document, around)


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        read_document(content)  # says where
        raise


def _part(source: Source, document: Document, around: Around) -> Part:
    reader = RuleSetReader(source, document, around.directory)
    reader.provided, reader.schemes = around.provided, around.schemes
    return reader.read(around.also)


def _finding_of_text(source: Source, error: RuleError) -> Finding:
    """The finding for a text that is no JSON value. The reader expects a rule; here it is a rule set."""
    if error.code == "empty-text":
        error.what, error.why, error.write = "the file is empty", DOCUMENT_MEANING, DOCUMENT_FORM
    for before, after in (
        ("the end of the rule", "the end of the rule set"),
        ("a rule is one JSON object", "a rule set is one JSON object"),
        ("a rule is one JSON value", "a rule set is one JSON value"),
        ("a rule is JSON", "a rule set is JSON"),
        ("the rest of the rule", "the rest of the rule set"),
    ):
        error.what, error.why = error.what.replace(before, after), error.why.replace(before, after)
        error.write = error.write.replace(before, after)
    error.write = error.write.replace("the rule without", "the text without")
    error.write = error.write.replace("the rule alone; another rule is added by itself", "one object with all rules")
    return finding_of_text(source, error)
