"""The extensions as far as the compiler: what their rules become, and what is refused, with extensions or without.

No engine has a part in it: a compiled rule is judged here by plain recursion over its sub-rules, with what
``acceptance`` says of one pattern and one value, and held to the oracle, which judges the rule's text.
"""

from __future__ import annotations

import json
from typing import Any

import oracle
import pytest
from cases import Case, all_cases, extension_cases, extension_subjects
from hypothesis import given
from hypothesis import strategies as st
from strategies import Members, Spelled, array_events, rules, text_of

from ruler import Matcher
from ruler.errors import RuleError
from ruler.patterns.acceptance import accepts
from ruler.patterns.compiler import Limits, compile_node, compile_rule
from ruler.patterns.located import locate_rule
from ruler.patterns.model import (
    Absent,
    AllOf,
    AnythingBut,
    Clause,
    EqualsIgnoreCase,
    Exact,
    Exists,
    NoneOf,
    NumericRange,
    Prefix,
    PrefixIgnoreCase,
    SubRule,
    Suffix,
    SuffixIgnoreCase,
    WildcardIgnoreCase,
)
from ruler.patterns.reader import read_document

EXTENSIONS = Limits(extensions=True)
CASES = [case for subject in extension_subjects() for case in extension_cases(subject)]
EXTENSION_WORDS = ("all-of", "none-of", "regexp", "$and", "cidr", "numeric", "equals-ignore-case")


def matches(sub_rule: SubRule, event: str) -> bool:
    """Whether a compiled sub-rule matches, by its definition."""
    fields = oracle.fields(event)

    def is_consistent(more: dict[int, int], trail: dict[int, int]) -> bool:
        return all(trail.get(array, index) == index for array, index in more.items())

    def choose(clauses: list[Clause], trail: dict[int, int], path: str, before: dict[int, int]) -> bool:
        if not clauses:
            return True
        clause, *rest = clauses
        if clause.path != path:
            path, before = clause.path, trail
        values = [(value, more) for field_path, value, more in fields if field_path == path]
        beheld = [value for value, more in values if is_consistent(more, before)]
        trails = [
            trail | more
            for value, more in values
            if is_consistent(more, trail) and any(accepts(pattern, value) for pattern in clause.patterns)
        ]
        for pattern in clause.patterns:
            if isinstance(pattern, Absent | NoneOf):
                excluded = pattern.excluded if isinstance(pattern, NoneOf) else [Exists()]
                if not any(accepts(each, value) for each in excluded for value in beheld):
                    trails.append(trail)
        return any(choose(rest, each, path, before) for each in trails)

    clauses = sorted(sub_rule.clauses, key=lambda clause: clause.path)
    return choose(clauses, {}, "", {})


def patterns_of(clause: str, limits: Limits = EXTENSIONS) -> frozenset[Any]:
    """The patterns of the clause ``clause``, a JSON array."""
    [sub_rule] = compile_rule(f'{{"a":{clause}}}', limits=limits).sub_rules
    [found] = sub_rule.clauses
    return found.patterns


def code_of(rule: str, limits: Limits = EXTENSIONS) -> str | None:
    try:
        compile_rule(rule, limits=limits)
    except RuleError as error:
        return error.code
    return None


# ----- the cases


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_compiled_rules_of_cases_mean_what_the_case_says(case: Case) -> None:
    """A refused rule is refused with the code that is stated; another matches where the case says so."""
    [(name, rule)] = case.rules.items()
    code = code_of(rule)
    assert (name in case.rule_errors) == (code is not None)
    assert case.codes.get(name, code) == code
    if code is None:
        found = any(matches(sub_rule, case.event) for sub_rule in compile_rule(rule, limits=EXTENSIONS).sub_rules)
        assert bool(case.matches) == found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_located_rules_of_cases_have_the_same_sub_rules(case: Case) -> None:
    """Those who explain a rule see what the compiler gives."""
    [(name, rule)] = case.rules.items()
    if name not in case.rule_errors:
        located = locate_rule(rule, limits=EXTENSIONS)
        assert compile_rule(rule, limits=EXTENSIONS).sub_rules == tuple(each.sub_rule for each in located.sub_rules)


# ----- without extensions


