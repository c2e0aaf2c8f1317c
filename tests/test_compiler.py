"""The compiler: normal forms, ``$or``, duplicate names, limits, and every error of a rule."""

from __future__ import annotations

import itertools
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruler.errors import RuleError
from ruler.patterns import compiler
from ruler.patterns.compiler import Limits, compile_node, compile_rule
from ruler.patterns.model import (
    Absent,
    AnythingBut,
    Cidr,
    Clause,
    EqualsIgnoreCase,
    Exact,
    Exists,
    Literal,
    NumericRange,
    Prefix,
    PrefixIgnoreCase,
    SubRule,
    Suffix,
    SuffixIgnoreCase,
    Wildcard,
)
from ruler.patterns.reader import read_document
from ruler.patterns.vocabulary import PATTERN_TYPES


def sub_rules_of(rule):
    """Return the sub-rules as ``[{path: set of plain values}]``, for rules of plain values."""
    return [
        {clause.path: {pattern.value for pattern in clause.patterns} for clause in sub_rule.clauses}
        for sub_rule in compile_rule(rule).sub_rules
    ]


def patterns_of(alternatives):
    [sub_rule] = compile_rule(f'{{"a": [{alternatives}]}}').sub_rules
    [clause] = sub_rule.clauses
    return set(clause.patterns)


def anything_but(*excluded):
    return AnythingBut(frozenset(excluded))


@pytest.mark.parametrize(
    ("alternative", "pattern"),
    [
        ('"x"', Exact("x")),
        ("5", Exact(5)),
        ("5.0", Exact(5)),
        ("true", Literal(True)),
        ("null", Literal(None)),
        ('{"exactly": "x"}', Exact("x")),
        ('{"exactly": ""}', Exact("")),
        ('{"numeric": ["=", 3.0e2]}', Exact(300)),
        ('{"numeric": ["<", 5]}', NumericRange(None, True, 5, True)),
        ('{"numeric": [">=", 5]}', NumericRange(5, False, None, True)),
        ('{"numeric": [">", 0, "<=", 5]}', NumericRange(0, True, 5, False)),
        ('{"prefix": "x"}', Prefix("x")),
        ('{"prefix": ""}', Prefix("")),
        ('{"suffix": "x"}', Suffix("x")),
        ('{"suffix": ""}', Prefix("")),
        ('{"prefix": {"equals-ignore-case": "ẞX"}}', PrefixIgnoreCase("ßx")),
        ('{"prefix": {"equals-ignore-case": ""}}', Prefix("")),
        ('{"suffix": {"equals-ignore-case": "X"}}', SuffixIgnoreCase("x")),
        ('{"suffix": {"equals-ignore-case": ""}}', Prefix("")),
        ('{"equals-ignore-case": "Σς"}', EqualsIgnoreCase("σσ")),
        ('{"wildcard": "x"}', Exact("x")),
        ('{"wildcard": ""}', Exact("")),
        ('{"wildcard": "x*"}', Prefix("x")),
        ('{"wildcard": "*x"}', Suffix("x")),
        ('{"wildcard": "*"}', Prefix("")),
        ('{"wildcard": "*x*"}', Wildcard(("", "x", ""))),
        ('{"wildcard": "a*b*c"}', Wildcard(("a", "b", "c"))),
        (r'{"wildcard": "a\\*b\\\\c"}', Exact("a*b\\c")),
        (r'{"wildcard": "\\**\\*"}', Wildcard(("*", "*"))),
        (r'{"wildcard": "\\\\*"}', Prefix("\\")),
        ('{"exists": true}', Exists()),
        ('{"exists": false}', Absent()),
        ('{"anything-but": "x"}', anything_but(Exact("x"))),
        ('{"anything-but": [1, 1.0, 2]}', anything_but(Exact(1), Exact(2))),
        ('{"anything-but": {"prefix": "x"}}', anything_but(Prefix("x"))),
        ('{"anything-but": {"suffix": ["x", "y"]}}', anything_but(Suffix("x"), Suffix("y"))),
        ('{"anything-but": {"equals-ignore-case": ["X", "x"]}}', anything_but(EqualsIgnoreCase("x"))),
        (
            '{"anything-but": {"wildcard": ["*", "x", "y*"]}}',
            anything_but(Prefix(""), Exact("x"), Prefix("y")),
        ),
        ('{"cidr": "10.5.6.7/8"}', Cidr(4, 0x0A000000, 8)),
        ('{"cidr": "0.0.0.0/0"}', Cidr(4, 0, 0)),
        ('{"cidr": "10.0.0.1/32"}', Cidr(4, 0x0A000001, 32)),
        ('{"cidr": "10.0.0.0/08"}', Cidr(4, 0x0A000000, 8)),
        ('{"cidr": "2001:db8:1::/32"}', Cidr(6, 0x20010DB8 << 96, 32)),
        ('{"cidr": "::1/128"}', Cidr(6, 1, 128)),
        ('{"cidr": "::ffff:10.1.2.3/104"}', Cidr(4, 0x0A000000, 8)),
        ('{"cidr": "::ffff:a01:203/96"}', Cidr(4, 0, 0)),
        ('{"cidr": "::ffff:a01:203/95"}', Cidr(6, 0xFFFE << 32, 95)),
        ('{"cidr": "::ffff:a01:203/0"}', Cidr(6, 0, 0)),
    ],
)
def test_pattern_is_in_normal_form(alternative, pattern):
    """Two spellings of one meaning are one pattern."""
    assert patterns_of(alternative) == {pattern}


