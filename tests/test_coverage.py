"""Coverage: its counts are what asking the oracle once more without each part gives, and its bounds hold."""

from __future__ import annotations

import json
from typing import Any

import oracle
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from ruler.coverage import BranchCount, Coverage, Report, counts, shapes
from ruler.errors import EventError, RuleError

FEW = settings(max_examples=settings().max_examples // 4)  # for what the counts by hand cover in part

rules_and_events = st.one_of(
    st.tuples(
        st.lists(strategies.general_rules, min_size=1, max_size=3),
        st.lists(strategies.general_events, max_size=4),
    ),
    st.tuples(
        st.lists(strategies.array_rules, min_size=1, max_size=3),
        st.lists(strategies.array_events, max_size=4),
    ),
)


def counted(rules: list[str], events: list[str], **options: Any) -> Report[int]:
    """The report of rules, named by their index, and events."""
    coverage = Coverage(dict(enumerate(rules)), **options)
    coverage.count_all(events)
    return coverage.report()


def clauses_of(branch: BranchCount) -> dict[str, list[Any]]:
    """The branch as the oracle has sub-rules, read from the text of its alternatives."""
    clauses: dict[str, list[Any]] = {}
    for each in branch.alternatives:
        alternative = json.loads(each.text, object_pairs_hook=tuple, parse_int=oracle.number, parse_float=oracle.number)
        clauses.setdefault(each.path, []).append(alternative)
    return clauses


def matches(clauses: dict[str, list[Any]], event: str) -> bool:
    """Whether the oracle finds that a sub-rule matches."""
    return oracle.choose(sorted(clauses.items()), {}, oracle.fields(event))


def numbers_by_hand(branches: list[dict[str, list[Any]]], events: list[str]) -> list[Any]:
    """[matched, decided, [(matched, decided) of each alternative]] of each branch, by removing and asking again."""
    found: list[Any] = []
    for number, clauses in enumerate(branches):
        others = [each for index, each in enumerate(branches) if index != number]
        matched = [event for event in events if matches(clauses, event)]
        decided = [event for event in matched if not any(matches(each, event) for each in others)]
        alternatives = []
        for path, listed in clauses.items():
            for index in range(len(listed)):
                alone = {**clauses, path: [listed[index]]}
                without = {**clauses, path: listed[:index] + listed[index + 1 :]}
                alternatives.append(
                    (
                        sum(matches(alone, event) for event in events),
                        sum(not matches(without, event) for event in matched),
                    )
                )
        found.append([len(matched), len(decided), alternatives])
    return found


def numbers_of(branches: tuple[BranchCount, ...]) -> list[Any]:
    """The same of the report."""
    return [
        [each.matched, each.decided, [(one.matched, one.decided) for one in each.alternatives]] for each in branches
    ]


@given(rules_and_events)
def test_counts_are_those_of_removing_each_part_and_asking_again(
    engine: str, both: tuple[list[str], list[str]]
) -> None:
    """Per rule, branch and alternative, whatever the rules and the events."""
    rules, events = both
    before = counts.LONGEST_TEXT
    counts.LONGEST_TEXT = 10_000  # so that the texts can be read again
    try:
        report = counted(rules, events, engine=engine)
    finally:
        counts.LONGEST_TEXT = before
    for text, rule in zip(rules, report.rules, strict=True):
        assert rule.matched == sum(oracle.matches(text, event) for event in events)
        branches = [clauses_of(branch) for branch in rule.branches]
        assert numbers_by_hand(branches, events) == numbers_of(rule.branches)
    unmatched = [event for event in events if not any(oracle.matches(rule, event) for rule in rules)]
    assert (len(events), len(unmatched)) == (report.events, report.unmatched)
    assert len(unmatched) == sum(shape.events for shape in report.shapes)


@FEW
@given(rules_and_events)
def test_when_answers_are_settled_changes_nothing(both: tuple[list[str], list[str]]) -> None:
    """Keeping no answer gives the report that keeping all gives, and so does counting many events at a time."""
    rules, events = both
    expected = counted(rules, events * 2)
    before = counts.MOST_TALLIES
    counts.MOST_TALLIES = 0
    try:
        assert expected == counted(rules, events * 2)
    finally:
        counts.MOST_TALLIES = before
    coverage = Coverage(dict(enumerate(rules)))
    assert [None] * len(events) * 2 == list(coverage.count_each(events * 2, lambda index: f"event {index + 1}"))
    assert expected == coverage.report()


@pytest.mark.parametrize(
    ("rule", "events", "expected"),
    [
        # A clause of one alternative decides what its branch matches.
        ('{"a": [1]}', ['{"a": 1}', '{"a": 2}'], [[1, 1, [(1, 1)]]]),
        # Two that overlap: neither decides where both accept.
        ('{"a": [1, {"numeric": ["<", 5]}]}', ['{"a": 1}', '{"a": 2}'], [[2, 2, [(1, 0), (2, 1)]]]),
        # Written twice: either copy would do.
        ('{"a": ["x", {"exactly": "x"}]}', ['{"a": "x"}'], [[1, 1, [(1, 0), (1, 0)]]]),
        # In one array element x is 1 and y is 2; that x is 2 elsewhere is no match.
        (
            '{"a": {"x": [1, 2], "y": [2]}}',
            ['{"a": [{"x": 1, "y": 2}, {"x": 2, "y": 3}]}'],
            [[1, 1, [(1, 1), (0, 0), (1, 1)]]],
        ),
        # Absence is an alternative like another.
        ('{"a": [1, {"exists": false}]}', ["{}", '{"a": 1}', '{"a": []}'], [[3, 3, [(1, 1), (2, 2)]]]),
        # "$and": each clause on the one path has alternatives of its own.
        (
            '{"$and": [{"t": ["a", "c"]}, {"t": ["b"]}]}',
            ['{"t": ["a", "b"]}', '{"t": ["a", "b", "c"]}', '{"t": "a"}'],
            [[2, 2, [(2, 1), (1, 0), (2, 2)]]],
        ),
        # Inside "$and" a "$or" has its branches.
        (
            '{"$and": [{"$or": [{"a": [1]}, {"b": [1]}]}, {"c": [1]}]}',
            ['{"a": 1, "b": 1, "c": 1}', '{"b": 1, "c": 1}', '{"a": 1}'],
            [[1, 0, [(1, 1), (1, 1)]], [2, 1, [(2, 2), (2, 2)]]],
        ),
        # none-of is an alternative like another, and all-of is one.
        (
            '{"t": [{"none-of": ["a", "b"]}, {"all-of": [{"prefix": "a"}, {"suffix": "x"}]}]}',
            ["{}", '{"t": "c"}', '{"t": ["a", "ax"]}', '{"t": ["c", "ax"]}', '{"t": "b"}'],
            [[4, 4, [(3, 2), (2, 1)]]],
        ),
        # Two branches of which both match one event.
        ('{"$or": [{"a": [1]}, {"b": [1]}]}', ['{"a": 1, "b": 1}', '{"b": 1}'], [[1, 0, [(1, 1)]], [2, 1, [(2, 2)]]]),
    ],
)
def test_what_is_counted_in_small_cases(engine: str, rule: str, events: list[str], expected: list[Any]) -> None:
    """Each case is worked out by hand."""
    assert expected == numbers_of(counted([rule], events, engine=engine).rules[0].branches)


def test_two_rules_under_one_name_are_branches_of_one() -> None:
    """Their texts are numbered, and an event that both match is decided by neither."""
    coverage: Coverage[str] = Coverage({"r": {"a": [1]}})
    coverage.add_rule("r", '{"b": [1]}')
    coverage.count_all([{"a": 1, "b": 1}, {"a": 1}])
    [rule] = coverage.report().rules
    found = [(each.text_number, each.matched, each.decided) for each in rule.branches]
    assert (2, [(1, 2, 1), (2, 1, 0)]) == (rule.matched, found)


def test_a_branch_is_named_by_its_innermost_places() -> None:
    """A nested "$or" names the inner branch alone, two side by side name both."""
    nested = '{"$or": [{"a": [1]}, {"$or": [{"b": [1]}, {"c": [1]}]}], "x": {"$or": [{"d": [1]}, {"e": [1]}]}}'
    report = counted([nested, '{"a": [1]}'], [])
    labels = [branch.label for branch in report.rules[0].branches]
    assert '$["$or"][0] and $.x["$or"][0]' == labels[0]
    assert '$["$or"][1]["$or"][1] and $.x["$or"][1]' == labels[-1]
    assert ["$"] == [branch.label for branch in report.rules[1].branches]


def test_unused_keeps_only_what_never_matched() -> None:
    """A rule that never matched stands without its parts; one without an unused part is left out."""
    rules = ['{"a": [1, 2]}', '{"a": [3]}', '{"a": [1]}', '{"$or": [{"a": [1, 4]}, {"a": [5, 6]}]}']
    found = counted(rules, ['{"a": 1}']).unused()
    assert (1,) == found.unused_rules
    parts = [
        (rule.name, [(branch.matched, [each.text for each in branch.alternatives]) for branch in rule.branches])
        for rule in found.rules
    ]
    assert [(0, [(1, ["2"])]), (1, []), (3, [(1, ["4"]), (0, [])])] == parts


@FEW
@given(rules_and_events)
def test_sub_rules_beyond_the_limit_are_counted_without_alternatives(both: tuple[list[str], list[str]]) -> None:
    """Branches keep their numbers; those whose clauses have one alternative each cost nothing."""
    rules, events = both
    for whole, cut in zip(
        counted(rules, events).rules, counted(rules, events, most_copied_clauses=0).rules, strict=True
    ):
        assert [each[:2] for each in numbers_of(whole.branches)] == [each[:2] for each in numbers_of(cut.branches)]
        for one, other in zip(whole.branches, cut.branches, strict=True):
            assert all(each.is_alone for each in one.alternatives) == other.alternatives_are_counted
            assert other.alternatives == (one.alternatives if other.alternatives_are_counted else ())


def test_a_clause_of_ten_thousand_values_counts_each(engine: str) -> None:
    """As many parts as values; each decides its own event."""
    rule = json.dumps({"n": list(range(10_000)), "kind": ["x"]})
    report = counted([rule], [f'{{"n": {n}, "kind": "x"}}' for n in (3, 3, 9_999)], engine=engine)
    [branch] = report.rules[0].branches
    fired = {each.text: (each.matched, each.decided) for each in branch.alternatives if each.matched}
    assert {'"x"': (3, 3), "3": (2, 2), "9999": (1, 1)} == fired
    assert 10_001 == len(branch.alternatives)


def test_what_is_no_event_or_rule_is_refused_and_not_counted(engine: str) -> None:
    """One by one it is raised, among many it is yielded in its turn."""
    coverage: Coverage[str] = Coverage({"r": {"a": [1]}}, engine=engine)
    with pytest.raises(EventError):
        coverage.count("{bad")
    with pytest.raises(TypeError, match="expected several events"):
        coverage.count_all('{"a": 1}')
    codes = [error and error.code for error in coverage.count_each(['{"a": 1}', "[]", "{}"], str)]
    assert [None, "not-object", None] == codes
    assert 2 == coverage.report().events
    with pytest.raises(RuntimeError, match="before the first event"):
        coverage.add_rule("late", {"a": [1]})
    with pytest.raises(RuleError, match=r"^named: "):
        Coverage({"named": {"a": []}})


def test_the_json_form_of_a_report() -> None:
    """All of it, in the order of the rules."""
    coverage: Coverage[str] = Coverage(
        {"r": '{"$or": [{"a": [1, {"prefix":\n  "x"}]}, {"b": [2]}]}', "never": {"c": [3]}}
    )
    coverage.count('{"a": 1}', "f:1")
    coverage.count('{"q": {"r": [null]}}', "f:2")
    assert {
        "events": 2,
        "rules": [
            {
                "name": "r",
                "matched": 1,
                "branches": [
                    {
                        "text_number": 1,
                        "paths": ['$["$or"][0]'],
                        "matched": 1,
                        "decided": 1,
                        "alternatives": [
                            {"path": '$["$or"][0].a[0]', "field": "a", "text": "1", "matched": 1, "decided": 1},
                            {
                                "path": '$["$or"][0].a[1]',
                                "field": "a",
                                "text": '{"prefix": "x"}',
                                "matched": 0,
                                "decided": 0,
                            },
                        ],
                    },
                    {
                        "text_number": 1,
                        "paths": ['$["$or"][1]'],
                        "matched": 0,
                        "decided": 0,
                        "alternatives": [
                            {"path": '$["$or"][1].b[0]', "field": "b", "text": "2", "matched": 0, "decided": 0}
                        ],
                    },
                ],
            },
            {
                "name": "never",
                "matched": 0,
                "branches": [
                    {
                        "text_number": 1,
                        "paths": [],
                        "matched": 0,
                        "decided": 0,
                        "alternatives": [{"path": "$.c[0]", "field": "c", "text": "3", "matched": 0, "decided": 0}],
                    }
                ],
            },
        ],
        "unused_rules": ["never"],
        "unmatched": {
            "events": 1,
            "shapes": [{"events": 1, "first": "f:2", "fields": ["q.r[]: null"], "more_fields": 0}],
            "events_of_other_shapes": 0,
        },
    } == coverage.report().record()


# ----- shapes


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("{}", ()),
        ('{"b": 1, "a": "x"}', ("a: string", "b: number")),
        ('{"a": [1, "x", null, 2.5, true]}', ("a[]: boolean or null or number or string",)),
        ('{"a": {}, "b": []}', ("a: empty object", "b: empty array")),
        ('{"a": [{"x": 1}, {"y": [[2]]}]}', ("a[].x: number", "a[].y[][]: number")),
        ('{"a": {"b": 1}, "a.b": "x"}', ("a.b: number or string",)),
    ],
)
def test_the_shape_of_an_event(event: str, fields: tuple[str, ...]) -> None:
    """Its paths with the kinds of values there."""
    assert (fields, 0) == shapes.fields_of(json.loads(event))


