"""The quick way to compile: it answers what the compiler would, or gives up; ordinary rules it answers."""

from __future__ import annotations

import enum
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruler.errors import RuleError
from ruler.patterns.compiler import Limits, compile_node, compile_rule
from ruler.patterns.model import AnythingBut
from ruler.patterns.quick import quickly_compiled
from ruler.patterns.reader import document_from_mapping, read_document
from tests import strategies
from tests.cases import all_cases, extension_cases, extension_subjects, room_for_recursion
from tests.strategies import Members, text_of
from tests.test_extensions import objects

SMALL = Limits(max_paths=3, max_sub_rules=4)  # so that drawn rules reach them
WITHOUT = Limits(extensions=False)


EXTENSION_CASES = [case for subject in extension_subjects() for case in extension_cases(subject)]


def quick(rule, limits=Limits()):  # noqa: B008  # a frozen value
    return quickly_compiled(rule, limits.max_paths, limits.max_sub_rules, extensions=limits.extensions)


def slow(rule, limits=Limits()):  # noqa: B008
    """Return what the compiler answers by itself, None for an error."""
    try:
        document = document_from_mapping(rule) if isinstance(rule, dict) else read_document(rule)
    except RuleError:
        return None
    sub_rules, errors = compile_node(document, document.root, limits=limits)
    return None if errors else (document.text, sub_rules)


def spelled(answer):
    """Return ``answer`` so that 1, 1.0 and True differ, and the order of sets does not count."""

    def pattern_text(pattern):
        excluded = pattern.excluded if isinstance(pattern, AnythingBut) else ()
        return sorted(map(repr, excluded)) if excluded else repr(pattern)

    text, sub_rules = answer
    return text, [
        sorted((clause.path, sorted(map(str, map(pattern_text, clause.patterns)))) for clause in sub_rule.clauses)
        for sub_rule in sub_rules
    ]


def assert_is_given_up_or_right(rule):
    for limits in (Limits(), SMALL, WITHOUT):
        answer = quick(rule, limits)
        if answer is not None:
            expected = slow(rule, limits)
            assert expected is not None, "the quick way accepts what is an error"
            assert expected == answer
            assert spelled(expected) == spelled(answer)
            assert type(answer[0]) is str


def decoded(text):
    """Return ``text`` as Python values; None when it is no JSON object that they can hold."""
    try:
        rule = json.loads(text)
    except ValueError:
        return None
    return rule if isinstance(rule, dict) else None


@given(strategies.rules)
def test_a_drawn_rule_is_given_up_or_right(text):
    """Rules with repeated names, ``$or``s inside each other and every pattern type."""
    assert_is_given_up_or_right(text)
    assert_is_given_up_or_right(text.encode())
    assert_is_given_up_or_right(decoded(text))


@given(objects.map(text_of))
def test_a_drawn_rule_with_extensions_is_given_up_or_right(text):
    """all-of, none-of, regexp and ``$and`` in each other."""
    assert_is_given_up_or_right(text)
    assert_is_given_up_or_right(decoded(text))


# What is put into the text of a right rule, in place of up to three characters.
PIECES = (
    '{ } [ ] , : " \\ * . / 0 1 - + e 1e400 -0.0 1.0 2e0 true null NaN Infinity "a" "$or" "a": "a":[1], '
    '"prefix" "prefix": "a.b": {"prefix":"a"} {"a":[1]} [{"a":[1]},{"b":[1]}] "$or":[{"a":[1]},{"b":[1]}], '
    "\\ud800 \\u003a \\u0022 \\\\ \\* ** \ufeff \x00 \x7f \u2028 \ud800 é 😀 18446744073709551616 9007199254740993.0"
)
pieces = st.sampled_from(["", " ", *PIECES.split(" ")])


@given(text=strategies.rules, data=st.data())
def test_a_damaged_rule_is_given_up_or_right(text, data):
    """Whatever damage leaves it a rule leaves it the same rule both ways; as a mapping too."""
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(pieces) + text[at + data.draw(st.integers(0, 3)) :]
    assert_is_given_up_or_right(text)
    assert_is_given_up_or_right(decoded(text))


