"""The warnings about what a rule means are true, none is missed for single paths, and their fixes are right."""

from __future__ import annotations

import json
from collections import Counter

import oracle
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st
from small_world import WORLD

from ruler import Matcher
from ruler.checks.budget import Budget
from ruler.checks.dead_branches import dead_branches
from ruler.checks.edits import deletions, edited
from ruler.checks.meaning import meaning_findings
from ruler.checks.rule import CheckedRule
from ruler.checks.value_sets import ValueSet
from ruler.explain.judge import matches
from ruler.findings import Finding, Source
from ruler.patterns.acceptance import Value, accepts
from ruler.patterns.compiler import Expansion, expand
from ruler.patterns.located import locate_node
from ruler.patterns.model import Absent, Clause, Exists, Pattern, SubRule
from ruler.patterns.reader import read_document
from ruler.rule_sources import NamedRule, rule_of_pattern, rules_of_text


def checked(rule: NamedRule) -> CheckedRule:
    """A rule that compiles, as the checks take it."""
    return CheckedRule(rule, locate_node(rule.document, rule.node))


def findings_of(text: str) -> list[Finding]:
    """The warnings about the one rule that ``text`` is."""
    [rule] = rule_of_pattern("pattern-1", text.encode()).rules
    return list(meaning_findings(checked(rule)))


def codes(text: str) -> list[tuple[str, str]]:
    """Code and place of each warning."""
    return [(finding.code, finding.subject) for finding in findings_of(text)]


def fixed(text: str, finding: Finding) -> str:
    """The text after the fix of one finding."""
    assert finding.fix is not None
    return edited(text, finding.fix.edits)


# ----- one path, in a small world

SMALL = ["", "a", "A", "1", "a1", "A1", "1a"]
GREATEST = "1.7976931348623157e308"
BOUNDS = ["0", "1", "1.0000000000000002", "1.0000000000000004", "9007199254740992", "9007199254740993", GREATEST]
FILLED = SMALL[1:]
small_numeric = st.lists(st.sampled_from(BOUNDS), min_size=2, max_size=2, unique=True).map(
    lambda two: sorted(two, key=float) if float(two[0]) != float(two[1]) else sorted(two)
)
small_alternatives = st.one_of(
    st.sampled_from(SMALL).map(json.dumps),
    st.sampled_from(BOUNDS),
    st.sampled_from(["true", "false", "null", '{"exists": true}', '{"exists": false}', '{"prefix": ""}']),
    st.builds('{{"{}": "{}"}}'.format, st.sampled_from(["prefix", "suffix"]), st.sampled_from(FILLED)),
    st.builds('{{"equals-ignore-case": "{}"}}'.format, st.sampled_from(SMALL)),
    st.builds('{{"prefix": {{"equals-ignore-case": "{}"}}}}'.format, st.sampled_from(FILLED)),
    st.builds('{{"wildcard": "{}"}}'.format, st.sampled_from(["a*", "*a*", "*a1*", "a*1", "*a*1*", "a*1*", "*1*a"])),
    st.builds('{{"anything-but": "{}"}}'.format, st.sampled_from(SMALL)),
    st.builds('{{"anything-but": {}}}'.format, st.sampled_from(BOUNDS)),
    st.builds('{{"anything-but": {{"prefix": "{}"}}}}'.format, st.sampled_from(FILLED)),
    st.builds('{{"anything-but": {{"wildcard": "{}"}}}}'.format, st.sampled_from(["a*1", "*a1*", "*a*1*"])),
    st.builds('{{"numeric": ["{}", {}]}}'.format, st.sampled_from(["<", "<=", ">", ">="]), st.sampled_from(BOUNDS)),
    st.builds(
        lambda two, low, high: f'{{"numeric": ["{low}", {two[0]}, "{high}", {two[1]}]}}',
        small_numeric,
        st.sampled_from([">", ">="]),
        st.sampled_from(["<", "<="]),
    ),
)
small_lists = st.lists(small_alternatives, min_size=1, max_size=5)


def is_among(patterns: list[Pattern], value: Value) -> bool:
    """Whether any of the patterns accepts the value."""
    return any(accepts(pattern, value) for pattern in patterns)


