"""Every error the library raises on purpose.

RulerError
├── RuleError (also ValueError)        a rule that cannot be added: code, location, why, write, line
├── EventError (also ValueError)       an event that cannot be read: code, offset (semantics, section 10)
├── UnknownRuleError (also KeyError)   a rule name the matcher does not hold
├── RuleSetError (also ValueError)     a rule set that cannot be read: findings (ruler/route/documents/document.py)
├── EnvelopeError (also ValueError)    data that do not have the form they should (ruler/route/envelope.py)
├── TemplateError (also ValueError)    a template that cannot be filled (ruler/route/inputs/input_transformer.py)
├── LetterError (also ValueError)      a line that is no dead letter (ruler/route/letter_members.py)
├── ReplayError                        marks of a replay that cannot be used (ruler/route/replay/marks.py)
├── RouterError                        a router that cannot do what it is asked (ruler/route/runtime/problems.py)
├── SetupError (also ValueError)       a target or source that cannot be made: problems (ruler/route/options.py)
├── RejectDelivery                     raised by functions that are targets (ruler/route/targets/callable.py)
├── SourceError                        a source that cannot give its events (ruler/route/sources/errors.py)
├── EngineError (also RuntimeError)    an engine that was asked for and cannot be had
└── MachineError (also RuntimeError)   a broken invariant of the machine: a bug in ruler, not in its use

An error says what (in the user's own text), where, why, and what to write instead. Programs read the
attributes; the text is for people and may be reworded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

Location = tuple[str | int, ...]  # where in a rule: names and array indexes, () is the rule itself

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def json_path(location: Sequence[str | int]) -> str:
    """Return ``location`` as JSONPath: ``("a", 0, "b-c")`` is ``$.a[0]["b-c"]``."""
    steps = ["$"]
    for step in location:
        if isinstance(step, int):
            steps.append(f"[{step}]")
        elif _PLAIN_NAME.match(step):
            steps.append(f".{step}")
        else:
            # Escaped also where UTF-8 has no form for it: an error about a lone surrogate must be printable.
            escaped = json.dumps(step, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
            steps.append(f"[{escaped}]")
    return "".join(steps)


# Every code of a RuleError and an EventError, and what it says.
ERROR_CODES: dict[str, str] = {
    # The text of a rule or an event.
    "not-utf8": "The bytes are not UTF-8.",
    "lone-surrogate": "Half of a surrogate pair, raw, as an escape, or in a decoded value.",
    "too-deep": "Objects and arrays are nested deeper than 1024.",
    "number-too-large": "A number overflows an IEEE-754 double.",
    "not-a-number": "NaN or an infinity stands where JSON has only finite numbers.",
    "unsupported-type": "A decoded rule or event holds a value that is not JSON, such as a set.",
    "not-json": "The text is not JSON, in a way that has no code of its own.",
    # The text of an event.
    "not-object": "The event is JSON, but not an object.",
    "too-many-array-combinations": "The event's arrays combine in more ways than the limit allows.",
    # The text of a rule.
    "empty-text": "The text holds nothing but white space.",
    "byte-order-mark": "The text begins with a byte order mark.",
    "unterminated": "The text ends inside a string, an object or an array.",
    "text-after-rule": "Something stands after the end of the rule.",
    "trailing-comma": "A comma stands before a closing bracket.",
    "leading-zero": "A number begins with a zero that it may not have.",
    "control-character": "A control character stands in a string without being escaped.",
    "unknown-escape": "A backslash in a string begins none of the escapes of JSON.",
    "name-not-string": "A name in a mapping is not a str.",
    # The shape of a rule.
    "rule-not-object": "The rule is not an object.",
    "object-empty": "An object in a rule names no path.",
    "clause-not-array": "A clause is not an array.",
    "clause-empty": "A clause lists no value.",
    "array-in-clause": "A clause holds an array.",
    "pattern-empty": "An object in a clause names no pattern type.",
    "unknown-pattern-type": "An object in a clause names something that is no pattern type.",
    "two-pattern-types": "An object in a clause names several pattern types.",
    "or-one-branch": 'A "$or" has only one branch.',
    "or-branch-not-object": 'A "$or" has a branch that is not an object.',
    "or-reserved-name": 'A branch of a "$or" uses a reserved name.',
    "and-one-branch": 'An "$and" has only one branch.',
    "and-branch-not-object": 'An "$and" has a branch that is not an object.',
    "and-reserved-name": 'A branch of an "$and" uses a reserved name.',
    "too-many-paths": "A sub-rule tests more paths than the limit allows.",
    "too-many-sub-rules": "A rule has more sub-rules than the limit allows.",
    "dialect-operator": "The rule has an operator that the service of its dialect refuses.",
    "dialect-name": "A path begins with a name that the service of its dialect does not test.",
    "dialect-limit": "The rule passes a limit of the service of its dialect.",
    # The argument of a pattern type.
    "argument-not-string": "The argument of a pattern type is not the string it must be.",
    "argument-not-array": "The argument of all-of or none-of is not an array.",
    "argument-empty": "The list of all-of or none-of, or a list inside all-of, is empty.",
    "absence-inside-pattern": "exists with false, or none-of, stands inside all-of or none-of.",
    "pattern-too-deep": "all-of and none-of are nested deeper than the limit allows.",
    "unknown-inner-pattern": "A pattern type stands inside another that does not take it.",
    "exists-not-boolean": "The argument of exists is neither true nor false.",
    "numeric-not-array": "The argument of numeric is not an array.",
    "numeric-length": "The array of numeric does not have two or four parts.",
    "numeric-comparison": "A comparison of numeric is none of =, <, <=, > and >=.",
    "numeric-operand": "What stands after a comparison of numeric is not a number.",
    "numeric-order": "The two comparisons of numeric are not a lower and then an upper bound.",
    "numeric-empty-range": "The lower bound of numeric does not stand below the upper bound.",
    "wildcard-two-stars": "A wildcard has two unescaped * in a row.",
    "wildcard-escape": "A wildcard has a backslash that escapes neither * nor a backslash.",
    "regexp-parenthesis": "A regular expression has a parenthesis without its other one, or begins a group with ?.",
    "regexp-quantifier": "A quantifier of a regular expression repeats nothing, follows another, or is misspelt.",
    "regexp-escape": "A regular expression has a backslash before a character that it does not escape.",
    "regexp-class": "A class of a regular expression is empty, not closed, or has a wrong member.",
    "regexp-character": "A regular expression has a closing bracket or brace that closes nothing.",
    "regexp-too-large": "A regular expression is larger than the limit allows.",
    "cidr-no-mask": "A CIDR block has no mask.",
    "cidr-mask": "The mask of a CIDR block is not a number of bits that its address has.",
    "cidr-address": "The address of a CIDR block is not an IP address.",
    "anything-but-empty": "A list under anything-but is empty.",
    "anything-but-mixed": "A list under anything-but holds strings and numbers.",
    "anything-but-type": "anything-but holds true, false, null, or a nested array or object in its list.",
    "anything-but-empty-text": "anything-but excludes an empty prefix or suffix, and so every string.",
}


def text_of(value: object) -> str:
    """Return ``str(value)``, or a stand-in when the value's own method raises: an error must not hide another."""
    try:
        return str(value)
    except Exception:
        return f"<{type(value).__name__} that cannot be shown>"


