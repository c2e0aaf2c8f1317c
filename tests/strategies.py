"""Hypothesis strategies for rules and events, as texts. They favour collisions: few names, few values.

A rule or an event is built as a small tree and then spelled as JSON text by hand, because a decoded form can
hold neither two equal names in one object nor the spelling of a number. Every rule drawn here is valid.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

# An object is a list of (name, node) inside Members; a leaf of text is Spelled; a list is a JSON array.


class Members(list[tuple[str, Any]]):
    """The members of one object, in text order; names may repeat."""


class Spelled(str):
    """A scalar as it is spelled in the text."""


def text_of(node: Any) -> str:
    """The JSON text of a tree."""
    if isinstance(node, Spelled):
        return str(node)
    if isinstance(node, Members):
        return "{" + ",".join(f"{json.dumps(name)}:{text_of(value)}" for name, value in node) + "}"
    if isinstance(node, list):
        return "[" + ",".join(map(text_of, node)) + "]"
    return json.dumps(node)


# ----- values

NAMES = ["a", "a", "a", "b", "b", "", "a.b", "a-b"]
names = st.sampled_from(NAMES)

FOLDING = ["K", "k", "\u212a", "ß", "ẞ", "ss", "Σ", "ς", "σ", "AB", "aB", "İ", "i"]
ADDRESSES = [
    "10.0.0.0",
    "10.0.0.1",
    "10.128.0.1",
    "11.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:a00:1",
    "2001:db8::1",
    "2001:DB8:0::1",
    "::",
    "::1",
    "010.0.0.1",
    "10.0.0",
    "10.0.0.256",
    "fe80::1%a",
]
strings = st.one_of(
    st.text(alphabet="ab", max_size=4),
    st.text(alphabet="ab*\\", max_size=4),
    st.sampled_from(FOLDING),
    st.text(alphabet="Kk\u212aßẞΣς", min_size=1, max_size=3),
    st.sampled_from(ADDRESSES),
    st.sampled_from(["1", "true", "null", "e\u0301", "é", "😀", "\ue000", "\n", '"']),
)
string_texts = st.builds(
    lambda value, ascii_only: Spelled(json.dumps(value, ensure_ascii=ascii_only)), strings, st.booleans()
)
number_texts = st.sampled_from(
    """0 -0 -0.0 0.0 0e5 1 1.0 10E-1 2 -1 0.5 3e2 300 0.1 1e-1 9007199254740992 9007199254740993
    9007199254740993.0 9007199254740994 9223372036854775807 9223372036854775808 9223372036854775808.0
    18446744073709551614 18446744073709551615 18446744073709551616 -9223372036854775808 -9223372036854775809
    1e300 -1e300 1.7976931348623157e308 5e-324 1e-400""".split()  # noqa: SIM905
).map(Spelled)
literal_texts = st.sampled_from(["true", "false", "null"]).map(Spelled)
scalars = st.one_of(string_texts, number_texts, literal_texts)

# ----- alternatives of a rule


def matcher(keyword: str, argument: st.SearchStrategy[Any]) -> st.SearchStrategy[Members]:
    """``{keyword: argument}``."""
    return argument.map(lambda value: Members([(keyword, value)]))


def one_or_list(argument: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The argument alone or a list of up to three."""
    return argument | st.lists(argument, min_size=1, max_size=3)


def _wildcard_text(pieces: list[str], stars: tuple[bool, bool]) -> str:
    middle = "*".join(piece.replace("\\", "\\\\").replace("*", "\\*") for piece in pieces)
    return ("*" if stars[0] else "") + middle + ("*" if stars[1] else "")


wildcards = st.builds(
    _wildcard_text,
    st.lists(st.text(alphabet="ab*\\K", min_size=1, max_size=2), min_size=1, max_size=4),
    st.tuples(st.booleans(), st.booleans()),
) | st.sampled_from(["*", ""])
filled_strings = strings.filter(bool)
blocks = st.sampled_from(
    """10.0.0.0/8 10.0.0.0/9 10.0.0.1/32 10.5.6.7/0 0.0.0.0/1 10.0.0.0/31 ::/0 ::1/128 2001:db8::/32
    2001:db8::/127 ::ffff:10.0.0.0/104 ::ffff:10.0.0.1/128""".split()  # noqa: SIM905
)


@st.composite
def numeric_arguments(draw: st.DrawFn) -> list[Any]:
    """What ``numeric`` takes: one comparison, or a lower and then a higher bound."""
    first = draw(number_texts)
    if draw(st.booleans()):
        return [draw(st.sampled_from(["=", "<", "<=", ">", ">="])), first]
    second = draw(number_texts)
    low, high = sorted((first, second), key=_number)
    if _number(low) == _number(high):
        return [">=", low]
    return [draw(st.sampled_from([">", ">="])), low, draw(st.sampled_from(["<", "<="])), high]


def _number(text: str) -> int | float:
    value: int | float = json.loads(text)
    return value if isinstance(value, float) or -(2**63) <= value < 2**64 else float(value)


anything_buts = matcher(
    "anything-but",
    st.one_of(
        one_or_list(string_texts),
        one_or_list(number_texts),
        matcher("prefix", one_or_list(filled_strings)),
        matcher("suffix", one_or_list(filled_strings)),
        matcher("equals-ignore-case", one_or_list(strings)),
        matcher("wildcard", one_or_list(wildcards)),
    ),
)
ignoring_case = matcher("equals-ignore-case", strings)
absent = st.just(Members([("exists", Spelled("false"))]))
tests_of_values = st.one_of(
    scalars,
    matcher("exactly", strings),
    matcher("prefix", strings | ignoring_case),
    matcher("suffix", strings | ignoring_case),
    ignoring_case,
    matcher("wildcard", wildcards),
    matcher("numeric", numeric_arguments()),
    matcher("cidr", blocks),
    anything_buts,
    st.just(Members([("exists", Spelled("true"))])),
)
loose_tests = st.sampled_from(  # so that many answers are yes
    [
        Members([("exists", Spelled("true"))]),
        Members([("prefix", "")]),
        Members([("anything-but", "a")]),
        Members([("wildcard", "*a*")]),
        Members([("numeric", [">=", 0])]),
    ]
)
leaves = st.lists(st.one_of(tests_of_values, tests_of_values, loose_tests, absent), min_size=1, max_size=2)