WORDS = [
    "",
    "a",
    "b",
    "a:b",
    ":",
    'a"b',
    '":',
    "{",
    "\\",
    "é",
    "$or",
    "=",
    "<",
    ">=",
    "exists",
    "prefix",
    "suffix",
    "exactly",
    "numeric",
    "anything-but",
    "equals-ignore-case",
    "wildcard",
    "cidr",
    "all-of",
    "none-of",
    "regexp",
    "$and",
    "10.0.0.0/8",
    "*a*",
]
any_scalar = st.sampled_from([None, True, False, 0, 1, 1.0, -0.0, 0.5, 2**63, 2**64, -(2**63) - 1]) | st.sampled_from(
    WORDS
)
# Objects are lists of members, as names may repeat.
any_value = st.recursive(
    any_scalar,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(st.tuples(st.sampled_from(WORDS), inner), max_size=3).map(Members)
        | st.tuples(st.sampled_from(WORDS), st.lists(inner, min_size=1, max_size=2)).map(
            lambda member: Members([member])
        )
    ),
    max_leaves=10,
)
any_rules = st.lists(st.tuples(st.sampled_from(WORDS), any_value | st.lists(any_value, max_size=3)), max_size=3).map(
    Members
)


@given(any_rules.map(text_of))
def test_any_json_is_given_up_or_right(text):
    """Keywords, colons and quotes in every place, repeated names among them."""
    assert_is_given_up_or_right(text)
    assert_is_given_up_or_right(decoded(text))


class Word(str):
    """A str that is not plainly one."""


class Level(enum.IntEnum):
    ONE = 1


class OnlyOne(dict):
    """A dict whose items are not what it holds."""

    def items(self):
        return {"a": [1]}.items()


ODD_VALUES = [
    math.nan,
    math.inf,
    -math.inf,
    1e308,
    2**1023,
    2**1024,
    10**5000,
    Level.ONE,
    Word("a"),
    (1, 2),
    {1},
    b"a",
    "\ud800",
    "\udc00",
    object(),
    OnlyOne(b=[2]),
    {1: [1]},
    {None: [1]},
    {True: [1]},
    {Word("a"): [1]},
    {"a": [1], Word("b"): [1]},
    {"prefix": "\ud800"},
    {"\ud800": [1]},
    {Word("prefix"): "a"},
    {"prefix": Word("a")},
    {"exists": 1},
    {"exists": Level.ONE},
    {"numeric": ("=", 1)},
    {"numeric": ["=", True]},
    {"numeric": ["=", math.nan]},
    {"numeric": [Word("="), 1]},
    {"numeric": [">", -math.inf, "<", 1]},
    {"anything-but": [1, True]},
    {"anything-but": (1, 2)},
    {"anything-but": math.inf},
    {"anything-but": {"cidr": {"prefix": "x"}}},
    {"anything-but": {"x": {"equals-ignore-case": "x"}}},
    {"anything-but": {"prefix": {"equals-ignore-case": ""}}},
    {"anything-but": {"prefix": {"equals-ignore-case": []}}},
    {"anything-but": {"equals-ignore-case": {"equals-ignore-case": "x"}}},
    {"anything-but": {"numeric": {"numeric": [">", 1]}}},
    {"wildcard": {"equals-ignore-case": ["*"]}},
    {"wildcard": {"prefix": "*"}},
    {"regexp": Word("a+")},
    {"regexp": ["a+"]},
    {"regexp": "a++"},
    {"all-of": ("a", "b")},
    {"all-of": []},
    {"all-of": [[]]},
    {"all-of": [[["a"]]]},
    {"all-of": [{"none-of": ["a"]}]},
    {"all-of": [{"exists": False}]},
    {"none-of": []},
    {"none-of": [["a"]]},
    {"none-of": [{"a": ["x"]}]},
]


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: type(value).__name__)
def test_a_mapping_of_odd_values_is_given_up_or_right(value):
    """What JSON cannot hold, and what only looks like a plain value."""
    for rule in ({"a": value}, {"a": [value]}, {"b": ["x"], "a": {"c": value}}, {"a": ["x", value]}):
        assert_is_given_up_or_right(rule)
    assert_is_given_up_or_right({"$or": [{"a": [value]}, {"b": value}]})
    assert_is_given_up_or_right({"$or": [value, {"b": [1]}]})
    if isinstance(value, dict):
        assert_is_given_up_or_right(value)


