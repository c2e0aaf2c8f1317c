"""Texts of clauses and patterns: each of the extensions', distinct for distinct patterns, and an order by them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruler.machine.name_state import canonical_order
from ruler.machine.path_trie import PathNode, node_at
from ruler.machine.pattern_texts import describe_clause, in_order_of_text, regexp_text
from ruler.machine.value_matcher import ValueMatcher
from ruler.patterns.compiler import Limits, compile_rule
from ruler.patterns.iregexp import IRegexpError, read_regexp
from ruler.patterns.model import Clause, SubRule


def sub_rule_of(rule: str) -> SubRule:
    [sub_rule] = compile_rule(rule, limits=Limits(extensions=True)).sub_rules
    return sub_rule


def clause_of(patterns: str) -> Clause:
    [clause] = sub_rule_of(f'{{"a":{patterns}}}').clauses
    return clause


@pytest.mark.parametrize(
    ("patterns", "text"),
    [
        ('[{"wildcard":{"equals-ignore-case":"Fo*O\\\\*"}}]', r'a ∈ {wildcard ignore-case "fo*o\\*"}'),
        ('[{"regexp":"(x)|[b-a]?"}]'.replace("b-a", "a-b"), 'a ∈ {regexp "[a-b]?|x"}'),
        (
            '[{"all-of":[{"suffix":"z"},["q",{"prefix":"p"}]]},1]',
            'a ∈ {1, all-of {["q", prefix "p"], [suffix "z"]}}',
        ),
        ('[{"none-of":["b",{"prefix":"a"},null]}]', 'a ∈ {none-of {"b", null, prefix "a"}}'),
        ('[{"anything-but":{"numeric":[">",5]}}]', "a ∈ {anything-but {> 5}}"),
        ('[{"anything-but":{"cidr":"10.0.0.0/8"}}]', "a ∈ {anything-but {cidr IPv4 0xa000000/8}}"),
    ],
)
def test_patterns_of_the_extensions_have_texts(patterns: str, text: str) -> None:
    """Sets are given in the order of their members' texts."""
    assert text == describe_clause(clause_of(patterns))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("(a|b)c", "[a-b]c"),
        ("(ab|c)d", "(ab|c)d"),
        ("ab|c", "ab|c"),
        ("((ab)+)*", "((ab)+)*"),
        ("(a+){2,}b{3}c{1,4}d?", "(a+){2,}b{3}c{1,4}d?"),
        (".", "[^\n\r]"),
        ("[^a]", "[^a]"),
        (r"\.[\]\-]", r"\.[\-\]]"),
        ("(|a)", "a|()"),
        (r"[\p{L}\P{L}]", "[\0-\U0010ffff]"),
        (r"[^\p{L}\P{L}]", "[^\0-\U0010ffff]"),
    ],
)
def test_regular_expressions_are_told_in_one_spelling(written: str, text: str) -> None:
    """Parentheses stand where they are needed; of a class and its opposite the shorter."""
    assert text == regexp_text(read_regexp(written))


written = st.recursive(
    st.sampled_from(["a", "b", "[ab]", "[^a]", ".", r"\-", "", "\\n"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("|".join),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,3}", "{2,}"])).map("({0[0]}){0[1]}".format),
    ),
)


@given(written, written)
def test_regular_expressions_have_one_text_only_when_they_are_one_program(one: str, other: str) -> None:
    """And the text is a regular expression for that program, where it is short enough."""
    try:
        program, other_program = read_regexp(one), read_regexp(other)
    except IRegexpError:
        return
    assert (program == other_program) == (regexp_text(program) == regexp_text(other_program))
    assert program == read_regexp(regexp_text(program))


# ----- the order of clauses

SAME_PATH: dict[str, list[str]] = {
    '{"$and":[{"a":["y"]},{"a":["x"]},{"a":["x","y"]}]}': ['a ∈ {"x"}', 'a ∈ {"y"}', 'a ∈ {"x", "y"}'],
    '{"$and":[{"a":[{"prefix":"x"}]},{"a":[{"suffix":"x"}]},{"a":["x"]}]}': [
        'a ∈ {"x"}',
        'a ∈ {prefix "x"}',
        'a ∈ {suffix "x"}',
    ],
    '{"$and":[{"a":["x"]},{"a":[{"none-of":["y"]}]},{"a":[1,{"exists":false}]}]}': [
        'a ∈ {none-of {"y"}}',
        "a ∈ {1, absent}",
        'a ∈ {"x"}',
    ],
    '{"$and":[{"a":[{"anything-but":1}]},{"a":[{"all-of":[{"wildcard":"*b*c"},{"prefix":"a"}]}]},{"a.b":["z"]}]}': [
        'a ∈ {all-of {[prefix "a"], [wildcard "*b*c"]}}',
        "a ∈ {anything-but {1}}",
        'a.b ∈ {"z"}',
    ],
}


@pytest.mark.parametrize("rule", SAME_PATH)
def test_clauses_of_one_path_follow_each_other_in_one_order(rule: str) -> None:
    """Those with guards, the tighter, then by text: whatever the order in which a set gives them."""
    clauses = list(sub_rule_of(rule).clauses)
    root = PathNode("", None)
    matchers = {clause.path: ValueMatcher(node_at(root, clause.path)) for clause in clauses}
    for start in range(len(clauses)):
        nodes = [matchers[each.path].clause_node(each) for each in clauses[start:] + clauses[:start]]
        assert SAME_PATH[rule] == [describe_clause(node.clause) for node in canonical_order(nodes)]


def test_clauses_are_ordered_by_path_and_text() -> None:
    """What both engines are given where a path occurs twice."""
    sub_rule = sub_rule_of('{"$and":[{"b":[2]},{"a":["x"]},{"b":[10]},{"b":[{"prefix":"x"}]}]}')
    texts = ['a ∈ {"x"}', "b ∈ {10}", "b ∈ {2}", 'b ∈ {prefix "x"}']
    assert texts == [describe_clause(clause) for clause in in_order_of_text(sub_rule.clauses)]