@FEW
@given(strategies.events)
def test_events_of_one_shape_differ_only_in_values(event: str) -> None:
    """The shape stays when every number and string is another one."""
    decoded = json.loads(event)
    other = json.loads(event, parse_int=lambda text: 7, parse_float=lambda text: 0.5)
    assert shapes.fields_of(decoded) == shapes.fields_of(other)


def test_shapes_are_told_apart_up_to_a_limit() -> None:
    """Events that all differ take a bounded number of rows, the others are counted together."""
    coverage: Coverage[str] = Coverage({"r": {"a": [1]}}, most_shapes=3)
    coverage.count_all({f"n{number}": 1} for number in [0, 1, 2, 3, 4, 1])
    report = coverage.report()
    assert [("n1: number", 2, "event 2"), ("n0: number", 1, "event 1"), ("n2: number", 1, "event 3")] == [
        (shape.fields[0], shape.events, shape.first) for shape in report.shapes
    ]
    assert (6, 2) == (report.unmatched, report.events_of_other_shapes)
    none_apart: Coverage[str] = Coverage({"r": {"a": [1]}}, most_shapes=0)
    none_apart.count("{}")
    assert ((), 1, 1) == (
        none_apart.report().shapes,
        none_apart.report().unmatched,
        none_apart.report().events_of_other_shapes,
    )


def test_a_shape_of_a_hostile_event_stays_small() -> None:
    """Long names and deep nesting are cut, and what stands there is one value; many fields are counted."""
    deep: Any = 1
    for _ in range(1000):
        deep = {"n" * 10_000: deep}
    [field], more = shapes.fields_of({"a": deep})
    assert (field, more) == (f"a.{'n' * (shapes.LONGEST_PATH - 2)}...: object", 0)
    fields, more = shapes.fields_of({f"n{number:04}": number for number in range(1000)})
    assert (shapes.MOST_FIELDS, 1000 - shapes.MOST_FIELDS) == (len(fields), more)
    arrays: Any = 1
    for _ in range(1000):
        arrays = [arrays, arrays] if not isinstance(arrays, list) else [arrays]
    [field], _ = shapes.fields_of({"a": arrays})
    assert field.endswith("...: array")
