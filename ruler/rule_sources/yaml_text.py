"""Reads YAML as the JSON that it means, with the place of each character in the YAML.

    Pattern:                          {"Pattern": {"source": ["shop", {"Ref": "Name"}]}}
      source: [shop, !Ref Name]

Short tags of CloudFormation become what they stand for, and are noted as doubts: nobody knows their values. So are
words that mean different things in YAML 1.1 and 1.2, such as on, 010 and 1:30. A doubt inside a rule is an error;
elsewhere it is no matter.

Always: no recursion; depth is limited by MAX_DEPTH, and what aliases repeat by MOST_REPEATED characters.
Needs PyYAML, the extra "yaml". Source: YAML 1.1 and 1.2 (core schema); CloudFormation, "Intrinsic functions".
"""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from ruler.errors import RuleError
from ruler.lines import Lines
from ruler.patterns.reader import MAX_DEPTH, read_document, shortened, too_deep
from ruler.rule_sources.placed import Doubt, GeneratedDocument, PlacedLines
from ruler.rule_sources.rule_reader import UNRESOLVED_WHY, UNRESOLVED_WRITE
from ruler.rule_sources.scalars import scalar_offsets

MOST_REPEATED = 1_000_000  # characters that the aliases of one file may repeat
STANDARD_TAG = "tag:yaml.org,2002:"
KNOWN_TAGS = {"!", *(STANDARD_TAG + name for name in ("str", "int", "float", "bool", "null", "map", "seq"))}
LITERAL_TAGS = {STANDARD_TAG + name for name in ("int", "float", "bool", "null")}
SAME_NAME_FUNCTIONS = ("Ref", "Condition")  # the long form of the others begins with Fn::

# How the parser calls what it reads, and how we do.
_TOKENS = {
    "<stream end>": "the end of the text",
    "<document start>": "---",
    "<document end>": "...",
    "<block end>": "the end of this indentation",
    "<block mapping start>": "an indented mapping",
    "<block sequence start>": "an indented list",
    "<scalar>": "a value",
    "<alias>": "an alias",
    "<anchor>": "an anchor",
    "<tag>": "a tag",
    "<directive>": "a directive",
    "<byte order mark>": "a byte order mark",
    "'?'": "a name",
    "'\\x00'": "the end of the text",
    "end of stream": "end of the text",
    "cannot start any token": "cannot begin a value",
}

_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?").fullmatch
_NUMBER_OF_BOTH = re.compile(r"([-+]?)(0|[1-9][0-9]*|(?=\.[0-9]))(?:\.([0-9]*))?").fullmatch  # +5, .5 and 5.
_NUMBER_OF_ONE = re.compile(
    r"[-+]?(0[0-9_]+|0[xob][0-9a-fA-F_]+|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?"
    r"|([0-9][0-9_]*\.?[0-9_]*|\.[0-9_]+)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))|\.(nan|NaN|NAN)"
).fullmatch
_EXPONENT_OF_BOTH = re.compile(r".*\..*[eE][-+][0-9]+").fullmatch  # YAML 1.1 wants a point and a sign
_WORDS = {
    "true": ("true", "True", "TRUE"),
    "false": ("false", "False", "FALSE"),
    "null": ("null", "Null", "NULL", "~", ""),
}
_LITERALS = {word: literal for literal, words in _WORDS.items() for word in words}
_BOOLEANS_OF_ONE = {word for each in ("yes", "no", "on", "off") for word in (each, each.title(), each.upper())}
_FIND_WIDE = re.compile('["\\\\\x00-\x1f]').search  # what JSON escapes
_SHORT_ESCAPES = '"\\\n\r\t\b\f'


