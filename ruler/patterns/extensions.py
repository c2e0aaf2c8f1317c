"""Reads the pattern types of the extensions: all-of, none-of, regexp, and what they add to the other types.

In: nodes. Out: patterns, in the normal form of model.py; what is wrong is reported as in clauses.py, whose
ClauseReader holds one of these where the extensions are on.

    {"all-of": [{"prefix": "a"}, ["b", "c"]]}  ->  AllOf({{Prefix("a")}, {Exact("b"), Exact("c")}})

Normal form: an all-of inside all-of that stands alone is opened, and so is one of a single list inside a list or in
none-of; what accepts every value is left out of all-of; several anything-but in one all-of are one that excludes
more; an all-of of one pattern is that pattern.
Always: a method that reports returns None. Recursion is bounded by MOST_LEVELS, as rules nest deeper than calls may.
Source: section 13 of the semantics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ruler.patterns.folding import fold
from ruler.patterns.iregexp import IRegexpError, literal_of, read_regexp
from ruler.patterns.model import (
    Absent,
    AllOf,
    AnythingBut,
    EqualsIgnoreCase,
    Exact,
    Excludable,
    Exists,
    NoneOf,
    Pattern,
    Prefix,
    PrefixIgnoreCase,
    Regexp,
    Suffix,
    SuffixIgnoreCase,
    Wildcard,
    WildcardIgnoreCase,
)
from ruler.patterns.operators import operator_meant
from ruler.patterns.reader import Node
from ruler.patterns.rewrites import flattened, fragment, quoted
from ruler.patterns.vocabulary import PATTERN_TYPES

if TYPE_CHECKING:
    from ruler.patterns.clauses import ClauseReader

MOST_LEVELS = 32  # of all-of and none-of inside each other; people write two


class ExtensionReader:
    """Reads what the extensions add, for one ClauseReader."""

    def __init__(self, clauses: ClauseReader) -> None:
        self.clauses = clauses
        self.level = 0
        self.readers: dict[str, Callable[[Node], Pattern | None]] = {
            "all-of": self.all_of,
            "none-of": self.none_of,
            "regexp": self.regexp,
        }

    def all_of(self, argument: Node) -> Pattern | None:
        if not self.is_list("all-of", argument):
            return None
        self.level += 1
        parts = [self.part(node, argument) for node in argument.value]
        self.level -= 1
        whole = [part for part in parts if part is not None]
        return all_of(whole) if len(whole) == len(parts) else None

    def part(self, node: Node, around: Node) -> frozenset[Pattern] | None:
        """Return the patterns of one element of all-of: several when it is a list."""
        if node.kind != "array":
            pattern = self.inside("all-of", node, around)
            return None if pattern is None else opened([pattern])
        if not node.value:
            self.report_empty("all-of", node)
            return None
        found = [self.inside("all-of", each, node) for each in node.value]
        patterns = [pattern for pattern in found if pattern is not None]
        return opened(patterns) if len(patterns) == len(found) else None

    def none_of(self, argument: Node) -> Pattern | None:
        if not self.is_list("none-of", argument):
            return None
        self.level += 1
        found = [self.inside("none-of", node, argument) for node in argument.value]
        self.level -= 1
        patterns = [pattern for pattern in found if pattern is not None]
        if len(patterns) < len(found):
            return None
        return Absent() if Exists() in patterns else NoneOf(opened(patterns))

    def inside(self, keyword: str, node: Node, around: Node) -> Pattern | None:
        """Return the pattern of ``node``, an element of the list ``around`` in ``keyword``."""
        if node.kind == "array":
            self.report_array(keyword, node, around)
            return None
        pattern = self.clauses.alternative(node, around)
        if isinstance(pattern, Absent | NoneOf):
            self.report_absence(keyword, node)
            return None
        return pattern

    def regexp(self, argument: Node) -> Pattern | None:
        text = self.clauses.text_of("regexp", argument)
        if text is None:
            return None
        try:
            program = read_regexp(text)
        except IRegexpError as error:
            self.clauses.report(error.code, argument, error.what, why=error.why, write=error.write)
            return None
        literal = literal_of(program)
        return Regexp(program) if literal is None else Exact(literal)

    def wildcard_ignore_case(self, text: str, node: Node) -> Excludable | None:
        """Return the pattern of ``{"wildcard": {"equals-ignore-case": text}}``."""
        pattern = self.clauses.wildcards.pattern(text, node)
        return None if pattern is None else ignoring_case(pattern)

    def anything_but(self, keyword: str, inner: Node) -> Pattern | None:
        """Return anything-but for blocks, numbers, or ``{keyword: {"equals-ignore-case": ...}}``."""
        if keyword == "numeric":
            numbers = self.clauses.numeric(inner)
            return None if numbers is None else AnythingBut(frozenset((numbers,)))  # type: ignore[arg-type]
        argument = inner
        ignores_case = keyword in ("prefix", "suffix", "wildcard") and inner.kind == "object"
        if ignores_case:
            if len(inner.value) != 1 or inner.value[0][0] != "equals-ignore-case":
                self.clauses.report_inner(keyword, inner)
                return None
            argument = inner.value[0][2]
        if argument.kind == "array" and not argument.value:
            self.clauses.report_anything_but_empty(argument)
            return None
        nodes = argument.value if argument.kind == "array" else [argument]
        found = [self.block(node) if keyword == "cidr" else self.clauses.excluded(keyword, node) for node in nodes]
        patterns = [pattern for pattern in found if pattern is not None]
        if len(patterns) < len(found):
            return None
        return AnythingBut(frozenset(map(ignoring_case, patterns) if ignores_case else patterns))

    def block(self, node: Node) -> Excludable | None:
        if node.kind == "string":
            return self.clauses.cidrs.pattern(node.value, node)
        self.clauses.report(
            "argument-not-string",
            node,
            f"found {self.clauses.describe(node)}, expected a string",
            why='"cidr" inside "anything-but" takes a string or a list of strings',
            write='"10.0.0.0/8" or ["10.0.0.0/8", "192.168.0.0/16"], for example',
        )
        return None

    # Errors.

    def is_list(self, keyword: str, argument: Node) -> bool:
        """Return whether ``argument`` is a list that may be read; reports it when it is not."""
        source = fragment(self.clauses.document, argument)
        if argument.kind != "array":
            # Only of what is short, so that what asks in turn is bounded, however deep an object nests.
            is_one = source is not None and (argument.kind != "object" or self.clauses.is_pattern(argument))
            self.clauses.report(
                "argument-not-array",
                argument,
                f"found {self.clauses.describe(argument)}, expected an array",
                why=f'"{keyword}" takes a list of values and pattern types, even when there is one',
                write=f"[{source}]" if is_one else _argument_of(keyword),
            )
            return False
        if not argument.value:
            self.report_empty(keyword, argument)
            return False
        if self.level == MOST_LEVELS:
            self.clauses.report(
                "pattern-too-deep",
                argument,
                f'"all-of" and "none-of" are nested deeper than {MOST_LEVELS}',
                why="one inside another of its kind means the same as its elements, so deep nesting is never needed",
                write="the elements of the inner one in the outer one",
            )
            return False
        return True

    def report_empty(self, keyword: str, node: Node) -> None:
        self.clauses.report(
            "argument-empty",
            node,
            "the array is empty, expected at least one value or pattern type",
            why=f'"{keyword}" says what each value is held to; with nothing listed it would say nothing',
            write=f"{_argument_of(keyword)}, for example",
        )

    def report_array(self, keyword: str, node: Node, around: Node) -> None:
        why = '"none-of" lists its alternatives side by side'
        if keyword == "all-of":
            why = 'a list inside "all-of" stands for any of its members, which are no lists'
        self.clauses.report(
            "array-in-clause",
            node,
            f'found {self.clauses.describe(node)} inside a list of "{keyword}"',
            why=why,
            write=flattened(self.clauses.document, around) or "its members one by one, in the list around it",
        )

    def report_absence(self, keyword: str, node: Node) -> None:
        name, _, argument = node.value[0]
        source = fragment(self.clauses.document, node)
        inner = fragment(self.clauses.document, argument)
        write = 'a clause of its own in a branch of "$and"'
        if keyword == "all-of" and source is not None:
            write = f'{source} in a clause of its own, side by side with the rest by "$and"'
        elif name == "exists":
            write = '{"exists": true}, for which "none-of" holds when there is no value'
        elif inner is not None:
            write = f"{inner} as the clause itself, when some value must be one of these"
        self.clauses.report(
            "absence-inside-pattern",
            node,
            f'{_shown(name)} stands inside "{keyword}"',
            why="what is listed there is asked of one value; this is asked of all values of the field at once",
            write=write,
        )

    # Advice that differs from what is given without the extensions.

    def both(self, node: Node) -> str | None:
        """Return how to write an object that names several pattern types, None when they cannot stand together."""
        if any(name == "none-of" for name, _, _ in node.value):
            return 'each in a clause of its own, in the branches of "$or" for either and of "$and" for both'
        each = []
        for name, _, argument in node.value[:10]:
            source = fragment(self.clauses.document, argument)
            if source is None or name == "exists" or not self.clauses.compiles(name, argument):
                return None
            each.append(f'{{"{name}": {source}}}')
        if len(each) < len(node.value):
            return None
        count = ("both", "either") if len(each) == 2 else ("all of them", "any of them")
        return f'{{"all-of": [{", ".join(each)}]}} for {count[0]} together, [{", ".join(each)}] for {count[1]}'

    def instead_of_operator(self, name: str, argument: Node) -> str | None:
        """Return the extension that an operator of another language means, None when it means none."""
        meaning = operator_meant(name)
        keyword = {"all-of": "all-of", "regex": "regexp"}.get(meaning or "")
        if meaning == "anything-but" and name.lower().strip("$").replace("_", "") == "noneof":
            keyword = "none-of"
        if keyword is None:
            return None
        if keyword == "regexp" and argument.kind == "string":
            return self.regexp_meant(argument.value)
        source = fragment(self.clauses.document, argument)
        if source is not None and self.clauses.compiles(keyword, argument):
            return f'{{"{keyword}": {source}}}'
        return f'"{keyword}", as in {PATTERN_TYPES[keyword].example}'

    def regexp_meant(self, text: str) -> str:
        """Return regexp for a text of another language, where ^ and $ say what is always so here."""
        whole = text[1:] if text.startswith("^") else text
        whole = whole[:-1] if whole.endswith("$") and not whole.endswith("\\$") else whole
        try:
            read_regexp(whole)
        except IRegexpError as error:
            return f'"regexp", as in {PATTERN_TYPES["regexp"].example}; in this one: {error.what}'
        if len(whole) > 150:
            return f'"regexp", as in {PATTERN_TYPES["regexp"].example}'
        left_out = ", so ^ and $ are left out" if whole != text else ""
        return f'{{"regexp": {quoted(whole)}}}; it is held to the whole string{left_out}'

    def instead_of_inner(self, keyword: str, name: str, inner: Node) -> str | None:
        """Return none-of for a pattern type that may not stand inside anything-but."""
        if keyword != "anything-but" or name not in ("all-of", "regexp"):
            return None
        source = fragment(self.clauses.document, inner)
        if source is None or not self.clauses.compiles(name, inner):
            return None
        return f'{{"none-of": [{{"{name}": {source}}}]}} in place of the whole object; it also holds without a value'


def all_of(parts: Iterable[frozenset[Pattern]]) -> Pattern:
    """Return the pattern that accepts what every part accepts, a part being any of its patterns."""
    whole: set[frozenset[Pattern]] = set()
    for part in parts:
        [first, *others] = part
        if isinstance(first, AllOf) and not others:
            whole |= first.parts
        elif Exists() not in part:
            whole.add(part)
    whole = _with_one_anything_but(whole)
    if not whole:
        return Exists()
    if len(whole) == 1:
        [[*patterns]] = whole
        if len(patterns) == 1:
            return patterns[0]
    return AllOf(frozenset(whole))


def _with_one_anything_but(parts: set[frozenset[Pattern]]) -> set[frozenset[Pattern]]:
    """Return ``parts`` with those that are one anything-but made one: it excludes what any of them does."""
    excluded: set[Excludable] = set()
    others: set[frozenset[Pattern]] = set()
    for part in parts:
        [first, *more] = part
        if isinstance(first, AnythingBut) and not more:
            excluded |= first.excluded
        else:
            others.add(part)
    return others | {frozenset((AnythingBut(frozenset(excluded)),))} if excluded else others


def opened(patterns: Iterable[Pattern]) -> frozenset[Pattern]:
    """Return ``patterns``, any of which may accept, with each all-of of one list given as its members."""
    found: set[Pattern] = set()
    for pattern in patterns:
        if isinstance(pattern, AllOf) and len(pattern.parts) == 1:
            [part] = pattern.parts
            found |= part
        else:
            found.add(pattern)
    return frozenset(found)


def ignoring_case(pattern: Excludable) -> Excludable:
    """Return the pattern that accepts what ``pattern``, made of a wildcard, accepts in any case."""
    match pattern:
        case Exact(str(text)):
            return EqualsIgnoreCase(fold(text))
        case Prefix(text):
            return PrefixIgnoreCase(fold(text)) if text else pattern
        case Suffix(text):
            return SuffixIgnoreCase(fold(text))
        case Wildcard(pieces):
            return WildcardIgnoreCase(tuple(map(fold, pieces)))
    raise AssertionError(f"not made of a wildcard: {pattern!r}")


def _argument_of(keyword: str) -> str:
    example = PATTERN_TYPES[keyword].example
    return example[example.index("[") : -1]


def _shown(name: str) -> str:
    return '"exists" with false' if name == "exists" else f'"{name}"'
