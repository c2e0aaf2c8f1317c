r"""Reads JSON text into nodes that know where they stand in the text.

In: text or UTF-8 bytes. Out: a Document; RuleError on anything but one RFC 8259 value.

    {"a": [1]}  ->  object 0-10: [("a", 1, array 6-9: [number 7-8: 1])]

Kept, because rules need them and other readers lose them: offsets, duplicate names, and integers apart from
numbers with a fraction. Always: no recursion, so depth is limited by MAX_DEPTH alone;
linear in the text, whatever it is.

The reader takes one regular expression per value (white space before it, and what follows it) and one
per name. These match only correct text; what is wrong with other text is found afterwards, by
``_problem_at_value`` and its neighbours, which need not be fast.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from json.decoder import scanstring  # type: ignore[attr-defined]  # not in the stubs; there since 2.6
from typing import Any, NoReturn

from ruler.errors import Location, RuleError
from ruler.lines import Lines
from ruler.patterns.mappings import text_from_mapping
from ruler.patterns.numbers import read_number
from ruler.words import near_word

MAX_DEPTH = 1024  # objects and arrays inside each other; the top one is depth 1
LONGEST_QUOTE = 60  # characters of the user's text that one message repeats

_SPACE = r"[ \t\n\r]*+"
# Groups: 1 string without escapes, 2 number, 3 literal, 4 what follows one of these (may be empty);
# 5 opening bracket, or the quote of a string that is not so simple.
# Possessive (*+), so that hostile text cannot make the match go back.
_match_value = re.compile(
    rf'{_SPACE}(?:(?:"([^"\\\x00-\x1f]*+)"'
    r"|(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+(?![0-9A-Za-z.+-]))"
    rf"|(true|false|null)(?![0-9A-Za-z_])){_SPACE}([,\]}}]?)|([\[{{\"]))"
).match
_match_name = re.compile(rf'{_SPACE}"([^"\\\x00-\x1f]*+)"{_SPACE}:').match
_match_space = re.compile(_SPACE).match
_match_string_body = re.compile(r'(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*+').match
_match_word = re.compile(r"[^\s,:\[\]{}\"]{1,40}").match
_find_surrogate = re.compile("[\ud800-\udfff]").search
_LITERALS = {"true": True, "false": False, "null": None}


class Node:
    """One JSON value and where it stands: ``text[start:end]``.

    ``kind`` is object, array, string, number, true, false or null. ``value`` is, for an object, a list of
    ``(name, offset of the name's quote, Node)`` in text order with duplicates; for an array a list of Node;
    for a string a str; for a number an int or float (patterns/numbers.py); else True, False or None.
    """

    __slots__ = ("end", "kind", "start", "value")

    def __init__(self, kind: str, value: Any, start: int, end: int) -> None:
        self.kind = kind
        self.value = value
        self.start = start
        self.end = end

    def __repr__(self) -> str:
        return f"<{self.kind} {self.start}-{self.end}>"


@dataclass(frozen=True)
class Document:
    """A text and the value it holds."""

    text: str
    root: Node
    is_from_mapping: bool = False  # then the text is ours, and lines and columns would mean nothing to the user

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of ``offset``, both from 1, in characters."""
        return self.lines.place(offset)

    @cached_property
    def lines(self) -> Lines:
        """Where the lines of the text begin."""
        return Lines(self.text)

    def source(self, node: Node) -> str:
        """Return the text of ``node`` on one line, its middle left out when it is long."""
        if node.end - node.start > 4 * LONGEST_QUOTE:
            half = 2 * LONGEST_QUOTE
            return shortened(self.text[node.start : node.start + half] + self.text[node.end - half : node.end])
        return shortened(self.text[node.start : node.end])


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return the line and the column of ``text[offset]``, both from 1, in characters."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def shortened(text: str) -> str:
    """Return ``text`` on one line, with ``...`` for its middle when it is too long for a message."""
    text = on_one_line(text)
    if len(text) <= LONGEST_QUOTE:
        return text
    return f"{text[: LONGEST_QUOTE - 20]}...{text[-15:]}"


def on_one_line(text: str) -> str:
    """Return ``text`` with a space for each line end and the white space around it."""
    return re.sub(r"[ \t]*[\r\n]\s*", " ", text)


def read_document(text: str | bytes | bytearray | memoryview) -> Document:
    """Return the document that ``text`` is; raises RuleError when it is not one JSON value."""
    decoded = text if isinstance(text, str) else _decoded(bytes(text))
    _refuse_lone_surrogate(decoded)
    return Document(decoded, _Reader(decoded).read())


def document_from_mapping(rule: Mapping[str, object]) -> Document:
    """Return the document of the JSON text that ``rule`` means; raises RuleError when it means none."""
    text = text_from_mapping(rule, MAX_DEPTH)
    try:
        return Document(text, _Reader(text).read(), is_from_mapping=True)
    except RuleError as error:
        error.line = error.column = None  # they count in a text that the user never saw
        raise


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line, column = line_and_column(before, len(before))
        raise RuleError(
            "not-utf8",
            f"byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8",
            why="a rule is JSON, and JSON is UTF-8 text",
            write="the same text, saved as UTF-8",
            line=line,
            column=column,
        ) from None


def _refuse_lone_surrogate(text: str) -> None:
    if text.isascii():
        return
    found = _find_surrogate(text)
    if found is not None:
        line, column = line_and_column(text, found.start())
        raise lone_surrogate(ord(found[0]), (), line, column)


def lone_surrogate(code_unit: int, location: Location, line: int | None, column: int | None) -> RuleError:
    """Return the error for half of a surrogate pair: in raw text, in an escape, or in a mapping."""
    return RuleError(
        "lone-surrogate",
        f"\\u{code_unit:04x} is half of a surrogate pair, without the other half",
        why="a lone surrogate is no character and has no UTF-8 form, so no event can hold it",
        write='both halves, "\\ud83d\\ude00", or the character itself',
        location=location,
        line=line,
        column=column,
    )


class _Reader:
    """One reading of one text. ``stack`` holds the containers that are open, outermost first."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.stack: list[Node] = []
        self.names: list[tuple[str, int]] = []  # for each open object, the name whose value is being read

    def read(self) -> Node:
        """Return the one value of the text.

        Long because it is one loop over one state machine (value, what follows, value), and a call per value is slow.
        """
        text = self.text
        stack = self.stack
        names = self.names
        container: Node | None = None  # the innermost open one
        position = 0
        while True:
            # Here a value begins. Afterwards `node` is complete, or it is the new container.
            match = _match_value(text, position)
            if match is None:
                self.fail_at_value(position)
            group = match.lastindex
            if group == 4:  # a scalar; lastindex is the group of what follows, which may be empty
                string, number, literal, follower = match.groups()[:4]
                if string is not None:
                    node = Node("string", string, match.start(1) - 1, match.end(1) + 1)
                elif number is not None:
                    node = self.number(number, match.start(2))
                else:
                    node = Node(literal, _LITERALS[literal], match.start(3), match.end(3))
                position = match.end()
            elif match[5] == '"':
                node = self.escaped_string(match.start(5))
                follower = ""
                position = node.end
            else:
                opening = match[5]
                start = match.start(5)
                node = Node("object" if opening == "{" else "array", [], start, start)
                if len(stack) == MAX_DEPTH:
                    self.fail_too_deep(start)
                stack.append(node)
                container = node
                position = start + 1
                follower = text[position : position + 1]
                if follower <= " ":
                    position, follower = self.past_space(position)
                if follower != ("}" if opening == "{" else "]"):
                    if opening == "{":
                        name, position = self.name(position)
                        names.append(name)
                    continue
                if opening == "{":
                    names.append(("", start))  # popped below, where every object pops its name
                position += 1
                node = None  # nothing to attach: the container is empty

            # Here a value has ended, and `follower` is what comes after it if that is known.
            while True:
                if node is not None:
                    if container is None:
                        return self.finished(node, position, follower)
                    if container.kind == "array":
                        container.value.append(node)
                    else:
                        container.value.append((*names[-1], node))
                if not follower:
                    follower = text[position : position + 1]
                    if follower <= " ":
                        position, follower = self.past_space(position)
                    position += 1
                assert container is not None
                if follower == ",":
                    if container.kind == "object":
                        names[-1], position = self.name(position)
                    break
                if follower != ("]" if container.kind == "array" else "}"):
                    self.fail_after_value(position - 1)
                container.end = position
                node = stack.pop()
                if container.kind == "object":
                    names.pop()
                container = stack[-1] if stack else None
                follower = ""

    def past_space(self, position: int) -> tuple[int, str]:
        """Return the next offset that holds no white space, and what it holds; "" at the end of the text."""
        position = _match_space(self.text, position).end()  # type: ignore[union-attr]
        return position, self.text[position : position + 1]

    def finished(self, node: Node, position: int, follower: str) -> Node:
        """Return ``node``, the root; refuses anything but white space after it."""
        position = _match_space(self.text, position - len(follower)).end()  # type: ignore[union-attr]
        if position < len(self.text):
            if node.kind == "string" and self.text[position] == ":":
                self.fail(
                    "text-after-rule",
                    position,
                    f"found a colon after {shortened(self.text[node.start : node.end])}, outside of an object",
                    why="a rule is one JSON object: names and their clauses, between { and }",
                    write="{ before the first name, and } after the last clause",
                )
            self.fail(
                "text-after-rule",
                position,
                f"found {_quoted_rest(self.text, position)} after the end of the rule",
                why="a rule is one JSON value with nothing but white space after it",
                write="the rule alone; another rule is added by itself",
            )
        return node

    def number(self, number: str, start: int) -> Node:
        try:
            return Node("number", read_number(number), start, start + len(number))
        except OverflowError:
            self.fail(
                "number-too-large",
                start,
                f"the number {shortened(number)} is too large",
                why="numbers are 64-bit integers or IEEE-754 doubles, which end at about 1.8e308",
                write="a smaller number; or a string, when events carry it as one",
            )

    def name(self, position: int) -> tuple[tuple[str, int], int]:
        """Return ((name, offset of its quote), offset after its colon)."""
        match = _match_name(self.text, position)
        if match is not None:
            return (match[1], match.start(1) - 1), match.end()
        start = _match_space(self.text, position).end()  # type: ignore[union-attr]
        if self.text[start : start + 1] != '"':
            self.fail_at_name(start)
        node = self.escaped_string(start)
        colon = _match_space(self.text, node.end).end()  # type: ignore[union-attr]
        if self.text[colon : colon + 1] != ":":
            self.fail_at_colon(node, colon)
        return (node.value, start), colon + 1

    def escaped_string(self, start: int) -> Node:
        """Return the string whose quote is at ``start``: one that holds escapes, or something wrong."""
        end = _match_string_body(self.text, start + 1).end()  # type: ignore[union-attr]
        if self.text[end : end + 1] != '"':
            self.fail_in_string(start, end)
        value = scanstring(self.text, start + 1)[0]
        if not value.isascii() and (found := _find_surrogate(value)) is not None:
            self.fail_lone_escape(start, end, ord(found[0]))
        return Node("string", value, start, end + 1)

    # What is wrong, once something is. Each of these raises.

    def fail(self, code: str, offset: int, what: str, *, why: str, write: str) -> NoReturn:
        line, column = line_and_column(self.text, offset)
        raise RuleError(code, what, why=why, write=write, location=self.location(), line=line, column=column)

    def location(self) -> Location:
        """Return where the value being read stands: the names and indexes of the open containers."""
        names = iter(self.names)
        steps: list[str | int] = []
        for container in self.stack:
            if container.kind == "array":
                steps.append(len(container.value))
            elif (name := next(names, None)) is not None:
                steps.append(name[0])
        return tuple(steps)

    def fail_too_deep(self, offset: int) -> NoReturn:
        line, column = line_and_column(self.text, offset)
        raise too_deep(MAX_DEPTH, line, column)

    def fail_at_end(self) -> NoReturn:
        """Refuse text that ends too early, or is empty."""
        if not self.stack:
            self.fail(
                "empty-text",
                0,
                "the text is empty",
                why="a rule is one JSON object",
                write='{"source": ["shop"]}, for example',
            )
        innermost = self.stack[-1]
        line, column = line_and_column(self.text, innermost.start)
        bracket = self.text[innermost.start]
        missing = "}" if bracket == "{" else "]"
        self.fail(
            "unterminated",
            len(self.text),
            f"the text ends inside the {innermost.kind} that begins in line {line}, column {column}",
            why=f"every {bracket} needs its {missing}",
            write=f"the rest of the rule; {_closing(self.stack)} would close what is open",
        )

    def fail_at_value(self, position: int) -> NoReturn:
        """Say why no value can be read at ``position``."""
        start = _match_space(self.text, position).end()  # type: ignore[union-attr]
        character = self.text[start : start + 1]
        if not character:
            self.fail_at_end()
        if character in ",]}":
            self.fail_at_comma(start, character)
        if character == "\ufeff":
            self.fail_at_byte_order_mark(start)
        word_match = _match_word(self.text, start)
        word = word_match[0] if word_match else character
        if re.fullmatch(r"[+-]?(NaN|Infinity|inf|nan)", word):
            self.fail(
                "not-a-number",
                start,
                f"{word} is not JSON",
                why="JSON numbers are finite, so no event can hold it",
                write='a number; [{"numeric": [">", 0]}] has no upper bound without infinity',
            )
        if re.match(r"-?0[0-9]", word):
            self.fail(
                "leading-zero",
                start,
                f"the number {shortened(word)} has a leading zero",
                why="JSON numbers have none: elsewhere it would mean octal",
                write=_without_leading_zeros(word),
            )
        self.fail_not_json(start, word)

    def fail_not_json(self, start: int, word: str) -> NoReturn:
        """Refuse a word that is no JSON value; propose the value it looks like."""
        self.refuse_curly_quotes(start, "a value")
        is_comment = word.startswith(("//", "/*")) or (word.startswith("#") and "{" in self.text)
        if self.is_table_heading() or (not self.stack and not is_comment and self.text.strip() != word):
            self.fail_not_json_at_all(self.stack[0].start if self.stack else start)
        close = near_word(word.lower(), _LITERALS) if word.isalpha() else None
        if word.lower() in ("true", "false", "null", "none"):
            write = {"none": "null"}.get(word.lower(), word.lower())
        elif word.startswith("'") and len(word) > 2 and word.endswith("'") and '"' not in word:
            write = f'"{word[1:-1]}"'
        elif re.fullmatch(r"[+-]?[0-9]*\.?[0-9]+|[+-]?[0-9]+\.", word):
            write = repr(float(word)) if "." in word else str(int(word))
        elif close:
            write = f'{close}, or "{word}" if a string is meant'
        elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", word):
            write = f'"{word}", if a string is meant'
        elif word.startswith(("/", "#")):
            write = "the rule without the comment: JSON has none"
        else:
            write = 'a value, such as "text", 5, true, null, [...] or {...}'
        self.fail(
            "not-json",
            start,
            f"found {_shown(word)}, expected a value",
            why="a JSON value is a string in double quotes, number, true, false, null, array or object",
            write=write,
        )

    def is_table_heading(self) -> bool:
        """Return whether the text begins with a line like ``[section]``, as TOML does."""
        return bool(self.stack) and re.match(r"\s*\[\[?[\w.-]+\]\]?[ \t]*\r?\n\s*[^\s,\]}]", self.text) is not None

    def fail_not_json_at_all(self, start: int) -> NoReturn:
        self.stack.clear()
        self.fail(
            "not-json",
            start,
            f"the text is not JSON: it begins with {shortened(self.text[start : start + 200].splitlines()[0])}",
            why="a rule is one JSON object, from { to }",
            write='{"source": ["shop"]}, for example',
        )

    def refuse_curly_quotes(self, start: int, expected: str) -> None:
        """Refuse quotes that a word processor has made."""
        found = re.compile(r"[“”„‟]([^“”„‟\"\n]{0,80})[“”„‟]").match(self.text, start)
        if found is not None:
            self.fail(
                "not-json",
                start,
                f"found {found[0]}, expected {expected}",
                why='JSON strings stand in straight quotes, "; these are curly',
                write=f'"{found[1]}"',
            )

    def fail_at_comma(self, start: int, character: str) -> NoReturn:
        """Refuse a comma or closing bracket where a value or a name must stand."""
        before = self.text[:start].rstrip(" \t\n\r")
        if before.endswith(",") and self.stack and character != ",":
            self.fail(
                "trailing-comma",
                len(before) - 1,
                f"a comma before the closing {character}",
                why="in JSON a comma stands only between two things",
                write=f"{character} without the comma before it",
            )
        self.fail(
            "not-json",
            start,
            f"found {'a comma' if character == ',' else _shown(character)}, expected a value",
            why="a value stands at the beginning of the text, after a colon, and on both sides of a comma",
            write="a value here, or nothing at all",
        )

    def fail_at_byte_order_mark(self, start: int) -> NoReturn:
        self.fail(
            "byte-order-mark",
            start,
            "the text begins with a byte order mark (U+FEFF)" if start == 0 else "a byte order mark (U+FEFF)",
            why="JSON text begins with its first value, and UTF-8 has only one byte order",
            write="the same text, saved as UTF-8 without BOM",
        )

    def fail_at_name(self, start: int) -> NoReturn:
        """Say why no name can be read at ``start``."""
        character = self.text[start : start + 1]
        if not character:
            self.fail_at_end()
        if character in ",]}":
            self.fail_at_comma(start, character)
        self.refuse_curly_quotes(start, "a name in double quotes")
        if self.is_table_heading():
            self.fail_not_json_at_all(self.stack[0].start)
        word_match = _match_word(self.text, start)
        word = word_match[0] if word_match else character
        is_bare = re.fullmatch(r"'?[A-Za-z0-9_-]+'?", word) is not None
        self.fail(
            "not-json",
            start,
            f"found {_shown(word)}, expected a name in double quotes",
            why="in a JSON object every name is a string",
            write='"' + word.strip("'") + '"' if is_bare else '"name": value',
        )

    def fail_at_colon(self, name: Node, start: int) -> NoReturn:
        if start >= len(self.text):
            self.fail_at_end()
        source = shortened(self.text[name.start : name.end])
        self.fail(
            "not-json",
            start,
            f"found {_shown(self.text[start])} after the name {source}, expected a colon",
            why="in a JSON object a colon stands between a name and its value",
            write=f"{source}: and the value",
        )

    def fail_after_value(self, position: int) -> NoReturn:
        """Say why the container cannot go on at ``position``."""
        if position >= len(self.text):
            self.fail_at_end()
        container = self.stack[-1]
        closing = "]" if container.kind == "array" else "}"
        self.fail(
            "not-json",
            position,
            f"found {_quoted_rest(self.text, position)} after a value, expected a comma or {closing}",
            why=f"commas separate the values of an {container.kind}, and {closing} ends it",
            write=f"a comma before another value, {closing} after the last one",
        )

    def fail_in_string(self, start: int, end: int) -> NoReturn:
        """Say why the string that begins at ``start`` cannot go on at ``end``."""
        text = self.text
        if end >= len(text) or (text[end] == "\\" and end + 1 >= len(text)):
            line, column = line_and_column(text, start)
            self.fail(
                "unterminated",
                len(text),
                f"the text ends inside the string that begins in line {line}, column {column}",
                why="a string ends with a double quote",
                write='the closing ", and \\" for a quote inside the string',
            )
        if text[end] == "\\":
            escape = re.match(r"\\(?:u[0-9A-Fa-f]{0,3}|.)", text[end : end + 6], re.DOTALL)
            shown = escape[0] if escape else "\\"
            self.fail(
                "unknown-escape",
                end,
                f"{shown} is not an escape of JSON",
                why='after a backslash stands one of " \\ / b f n r t, or u and four hexadecimal digits',
                write="\\\\ for a backslash",
            )
        escapes = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}
        escape_text = escapes.get(text[end], f"\\u{ord(text[end]):04x}")
        self.fail(
            "control-character",
            end,
            f"the control character U+{ord(text[end]):04X} inside a string",
            why="JSON strings hold control characters, line ends and tabs among them, only as escapes",
            write=f"{escape_text} in its place",
        )

    def fail_lone_escape(self, start: int, end: int, code_unit: int) -> NoReturn:
        """Find the escape that gave the lone surrogate ``code_unit``: the first one that has no partner."""
        pair = r"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}"
        offset = start
        for escape in re.compile(rf"{pair}|\\u[0-9A-Fa-f]{{4}}|\\.").finditer(self.text, start, end):
            if len(escape[0]) == 6 and int(escape[0][2:], 16) == code_unit:
                offset = escape.start()
                break
        line, column = line_and_column(self.text, offset)
        raise lone_surrogate(code_unit, self.location(), line, column)


def too_deep(limit: int, line: int | None, column: int | None) -> RuleError:
    """Return the error for nesting beyond ``limit``; without location, which would have a thousand steps."""
    return RuleError(
        "too-deep",
        f"nesting deeper than {limit} objects and arrays",
        why=f"the limit protects against hostile text; the outermost object is depth 1, the deepest {limit}",
        write='a flatter rule: {"a.b": [1]} means the same as {"a": {"b": [1]}}',
        line=line,
        column=column,
    )


def _shown(word: str) -> str:
    """Return ``word`` as a message shows it: readable also when it is white space or a control character."""
    if len(word) == 1 and not word.isprintable():
        return f"the character U+{ord(word):04X}"
    return shortened(word)


def _quoted_rest(text: str, position: int) -> str:
    word_match = _match_word(text, position)
    return _shown(word_match[0] if word_match else text[position])


def _without_leading_zeros(word: str) -> str:
    return re.sub(r"^(-?)0+(?=[0-9])", r"\1", word)


def _closing(stack: list[Node]) -> str:
    """Return the brackets that would close ``stack``, innermost first."""
    if len(stack) > 20:
        return f"{len(stack)} closing brackets"
    return "".join("}" if node.kind == "object" else "]" for node in reversed(stack))