def in_parts(what: str, *, where: str = "", why: str = "", write: str = "") -> str:
    """Return the text of an error as people read it, without the parts that are empty.

    >>> print(in_parts("there is no such file", where="a.jsonl", write="its path"))
    a.jsonl: there is no such file
      write: its path
    """
    lines = [f"{where}: {what}" if where else what]
    lines += [f"  why:   {why}"] if why else []
    lines += [f"  write: {write}"] if write else []
    return "\n".join(lines)


class RulerError(Exception):
    """Base of every error that ruler raises on purpose. Each travels between processes (pickle) as it is."""

    def __reduce__(self) -> tuple[object, ...]:
        return _same_error, (type(self), self.args, self.__dict__)


def _same_error(kind: type[RulerError], args: tuple[object, ...], attributes: dict[str, object]) -> RulerError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error


class RuleError(RulerError, ValueError):
    """A rule that cannot be added; the matcher is as it was before.

    ``str()`` is three lines, the first led by the rule's name once it is known::

        s3-put: $.source: found the string "aws.s3", expected an array
          why:   a clause lists every value it accepts, even when there is one
          write: ["aws.s3"]
    """

    def __init__(
        self,
        code: str,
        what: str,
        *,
        why: str,
        write: str,
        location: Location = (),
        line: int | None = None,
        column: int | None = None,
        rule_name: str | None = None,
    ) -> None:
        super().__init__(code, what)
        self.code = code  # stable, for programs: "clause-not-array"
        self.what = what
        self.why = why
        self.write = write
        self.location = location  # ("source", 0, "prefix")
        self.line = line  # from 1, in the rule's text; None when the rule came as a mapping
        self.column = column  # from 1, in characters
        self.rule_name = rule_name

    def __str__(self) -> str:
        name = ""
        if self.rule_name is not None:
            escaped = (
                character if character.isprintable() else character.encode("unicode_escape").decode()
                for character in self.rule_name
            )
            name = ("".join(escaped) or '""') + ": "
        return in_parts(self.what, where=name + json_path(self.location), why=self.why, write=self.write)


class EventError(RulerError, ValueError):
    """An event that cannot be read. ``offset`` counts from 0 in what was given.

    Bytes for bytes, bytearray and memoryview; characters for str; None for an already decoded
    event, whose ``location`` names the offending value instead.
    """

    def __init__(self, code: str, what: str, *, offset: int | None = None, location: Location | None = None) -> None:
        super().__init__(code, what)
        self.code = code
        self.what = what
        self.offset = offset
        self.location = location

    def __str__(self) -> str:
        if self.offset is not None:
            return f"event, offset {self.offset}: {self.what}"
        return f"event, {json_path(self.location or ())}: {self.what}"


class UnknownRuleError(RulerError, KeyError):
    """A rule name that the matcher does not hold. ``name`` is that name."""

    def __init__(self, name: object) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"no rule is named {text_of(self.name) if not isinstance(self.name, str) else repr(self.name)}"


class EngineError(RulerError, RuntimeError):
    """An engine that was asked for by name and cannot be had."""


class MachineError(RulerError, RuntimeError):
    """An invariant of the machine does not hold: a bug in ruler itself."""