def yaml_document(text: str) -> GeneratedDocument:
    """Return the JSON that ``text`` means; raises RuleError when it is no YAML, or no JSON could mean the same.

    Raises ImportError when PyYAML is not installed.
    """
    import yaml  # not needed for JSON, and an extra

    lines = Lines(text)
    generator = _Generator(text, lines)
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            generator.take(type(event).__name__.removesuffix("Event"), event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _not_yaml(error.problem or "", lines, mark.index if mark is not None else 0) from None
    except yaml.reader.ReaderError as error:
        what = f"the character U+{ord(text[error.position]):04X} may not stand in YAML"
        raise _not_yaml(what, lines, error.position) from None
    except (ValueError, OverflowError) as error:
        if isinstance(error, RuleError):
            raise
        raise _not_yaml("a number in an escape or a directive is too large", lines, generator.last) from None
    return generator.document()


def _not_yaml(problem: str, lines: Lines, offset: int) -> RuleError:
    for token, words in _TOKENS.items():
        problem = problem.replace(f"'{token}'", words).replace(token, words)
    return _refused(
        f"the text is not YAML: {problem or 'it cannot be read'}",
        lines,
        offset,
        why="indentation, and brackets and quotes in pairs, say what belongs to what",
        write="YAML, or JSON, which is YAML too",
    )


def _refused(what: str, lines: Lines, offset: int, *, why: str, write: str) -> RuleError:
    line, column = lines.place(offset)
    return RuleError("file-not-yaml", what, why=why, write=write, line=line, column=column)


@dataclass(slots=True)
class _Open:
    """A mapping or a sequence that is open."""

    is_mapping: bool
    closing: str  # what ends it, with that of the function around it
    anchor: tuple[str, int, int] | None  # name, index of its first piece, its offset
    count: int = 0  # of the values and names in it


class _Generator:
    """Takes the events of a text, one after another, and writes JSON."""

    def __init__(self, text: str, lines: Lines) -> None:
        self.text = text
        self.lines = lines
        self.pieces: list[str] = []
        self.origins = array("q")  # of each character of the pieces
        self.open: list[_Open] = []
        self.doubts: list[Doubt] = []
        self.anchors: dict[str, tuple[int, int, int, int]] = {}  # name -> first and last piece, first and last offset
        self.documents = 0
        self.repeated = 0
        self.last = 0  # offset of the last event

    def document(self) -> GeneratedDocument:
        text = "".join(self.pieces)
        self.origins.append(len(self.text) if text else 0)
        places = PlacedLines(self.lines, lambda: self.origins)
        try:
            inner = read_document(text)
        except RuleError as error:
            raise places.moved(error, text) from None
        return GeneratedDocument(text, inner.root, places=places, doubts=self.doubts)

    def fail(self, what: str, *, why: str, write: str) -> NoReturn:
        raise _refused(what, self.lines, self.last, why=why, write=write)

    def take(self, kind: str, event: Any) -> None:
        self.last = event.start_mark.index
        if kind == "DocumentStart":
            self.documents += 1
            if self.documents > 1:
                what = "a second document begins here, expected one"
                self.fail(what, why="a file of rules is one value", write="a file for each document")
        elif kind in ("MappingStart", "SequenceStart"):
            self.begin(event, is_mapping=kind == "MappingStart")
        elif kind in ("MappingEnd", "SequenceEnd"):
            self.end()
        elif kind == "Scalar":
            self.scalar(event)
        elif kind == "Alias":
            self.alias(event)

    # -- JSON ----------------------------------------------------------------------------------------------

    def write(self, piece: str, origin: int) -> None:
        self.pieces.append(piece)
        self.origins.extend([origin] * len(piece))

    def write_string(self, value: str, offsets: Sequence[int], end: int) -> None:
        """Write a JSON string whose characters stand at ``offsets``, and which ends at ``end``."""
        encoded = json.dumps(value, ensure_ascii=False)
        self.pieces.append(encoded)
        self.origins.append(self.last)
        if _FIND_WIDE(value) is None:
            self.origins.extend(offsets)
        else:
            for character, offset in zip(value, offsets, strict=True):
                width = 2 if character in _SHORT_ESCAPES else 6 if character < " " else 1
                self.origins.extend([offset] * width)
        self.origins.append(end)

    def separate(self, *, is_name_allowed: bool) -> bool:
        """Write what stands before the next value or name; return whether it is a name."""
        if not self.open:
            return False
        inner = self.open[-1]
        is_name = inner.is_mapping and inner.count % 2 == 0
        if is_name and not is_name_allowed:
            what = "found a name that is a list, a mapping or an alias"
            self.fail(what, why="rules are JSON, whose names are strings", write="the name itself")
        if inner.count:
            self.write(": " if inner.is_mapping and not is_name else ", ", self.origins[-1])
        inner.count += 1
        return is_name

    def function(self, tag: str | None, shown: str) -> str:
        """Write the beginning of the function that a tag stands for; return what ends it."""
        if tag is None or tag in KNOWN_TAGS:
            return ""
        if not tag.startswith("!"):
            self.doubt(
                shown, "no value of JSON is what this tag says", "a string, a number, true, false, null or a list"
            )
            return ""
        what = f"found {shown}, which cannot be resolved here"
        self.doubts.append(Doubt(len(self.origins), "rule-unresolved", what, UNRESOLVED_WHY, UNRESOLVED_WRITE))
        name = tag.removeprefix("!")
        name = name if name in SAME_NAME_FUNCTIONS else f"Fn::{name}"
        self.write(f"{{{json.dumps(name)}: ", self.last)
        return "}"

    # -- events --------------------------------------------------------------------------------------------

    def begin(self, event: Any, *, is_mapping: bool) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise too_deep(MAX_DEPTH, *self.lines.place(self.last))
        self.separate(is_name_allowed=False)
        anchor = (event.anchor, len(self.pieces), len(self.origins)) if event.anchor else None
        closing = self.function(event.tag, f"{event.tag} with {'a mapping' if is_mapping else 'a list'}")
        self.write("{" if is_mapping else "[", self.last)
        self.open.append(_Open(is_mapping, ("}" if is_mapping else "]") + closing, anchor))

    def end(self) -> None:
        ended = self.open.pop()
        self.write(ended.closing, self.origins[-1])
        if ended.anchor is not None:
            self.note_anchor(*ended.anchor)

    def note_anchor(self, name: str, first_piece: int, start: int) -> None:
        self.anchors[name] = (first_piece, len(self.pieces), start, len(self.origins))

    def scalar(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        is_name = self.separate(is_name_allowed=True)
        first_piece, offset = len(self.pieces), len(self.origins)
        tag = event.tag
        closing = "" if is_name else self.function(tag, shortened(self.text[start:end].strip()))
        if tag is not None or event.anchor:  # the event begins with these
            start = self.value_start(start, end)
        is_literal = (event.style is None and tag is None) or tag in LITERAL_TAGS
        literal = self.literal(event.value, is_name=is_name) if is_literal else None
        if literal is None and tag in LITERAL_TAGS:
            self.doubt(shortened(self.text[self.last : end]), "the value is not what its tag says", "the value alone")
        if literal is not None:
            self.write(literal, start)
        else:
            self.last = start
            last = max(end - 1, start) if event.style in ("'", '"') else end
            self.write_string(event.value, scalar_offsets(self.text, start, end, event.value, event.style), last)
        if closing:
            self.write(closing, self.origins[-1])
        if event.anchor:
            self.note_anchor(event.anchor, first_piece, offset)

    def value_start(self, start: int, end: int) -> int:
        """Where the value of a scalar begins, after its tag and its anchor."""
        properties = re.compile(r"(?:[!&][^\s]*\s+)+").match(self.text, start, end)
        return properties.end() if properties is not None else start

    def literal(self, word: str, *, is_name: bool) -> str | None:
        """What a plain scalar is in JSON; None for a string. Notes a doubt when that depends on the version of YAML."""
        if is_name:
            if word == "<<":
                self.doubt("the merge key <<", "JSON has no such thing", "the members themselves")
            return None
        literal = _LITERALS.get(word) or _number(word)
        if literal is None and (word in _BOOLEANS_OF_ONE or _NUMBER_OF_ONE(word)):
            what = "true or false" if word in _BOOLEANS_OF_ONE else "a number"
            self.doubt(
                f"{shortened(word)} without quotes",
                f"in one version of YAML this is {what}, in another it is not, or not the same one",
                f'"{shortened(word)}" for the string, or the value as JSON has it',
            )
        return literal

    def doubt(self, what: str, why: str, write: str) -> None:
        self.doubts.append(Doubt(len(self.origins), "rule-yaml-unclear", f"found {what}", why, write))

    def alias(self, event: Any) -> None:
        """Write what stands at an anchor once more; its places are those of the anchor."""
        if event.anchor not in self.anchors:
            what = f"found *{shortened(event.anchor)}, and nothing before it is called &{shortened(event.anchor)}"
            self.fail(what, why="an alias repeats a value that has ended", write="the value itself")
        self.separate(is_name_allowed=False)
        first_piece, last_piece, start, end = self.anchors[event.anchor]
        self.repeated += end - start
        if self.repeated > MOST_REPEATED:
            what = f"aliases repeat more than {MOST_REPEATED} characters"
            self.fail(what, why="the limit protects against hostile text", write="fewer aliases")
        moved = len(self.origins) - start
        self.doubts += [replace(doubt, offset=doubt.offset + moved) for doubt in self.doubts_between(start, end)]
        self.pieces.append("".join(self.pieces[first_piece:last_piece]))
        self.origins.extend(self.origins[start:end])

    def doubts_between(self, start: int, end: int) -> Iterator[Doubt]:
        first = bisect_left(self.doubts, start, key=lambda doubt: doubt.offset)
        yield from self.doubts[first : bisect_left(self.doubts, end, key=lambda doubt: doubt.offset)]


def _number(word: str) -> str | None:
    """The JSON number that a word is in every version of YAML; None when it is none.

    >>> _number("5"), _number("+.5"), _number("5."), _number("010"), _number("1e3")
    ('5', '0.5', '5', None, None)
    """
    json_number = _JSON_NUMBER(word)
    if json_number is not None:
        return word if json_number[3] is None or _EXPONENT_OF_BOTH(word) else None
    parts = _NUMBER_OF_BOTH(word)
    if parts is None:
        return None
    sign, whole, fraction = parts.groups()
    return f"{sign.replace('+', '')}{whole or '0'}{'.' + fraction if fraction else ''}"