def test_mask_may_have_any_number_of_leading_zeros():
    """Also more than the 4300 digits that int() takes."""
    assert patterns_of(f'{{"cidr": "10.0.0.0/{"0" * 5000}8"}}') == {Cidr(4, 0x0A000000, 8)}
    with pytest.raises(RuleError, match="not a number of bits"):
        patterns_of(f'{{"cidr": "10.0.0.0/{"0" * 5000}33"}}')


def test_literals_and_numbers_stay_apart():
    """In Python ``True == 1``; in a clause they are two."""
    assert patterns_of("1, true, 1.0, 0, false, null") == {
        Exact(1),
        Literal(True),
        Exact(0),
        Literal(False),
        Literal(None),
    }


@pytest.mark.parametrize("row", PATTERN_TYPES.values(), ids=lambda row: row.keyword)
def test_examples_of_the_vocabulary_compile(row):
    """The docs are drawn from this table, so its examples must be rules."""
    assert patterns_of(row.example)
    assert next(iter(json.loads(row.example))) == row.keyword


def test_path_is_the_names_joined_by_dots():
    """A dot in a name is a step; empty names are ordinary."""
    assert sub_rules_of('{"a": {"b.c": [1], "": [2]}, "": {"": [3]}, "d": [4]}') == [
        {"a.b.c": {1}, "a.": {2}, ".": {3}, "d": {4}}
    ]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('{"a":[1],"a":[2]}', [{"a": {2}}]),
        ('{"a":{"b":[1]},"a.b":[2]}', [{"a.b": {2}}]),
        ('{"a":{"b":[1]},"a":{"c":[2]}}', [{"a.b": {1}, "a.c": {2}}]),
        ('{"$or":[{"a":[1]},{"b":[2]}],"c":[3]}', [{"a": {1}, "c": {3}}, {"b": {2}, "c": {3}}]),
        ('{"x":{"$or":[{"a":[1]},{"b":[1]}],"z":[1]}}', [{"x.a": {1}, "x.z": {1}}, {"x.b": {1}, "x.z": {1}}]),
        (
            '{"$or":[{"a":[1]},{"b":[1]}],"$or":[{"c":[1]},{"d":[1]}]}',
            [{"a": {1}, "c": {1}}, {"b": {1}, "c": {1}}, {"a": {1}, "d": {1}}, {"b": {1}, "d": {1}}],
        ),
        ('{"$or":[{"a":[1]},{"$or":[{"c":[1]},{"d":[1]}]}]}', [{"a": {1}}, {"c": {1}}, {"d": {1}}]),
        ('{"a":[1],"$or":[{"a":[2]},{"b":[3]}]}', [{"a": {2}}, {"a": {1}, "b": {3}}]),
        ('{"$or":[{"a":[2]},{"b":[3]}],"a":[1]}', [{"a": {1}}, {"a": {1}, "b": {3}}]),
        ('{"$or":[{"a":[1]},{"a":[1]}]}', [{"a": {1}}]),
        ('{"$or":["x","y"]}', [{"$or": {"x", "y"}}]),
        ('{"$or":{"a":[1]}}', [{"$or.a": {1}}]),
        (
            '{"prefix":{"numeric":["x"]},"$or":[{"a":[1]},{"b":[2]}]}',
            [{"prefix.numeric": {"x"}, "a": {1}}, {"prefix.numeric": {"x"}, "b": {2}}],
        ),
    ],
)
def test_members_are_read_in_text_order_over_the_sub_rules(rule, expected):
    """Section 4 of the semantics: the last clause of a path wins, ``$or`` goes branch after branch."""
    assert sub_rules_of(rule) == expected


