"""Recognises what a text of rules is, and reads it as that.

In: the content of a file, or an argument. Out: a RuleSet, whose ``form`` says what the text was taken for.

    {"orders": {"source": ["shop"]}}           rules by name, "" as form: what a rule file is
    {"Resources": {"Orders": {"Type": ...}}}   "a CloudFormation template"

JSON is tried first, so it needs no extra, whatever the file is called. Text that is no JSON is JSON lines or YAML when
it looks so; otherwise the error is that of JSON.

Always: each form is told from the others by what could not be right in them, never by the name of the file alone.
"""

from __future__ import annotations

import re

from ruler.errors import RuleError
from ruler.findings import Finding, Source, finding_of_text
from ruler.patterns.reader import Document, read_document
from ruler.rule_sources.json_lines import SUFFIXES, is_json_lines, rules_of_lines
from ruler.rule_sources.named_rules import NamedRule, RuleSet
from ruler.rule_sources.rule_file import FILE_FORM, FILE_MEANING, RuleFileReader, is_named_rule
from ruler.rule_sources.rule_reader import STRING_MEANING, RuleReader, advised, rule_in_string, shortened
from ruler.rule_sources.service_output import service_reader
from ruler.rule_sources.template import TemplateReader, is_template

YAML_SUFFIXES = (".yaml", ".yml")
# The first line of a YAML file that has another name, such as template.cfn: a name by itself, or one of a template.
_looks_like_yaml = re.compile(
    r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*+"
    r"(?:---\s|(?:AWSTemplateFormatVersion|Transform|Description|Resources|Parameters):\s"
    r"|[\w.-]+:[ \t]*\r?\n|- name:\s)"
).match


def rules_of_text(source: Source, content: bytes) -> RuleSet:
    """Return the rules of a text in any form. Never raises for what it holds."""
    try:
        document = read_document(content)
        is_lines = source.name.lower().endswith(SUFFIXES)
    except RuleError as error:
        is_lines = error.code != "not-utf8" and is_json_lines(source, error)
        if not is_lines:
            return _rules_of_other_text(source, error)
    return rules_of_lines(source) if is_lines else rules_of_document(source, document)


def rules_of_document(source: Source, document: Document) -> RuleSet:
    """Return the rules of a document in the form that it has; one of no form is an error of a rule file."""
    if is_template(document.root):
        return TemplateReader(source, document).read()
    reader = service_reader(source, document)
    return RuleFileReader(source, document).read() if reader is None else reader.read()


def rule_of_text(name: str, source: Source, content: bytes) -> RuleSet:
    """Return the one rule that a whole text is, called ``name``."""
    found = RuleSet(source=source, is_one_rule=True)
    try:
        document = read_document(content)
    except RuleError as error:
        try:
            document = _other_document(source, error)
        except RuleError as last_error:
            found.findings.append(finding_of_text(source, last_error))
            return found
    known = rules_of_document(source, document)
    root = document.root
    if known.form or root.kind == "array" or is_named_rule(root):
        what = known.form or ("an array" if root.kind == "array" else "a named rule")
        _report_not_one(found, source, document, what)
        return found
    reader = RuleReader(source, document)
    reader.found = found
    reader.add(name, root, ())
    return found


def rule_of_pattern(name: str, content: bytes) -> RuleSet:
    """Return the rule called ``name`` whose text is ``content``, an argument of the command line."""
    source = Source(name, content.decode(errors="replace"))
    try:
        document = read_document(content)
    except RuleError as error:
        return RuleSet(findings=[finding_of_text(source, error)], source=source)
    root = document.root
    text = rule_in_string(root)
    if text:
        line, column = document.line_and_column(root.start)
        what = f"found the string {document.source(root)}, expected an object"
        finding = Finding(source, "rule-not-object", what, STRING_MEANING, shortened(text), line, column, pointer="")
        return RuleSet(findings=[finding], source=source)
    return RuleSet(rules=[NamedRule(name, root, document, source)], source=source)


def read_again(rule_set: RuleSet, text: str) -> RuleSet:
    """Return the rules of ``text``, which stands where those of ``rule_set`` stood."""
    assert rule_set.source is not None
    source, content = Source(rule_set.source.name, text), text.encode()
    if not rule_set.is_one_rule:
        return rules_of_text(source, content)
    name = rule_set.rules[0].name if rule_set.rules else source.name
    return rule_of_text(name, source, content)


def _rules_of_other_text(source: Source, error: RuleError) -> RuleSet:
    try:
        document = _other_document(source, error)
    except RuleError as last_error:
        return RuleSet(findings=[_finding_of_text(source, last_error)], source=source)
    return rules_of_document(source, document)


def _other_document(source: Source, error: RuleError) -> Document:
    """Return the document of a text that is no JSON (that is ``error``) but YAML; raises RuleError if it is neither."""
    suffix = source.name.lower()
    is_yaml = suffix.endswith(YAML_SUFFIXES) or (not suffix.endswith(".json") and _looks_like_yaml(source.text))
    if not is_yaml or error.code in ("not-utf8", "empty-text"):
        raise error
    try:
        from ruler.rule_sources.yaml_text import yaml_document

        return yaml_document(source.text)
    except ImportError:
        raise RuleError(
            "file-needs-yaml",
            "this is YAML, which cannot be read here",
            why="YAML is read with the help of another package, which is an extra",
            write="pip install 'ruler-events[yaml]', or JSON in this file",
            line=1,
            column=1,
        ) from None


def _report_not_one(found: RuleSet, source: Source, document: Document, what: str) -> None:
    line, column = document.line_and_column(document.root.start)
    why = "each file of a directory is one rule, called as the file is"
    write = "a file with the rule alone; or name this file itself, with no directory"
    message = f"found {what}, expected one rule"
    found.findings.append(Finding(source, "file-not-rules", message, why, write, line, column, pointer=""))


def _finding_of_text(source: Source, error: RuleError) -> Finding:
    """The finding for a file that is not one JSON value. The reader expects a rule; here it is a file."""
    if error.code == "empty-text":
        error.what, error.why, error.write = (
            "the file is empty",
            FILE_MEANING,
            f"{FILE_FORM}, or {{}} for no rules",
        )
    elif error.code == "text-after-rule":
        error.what = error.what.replace("the end of the rule", "the end of the rules")
        error.why = "a rule file is one JSON value with nothing but white space after it"
        error.write = "all rules in one object or in one list"
        first = _first_value(source.text, error)
        if first is not None and is_named_rule(first.root):
            error.why = "named rules stand in one list, with commas between them"
            error.write = f"[{advised(first, first.root)}, ...]"
    return finding_of_text(source, error)


def _first_value(text: str, error: RuleError) -> Document | None:
    """The document that ends where ``error`` found more text; None when there is none."""
    if error.line is None or error.column is None:
        return None
    lines = text.split("\n")[: error.line]
    lines[-1] = lines[-1][: error.column - 1]
    try:
        return read_document("\n".join(lines))
    except RuleError:
        return None
