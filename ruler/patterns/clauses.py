"""Reads the array of one clause into patterns, in the normal form of model.py.

In: nodes. Out: patterns; everything wrong is reported with what to write instead, and reading goes on.

    ["x", {"prefix": "y"}]  ->  {Exact("x"), Prefix("y")}

Always: a method that reports returns None, so that a pattern exists only when all of it is right.
Source: sections 5 to 8 of the semantics.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

from ruler.patterns.addresses import parse_address
from ruler.patterns.folding import fold
from ruler.patterns.model import (
    Absent,
    AnythingBut,
    Cidr,
    EqualsIgnoreCase,
    Exact,
    Excludable,
    Exists,
    Literal,
    Pattern,
    Prefix,
    PrefixIgnoreCase,
    Suffix,
    SuffixIgnoreCase,
    Wildcard,
)
from ruler.patterns.numeric import NumericReader
from ruler.patterns.reader import Document, Node
from ruler.patterns.rewrites import (
    both_or_either,
    escaped_in_wildcard,
    flattened,
    fragment,
    one_object_each,
    quoted,
)
from ruler.patterns.vocabulary import INNER_TYPES, PATTERN_TYPES, nearest_pattern_type

_PATTERN_TYPE_LIST = f"pattern types are {', '.join(PATTERN_TYPES)}"
_NOT_A_LITERAL = '{"prefix": ""}, {"numeric": ["<", 0]}, {"numeric": [">=", 0]}'  # every string and number
_wildcard_tokens = re.compile(r"\\[*\\]|[^*\\]+|.", re.DOTALL).finditer
_has_bits = re.compile(r"[0-9]+\Z").match
_ADDRESS_RULE = (
    "IPv4 is four decimal parts without leading zeros, IPv6 is eight hexadecimal groups without a zone"
)


class Report(Protocol):
    """Takes one error: at ``node``, or at the offset ``at`` when that is not where ``node`` begins."""

    def __call__(
        self, code: str, node: Node, what: str, *, why: str, write: str, at: int | None = None
    ) -> None: ...


class ClauseReader:
    """Reads the clauses of one document."""

    def __init__(self, document: Document, report: Report) -> None:
        self.document = document
        self.report = report
        self.readers: dict[str, Callable[[Node], Pattern | None]] = {
            "anything-but": self.anything_but,
            "cidr": self.cidr,
            "equals-ignore-case": self.equals_ignore_case,
            "exactly": self.exactly,
            "exists": self.exists,
            "numeric": self.numeric,
            "prefix": self.prefix,
            "suffix": self.suffix,
            "wildcard": self.wildcard,
        }

    def patterns(self, clause: Node) -> frozenset[Pattern]:
        """Return the patterns of the array ``clause``; those that were reported are missing."""
        if not clause.value:
            self.report(
                "clause-empty",
                clause,
                "the array is empty, expected at least one value",
                why="a clause lists every value it accepts; an empty one would accept none",
                write='[{"exists": true}] for any value, [{"exists": false}] for none',
            )
        patterns: list[Pattern] = []
        for node in clause.value:
            kind = node.kind
            if kind == "string" or kind == "number":
                patterns.append(Exact(node.value))
            elif kind == "object":
                pattern = self.pattern(node, clause)
                if pattern is not None:
                    patterns.append(pattern)
            elif kind == "array":
                self.report_array(node, clause)
            else:
                patterns.append(Literal(node.value))
        return frozenset(patterns)

    def pattern(self, node: Node, clause: Node) -> Pattern | None:
        """Return the pattern that the object ``node`` is."""
        members = node.value
        if len(members) == 1 and (read := self.readers.get(members[0][0])) is not None:
            return read(members[0][2])
        if not members:
            self.report(
                "pattern-empty",
                node,
                "the object is empty, expected one pattern type",
                why="an object in a clause is one test, named by its pattern type",
                write='{"exists": true} for any value, or leave it out',
            )
            return None
        unknown = [member for member in members if member[0] not in PATTERN_TYPES]
        for member in unknown[:10]:  # a hostile object can hold 100,000
            self.report_unknown(member, node, clause)
        if not unknown:
            self.report_several(node)
        return None

    def describe(self, node: Node) -> str:
        """Return ``node`` in words: 'the string "x"', 'true', 'an empty array'."""
        if node.kind in ("true", "false", "null"):
            return node.kind
        if node.kind in ("array", "object") and not node.value:
            return f"an empty {node.kind}"
        return f"the {node.kind} {self.document.source(node)}"

    def report_array(self, node: Node, clause: Node) -> None:
        self.report(
            "array-in-clause",
            node,
            f"found {self.describe(node)} inside a clause, expected a single value or a pattern",
            why="arrays of an event add nothing to a path, so a clause tests one value at a time",
            write=flattened(self.document, clause) or "its values one by one, in the array around it",
        )

    def report_several(self, node: Node) -> None:
        names = [f'"{name}"' for name, _, _ in node.value]
        count = {2: "two", 3: "three"}.get(len(names), str(len(names)))
        self.report(
            "two-pattern-types",
            node,
            f"{count} pattern types in one object: {', '.join(names[:-1][:9])} and {names[-1]}",
            why='one object is one test; the array around it means "any of these"',
            write=both_or_either(self.document, node.value),
        )

    def report_unknown(self, member: tuple[str, int, Node], node: Node, clause: Node) -> None:
        name, name_start, argument = member
        self.report(
            "unknown-pattern-type",
            argument,
            f"{_short_quoted(name)} is not a pattern type",
            why=_PATTERN_TYPE_LIST,
            write=self.instead_of_unknown(name, argument, node, clause),
            at=name_start,
        )

    def instead_of_unknown(self, name: str, argument: Node, node: Node, clause: Node) -> str:
        """Return what to write for an unknown pattern type: the right one, or the clause meant."""
        source = fragment(self.document, argument)
        keyword = nearest_pattern_type(name)
        if keyword is not None:
            if source is not None and self.compiles(keyword, argument):
                return f'{{"{keyword}": {source}}}'
            return f'"{keyword}", as in {PATTERN_TYPES[keyword].example}'
        if name in ("regex", "regexp", "matches", "match"):
            return (
                '{"wildcard": "..."}, with * for any run of characters; other expressions cannot be expressed'
            )
        if name in ("contains", "includes") and argument.kind == "string":
            return f'{{"wildcard": {quoted("*" + escaped_in_wildcard(argument.value) + "*")}}}'
        if argument.kind in ("array", "object") and len(clause.value) == 1:
            whole = fragment(self.document, node)
            inner = whole or "the object"
            return f"{inner} without the array around it, since arrays add nothing to a path"
        return f"one of them, such as {PATTERN_TYPES['prefix'].example}, or a plain value"

    def compiles(self, keyword: str, argument: Node) -> bool:
        """Return whether ``{keyword: argument}`` is a pattern."""
        problems: list[str] = []

        def note(code: str, *_: Any, **__: Any) -> None:
            problems.append(code)

        return ClauseReader(self.document, note).readers[keyword](argument) is not None and not problems

    # One method for each pattern type.

    def text_of(self, keyword: str, argument: Node) -> str | None:
        """Return the string that ``argument`` must be."""
        if argument.kind == "string":
            text: str = argument.value
            return text
        write = '"..."'
        if argument.kind == "array" and _all_are(argument, "string") and argument.value:
            write = one_object_each(self.document, keyword, argument)
        elif argument.kind == "number":
            source = self.document.source(argument)
            write = (
                f"{source} in place of the whole object"
                if keyword == "exactly"
                else f'"{source}", when events carry it as a string; numbers are only compared by numeric'
            )
        elif keyword == "exactly" and argument.kind in ("true", "false", "null"):
            write = f"{argument.kind} in place of the whole object"
        self.report(
            "argument-not-string",
            argument,
            f"found {self.describe(argument)}, expected a string",
            why=f'"{keyword}" takes one string; several stand side by side in the array around it',
            write=write,
        )
        return None

    def exactly(self, argument: Node) -> Pattern | None:
        text = self.text_of("exactly", argument)
        return None if text is None else Exact(text)

    def equals_ignore_case(self, argument: Node) -> Pattern | None:
        text = self.text_of("equals-ignore-case", argument)
        return None if text is None else EqualsIgnoreCase(fold(text))

    def prefix(self, argument: Node) -> Pattern | None:
        if argument.kind != "object":
            text = self.text_of("prefix", argument)
            return None if text is None else Prefix(text)
        text = self.ignore_case_text("prefix", argument)
        if text is None:
            return None
        return PrefixIgnoreCase(fold(text)) if text else Prefix("")

    def suffix(self, argument: Node) -> Pattern | None:
        if argument.kind != "object":
            text = self.text_of("suffix", argument)
            return None if text is None else suffix_pattern(text)
        text = self.ignore_case_text("suffix", argument)
        if text is None:
            return None
        return SuffixIgnoreCase(fold(text)) if text else Prefix("")

    def ignore_case_text(self, keyword: str, argument: Node) -> str | None:
        """Return "x" for the argument {"equals-ignore-case": "x"} of prefix and suffix."""
        members = argument.value
        if len(members) == 1 and members[0][0] == "equals-ignore-case":
            inner: Node = members[0][2]
            if inner.kind == "string":
                text: str = inner.value
                return text
            self.report(
                "argument-not-string",
                inner,
                f"found {self.describe(inner)}, expected a string",
                why=f'"equals-ignore-case" inside "{keyword}" takes one string',
                write='"..."; for several, one object each, side by side in the array of the clause',
            )
            return None
        self.report_inner(keyword, argument)
        return None

    def report_inner(self, keyword: str, argument: Node) -> None:
        """Report an object that may not stand inside ``keyword``: empty, several, or wrong."""
        names = [name for name, _, _ in argument.value]
        allowed = INNER_TYPES[keyword]
        if not names:
            what = f"the object is empty, expected one of {', '.join(allowed)}"
        elif len(names) > 1:
            what = f"{len(names)} names in the object, expected one of {', '.join(allowed)} alone"
        else:
            what = f'{_short_quoted(names[0])} may not stand inside "{keyword}"'
        self.report(
            "unknown-inner-pattern",
            argument,
            what,
            why=f'inside "{keyword}" may stand {", ".join(allowed)}',
            write=self.instead_of_inner(keyword, argument, allowed),
        )

    def instead_of_inner(self, keyword: str, argument: Node, allowed: tuple[str, ...]) -> str:
        if len(argument.value) == 1:
            name, _, inner = argument.value[0]
            source = fragment(self.document, inner)
            nearest = nearest_pattern_type(name, allowed)
            if nearest is not None and inner.kind == "string":
                return f'{{"{nearest}": {source or "..."}}}'
            if keyword == "anything-but" and source is not None:
                if name == "exactly" and inner.kind == "string":
                    return source
                if name == "exists" and inner.kind in ("true", "false"):
                    opposite = "false" if inner.kind == "true" else "true"
                    return f'{{"exists": {opposite}}} in place of the whole object'
                if name == "anything-but" and inner.kind in ("string", "number"):
                    return f"{source} in place of the whole object"
        if keyword == "anything-but":
            return '"x", ["x", "y"], {"prefix": "x"} or {"wildcard": ["x*y", "z"]}, for example'
        return f'"...", or {{"{allowed[0]}": "..."}} to ignore case'

    def exists(self, argument: Node) -> Pattern | None:
        if argument.kind == "true":
            return Exists()
        if argument.kind == "false":
            return Absent()
        word = str(argument.value).lower() if argument.kind == "string" else ""
        write = word if word in ("true", "false") else "true for any value, false for none"
        self.report(
            "exists-not-boolean",
            argument,
            f"found {self.describe(argument)}, expected true or false",
            why='"exists" asks whether the field has a value, and the answer is true or false',
            write=write,
        )
        return None

    def numeric(self, argument: Node) -> Pattern | None:
        return NumericReader(self.document, self.report, self.describe).pattern(argument)

    def wildcard(self, argument: Node) -> Excludable | None:
        text = self.text_of("wildcard", argument)
        return None if text is None else self.wildcard_pattern(text, argument)

    def wildcard_pattern(self, text: str, node: Node) -> Excludable | None:
        """Return the pattern of the wildcard ``text``: the plainest one that means the same."""
        pieces = self.wildcard_pieces(text, node)
        if pieces is None:
            return None
        if len(pieces) == 1:
            return Exact(pieces[0])
        if len(pieces) == 2 and not pieces[1]:
            return Prefix(pieces[0])
        if len(pieces) == 2 and not pieces[0]:
            return Suffix(pieces[1])
        return Wildcard(tuple(pieces))

    def wildcard_pieces(self, text: str, node: Node) -> list[str] | None:
        """Return the texts between the stars of the wildcard ``text``, escapes taken away."""
        if "\\" not in text and "**" not in text:
            return text.split("*")
        pieces: list[list[str]] = [[]]
        previous = ""
        for token in _wildcard_tokens(text):
            if token[0] == "\\":
                self.report_backslash(text, token.start(), node)
                return None
            if token[0] == "*":
                if previous == "*":
                    self.report_two_stars(text, token.start(), node)
                    return None
                pieces.append([])
            else:
                pieces[-1].append(token[0][1:] if token[0][0] == "\\" else token[0])
            previous = token[0]
        return ["".join(piece) for piece in pieces]

    def report_two_stars(self, text: str, second: int, node: Node) -> None:
        before, after = text[: second - 1], _with_single_stars(text[second + 1 :].lstrip("*"))
        self.report(
            "wildcard-two-stars",
            node,
            f"{self.document.source(node)} has two * in a row, characters {second} and {second + 1}",
            why="one * already stands for any run of characters, none included",
            write=f"{_short_quoted(before + '*' + after)}, "
            f"or {_short_quoted(before + chr(92) + '**' + after)} when the first * is a real asterisk",
        )

    def report_backslash(self, text: str, position: int, node: Node) -> None:
        before, after = text[:position], _with_double_backslashes(text[position + 1 :])
        where = f"before {quoted(after[0])}" if after else "at the end"
        without = f", or {_short_quoted(before + after)} without it" if after else ""
        self.report(
            "wildcard-escape",
            node,
            f"{self.document.source(node)} has a backslash {where}, character {position + 1}",
            why=r"in a wildcard a backslash stands only before * or \, and makes it a plain character",
            write=f"{_short_quoted(before + chr(92) * 2 + after)} for a real backslash{without}",
        )

    def cidr(self, argument: Node) -> Pattern | None:
        text = self.text_of("cidr", argument)
        if text is None:
            return None
        address_text, slash, bits_text = text.partition("/")
        address = parse_address(address_text)
        if address is None:
            self.report_address(address_text, slash + bits_text, argument)
            return None
        if not slash:
            self.report_no_mask(address_text, address[0], argument)
            return None
        # An IPv4-mapped block is written with the bits of version 6. Only when all of it is mapped, from 96
        # bits on, is it a block of version 4; ::ffff:0:0/95 is one of version 6, in which no event's address
        # that counts as version 4 lies.
        version = 6 if ":" in address_text else 4
        width = 32 if version == 4 else 128
        if not _has_bits(bits_text) or len(bits_text.lstrip("0")) > 3 or int(bits_text) > width:
            self.report_mask(address_text, bits_text, width, argument)
            return None
        return _block(address, version, int(bits_text))

    def report_no_mask(self, address_text: str, version: int, node: Node) -> None:
        source = self.document.source(node)
        network = (
            f'"{address_text}/24" for 256 addresses' if version == 4 else f'"{address_text}/64" for a subnet'
        )
        self.report(
            "cidr-no-mask",
            node,
            f"{source} has no mask",
            why="a CIDR block is an address, a slash, and how many leading bits are fixed",
            write=f"{network}; for this one, drop cidr and list {source}",
        )

    def report_mask(self, address_text: str, bits_text: str, width: int, node: Node) -> None:
        bits = _bits_of_netmask(bits_text) if width == 32 else None
        if bits is not None:
            write = f'"{address_text}/{bits}"'
        elif re.fullmatch(r"[+ ]*[0-9]{1,3} *", bits_text) and int(bits_text.strip("+ ")) <= width:
            write = f'"{address_text}/{int(bits_text.strip("+ "))}"'
        else:
            write = (
                f'"{address_text}/{width * 3 // 4}" for a block, "{address_text}/{width}" for this address'
            )
        self.report(
            "cidr-mask",
            node,
            f"the mask {_short_quoted(bits_text)} is not a number of bits from 0 to {width}",
            why=f"the mask says how many of the {width} bits of the address are fixed",
            write=write,
        )

    def report_address(self, address_text: str, rest: str, node: Node) -> None:
        self.report(
            "cidr-address",
            node,
            f"{_short_quoted(address_text)} is not an IP address",
            why=_ADDRESS_RULE,
            write=_nearest_address(address_text, rest),
        )

    def anything_but(self, argument: Node) -> Pattern | None:
        kind = argument.kind
        if kind == "string" or kind == "number":
            return AnythingBut(frozenset((Exact(argument.value),)))
        if kind == "array":
            return self.anything_but_list(argument)
        if kind == "object":
            return self.anything_but_inner(argument)
        others = [word for word in ("true", "false", "null") if word != kind]
        self.report_anything_but_type(
            argument,
            f"[{_NOT_A_LITERAL}, {', '.join(others)}] as the whole clause, for every value but {kind}",
        )
        return None

    def anything_but_list(self, argument: Node) -> Pattern | None:
        """Return anything-but for a list of strings or a list of numbers."""
        if not argument.value:
            self.report_anything_but_empty(argument)
            return None
        kinds = {node.kind for node in argument.value}
        if kinds == {"string"} or kinds == {"number"}:
            return AnythingBut(frozenset(Exact(node.value) for node in argument.value))
        if kinds == {"string", "number"}:
            self.report_mixed(argument)
            return None
        for node in argument.value:
            if node.kind not in ("string", "number"):
                self.report_anything_but_type(
                    node, "strings alone or numbers alone; an object stands after anything-but without a list"
                )
        return None

    def report_anything_but_empty(self, node: Node) -> None:
        self.report(
            "anything-but-empty",
            node,
            "the array is empty, expected at least one value",
            why='"anything-but" lists what it does not accept; with nothing listed it is "exists"',
            write='{"exists": true} in place of the whole object',
        )

    def report_mixed(self, argument: Node) -> None:
        nodes = argument.value
        shown = ", ".join(self.document.source(node) for node in nodes[:10])
        strings = [
            quoted(node.value) if node.kind == "string" else f'"{self.document.source(node)}"'
            for node in nodes[:10]
        ]
        numbers = [self.document.source(node) for node in nodes if node.kind == "number"][:3]
        counted = f'the string "{numbers[0]}"' if len(numbers) == 1 else "the numbers as strings"
        rest = ", ..." if len(nodes) > 10 else ""
        self.report(
            "anything-but-mixed",
            argument,
            f"numbers and strings together: {shown}{rest}",
            why="one anything-but excludes either numbers or strings",
            write=f"[{', '.join(strings)}{rest}] when events carry {counted}; "
            "excluding both kinds on one field cannot be expressed",
        )

    def report_anything_but_type(self, node: Node, write: str) -> None:
        self.report(
            "anything-but-type",
            node,
            f"found {self.describe(node)}, expected a string or a number",
            why='"anything-but" excludes strings, numbers, or what one pattern type inside it accepts',
            write=write,
        )

    def anything_but_inner(self, argument: Node) -> Pattern | None:
        """Return anything-but for one inner pattern type that holds a string or a list of strings."""
        members = argument.value
        if len(members) != 1 or members[0][0] not in INNER_TYPES["anything-but"]:
            self.report_inner("anything-but", argument)
            return None
        keyword, _, inner = members[0]
        if inner.kind == "array" and not inner.value:
            self.report_anything_but_empty(inner)
            return None
        nodes = inner.value if inner.kind == "array" else [inner]
        excluded = [pattern for node in nodes if (pattern := self.excluded(keyword, node)) is not None]
        return AnythingBut(frozenset(excluded)) if len(excluded) == len(nodes) else None

    def excluded(self, keyword: str, node: Node) -> Excludable | None:
        """Return the pattern that anything-but excludes for one string under ``keyword``."""
        if node.kind != "string":
            self.report(
                "argument-not-string",
                node,
                f"found {self.describe(node)}, expected a string",
                why=f'"{keyword}" inside "anything-but" takes a string or a list of strings',
                write=f'"{self.document.source(node)}", when events carry a string'
                if node.kind == "number"
                else '"..." or ["...", "..."]',
            )
            return None
        text: str = node.value
        if keyword == "wildcard":
            return self.wildcard_pattern(text, node)
        if keyword == "equals-ignore-case":
            return EqualsIgnoreCase(fold(text))
        if not text:
            self.report(
                "anything-but-empty-text",
                node,
                f'an empty string under "{keyword}"',
                why=f"every string has the empty {keyword}, so no string would be accepted",
                write='[{"numeric": ["<", 0]}, {"numeric": [">=", 0]}, true, false, null] '
                "for every value that is no string",
            )
            return None
        return Prefix(text) if keyword == "prefix" else Suffix(text)


def suffix_pattern(text: str) -> Prefix | Suffix:
    """Return the pattern for a suffix; the empty one accepts what the empty prefix does."""
    return Suffix(text) if text else Prefix("")


def _block(address: tuple[int, int], written_version: int, bits: int) -> Cidr:
    version, number = address
    if version != written_version:  # IPv4-mapped
        if bits >= 96:
            bits -= 96
        else:
            version, number = 6, number | 0xFFFF << 32
    host_bits = (32 if version == 4 else 128) - bits
    return Cidr(version, number >> host_bits << host_bits, bits)


def _bits_of_netmask(text: str) -> int | None:
    """Return 8 for "255.0.0.0"; None for what is no netmask."""
    address = parse_address(text)
    if address is None or address[0] != 4:
        return None
    ones = f"{address[1]:032b}".rstrip("0")
    return len(ones) if "0" not in ones else None


def _nearest_address(address_text: str, rest: str) -> str:
    """Return the block that was probably meant, or the two forms there are."""
    candidates: list[tuple[str, str]] = []
    if len(address_text) <= 60:
        parts = address_text.strip(" ").split("%")[0].split(".")
        if 0 < len(parts) <= 4 and all(re.fullmatch("[0-9]{1,5}", part) for part in parts):
            plain = ".".join(str(int(part)) for part in parts)
            candidates.append((plain, " if the parts are decimal"))
            candidates.append((plain + ".0" * (4 - len(parts)), ""))
        candidates.append((address_text.strip(" ").split("%")[0], ""))
    bits = rest if re.fullmatch("/[0-9]{1,2}", rest) and int(rest[1:]) <= 32 else "/24"
    for candidate, condition in candidates:
        parsed = parse_address(candidate)
        if parsed is not None:
            mask = bits if ":" not in candidate else (rest if re.fullmatch("/[0-9]{1,2}", rest) else "/64")
            return f'"{candidate}{mask}"{condition}'
    return 'a block such as "10.0.0.0/8" or "2001:db8::/32"'


def _with_single_stars(wildcard: str) -> str:
    return re.sub(r"(\\.)|\*+", lambda token: token[1] or "*", wildcard)


def _with_double_backslashes(wildcard: str) -> str:
    return "".join("\\\\" if token[0] == "\\" else token[0] for token in _wildcard_tokens(wildcard))


def _all_are(array: Node, kind: str) -> bool:
    return all(node.kind == kind for node in array.value)


def _short_quoted(text: str) -> str:
    """Return ``text`` as a JSON string, its middle left out when it is long."""
    return quoted(text) if len(text) <= 80 else quoted(f"{text[:50]}...{text[-20:]}")