def test_or_of_patterns_is_an_ordinary_clause():
    """Names of pattern types in its objects make ``$or`` an ordinary name."""
    [sub_rule] = compile_rule('{"$or":[{"prefix":"x"},{"suffix":"z"}]}').sub_rules
    assert sub_rule == SubRule(frozenset({Clause("$or", frozenset({Prefix("x"), Suffix("z")}))}))


def test_a_nested_or_is_judged_by_itself():
    """The inner ``$or`` is a clause of patterns; that does not make the outer one a clause."""
    rule = '{"$or":[{"a":[1]},{"$or":[{"prefix":"x"},{"suffix":"z"}]}]}'
    paths = [{clause.path for clause in sub_rule.clauses} for sub_rule in compile_rule(rule).sub_rules]
    assert paths == [{"a"}, {"$or"}]


def expanded(members, path=()):
    """Expand ``$or`` by the words of section 4, on lists of (name, value): the plain version."""
    sub_rules = [{}]
    for name, value in members:
        if name == "$or":
            branches = [expanded(branch, path) for branch in value]
            sub_rules = [{**old, **new} for branch in branches for new in branch for old in sub_rules]
        elif isinstance(value, int):
            sub_rules = [{**old, ".".join((*path, name)): {value}} for old in sub_rules]
        else:
            inner = expanded(value, (*path, name))
            sub_rules = [{**old, **new} for new in inner for old in sub_rules]
    return sub_rules


def text_of(members):
    def value_text(name, value):
        if name == "$or":
            return "[" + ",".join(map(text_of, value)) + "]"
        return f"[{value}]" if isinstance(value, int) else text_of(value)

    return "{" + ",".join(f'"{name}":{value_text(name, value)}' for name, value in members) + "}"


# Few names and values, so that clauses meet.
member_lists = st.recursive(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2)), min_size=1, max_size=3),
    lambda inner: st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 2) | inner)
        | st.tuples(st.just("$or"), st.lists(inner, min_size=2, max_size=3)),
        min_size=1,
        max_size=3,
    ),
    max_leaves=5,
)


@given(member_lists)
def test_expansion_is_what_section_4_says(members):
    """The compiler's expansion equals the plain one, distinct and in the same order."""
    expected = []
    for sub_rule in expanded(members):
        if sub_rule not in expected:
            expected.append(sub_rule)
    assert sub_rules_of(text_of(members)) == expected


@given(member_lists)
def test_mapping_compiles_to_what_its_text_does(members):
    """A mapping and its JSON text are the same rule."""
    rule = json.loads(text_of(members))
    assert compile_rule(rule).sub_rules == compile_rule(json.dumps(rule)).sub_rules
    assert compile_rule(compile_rule(rule).text).sub_rules == compile_rule(rule).sub_rules


@pytest.mark.parametrize("kind", [str, str.encode, lambda text: bytearray(text.encode())])
def test_every_kind_of_text_is_a_rule(kind):
    """str, bytes and bytearray give the same rule, and its text as str."""
    compiled = compile_rule(kind('{"é": [1]}'))
    assert (compiled.text, len(compiled.sub_rules)) == ('{"é": [1]}', 1)


@pytest.mark.parametrize("rule", [None, 5, ["a"], [("a", [1])], object()])
def test_what_is_neither_text_nor_mapping_is_an_error(rule):
    """The error is a RuleError like any other."""
    with pytest.raises(RuleError) as raised:
        compile_rule(rule)
    assert raised.value.code == "rule-not-object"


def ors(count):
    return ",".join(f'"$or":[{{"a{index}":[1]}},{{"b{index}":[1]}}]' for index in range(count))


def clauses(count, name="p"):
    return ",".join(f'"{name}{index}":[1]' for index in range(count))


def error_of(rule, limits=compiler.DEFAULT_LIMITS):
    with pytest.raises(RuleError) as raised:
        compile_rule(rule, limits=limits)
    return raised.value


def test_limit_of_paths_is_exact_and_can_be_raised():
    """256 paths in a sub-rule are allowed, and no more unless asked for."""
    assert len(compile_rule(f"{{{clauses(256)}}}").sub_rules[0].clauses) == 256
    error = error_of(f"{{{clauses(257)}}}")
    assert (error.code, error.location) == ("too-many-paths", ("p256",))
    assert "Matcher(max_paths=...)" in error.write
    assert compile_rule(f"{{{clauses(257)}}}", limits=Limits(max_paths=257)).sub_rules