def has_own_value(pattern: Pattern, others: list[Pattern]) -> bool:
    """Whether some value is accepted by the pattern and by none of the others: one of the world, or any."""
    found = ValueSet(others).gap(pattern)
    values = WORLD if found is None else [found.value, *WORLD]
    return any(accepts(pattern, value) and not is_among(others, value) for value in values)


@given(small_lists)
def test_warnings_of_one_path_are_those_of_trying_every_value(alternatives: list[str]) -> None:
    """Everything, nothing and redundant: each is claimed exactly when the values say so."""
    text = f'{{"a": [{", ".join(alternatives)}]}}'
    findings = findings_of(text)
    [rule] = rule_of_pattern("pattern-1", text.encode()).rules
    patterns = [each.pattern for each in locate_node(rule.document, rule.node).sub_rules[0].clauses[0].alternatives]
    found: dict[str, set[int]] = {}
    for finding in findings:
        assert finding.location is not None
        found.setdefault(finding.code, set()).add(int(finding.location[1]) if len(finding.location) > 1 else -1)
    everything = not has_own_value(Exists(), patterns)
    assert (everything and len(patterns) > 1) == ("accepts-everything" in found)
    if everything:
        return
    empty = {i for i, each in enumerate(patterns) if each != Absent() and not any(accepts(each, v) for v in WORLD)}
    assert empty == found.get("accepts-nothing", set())
    redundant = found.get("redundant-alternative", set())
    kept = [each for index, each in enumerate(patterns) if index not in redundant | empty]
    assert all(patterns[index] in kept or not has_own_value(patterns[index], kept) for index in redundant)
    assert len(set(kept)) == len(kept)
    values = [each for each in kept if each != Absent()]
    assert all(has_own_value(each, [other for other in values if other is not each]) for each in values)


# ----- fixes


def check_fixes(text: str, events: list[str]) -> None:
    """Each fix removes its warning, and those that say so keep the meaning; so do all of them together."""
    findings = findings_of(text)
    for finding in findings:
        if finding.fix is not None:
            new = fixed(text, finding)
            check_warning_is_gone(finding, text, new)
            if finding.fix.keeps_meaning:
                check_meaning(text, new, events)
    new, rounds = text, 0
    while edits := [edit for each in findings if each.fix and each.fix.keeps_meaning for edit in each.fix.edits]:
        new = edited(new, sorted(edits, key=lambda edit: edit.start))
        findings = findings_of(new)
        rounds += 1
        assert rounds < 5
    check_meaning(text, new, events)


def check_warning_is_gone(finding: Finding, text: str, new: str) -> None:
    """A dead branch is no longer there; another is gone from its place, though one that it hid may be told now."""
    if finding.code == "dead-branch":
        assert len(expansion_of(new).sub_rules) < len(expansion_of(text).sub_rules)
    else:
        before, after = findings_of(text), findings_of(new)
        counts = [Counter(each.code for each in found) for found in (before, after)]
        told = {(each.code, each.location, each.message) for each in after}
        is_gone = (finding.code, finding.location, finding.message) not in told
        assert is_gone or counts[1][finding.code] < counts[0][finding.code]


def expansion_of(text: str) -> Expansion:
    """What the ``$or``s of a rule expand into."""
    document = read_document(text)
    return expand(document, document.root)


def check_meaning(text: str, new: str, events: list[str]) -> None:
    """Both rules give the same answer for each event."""
    for event in events:
        answer = oracle.matches(text, event)
        assert answer == oracle.matches(new, event)
        assert answer == Matcher({"r": new}).matches_any(event)


event_lists = st.lists(strategies.events, min_size=1, max_size=3)


@given(strategies.rules, event_lists)
def test_fixes_keep_the_meaning_and_remove_the_warning(text: str, events: list[str]) -> None:
    """For rules of every kind."""
    check_fixes(text, events)


@given(small_lists, st.lists(st.sampled_from(WORLD), min_size=1, max_size=20))
def test_fixes_of_one_path_keep_the_meaning(alternatives: list[str], values: list[object]) -> None:
    """Also where every second alternative is redundant."""
    check_fixes(f'{{"a": [{", ".join(alternatives)}]}}', [json.dumps({"a": value}) for value in values])


# ----- branches