def test_extensions_are_refused_where_they_are_not_read() -> None:
    """The rule of each case is refused, or has no extension in it: then it means the same either way."""
    plain = Limits(extensions=False)
    refused = 0
    for case in CASES:
        [(name, rule)] = case.rules.items()
        if name in case.rule_errors:
            continue
        if code_of(rule, plain) is None:
            assert compile_rule(rule, limits=plain) == compile_rule(rule), case.id
        else:
            refused += 1
    assert refused > 250


# ----- normal form


@pytest.mark.parametrize(
    ("clause", "patterns"),
    [
        ('[{"all-of":["x"]}]', {Exact("x")}),
        ('[{"all-of":["x","x"]}]', {Exact("x")}),
        ('[{"all-of":[{"exists":true}]}]', {Exists()}),
        ('[{"all-of":[{"exists":true},{"prefix":"x"}]}]', {Prefix("x")}),
        ('[{"all-of":[["x","y"]]}]', {AllOf(frozenset({frozenset({Exact("x"), Exact("y")})}))}),
        (
            '[{"all-of":[{"all-of":[{"prefix":"x"},{"suffix":"y"}]},{"prefix":"x"}]}]',
            {AllOf(frozenset({frozenset({Prefix("x")}), frozenset({Suffix("y")})}))},
        ),
        (
            '[{"all-of":[[{"all-of":[["x","y"]]},"z"]]}]',
            {AllOf(frozenset({frozenset({Exact("x"), Exact("y"), Exact("z")})}))},
        ),
        (
            '[{"all-of":[{"anything-but":"x"},{"anything-but":[1,2]},{"anything-but":{"prefix":"y"}}]}]',
            {AnythingBut(frozenset({Exact("x"), Exact(1), Exact(2), Prefix("y")}))},
        ),
        ('[{"none-of":["x","x"]}]', {NoneOf(frozenset({Exact("x")}))}),
        ('[{"none-of":["x",{"exists":true}]}]', {Absent()}),
        ('[{"none-of":[{"all-of":[["x","y"]]}]}]', {NoneOf(frozenset({Exact("x"), Exact("y")}))}),
        ('[{"regexp":"abc"}]', {Exact("abc")}),
        ('[{"wildcard":{"equals-ignore-case":"AB"}}]', {EqualsIgnoreCase("ab")}),
        ('[{"wildcard":{"equals-ignore-case":"AB*"}}]', {PrefixIgnoreCase("ab")}),
        ('[{"wildcard":{"equals-ignore-case":"*AB"}}]', {SuffixIgnoreCase("ab")}),
        ('[{"wildcard":{"equals-ignore-case":"*"}}]', {Prefix("")}),
        ('[{"wildcard":{"equals-ignore-case":"A*B"}}]', {WildcardIgnoreCase(("a", "b"))}),
        ('[{"anything-but":{"numeric":["=",5]}}]', {AnythingBut(frozenset({Exact(5)}))}),
        ('[{"anything-but":{"numeric":["<",5]}}]', {AnythingBut(frozenset({NumericRange(None, True, 5, True)}))}),
        (
            '[{"anything-but":{"prefix":{"equals-ignore-case":["A","B"]}}}]',
            {AnythingBut(frozenset({PrefixIgnoreCase("a"), PrefixIgnoreCase("b")}))},
        ),
    ],
)
def test_two_spellings_of_one_meaning_are_one_pattern(clause: str, patterns: set[Any]) -> None:
    """What the machine is given needs no rule text to understand."""
    assert patterns == patterns_of(clause)


def test_and_gives_a_sub_rule_several_clauses_on_one_path() -> None:
    """Equal ones are one, since one value may serve both."""
    [sub_rule] = compile_rule('{"$and":[{"a":[1]},{"a":[2]},{"a":[1]}],"a":[3]}', limits=EXTENSIONS).sub_rules
    assert sub_rule.clauses == {Clause("a", frozenset({Exact(number)})) for number in (1, 2, 3)}


# ----- limits