def test_a_mapping_that_contains_itself_is_given_up():
    """Through objects, branches and lists."""
    through_objects: dict[str, object] = {}
    through_objects["a"] = through_objects
    through_branches: dict[str, object] = {}
    through_branches["$or"] = [through_branches, through_branches]
    through_lists: dict[str, list[object]] = {"a": []}
    through_lists["a"].append(through_lists["a"])
    assert [quick(rule) for rule in (through_objects, through_branches, through_lists)] == [None] * 3


@pytest.mark.parametrize("case", all_cases() + EXTENSION_CASES, ids=lambda case: case.id)
def test_conformance_rule_is_given_up_or_right(case):
    """Every rule text of every case."""
    for text in case.rules.values():
        assert_is_given_up_or_right(text)
        with room_for_recursion():
            rule = decoded(text)
        assert_is_given_up_or_right(rule)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":[1],"a":[2]}',
        '{"a" :[1],"a":[2]}',
        '{"a":[{}],"a":[1]}',
        '{"a":["x:y"],"a":["x"]}',
        '{"a":["x\\u003ay"],"a":["x"]}',
        '{"a":["\\":\\""],"a":[":"]}',
        '{"a":[{"prefix":"x","prefix":"y"}]}',
        '{"a":[{"prefix":{"equals-ignore-case":"x","equals-ignore-case":"y"}}]}',
        '{"a":[{"anything-but":{"prefix":"x","prefix":"y"}}]}',
        '{"a":[{"all-of":["x"],"all-of":["y"]}]}',
        '{"a":[{"all-of":[{"prefix":"x","prefix":"y"}]}]}',
        '{"a":[{"none-of":[{"anything-but":{"prefix":{"equals-ignore-case":"x","equals-ignore-case":"y"}}}]}]}',
        '{"a":[{"wildcard":{"equals-ignore-case":"x","equals-ignore-case":"y*"}}]}',
        '{"$or":[{"a":[1],"a":[2]},{"b":[1]}]}',
        '{"a":{"b":[1]},"\\u0061":{"c":[1]}}',
    ],
)
def test_repeated_names_are_given_up(text):
    """The decoder keeps only the last of them; colons inside strings hide none."""
    assert quick(text) is None


