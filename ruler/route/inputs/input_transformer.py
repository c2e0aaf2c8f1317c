r"""``input_transformer``: a target gets a template, filled with values of the event, as in EventBridge.

In: paths by name, and a template; an event. Out: the bytes that the target gets.

    {"instance": "$.detail.instance-id"}    {"id": <instance>, "text": "instance <instance> has started"}
      ->  {"id":"i-0123","text":"instance i-0123 has started"}

The rules of EventBridge, and where they are from:

- A template is JSON, with ``<name>`` wherever a value may stand, or inside strings; or it is text: strings in double
  quotes, one a line ("For Strings, quotes are required", "wrap each separate line in double quotes"). JSON goes out
  without white space between its values ("minified"); text goes out line by line, with its quotes.
- ``<name>`` as a value becomes the value: a string gets its quotes, an object or an array stands as it is.
- ``<name>`` in a string: a string stands there without its quotes, an object or an array without all of the quotes in
  it, on one line ("EventBridge removes any internal quotes to ensure a valid string").
- A path that leads to nothing: nothing in a string, ``""`` as a value.
- ``<name>`` cannot be the name of a member; a name that is neither in the map nor reserved is refused.
- Reserved: ``aws.events.rule-name``, ``aws.events.rule-arn``, ``aws.events.event.ingestion-time``; and, as a value
  alone, ``aws.events.event.json``, the event, and ``aws.events.event``, the event without its ``detail``, where
  ``detail-type`` is called ``detailType``.
- At most 100 paths, names of 1 to 256 of ``A-Za-z0-9_-``, a template of 1 to 8192 characters.

One rule is not that of EventBridge. It "doesn't escape values extracted by input path", so that a value with a quote or
a backslash inside a string makes text that is no JSON, or other JSON than was meant. Here a string stays escaped as the
event has it: whatever an event holds, the result of a JSON template is JSON, with the members that the template has.

Sources: EventBridge user guide, "Input transformation" (predefined variables, examples, common issues); API reference,
"InputTransformer" and "Target" (limits, "The placeholder cannot be used as an object key"); for paths that lead to
nothing, ``detailType``, and names that are not in the map: answers of the service that were recorded in June 2024 and
published with the tests of LocalStack.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from ruler.errors import RuleError, RulerError
from ruler.patterns.reader import read_document
from ruler.route.inputs.quick_paths import QuickPaths
from ruler.route.inputs.slices import Step, members, trimmed

MOST_PATHS = 100
LONGEST_NAME = 256
LONGEST_TEMPLATE = 8192
LARGEST_OUTPUT = 16 * 1024 * 1024  # bytes: a short template can name a large value a thousand times

RULE_NAME = "aws.events.rule-name"
RULE_ARN = "aws.events.rule-arn"
INGESTION_TIME = "aws.events.event.ingestion-time"
EVENT_JSON = "aws.events.event.json"
EVENT_WITHOUT_DETAIL = "aws.events.event"
RESERVED = (RULE_NAME, RULE_ARN, INGESTION_TIME, EVENT_JSON, EVENT_WITHOUT_DETAIL)
OBJECTS = (EVENT_JSON, EVENT_WITHOUT_DETAIL)  # reserved names that stand for objects

is_name = re.compile(r"[A-Za-z0-9_-]+").fullmatch
# A string of the template from its quote to its quote, or a placeholder outside of strings, or what stands between.
_find_parts = re.compile(r'"(?:[^"\\]|\\.)*+"|<([A-Za-z0-9_.-]+)>|[^"<]++|["<]', re.DOTALL).finditer
_find_placeholders = re.compile(r"<([A-Za-z0-9_.-]+)>").finditer
_squeeze = re.compile(rb'\\"|"|(\\.)', re.DOTALL).sub  # quotes, escaped or not; other escapes are kept
_is_space = re.compile(rb"[ \t\r\n]").search
_strings_and_space = re.compile(rb'("(?:[^"\\]|\\.)*+")|[ \t\r\n]+', re.DOTALL).sub


class Hole(NamedTuple):
    """A place in a template that a value fills."""

    name: str
    is_in_string: bool


class Facts(NamedTuple):
    """What the reserved names stand for, apart from the event itself."""

    rule_name: str = ""
    rule_arn: str = ""
    timestamp: float = 0.0  # when the event was received


class TemplateError(RulerError, ValueError):
    """What is wrong with a template; ``offset`` counts characters of the template."""

    def __init__(self, what: str, why: str, write: str, offset: int = 0) -> None:
        super().__init__(what)
        self.what, self.why, self.write, self.offset = what, why, write, offset


@dataclass(frozen=True, slots=True)
class Template:
    """A template that has no errors, in pieces."""

    pieces: tuple[bytes | Hole, ...]
    paths: QuickPaths  # of the names that the template uses
    names_rule: bool  # whether it names the rule, so that no two rules make the same bytes
    names_arn: bool

    def fill(self, data: bytes, facts: Facts) -> bytes:
        """Return the template, filled with values of the event ``data``. ValueError when that becomes too large."""
        values = self.paths.values(data)
        for piece in self.pieces:
            if isinstance(piece, Hole) and piece.name not in values:
                values[piece.name] = _reserved(piece.name, data, facts)
        written: dict[Hole, bytes] = {}
        filled = []
        size = 0
        for piece in self.pieces:
            if isinstance(piece, bytes):
                text = piece
            elif (known := written.get(piece)) is not None:
                text = known
            else:
                text = written[piece] = _in_place(values[piece.name], is_in_string=piece.is_in_string)
            size += len(text)
            if size > LARGEST_OUTPUT:
                raise ValueError(f"the filled template is larger than {LARGEST_OUTPUT:,} bytes")
            filled.append(text)
        return b"".join(filled)


def template_of(text: str, paths: Mapping[str, tuple[Step, ...]]) -> Template:
    """Return the template that ``text`` is; TemplateError says what is wrong with it.

    >>> template_of('{"state": <s>}', {"s": ()}).pieces
    (b'{"state":', Hole(name='s', is_in_string=False), b'}')
    """
    if not 1 <= len(text) <= LONGEST_TEMPLATE:
        raise TemplateError(
            f"found a template of {len(text):,} characters",
            f"a template has 1 to {LONGEST_TEMPLATE:,} characters",
            '"{\\"state\\": <state>}", for example',
        )
    pieces = _lines(text) if text.lstrip().startswith('"') else _json(text)
    _check(pieces, paths, text)
    names = {piece.name for piece, _ in pieces if isinstance(piece, Hole)}
    return Template(
        pieces=_joined(piece for piece, _ in pieces),
        paths=QuickPaths({name: paths[name] for name in sorted(names) if name not in RESERVED}),
        names_rule=RULE_NAME in names or RULE_ARN in names,
        names_arn=RULE_ARN in names,
    )


# -- reading a template ----------------------------------------------------------------------------------------

_Pieces = list[tuple[bytes | Hole, int]]  # with offsets in the template


def _json(text: str) -> _Pieces:
    """The pieces of a JSON template, which must be JSON once its holes are filled."""
    sample: list[str] = []
    origins: list[int] = []
    pieces: _Pieces = []
    for found in _find_parts(text):
        part, start = found[0], found.start()
        if found[1] is not None:
            pieces.append((Hole(found[1], False), start))
            filled = "null"
            origins += [start] * len(filled)
        elif part.startswith('"') and len(part) > 1:
            _refuse_as_name(text, found.end(), part, start)
            pieces += _string_pieces(part, start)
            filled = _filled_string(part)
            origins += range(start, start + len(part))
        else:
            pieces.append((_strings_and_space(rb"", part.encode()), start))
            filled = part
            origins += range(start, start + len(part))
        sample.append(filled)
    _refuse_unless_json("".join(sample), [*origins, len(text)], text)
    return pieces


def _lines(text: str) -> _Pieces:
    """The pieces of a template that is text: strings, one a line."""
    pieces: _Pieces = []
    offset = 0
    for line in text.split("\n"):
        part = line.strip(" \t\r")
        start = offset + len(line) - len(line.lstrip(" \t\r"))
        offset += len(line) + 1
        if not part:
            continue
        found = next(_find_parts(part))
        if not part.startswith('"') or found[0] != part:
            raise TemplateError(
                f"this line of the template is not one string: {_shortened(part)}",
                "a template is JSON, or it is text: strings in double quotes, one a line",
                '"instance <instance> is <state>" on each line; \\" for a quote inside',
                start,
            )
        _refuse_unless_json(_filled_string(part), [start] * (len(part) + 1), text)
        pieces += [(b"\n", start)] if pieces else []
        pieces += _string_pieces(part, start)
    return pieces


def _string_pieces(part: str, start: int) -> _Pieces:
    """The pieces of a string, quotes included."""
    pieces: _Pieces = []
    last = 0
    for found in _find_placeholders(part):
        pieces += [(part[last : found.start()].encode("utf-8", "surrogatepass"), start + last)]
        pieces += [(Hole(found[1], True), start + found.start())]
        last = found.end()
    return [*pieces, (part[last:].encode("utf-8", "surrogatepass"), start + last)]


def _filled_string(part: str) -> str:
    return re.sub(r"<[A-Za-z0-9_.-]+>", lambda found: "x" * len(found[0]), part)


def _refuse_as_name(text: str, end: int, part: str, start: int) -> None:
    """Refuse a string with a hole that is the name of a member."""
    if text[end:].lstrip().startswith(":") and next(_find_placeholders(part), None) is not None:
        raise TemplateError(
            f"found {_shortened(part)} as the name of a member",
            "a value of the event cannot be the name of a member, only its value",
            '"name": <value>',
            start,
        )


def _refuse_unless_json(sample: str, origins: list[int], text: str) -> None:
    try:
        read_document(sample)
    except RuleError as error:
        lines = sample.split("\n")
        offset = sum(len(line) + 1 for line in lines[: (error.line or 1) - 1]) + (error.column or 1) - 1
        is_plain = not text.lstrip().startswith(("{", "[", '"', "<"))
        raise TemplateError(
            "the template is not JSON" + ("" if is_plain else f": {error.what.replace('the rule', 'the template')}"),
            "a template is JSON once its values are in place, or it is text: strings in double quotes, one a line",
            f'"\\"{_shortened(text.strip())}\\"", with quotes around the text' if is_plain else error.write,
            origins[min(offset, len(origins) - 1)],
        ) from None


def _check(pieces: _Pieces, paths: Mapping[str, tuple[Step, ...]], text: str) -> None:
    for piece, offset in pieces:
        if not isinstance(piece, Hole):
            continue
        if piece.name not in paths and piece.name not in RESERVED:
            known = ", ".join(f"<{name}>" for name in paths) or "none"
            raise TemplateError(
                f"<{_shortened(piece.name)}> is not defined",
                f"the names of this input are {known}; reserved are {', '.join(f'<{name}>' for name in RESERVED)}",
                f'"{_shortened(piece.name)}": "$.detail..." among the paths',
                offset,
            )
        if piece.is_in_string and piece.name in OBJECTS:
            raise TemplateError(
                f"found <{piece.name}> inside a string",
                "it stands for an object, and can only be a value by itself",
                f'"event": <{piece.name}>',
                offset,
            )


def _joined(pieces: Iterable[bytes | Hole]) -> tuple[bytes | Hole, ...]:
    """The pieces, with neighbours that are bytes joined."""
    joined: list[bytes | Hole] = []
    for piece in pieces:
        if isinstance(piece, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += piece
        elif piece:
            joined.append(piece)
    return tuple(joined)


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:40]}...{text[-15:]}"


# -- filling it ------------------------------------------------------------------------------------------------


def _in_place(value: bytes | None, *, is_in_string: bool) -> bytes:
    if value is None:
        return b"" if is_in_string else b'""'
    if not is_in_string:
        return _minified(value)
    if value[:1] == b'"':
        return value[1:-1]  # escaped as the event has it
    return _squeeze(rb"\1", _minified(value)) if value[:1] in (b"{", b"[") else value


def _minified(value: bytes) -> bytes:
    """The value without white space between its parts."""
    if value[:1] not in (b"{", b"[") or _is_space(value) is None:
        return value
    return _strings_and_space(rb"\1", value)


def _reserved(name: str, data: bytes, facts: Facts) -> bytes:
    if name == EVENT_JSON:
        return trimmed(data)
    if name == EVENT_WITHOUT_DETAIL:
        return _without_detail(data)
    if name == INGESTION_TIME:
        text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(facts.timestamp))
    else:
        text = facts.rule_name if name == RULE_NAME else facts.rule_arn
    return orjson.dumps(text)


def _without_detail(data: bytes) -> bytes:
    kept = []
    for written, value in members(trimmed(data)):
        name = orjson.loads(written)
        if name != "detail":
            kept.append((b'"detailType"' if name == "detail-type" else written) + b":" + value)
    return b"{" + b",".join(kept) + b"}"