def test_limits_hold_for_what_and_multiplies() -> None:
    """Clauses count where paths did; the sub-rules of branches multiply, also before all of them are made."""
    branches = ",".join(f'{{"a":[{number}]}}' for number in range(256))
    assert code_of(f'{{"$and":[{branches}]}}') is None
    assert code_of(f'{{"b":[1],"$and":[{branches}]}}') == "too-many-paths"
    five = '{"$or":[{"a":[1]},{"a":[2]},{"a":[3]},{"a":[4]}]}'
    assert len(compile_rule(f'{{"$and":[{",".join([five] * 5)}]}}', limits=EXTENSIONS).sub_rules) > 1
    assert code_of(f'{{"$and":[{",".join([five] * 6)}]}}') == "too-many-sub-rules"
    deep = five
    for _ in range(100):
        deep = f'{{"$or":[{{"a":[1]}},{{"b":[1]}}],"$and":[{deep},{{"c":[1]}}]}}'
    assert code_of(deep) in ("too-many-sub-rules", "too-many-paths")


def test_deep_nesting_is_read_or_refused() -> None:
    """``$and`` as deep as objects may be; all-of as deep as its limit, whatever a text holds beyond it."""
    deep = '{"a":[1]}'
    for _ in range(200):
        deep = f'{{"$and":[{deep},{{"b":[1]}}]}}'
    assert code_of(deep) is None
    assert code_of('{"a":[' + '{"all-of":["x",' * 32 + '"y"' + "]}" * 32 + "]}") is None
    for levels in (33, 500):
        assert code_of('{"a":[' + '{"all-of":["x",' * levels + '"y"' + "]}" * levels + "]}") == "pattern-too-deep"
        assert code_of('{"a":[' + '{"none-of":["x",' * levels + '"y"' + "]}" * levels + "]}") == "pattern-too-deep"


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ('{"all-of":', "}"),
        ('{"all-of":{"none-of":', "}}"),
        ('{"anything-but":{"all-of":[', "]}}"),
        ('{"anything-but":{"prefix":', "}}"),
        ('{"all-of":[{"all":[', "]}]}"),
        ('{"all-of":[{"all-of":["x"],"none-of":', "}]}"),
        ('{"all-of":[[{"x":', "}]]}"),
        ('{"wildcard":', "}"),
        ('{"numeric":{"all-of":', "}}"),
    ],
)
def test_hostile_nesting_is_refused_without_recursion(opening: str, closing: str) -> None:
    """What is wrong at every level: advice asks only about what is short."""
    for levels in (20, 300 if opening.count("{") + opening.count("[") > 2 else 900):
        rule = '{"a":[' + opening * levels + '"x"' + closing * levels + "]}"
        assert code_of(rule) is not None


# ----- errors


def test_errors_are_reported_in_every_branch_of_and() -> None:
    """As in ``$or``: reading goes on."""
    document = read_document('{"$and":[{"a":[{"prefix":1}]},{"b":"x"}],"c":[{"all-of":[{"x":1},{"y":1}]}]}')
    errors = compile_node(document, document.root, limits=EXTENSIONS)[1]
    expected = ["argument-not-string", "clause-not-array", "unknown-pattern-type", "unknown-pattern-type"]
    assert expected == [error.code for error in errors]


# ----- properties

plain = st.sampled_from([Spelled(text) for text in '1 2 "a" "ab" "A" null true'.split()])  # noqa: SIM905
simple = plain | st.sampled_from(
    [
        Members([(keyword, json.loads(argument) if argument[0] != "{" else Members(json.loads(argument).items()))])
        for keyword, argument in [
            ("prefix", '"a"'),
            ("suffix", '"b"'),
            ("numeric", '["<", 2]'),
            ("anything-but", '"a"'),
            ("anything-but", "[1, 2]"),
            ("exists", "true"),
            ("regexp", '"a|ab?"'),
            ("regexp", '"[^a]+"'),
            ("wildcard", '{"equals-ignore-case": "*A*"}'),
        ]
    ]
    + [
        Members([("anything-but", Members([("numeric", ["<", 2])]))]),
        Members([("anything-but", Members([("suffix", Members([("equals-ignore-case", ["B", "1"])]))]))]),
    ]
)
of_one_value = st.recursive(
    simple,
    lambda inner: st.lists(inner | st.lists(inner, min_size=1, max_size=2), min_size=1, max_size=3).map(
        lambda listed: Members([("all-of", listed)])
    ),
    max_leaves=5,
)
none_ofs = st.lists(of_one_value, min_size=1, max_size=2).map(lambda listed: Members([("none-of", listed)]))
leaves = st.lists(of_one_value | of_one_value | none_ofs, min_size=1, max_size=2)
members = st.tuples(st.sampled_from(["a.x", "a.y", "a.b.x", "b.x", "a"]), leaves)
objects = st.recursive(
    st.lists(members, min_size=1, max_size=2).map(Members),
    lambda inner: st.lists(
        members | st.tuples(st.sampled_from(["$and", "$or"]), st.lists(inner, min_size=2, max_size=2)),
        min_size=1,
        max_size=2,
    ).map(Members),
    max_leaves=4,
)


