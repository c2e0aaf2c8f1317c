"""Reads JSON lines: on each line one named rule, or an object of rules by name.

    {"name": "s3-put", "rule": {"source": ["aws.s3"]}}
    {"big": {"size": [{"numeric": [">", 9]}]}}

Rules with one name are alternatives, as in a list. Empty lines are passed over. A pointer begins at the value of
its line.

Always: a line that cannot be read is reported, and the lines after it are read.
"""

from __future__ import annotations

from collections.abc import Iterator

from ruler.errors import RuleError
from ruler.findings import Source, finding_of_text
from ruler.lines import Lines
from ruler.patterns.reader import read_document
from ruler.rule_sources.named_rules import RuleSet
from ruler.rule_sources.placed import line_document
from ruler.rule_sources.rule_file import ENTRY_FORM, RuleFileReader, is_named_rule

SUFFIXES = (".jsonl", ".ndjson")
FORM = "JSON lines"
LINE_MEANING = "in JSON lines each line is one JSON value, here a named rule or an object of rules by name"
_JSON_WHITE_SPACE = " \t\r"


def is_json_lines(source: Source, error: RuleError) -> bool:
    """Whether a text that is no single JSON value (that is ``error``) is JSON lines: its first line is an object."""
    if source.name.lower().endswith(SUFFIXES):
        return True
    if error.code != "text-after-rule":
        return False
    first = next((line for _, line in _filled_lines(source.text)), "")
    try:
        return read_document(first).root.kind == "object"
    except RuleError:
        return False


def rules_of_lines(source: Source) -> RuleSet:
    """Return the rules of a text of JSON lines."""
    found = RuleSet(source=source, form=FORM)
    lines = Lines(source.text)
    for index, (start, line) in enumerate(_filled_lines(source.text)):
        try:
            document = line_document(line, start, lines)
        except RuleError as error:
            if error.code == "text-after-rule":
                error.what = error.what.replace("the end of the rule", "the end of the rules of this line")
                error.why, error.write = LINE_MEANING, ENTRY_FORM
            found.findings.append(finding_of_text(source, error))
            continue
        reader = RuleFileReader(source, document)
        if is_named_rule(document.root):
            reader.read_entry(document.root, index)
        else:
            reader.read()
        found.rules += reader.found.rules
        found.findings += reader.found.findings
    return found


def _filled_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that hold something, each with its offset."""
    start = 0
    for line in text.split("\n"):
        if line.strip(_JSON_WHITE_SPACE):
            yield start, line
        start += len(line) + 1
