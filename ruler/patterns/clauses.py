"""Reads the array of one clause into patterns, in the normal form of model.py.

In: nodes. Out: patterns; everything wrong is reported with what to write instead, and reading goes on.

    ["x", {"prefix": "y"}]  ->  {Exact("x"), Prefix("y")}

Always: a method that reports returns None, so that a pattern exists only when all of it is right.
Source: sections 5 to 8 of the semantics.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ruler.patterns.cidr import CidrReader
from ruler.patterns.folding import fold
from ruler.patterns.model import (
    Absent,
    AnythingBut,
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
)
from ruler.patterns.numeric import NumericReader
from ruler.patterns.operators import (
    EVERY_STRING_AND_NUMBER,
    instead_of_operator,
    looks_like_operator,
    numeric_of,
)
from ruler.patterns.reader import Document, Node
from ruler.patterns.report import Report
from ruler.patterns.rewrites import (
    anything_but_numeric,
    both_or_either,
    flattened,
    fragment,
    neither_of,
    one_object_each,
    quoted,
    short_quoted,
)
from ruler.patterns.vocabulary import (
    INNER_TYPES,
    PATTERN_TYPES,
    PLAIN_INNER_TYPES,
    PLAIN_TYPES,
    nearest_pattern_type,
)
from ruler.patterns.wildcards import WildcardReader

if TYPE_CHECKING:
    from ruler.patterns.extensions import ExtensionReader


class ClauseReader:
    """Reads the clauses of one document; without ``extensions`` those of section 13 are refused."""

    def __init__(self, document: Document, report: Report, *, extensions: bool = True) -> None:
        self.document = document
        self.report = report
        self.extensions: ExtensionReader | None = None
        self.pattern_types = PATTERN_TYPES if extensions else PLAIN_TYPES
        self.inner_types = INNER_TYPES if extensions else PLAIN_INNER_TYPES
        self.wildcards = WildcardReader(document, report)
        self.cidrs = CidrReader(document, report)
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
        if extensions:
            from ruler.patterns.extensions import ExtensionReader

            self.extensions = ExtensionReader(self)
            self.readers.update(self.extensions.readers)

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
            pattern = self.alternative(node, clause)
            if pattern is not None:
                patterns.append(pattern)
        return frozenset(patterns)

    def alternative(self, node: Node, clause: Node) -> Pattern | None:
        """Return the pattern that ``node``, an element of the array ``clause``, is."""
        kind = node.kind
        if kind == "string" or kind == "number":
            return Exact(node.value)
        if kind == "object":
            return self.pattern(node, clause)
        if kind == "array":
            self.report_array(node, clause)
            return None
        return Literal(node.value)

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
        if len(members) == 2 and (numeric := numeric_of(self.document, [(name, arg) for name, _, arg in members])):
            self.report_comparisons(node, numeric)
            return None
        unknown = [member for member in members if member[0] not in self.pattern_types]
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
            write=(self.extensions and self.extensions.both(node)) or both_or_either(self.document, node.value),
        )

    def report_comparisons(self, node: Node, numeric: str) -> None:
        name, name_start, argument = node.value[0]
        self.report(
            "unknown-pattern-type",
            argument,
            f"{short_quoted(name)} is not a pattern type",
            why=f"pattern types are {', '.join(self.pattern_types)}",
            write=f'{{"numeric": {numeric}}}',
            at=name_start,
        )

    def report_unknown(self, member: tuple[str, int, Node], node: Node, clause: Node) -> None:
        name, name_start, argument = member
        self.report(
            "unknown-pattern-type",
            argument,
            f"{short_quoted(name)} is not a pattern type",
            why=f"pattern types are {', '.join(self.pattern_types)}",
            write=self.instead_of_unknown(name, argument, node, clause),
            at=name_start,
        )

    def instead_of_unknown(self, name: str, argument: Node, node: Node, clause: Node) -> str:
        """Return what to write for an unknown pattern type: the right one, or the clause meant."""
        operator = (self.extensions and self.extensions.instead_of_operator(name, argument)) or instead_of_operator(
            self, name, argument
        )
        if operator is not None:
            return operator
        source = fragment(self.document, argument)
        keyword = nearest_pattern_type(name, tuple(self.pattern_types))
        if keyword is not None:
            if source is not None and self.compiles(keyword, argument):
                return f'{{"{keyword}": {source}}}'
            return f'"{keyword}", as in {self.pattern_types[keyword].example}'
        if len(clause.value) == 1 and self.is_object_of_clauses(node):
            whole = fragment(self.document, node)
            inner = whole or "the object"
            return f"{inner} without the array around it, since arrays add nothing to a path"
        known = [member for member in node.value if member[0] in self.pattern_types]
        if len(known) == 1 and (kept := fragment(self.document, known[0][2])) is not None:
            return f'{{"{known[0][0]}": {kept}}} alone'
        return f"one of them, such as {PATTERN_TYPES['prefix'].example}, or a plain value"

    def compiles(self, keyword: str, argument: Node) -> bool:
        """Return whether ``{keyword: argument}`` is a pattern."""
        return _is_right(lambda: self.probe().readers[keyword](argument))

    def is_pattern(self, node: Node) -> bool:
        """Return whether the object ``node`` is a pattern."""
        return _is_right(lambda: self.probe().pattern(node, node))

    def is_clause(self, node: Node) -> bool:
        """Return whether the array ``node`` is a clause without errors."""
        return _is_right(lambda: self.probe().patterns(node))

    def probe(self) -> _Probe:
        return _Probe(self.document, _refuse, extensions=self.extensions is not None)

    def is_object_of_clauses(self, node: Node) -> bool:
        """Return whether the object ``node`` plainly names fields, and would be right as a nested object."""
        waiting = [node]
        while waiting:
            members = waiting.pop().value
            for name, _, value in members:
                if looks_like_operator(name) or value.kind not in ("array", "object"):
                    return False
                if value.kind == "object":
                    waiting.append(value)
                elif not self.is_clause(value):
                    return False
            if not members:
                return False
        return True

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
        elif argument.kind == "object" and (inverted := self.instead_of_object(keyword, argument)) is not None:
            write = inverted
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

    def instead_of_object(self, keyword: str, argument: Node) -> str | None:
        """Return what to write for an object with one string, where a string must stand alone."""
        if len(argument.value) != 1 or argument.value[0][2].kind != "string":
            return None
        name, _, inner = argument.value[0]
        source = fragment(self.document, inner) or '"..."'
        if keyword == "equals-ignore-case" and name in ("prefix", "suffix"):
            return f'{{"{name}": {{"equals-ignore-case": {source}}}}} in place of the whole object'
        if self.extensions is not None and (keyword, name) == ("equals-ignore-case", "wildcard"):
            return f'{{"wildcard": {{"equals-ignore-case": {source}}}}} in place of the whole object'
        if "equals-ignore-case" in (keyword, name) and "wildcard" in (keyword, name):
            return (
                f'{{"wildcard": {source}}} with the case as written; a wildcard that ignores case cannot be expressed'
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
        allowed = self.inner_types[keyword]
        one_of = allowed[0] if len(allowed) == 1 else f"{', '.join(allowed[:-1])} or {allowed[-1]}"
        if not names:
            what = f"the object is empty, expected {one_of}"
        elif len(names) > 1:
            what = f"{len(names)} names in the object, expected {one_of} alone"
        else:
            what = f'{short_quoted(names[0])} may not stand inside "{keyword}"'
        self.report(
            "unknown-inner-pattern",
            argument,
            what,
            why=f'the object inside "{keyword}" has one name, which is {one_of}',
            write=self.instead_of_inner(keyword, argument, allowed),
        )

    def instead_of_inner(self, keyword: str, argument: Node, allowed: tuple[str, ...]) -> str:
        if len(argument.value) == 1:
            name, _, inner = argument.value[0]
            source = fragment(self.document, inner)
            nearest = nearest_pattern_type(name, allowed)
            if self.extensions is not None and (advice := self.extensions.instead_of_inner(keyword, name, inner)):
                return advice
            if keyword == "anything-but" and name == "numeric" and (but := anything_but_numeric(self.document, inner)):
                return but
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
        if keyword == "anything-but" and len(argument.value) > 1:
            neither = neither_of(argument.value)
            if neither is not None:
                return f"{neither} for none of them"
            return "one of them alone; what several of these accept cannot be excluded in one"
        if keyword == "anything-but":
            return '"x" or ["x", "y"] or {"prefix": "x"} or {"wildcard": ["x*y", "z"]}, for example'
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
        if self.extensions is not None and argument.kind == "object":
            folded = self.ignore_case_text("wildcard", argument)
            inner = argument.value[0][2] if argument.value else argument
            return None if folded is None else self.extensions.wildcard_ignore_case(folded, inner)
        text = self.text_of("wildcard", argument)
        return None if text is None else self.wildcards.pattern(text, argument)

    def cidr(self, argument: Node) -> Pattern | None:
        text = self.text_of("cidr", argument)
        return None if text is None else self.cidrs.pattern(text, argument)

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
            f"[{EVERY_STRING_AND_NUMBER}, {', '.join(others)}] as the whole clause, for every value but {kind}",
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
            quoted(node.value) if node.kind == "string" else f'"{self.document.source(node)}"' for node in nodes[:10]
        ]
        numbers = [self.document.source(node) for node in nodes if node.kind == "number"][:3]
        counted = f'the string "{numbers[0]}"' if len(numbers) == 1 else "the numbers as strings"
        rest = ", ..." if len(nodes) > 10 else ""
        both = "excluding both kinds on one field cannot be expressed"
        if self.extensions is not None:
            both = 'one "anything-but" for each kind, joined by "all-of", excludes both'
        self.report(
            "anything-but-mixed",
            argument,
            f"numbers and strings together: {shown}{rest}",
            why="one anything-but excludes either numbers or strings",
            write=f"[{', '.join(strings)}{rest}] when events carry {counted}; {both}",
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
        if len(members) != 1 or members[0][0] not in self.inner_types["anything-but"]:
            self.report_inner("anything-but", argument)
            return None
        keyword, _, inner = members[0]
        if self.extensions is not None and (keyword in ("cidr", "numeric") or inner.kind == "object"):
            return self.extensions.anything_but(keyword, inner)
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
                write=self.instead_of_excluded(keyword, node),
            )
            return None
        text: str = node.value
        if keyword == "wildcard":
            return self.wildcards.pattern(text, node)
        if keyword == "equals-ignore-case":
            return EqualsIgnoreCase(fold(text))
        if not text:
            self.report(
                "anything-but-empty-text",
                node,
                f'an empty string under "{keyword}"',
                why=f"every string has the empty {keyword}, so no string would be accepted",
                write='[{"numeric": ["<", 0]}, {"numeric": [">=", 0]}, true, false, null] '
                "as the whole clause, for every value that is no string",
            )
            return None
        return Prefix(text) if keyword == "prefix" else Suffix(text)

    def instead_of_excluded(self, keyword: str, node: Node) -> str:
        if node.kind == "number":
            return f'"{self.document.source(node)}", when events carry a string'
        if node.kind == "object" and len(node.value) == 1 and node.value[0][0] == "equals-ignore-case":
            inner = node.value[0][2]
            source = fragment(self.document, inner) if inner.kind == "string" else None
            kept = "a string" if source is None else source
            if self.extensions is not None:
                return kept if keyword == "equals-ignore-case" else f'{{"equals-ignore-case": [{kept}]}} in its place'
            return f"{kept} with the case as written; excluding a {keyword} in any case cannot be expressed"
        return '"..." or ["...", "..."]'


class _Refused(Exception):
    """A problem that a probe found."""


def _refuse(code: str, node: Node, what: str, *, why: str, write: str, at: int | None = None) -> None:
    raise _Refused


def _is_right(read: Callable[[], object]) -> bool:
    try:
        read()
    except _Refused:
        return False
    return True


class _Probe(ClauseReader):
    """Only asks whether something is right: builds no advice for it, which would ask in turn."""

    def pattern(self, node: Node, clause: Node) -> Pattern | None:
        members = node.value
        if len(members) != 1 or members[0][0] not in self.readers:
            raise _Refused
        return self.readers[members[0][0]](members[0][2])


def suffix_pattern(text: str) -> Prefix | Suffix:
    """Return the pattern for a suffix; the empty one accepts what the empty prefix does."""
    return Suffix(text) if text else Prefix("")


def _all_are(array: Node, kind: str) -> bool:
    return all(node.kind == kind for node in array.value)