@given(rule=objects.map(text_of), event=array_events)
def test_compiled_rules_mean_what_the_oracle_says(rule: str, event: str) -> None:
    """Random nestings of the extensions, over events with arrays; so does the machine that is made of them."""
    found = any(matches(sub_rule, event) for sub_rule in compile_rule(rule, limits=EXTENSIONS).sub_rules)
    assert oracle.matches(rule, event) == found
    assert bool(Matcher({"r": rule}, engine="python").rules_for_event(event)) == found


of_few_values = st.sampled_from([1, 2, "p", "q"])
excluded = of_few_values | st.sampled_from([{"anything-but": "p"}, {"all-of": [[1, {"prefix": "p"}], {"prefix": ""}]}])
beside_values = st.lists(excluded, min_size=1, max_size=2).map(lambda listed: {"none-of": listed})
same_paths = st.lists(
    st.tuples(
        st.sampled_from(["a", "a.b", "a.x", "a.y", "a.b.x", "a-b"]),
        st.lists(of_few_values | beside_values | st.just({"exists": False}), min_size=1, max_size=2),
    ),
    min_size=2,
    max_size=4,
).map(lambda clauses: json.dumps({"$and": [dict([clause]) for clause in clauses]}))
few_names = st.recursive(
    of_few_values,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.sampled_from("xyb"), inner, max_size=3),
    max_leaves=12,
)
events_of_few_names = st.fixed_dictionaries(
    {"a": st.lists(few_names, max_size=3)},
    optional={"a-b": st.lists(few_names, max_size=2), "a.b": st.lists(few_names, max_size=2)},
).map(json.dumps)


@given(rules=st.lists(same_paths, min_size=1, max_size=4), event=events_of_few_names)
def test_clauses_on_one_path_and_none_of_choose_by_trails_as_the_oracle_does(rules: list[str], event: str) -> None:
    """Arrays of arrays, paths that share names, several clauses on one path: where what is chosen before matters."""
    named = {index: rule for index, rule in enumerate(rules) if code_of(rule) is None}
    matcher = Matcher(named, engine="python")
    assert [index for index, rule in named.items() if oracle.matches(rule, event)] == matcher.rules_for_event(event)
    for index in list(named):
        matcher.remove_rule(index)
        matcher._check()
    assert matcher.describe() == "start"


def compiled(rule: str, limits: Limits) -> tuple[SubRule, ...] | None:
    """What the compiler itself gives, without the quicker way; None for a refused rule."""
    try:
        document = read_document(rule)
    except RuleError:
        return None
    sub_rules, errors = compile_node(document, document.root, limits=limits)
    return None if errors else sub_rules


def test_no_rule_means_something_else_with_the_extensions() -> None:
    """Every rule of the other cases: what compiles stays as it is, what is refused stays refused or is an extension."""
    accepted = set()
    for rule in {rule for case in all_cases() for rule in case.rules.values()}:
        without, with_extensions = compiled(rule, Limits()), compiled(rule, EXTENSIONS)
        if without is None and with_extensions is not None:
            accepted.add(rule)
        else:
            assert without == with_extensions, rule
    assert {rule for rule in accepted if not any(word in rule for word in EXTENSION_WORDS)} == set()


@given(rules)
def test_no_drawn_rule_means_something_else_with_the_extensions(rule: str) -> None:
    """Rules without extensions, repeated names and ``$or``s inside each other among them."""
    assert compiled(rule, Limits()) == compiled(rule, EXTENSIONS)