PATHS = ["a.x", "a.y", "a.b.x", "a", "b.x"]
LEAVES = [
    "[1]",
    "[1, 2]",
    '[{"exists": true}]',
    '[{"exists": false}]',
    '[1, {"exists": false}]',
    '[{"anything-but": 1}]',
]
few_leaves = st.sampled_from(LEAVES)
clause_lists = st.dictionaries(st.sampled_from(PATHS), few_leaves, min_size=1, max_size=3)


def spelled(clauses: dict[str, str]) -> str:
    """The text of a branch."""
    return "{" + ", ".join(f'"{path}": {leaf}' for path, leaf in clauses.items()) + "}"


@st.composite
def branch_lists(draw: st.DrawFn) -> str:
    """Two to four branches, some of them a shorter form of another."""
    found = draw(st.lists(clause_lists, min_size=1, max_size=3))
    for clauses in list(found):
        if len(clauses) > 1 and draw(st.booleans()):
            paths = draw(st.sets(st.sampled_from(sorted(clauses)), min_size=1, max_size=len(clauses) - 1))
            found.append({path: clauses[path] for path in sorted(paths)})
    if len(found) == 1:
        found.append(draw(clause_lists))
    return '"$or": [' + ", ".join(map(spelled, draw(st.permutations(found)))) + "]"


branches = branch_lists()
small_numbers = st.sampled_from([1, 2])
small_elements = st.dictionaries(st.sampled_from(["x", "y"]), small_numbers, max_size=2)
small_events = st.builds(
    lambda elements, inner: json.dumps({"a": [*elements, *inner]}),
    st.lists(small_elements, min_size=1, max_size=3),
    st.lists(small_numbers | st.builds(lambda x: {"b": x}, st.lists(small_elements, max_size=2)), max_size=1),
)
members = st.lists(branches | st.builds('"{}": {}'.format, st.sampled_from(PATHS), few_leaves), min_size=0, max_size=1)
or_rules = st.builds(
    lambda before, between, after: "{" + ", ".join([*before, between, *after]) + "}", members, branches, members
)


def alive_sub_rules(text: str) -> tuple[int, list[SubRule]]:
    """How many branches are dead, and the sub-rules that remain without them."""
    document = read_document(text)
    expansion = expand(document, document.root)
    dead, alive = dead_branches(expansion, document.root, Budget())
    return len(dead), [SubRule(frozenset(clause for clause, _ in expansion.sub_rules[index])) for index in alive]


@given(or_rules, strategies.array_events | small_events)
def test_dead_branches_add_nothing_to_array_events(text: str, event: str) -> None:
    """Without them the rule matches as before: also where absence depends on the element that is looked at."""
    count, alive = alive_sub_rules(text)
    if count:
        assert oracle.matches(text, event) == matches(alive, event)
        check_fixes(text, [event])


@given(strategies.rules, strategies.events)
def test_dead_branches_add_nothing_to_any_event(text: str, event: str) -> None:
    """For rules and events of every kind."""
    count, alive = alive_sub_rules(text)
    if count:
        assert oracle.matches(text, event) == matches(alive, event)


absence_leaves = st.sampled_from(["[1]", '[{"exists": true}]', '[{"exists": false}]', '[1, {"exists": false}]'])
absence_clauses = st.dictionaries(st.sampled_from(["a.w", "a.x", "a.y"]), absence_leaves, min_size=2)
flat_elements = st.dictionaries(st.sampled_from("wxy"), small_numbers, min_size=1, max_size=2)


ten_arrays = st.lists(st.lists(flat_elements, min_size=1, max_size=3), min_size=10, max_size=10)


@given(absence_clauses, st.data())
def test_a_branch_with_more_clauses_is_dead_only_where_absence_allows_it(
    clauses: dict[str, str], data: st.DataObject
) -> None:
    """A branch beside one with some of its clauses: when it is called dead, it never matches alone."""
    paths = data.draw(st.sets(st.sampled_from(sorted(clauses)), min_size=1, max_size=len(clauses) - 1))
    shorter = spelled({path: clauses[path] for path in sorted(paths)})
    text = f'{{"$or": [{shorter}, {spelled(clauses)}]}}'
    if codes(text) == [("dead-branch", '$["$or"][1]')]:
        for event in [json.dumps({"a": elements}) for elements in data.draw(ten_arrays)]:
            assert oracle.matches(shorter, event) == oracle.matches(text, event)