# One at least of every pattern type, and of every form that its argument has.
ORDINARY_VALUES = [
    "value-1",
    "arn:aws:s3:::bucket/*",
    'a "quoted": word',
    "é",
    5,
    0.5,
    -1,
    2**64 - 1,
    True,
    False,
    None,
    {"exactly": "x"},
    {"prefix": "x"},
    {"prefix": ""},
    {"prefix": {"equals-ignore-case": "X"}},
    {"suffix": ".png"},
    {"suffix": {"equals-ignore-case": "X"}},
    {"equals-ignore-case": "Straße"},
    {"wildcard": "*word*"},
    {"wildcard": "a*b"},
    {"numeric": ["=", 5]},
    {"numeric": ["<", 0.5]},
    {"numeric": [">", 0, "<=", 5]},
    {"cidr": "10.0.0.0/8"},
    {"cidr": "2001:db8::/32"},
    {"exists": True},
    {"exists": False},
    {"anything-but": "x"},
    {"anything-but": 5},
    {"anything-but": ["x", "y"]},
    {"anything-but": [1, 2.5]},
    {"anything-but": {"prefix": "x"}},
    {"anything-but": {"suffix": ["x", "y"]}},
    {"anything-but": {"equals-ignore-case": ["x", "y"]}},
    {"anything-but": {"wildcard": "*x*"}},
]
EXTENDED_VALUES = [
    {"wildcard": {"equals-ignore-case": "*Word*a"}},
    {"wildcard": {"equals-ignore-case": "*"}},
    {"regexp": "[a-z]+-[0-9]{4}"},
    {"regexp": "abc"},
    {"all-of": [{"wildcard": "*a*"}, ["b", 5, None, {"prefix": "c"}], {"anything-but": {"suffix": ["d"]}}]},
    {"all-of": [{"all-of": [{"prefix": {"equals-ignore-case": "x"}}]}, {"exists": True}]},
    {"all-of": [{"anything-but": "x"}, {"anything-but": [1, 2]}]},
    {"none-of": ["x", 1.0, {"regexp": "a|bc"}]},
    {"none-of": [{"exists": True}]},
    {"none-of": [{"all-of": [["x", "y"]]}]},
    {"anything-but": {"cidr": "10.0.0.0/8"}},
    {"anything-but": {"cidr": ["10.0.0.0/8", "::/0"]}},
    {"anything-but": {"numeric": [">", 5]}},
    {"anything-but": {"numeric": ["=", 5]}},
    {"anything-but": {"prefix": {"equals-ignore-case": "Ab"}}},
    {"anything-but": {"suffix": {"equals-ignore-case": ["Ab", "c"]}}},
    {"anything-but": {"wildcard": {"equals-ignore-case": ["*Ab*", "*"]}}},
]
ORDINARY_RULES = [
    *({"a": [value]} for value in ORDINARY_VALUES + EXTENDED_VALUES),
    {"a": EXTENDED_VALUES, "b": {"c": ["x"]}},
    {"a": ORDINARY_VALUES},
    {"source": ["aws.ec2"], "detail": {"state": ["running"], "c-count": [{"numeric": [">", 0]}]}},
    {"$or": [{"a": ["x"]}, {"b": [1]}, {"c": [{"prefix": "z"}]}]},
    {"a": ["x"], "d": {"$or": [{"a": ["x"]}, {"$or": [{"b": [1]}, {"c": [1]}]}]}},
    {name: {"$or": [{f"p{index}": [1]} for index in range(32)]} for name in "xy"},  # 1024 sub-rules
    {"prefix": ["x"], "exists": {"numeric": [1]}},
    {f"p{index}": [1] for index in range(256)},
]


@pytest.mark.parametrize("rule", ORDINARY_RULES, ids=lambda rule: json.dumps(rule)[:60])
def test_ordinary_rules_are_answered_quickly(rule):
    """As mapping and as text, however it is spaced and escaped, as str and as bytes; and so they compile."""
    texts = [json.dumps(rule, ensure_ascii=ascii_only, indent=indent) for ascii_only in (0, 1) for indent in (None, 2)]
    texts.append(json.dumps(rule, separators=(",", ":")))
    for given_rule in (rule, *texts, *map(str.encode, texts)):
        answer = quick(given_rule)
        assert answer is not None
        assert_is_given_up_or_right(given_rule)
        assert spelled(answer) == spelled((compile_rule(given_rule).text, compile_rule(given_rule).sub_rules))


@pytest.mark.parametrize(
    "rule",
    [
        "{" + ",".join(f'"p{index}":[1]' for index in range(257)) + "}",
        '{"$or":[' + ",".join(['{"a":[1]}'] * 1025) + "]}",
        "[" * 100_000,
        '{"a":[' + '{"all-of":[' * 5 + '"x"' + "]}" * 5 + "]}",
        '{"a":[' + '{"all-of":[' * 50_000 + '"x"' + "]}" * 50_000 + "]}",
        '{"a":' * 100_000,
        '{"a":' * 1022 + '{"a":[1]}' + "}" * 1022,
        '{"a":["' + "\\" * 1_000_001,
        '{"a":[' + '":",' * 200_000 + '":"],"a":[1]}',
    ],
    ids=lambda rule: rule[:20],
)
def test_hostile_text_is_given_up(rule):
    """At the limits, without recursion that depends on the text."""
    assert quick(rule) is None
