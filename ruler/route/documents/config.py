"""Reads the config of ``ruler run``: one file that is rule set and settings, or names where the rules stand.

    [source]                        rules = "routes/"          a document, or a directory of them, beside the config;
    uri = "file:orders.jsonl"                                  [targets] of the config belong to the same rule set
    [targets.ops]
    uri = "https://ops.example/hook"
    [rules.big]
    pattern.total = [{ numeric = [">", 1000] }]
    targets = ["ops"]

In: the path of a file, TOML by its name or JSON. Out: a Config; RuleSetError with every error and its place, those of
rules, targets and settings in one go.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from ruler.errors import Location
from ruler.findings import Finding, Source, in_text_order
from ruler.patterns.reader import Node
from ruler.route.documents.config_members import ConfigReader, ServeSettings, SourceSettings
from ruler.route.documents.document import Around, RuleSetError, assembled, read_parts
from ruler.route.documents.rule_members import Part
from ruler.route.options import Problem
from ruler.route.rule_files import example_paths
from ruler.route.rule_set import RuleSet
from ruler.route.runtime.limits import Limits

TABLES = ("source", "limits", "serve")  # of a config, beside those of a rule set
# Options of sources that stand in the table itself: location -> where it is written.
_SHORTER: Mapping[Location, Location] = {
    ("source", "options", "position_file"): ("source", "position"),
    ("source", "options", "follow"): ("source", "follow"),
    ("source", "options", "on_loss"): ("source", "on_loss"),
}
CONFIG_MEANING = "a config is one file: source and limits, and the rules or where they stand"


@dataclass(frozen=True, slots=True)
class Config:
    """What ``ruler run`` is told."""

    path: str
    rule_set: RuleSet
    source: SourceSettings
    limits: Limits
    serve: ServeSettings | None
    rules_path: str  # of the document or the directory of rules; "" when they stand in the config
    examples: tuple[str, ...] = ()  # paths of files that the documents name

    @property
    def paths(self) -> tuple[str, ...]:
        """The file and, where there is one, the directory or the document that the rule set is read from."""
        return (self.path, self.rules_path) if self.rules_path else (self.path,)

    @property
    def settings(self) -> tuple[object, ...]:
        """All that is read once, when the process begins."""
        return self.source, self.limits, self.serve


def read_config(
    path: str | os.PathLike[str], *, schemes: Collection[str] | None = None, engine: str = "auto"
) -> Config:
    """Return the config in a file; RuleSetError tells every error. ``schemes`` are those of targets, None for any."""
    name = os.fspath(path)
    if os.path.isdir(name):
        raise RuleSetError([Finding(Source(name, ""), "file-unreadable", f"is a directory; {CONFIG_MEANING}")])
    around = Around(schemes=schemes, also=(*TABLES, "rules"), engine=engine)
    return config_of_parts(name, read_parts(name, around), around)


def config_of_parts(name: str, parts: list[Part], around: Around) -> Config:
    """Return the config whose document is the one in ``parts``; ``name`` is its path."""
    reader = ConfigReader(parts[0].reader, parts[0].members)
    source, limits, serve = reader.source(), reader.limits(), reader.serve()
    rules_path = _rules_path(parts[0], name)
    if rules_path:
        try:
            parts = parts + read_parts(rules_path, replace(around, also=()))
        except RuleSetError as error:
            raise RuleSetError([*in_text_order(parts[0].reader.all_findings), *error.findings]) from None
    return Config(name, assembled(parts, around), source, limits, serve, rules_path, example_paths(parts))


def place_problems(config: Config, problems: Iterable[Problem]) -> list[Finding]:
    """Return problems with targets or the source as findings, each where its setting stands in the files."""
    parts = read_parts(config.path, Around(also=(*TABLES, "rules")))
    if config.rules_path:
        parts += read_parts(config.rules_path, Around())
    findings: list[Finding] = []
    for each in problems:
        location = _SHORTER.get(each.location[:3], each.location)
        depth, start, part = max(
            ((*_deepest(part.reader.document.root, location), part) for part in parts), key=lambda found: found[0]
        )
        del part.reader.findings[:]
        steps = location[:depth]
        what = each.what
        if location != each.location:  # it is called as it is written
            what = what.replace(f'"{each.location[2]}"', f'"{location[1]}"')
        part.reader.report("route-setup", start, steps, what, why=each.why, write=each.write)
        findings += part.reader.findings
    return findings


def _deepest(node: Node, location: Location) -> tuple[int, int]:
    """How many steps of the location lead somewhere below ``node``, and where the last of them leads."""
    for depth, step in enumerate(location):
        found = None
        if node.kind == "object":
            found = next((value for name, _, value in node.value if name == step), None)
        elif node.kind == "array" and isinstance(step, int) and step < len(node.value):
            found = node.value[step]
        if found is None:
            return depth, node.start
        node = found
    return len(location), node.start


def _rules_path(part: Part, config: str) -> str:
    """Where the rules stand that the config names; "" when it holds them itself, or names what is not there."""
    node = part.members.get("rules")
    if node is None or node.kind != "string":
        return ""
    path = os.path.join(os.path.dirname(config), node.value)
    if node.value and os.path.exists(path):
        return path
    what = f"there is no file and no directory {part.reader.text(node)}" if node.value else "found an empty string"
    why = "rules names a document of rules, or a directory of them, seen from the directory of the config"
    part.reader.report("route-config", node.start, ("rules",), what, why=why, write='rules = "routes/"')
    return ""