# ----- rules


def rule_objects(depth: int, leaf: st.SearchStrategy[Any] = leaves) -> st.SearchStrategy[Members]:
    """An object of a rule, up to ``depth`` objects and ``$or``s deep; equal names may occur."""
    member = st.tuples(names, leaf)
    if depth > 1:
        inner = rule_objects(depth - 1, leaf)
        branches = st.lists(inner, min_size=2, max_size=2)
        member = st.one_of(member, member, st.tuples(names, inner), st.tuples(st.just("$or"), branches))
    return st.lists(member, min_size=1, max_size=2).map(Members)


general_rules = st.one_of(rule_objects(1), rule_objects(2), rule_objects(3)).map(text_of)

# Rules over a few values at two or three paths under one or two arrays, absence among them.
small_leaves = st.lists(
    st.sampled_from([Spelled("1"), Spelled("2"), Spelled('"a"')])
    | absent
    | st.just(Members([("anything-but", 1)]))
    | st.just(Members([("exists", Spelled("true"))])),
    min_size=1,
    max_size=2,
)
ARRAY_PATHS = ["a.x", "a.y", "a.b.x", "a.b.y", "b.x", "b.y", "a", "a.b", "a-b"]
array_rules = st.one_of(
    st.lists(st.tuples(st.sampled_from(ARRAY_PATHS), small_leaves), min_size=2, max_size=4).map(Members).map(text_of),
    st.lists(
        st.tuples(st.sampled_from(ARRAY_PATHS), small_leaves)
        | st.tuples(
            st.just("$or"),
            st.lists(
                st.lists(st.tuples(st.sampled_from(ARRAY_PATHS), small_leaves), min_size=1, max_size=2).map(Members),
                min_size=2,
                max_size=2,
            ),
        ),
        min_size=1,
        max_size=3,
    )
    .map(Members)
    .map(text_of),
)


@st.composite
def all_rules(draw: st.DrawFn) -> str:
    """Any of them. A function of its own, because the ``repr`` of what it draws from would be a book."""
    return draw(general_rules | array_rules)


rules = all_rules()

# Refused, each for another reason; for edit scripts that must leave no trace of them.
bad_rules = st.sampled_from(
    [
        "",
        "{}",
        "[]",
        '{"a":[]}',
        '{"a":"x"}',
        '{"a":[1],"b":[{"foo":1}]}',
        '{"a":[1],"b":[{"wildcard":"a**b"}]}',
        '{"$or":[{"a":[1]}]}',
        '{"a":[1],"b":[1e400]}',
        '{"a":["\\ud800"]}',
        '{"a":[1]} x',
    ]
)

# ----- events


def event_values(depth: int) -> st.SearchStrategy[Any]:
    """A value of an event, up to ``depth`` arrays and objects deep."""
    if depth == 0:
        return scalars
    inner = event_values(depth - 1)
    return st.one_of(
        scalars,
        st.lists(inner, max_size=3),
        event_objects(depth - 1),
        st.lists(event_objects(depth - 1), min_size=1, max_size=3),
    )


def event_objects(depth: int) -> st.SearchStrategy[Members]:
    """An object of an event; equal names may occur."""
    return st.lists(st.tuples(names, event_values(depth)), max_size=3).map(Members)


general_events = st.one_of(event_objects(1), event_objects(2), event_objects(3)).map(text_of)


def _array_elements(depth: int) -> st.SearchStrategy[Any]:
    small = st.sampled_from([Spelled("1"), Spelled("2"), Spelled('"a"')])
    value = small | st.lists(small, max_size=2)
    if depth:
        elements = st.lists(_array_elements(depth - 1), min_size=1, max_size=3)
        value = value | elements | _array_elements(depth - 1)
    member = st.tuples(st.sampled_from(["x", "y", "x", "y", "b"]), value)
    found: st.SearchStrategy[Any] = st.lists(member, min_size=1, max_size=3).map(Members)
    return st.one_of(found, found, found, small, st.lists(found, max_size=2)) if depth else found


array_events = (
    st.lists(
        st.tuples(
            st.sampled_from(["a", "a", "b", "a.b", "a-b"]),
            st.lists(_array_elements(2), min_size=1, max_size=3) | _array_elements(2),
        ),
        min_size=1,
        max_size=3,
    )
    .map(Members)
    .map(text_of)
)


@st.composite
def all_events(draw: st.DrawFn) -> str:
    """Any of them; see ``all_rules``."""
    return draw(general_events | array_events)


events = all_events()

# Pairs that share a shape, so that half of the answers are not simply "nothing".
rule_sets_and_events = st.one_of(
    st.tuples(st.lists(general_rules, min_size=1, max_size=6), general_events),
    st.tuples(st.lists(array_rules, min_size=1, max_size=6), array_events),
    st.tuples(st.lists(rules, min_size=1, max_size=6), events),
)

# One path, one leaf, one scalar: every matcher against every value.
single_values = st.tuples(
    st.lists(leaves.map(lambda leaf: text_of(Members([("a", leaf)]))), min_size=1, max_size=8),
    (scalars | st.lists(scalars, max_size=3)).map(lambda value: text_of(Members([("a", value)]))),
)