def test_absence_keeps_a_branch_alive() -> None:
    """The first branch looks alike with fewer clauses, but finds a value where the second, tied to x, finds none."""
    text = '{"$or": [{"a.y": [{"exists": false}]}, {"a.x": [1], "a.y": [{"exists": false}]}]}'
    event = '{"a": [{"x": 1}, {"y": 2}]}'
    assert not oracle.matches('{"a.y": [{"exists": false}]}', event)
    assert oracle.matches(text, event)
    assert [] == codes(text)


def test_absence_before_all_other_clauses_is_safe() -> None:
    """Nothing is chosen before a.b, so both branches find the same values there."""
    text = '{"$or": [{"a.b": [{"exists": false}]}, {"a.x": [1], "a.b": [{"exists": false}]}]}'
    assert [("dead-branch", '$["$or"][1]')] == codes(text)


# ----- single cases

CASES = [
    ('{"a": ["x", {"anything-but": "x"}]}', [("accepts-everything", "$.a")]),
    ('{"a": [{"anything-but": "x"}, {"anything-but": "y"}]}', [("accepts-everything", "$.a")]),
    ('{"a": [{"exists": true}]}', []),
    ('{"a": [{"exists": false}]}', []),
    ('{"a": [{"exists": true}, {"exists": true}]}', [("accepts-everything", "$.a")]),
    ('{"a": [{"exists": true}, {"exists": false}]}', [("accepts-everything", "$.a")]),
    ('{"a": [{"numeric": [">", 1, "<", 1.0000000000000002]}]}', [("accepts-nothing", "$.a[0]")]),
    ('{"a": [2, {"numeric": [">", 1, "<", 1.0000000000000002]}]}', [("accepts-nothing", "$.a[1]")]),
    ('{"a": [{"prefix": "a"}, {"prefix": "ab"}]}', [("redundant-alternative", "$.a[1]")]),
    ('{"a": [{"prefix": "ab"}, {"prefix": "a"}]}', [("redundant-alternative", "$.a[0]")]),
    ('{"a": [{"equals-ignore-case": "1"}, "1"]}', [("redundant-alternative", "$.a[1]")]),
    ('{"a": ["1", {"equals-ignore-case": "1"}]}', [("redundant-alternative", "$.a[1]")]),
    ('{"a": [5, 5.0, "5"]}', [("redundant-alternative", "$.a[1]")]),
    (
        '{"a": [{"cidr": "10.0.0.0/9"}, {"cidr": "10.0.0.0/8"}, {"cidr": "10.128.0.0/9"}]}',
        [("redundant-alternative", "$.a[0]"), ("redundant-alternative", "$.a[2]")],
    ),
    ('{"$or": [{"a": [1]}, {"a": [1], "b": [2]}]}', [("dead-branch", '$["$or"][1]')]),
    ('{"$or": [{"a": [1]}, {"b": [1]}, {"a": [1]}]}', [("dead-branch", '$["$or"][2]')]),
    ('{"$or": [{"a": [1]}, {"a": [2]}], "a": [3]}', [("dead-branch", '$["$or"][1]')]),
    ('{"$or": [{"a": [1]}, {"b": [2]}]}', []),
    (
        '{"$or": [{"a": [1]}, {"b": [{"numeric": [">", 1, "<", 1.0000000000000002]}]}]}',
        [("accepts-nothing", '$["$or"][1].b[0]'), ("dead-branch", '$["$or"][1]')],
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_what_is_warned_of(text: str, expected: list[tuple[str, str]]) -> None:
    """Each code, where it stands, and rules that are right."""
    assert expected == codes(text)


FIXED = [
    ('{"a": [{"anything-but": "x"}, {"anything-but": ["y"]}]}', '{"a": [{"anything-but": ["x", "y"]}]}', False),
    (
        '{"a": [{"anything-but": {"prefix": "x"}}, {"anything-but": {"prefix": ["y", "x"]}}]}',
        '{"a": [{"anything-but": {"prefix": "x"}}]}',
        True,
    ),
    ('{"a": [{"exists": true}, 1]}', '{"a": [{"exists": true}]}', True),
    ('{"a": ["x",\n  "x"  , 1]}', '{"a": ["x"  , 1]}', True),
    ('{"a": [ {"prefix": "xy"} , {"prefix": "x"} ]}', '{"a": [ {"prefix": "x"} ]}', True),
    ('{"$or": [{"a": [1]}, {"a": [1]}], "b": [2]}', '{"a": [1], "b": [2]}', True),
    ('{"$or": [ {"a": [1]}, {"b": [1]},\n {"a": [1]} ]}', '{"$or": [ {"a": [1]}, {"b": [1]} ]}', True),
]


@pytest.mark.parametrize(("text", "expected", "keeps_meaning"), FIXED, ids=[text for text, _, _ in FIXED])
def test_what_a_fix_writes(text: str, expected: str, keeps_meaning: bool) -> None:
    """Only what must go, with one comma and the white space beside it."""
    [finding] = [each for each in findings_of(text) if each.fix]
    assert finding.fix is not None
    assert expected == fixed(text, finding)
    assert keeps_meaning == finding.fix.keeps_meaning


def test_a_branch_that_would_name_a_path_twice_is_left() -> None:
    """Its clauses cannot stand in the parent, where "a" has a clause of its own."""
    [finding] = findings_of('{"a": [3], "$or": [{"a": [1]}, {"a": [1]}]}')
    assert ("dead-branch", None) == (finding.code, finding.fix)


def test_findings_have_their_place_in_the_file() -> None:
    """Pointer, line and column count in the file, the location in the rule."""
    text = '[{"name": "r", "rule":\n  {"a/b": ["x", "x"]}}]'
    [rule] = rules_of_text(Source("rules.json", text), text.encode()).rules
    [finding] = meaning_findings(checked(rule))
    assert ("warning", 2, 17, "/0/rule/a~1b/1") == (finding.severity, finding.line, finding.column, finding.pointer)
    assert 'r: $["a/b"][1]' == finding.subject
    assert finding.fix is not None
    assert '[{"name": "r", "rule":\n  {"a/b": ["x"]}}]' == edited(text, finding.fix.edits)


@given(st.lists(st.sampled_from(["1", '"ab"', "[ ]", '{"a": 1}']), min_size=2, max_size=6), st.data())
def test_deletions_leave_an_array(elements: list[str], data: st.DataObject) -> None:
    """Each deletion alone, and all of them together, as long as one element stays."""
    text = "[ " + " , ".join(elements) + " ]"
    kept = data.draw(st.sets(st.sampled_from(range(len(elements))), min_size=1))
    removed = set(range(len(elements))) - kept
    found = deletions(read_document(text).root.value, removed)
    values = [json.loads(each) for each in elements]
    assert [values[index] for index in sorted(kept)] == json.loads(edited(text, found.values()))
    for index, edit in found.items():
        assert values[:index] + values[index + 1 :] == json.loads(edited(text, [edit]))


# ----- cost


def test_a_clause_of_many_plain_values_and_patterns_is_read_in_bounded_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many alternatives, no more steps are spent than a rule has."""
    spent = 0
    original = Budget.spend

    def counting(self: Budget, steps: int) -> None:
        nonlocal spent
        spent += 1
        original(self, steps)

    monkeypatch.setattr(Budget, "spend", counting)
    plain = [f'"value-{number % 900}"' for number in range(1000)]
    prefixes = [f'{{"prefix": "v{number}"}}' for number in range(300)]
    text = f'{{"a": [{", ".join([*plain, *prefixes])}]}}'
    assert [("redundant-alternative", f"$.a[{number}]") for number in range(900, 1000)] == codes(text)[:100]
    assert spent <= 2 * Budget().steps


def test_many_branches_with_plain_values_are_compared_by_value() -> None:
    """A thousand branches, of which two are dead: found, though not each is compared with each."""
    clauses = [f'{{"a": ["value-{number}"]}}' for number in range(998)]
    text = f'{{"$or": [{", ".join([*clauses, clauses[0]])}, {{"a": ["value-7"], "b": [1]}}]}}'
    assert [("dead-branch", '$["$or"][998]'), ("dead-branch", '$["$or"][999]')] == codes(text)


def test_equal_rules_give_equal_clauses() -> None:
    """What the search compares are clauses as the machine knows them."""
    document = read_document('{"$or": [{"a": [5]}, {"a": [5.0]}]}')
    forms = [each[0][0] for each in expand(document, document.root).sub_rules]
    assert [Clause("a", forms[0].patterns)] * 2 == forms
