"""Outcomes of tests as JUnit XML, which continuous integration reads.

    <testsuites><testsuite name="rules.ruler-test.json">
      <testcase name="a big order" classname="rules.ruler-test"><failure message="...">...</failure></testcase>

A suite is a file; a file that could not be tested is a suite with one case, an error. Always: well-formed XML 1.0,
whatever names and values hold: characters that XML cannot hold are written as escapes, such as \\u0000.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ruler.findings import printable
from ruler.testing.run import Outcome
from ruler.testing.text import FileResult, failure_lines

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def junit_text(results: Iterable[FileResult]) -> str:
    """Return the results as one XML document."""
    results = list(results)
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f"<testsuites{_counts(results)}>"]
    for result in results:
        name = result.file.source.name
        lines.append(f"  <testsuite{_attributes(name=name)}{_counts([result])}>")
        if result.findings:
            lines += _troubled_case(result)
        for outcome in result.outcomes:
            lines += _case(outcome)
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _counts(results: list[FileResult]) -> str:
    errors = sum(bool(result.findings) for result in results)
    failures = sum(result.failed_count for result in results)
    tests = sum(len(result.outcomes) for result in results) + errors
    return f' tests="{tests}" failures="{failures}" errors="{errors}"'


def _case(outcome: Outcome) -> list[str]:
    test = outcome.test
    file = test.source.name
    classname = file.removesuffix(".json").replace("\\", "/").replace("/", ".")
    head = f"    <testcase{_attributes(name=test.name, classname=classname, file=file, line=str(test.line))}"
    if outcome.passed:
        return [f"{head}/>"]
    message = "; ".join(failure.message for failure in outcome.failures)
    text = "\n".join(failure_lines(outcome))
    kind = outcome.failures[0].code
    return [
        f"{head}>",
        f"      <failure{_attributes(message=message, type=kind)}>{_text(text)}</failure>",
        "    </testcase>",
    ]


def _troubled_case(result: FileResult) -> list[str]:
    name = result.file.source.name
    first = result.findings[0]
    text = "\n".join(str(finding) for finding in result.findings)
    return [
        f"    <testcase{_attributes(name=name, classname='ruler', file=name)}>",
        f"      <error{_attributes(message=first.message, type=first.code)}>{_text(text)}</error>",
        "    </testcase>",
    ]


def _attributes(**values: str) -> str:
    return "".join(f' {name}="{_text(printable(value))}"' for name, value in values.items())


def _text(text: str) -> str:
    """Return ``text`` as XML has it, in an attribute too. ``>`` as well, since ``]]>`` may not stand in text."""
    text = _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