def test_limit_of_paths_counts_each_sub_rule_alone():
    """Paths of different branches do not add up; those of a branch and the rule around it do."""
    rule = f'{{{clauses(200)},"$or":[{{{clauses(56, "q")}}},{{{clauses(56, "r")}}}]}}'
    assert [len(sub_rule.clauses) for sub_rule in compile_rule(rule).sub_rules] == [256, 256]
    rule = f'{{{clauses(200)},"$or":[{{{clauses(56, "q")}}},{{{clauses(57, "r")}}}]}}'
    assert (error_of(rule).code, error_of(rule).location) == ("too-many-paths", ("$or", 1, "r56"))


def test_limit_of_sub_rules_is_exact_and_can_be_raised():
    """1024 sub-rules are allowed; they are counted as the product of the branches, equal ones too."""
    assert len(compile_rule(f"{{{ors(10)}}}").sub_rules) == 1024
    error = error_of(f"{{{ors(11)}}}")
    assert (error.code, error.location) == ("too-many-sub-rules", ("$or",))
    assert "Matcher(max_sub_rules=...)" in error.write
    assert len(compile_rule(f"{{{ors(11)}}}", limits=Limits(max_sub_rules=2048)).sub_rules) == 2048
    same = ",".join(itertools.repeat('{"a":[1]}', 1025))
    assert error_of(f'{{"$or":[{same}]}}').code == "too-many-sub-rules"


_OPENED = '"$or":[' + '{"a":[1]},' * 400 + "{"
MANY_AT_EVERY_LEVEL = "{" + clauses(200) + "," + _OPENED * 300 + '"z":[1]' + "}]" * 300 + "}"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (f"{{{ors(20)}}}", "too-many-sub-rules"),
        (f"{{{ors(10)},{clauses(247)}}}", "too-many-paths"),
        (f"{{{clauses(50_000)}}}", "too-many-paths"),
        ("{" + ors(10) + ',"z":[1]' * 50_000 + "}", None),
        (MANY_AT_EVERY_LEVEL, "too-many-sub-rules"),
        ('{"$or":[{"a":[1]},' * 500 + '{"b":[1]}' + "]}" * 500, None),
        ('{"a":' * 1022 + '{"a":[1]}' + "}" * 1022, None),
        ('{"' + "x" * 500_000 + '":{' + ",".join(['"a":[1]'] * 50_000) + "}}", None),
        ("{" + ",".join(f'"p{index}":1' for index in range(50_000)) + "}", "clause-not-array"),
        ('{"a":[{"wildcard":"' + r"\\*" * 200_000 + '"}]}', None),
        ('{"a":[{"wildcard":"' + "*" * 500_000 + '"}]}', "wildcard-two-stars"),
        ('{"a":[{"' + "x" * 500_000 + '":1}]}', "unknown-pattern-type"),
        ('{"a":[{' + '"x":1,' * 50_000 + '"y":2}]}', "unknown-pattern-type"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "ok",
)
def test_hostile_rule_is_dealt_with_quickly(rule, code):
    """Products, megabytes and depth: done in seconds, within the limits, without recursion."""
    began = time.process_time()
    if code is None:
        assert compile_rule(rule).sub_rules
    else:
        assert error_of(rule).code == code
    assert time.process_time() - began < 10


def test_compile_node_collects_every_error_with_lines_of_the_document():
    """A rule inside a larger file: locations begin at the rule, lines at the file."""
    document = read_document('{"rules": {\n "r": {"a": "x",\n "b": [{"prefx": "x"}, []], "c": {"d": {}}}}}')
    [(_, _, rules)] = document.root.value
    [(_, _, node)] = rules.value
    sub_rules, errors = compile_node(document, node)
    assert sub_rules == ()
    assert [(error.code, error.location, error.line, error.column) for error in errors] == [
        ("clause-not-array", ("a",), 2, 13),
        ("unknown-pattern-type", ("b", 0, "prefx"), 3, 9),
        ("array-in-clause", ("b", 1), 3, 24),
        ("object-empty", ("c", "d"), 3, 40),
    ]


def test_errors_of_a_rule_are_at_most_a_thousand():
    """Hostile text holds one in every few characters."""
    document = read_document("{" + ",".join(['"a":1'] * 5000) + "}")
    assert len(compile_node(document, document.root)[1]) == 1000


@pytest.mark.parametrize("keyword", ["all-of", "none-of", "regexp", "$and"])
def test_extensions_are_unknown_where_they_are_not_read(keyword):
    """A dialect without extensions does not know their keywords."""
    error = error_of(f'{{"a":[{{"{keyword}":["x"]}}]}}', compiler.Limits(extensions=False))
    assert error.code == "unknown-pattern-type"
