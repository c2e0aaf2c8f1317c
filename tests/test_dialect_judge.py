"""What a dialect refuses of a rule, and what of it nobody knows."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import strategies
from hypothesis import given

from ruler.dialects.forms import operator_of
from ruler.dialects.judge import refusals, unsettled_limits
from ruler.dialects.load import dialect
from ruler.dialects.measures import decimals_and_digits, measures, placed_clauses
from ruler.dialects.model import LIMITS, OPERATORS, Settled, Verdict
from ruler.dialects.names import DIALECTS
from ruler.errors import json_path
from ruler.patterns.compiler import Limits
from ruler.patterns.located import locate_node, locate_rule
from ruler.patterns.reader import read_document

NOT_OF_CLAUSES = ("nested-path", "or", "and")


def said(rule: str, name: str) -> list[str]:
    """Each refusal in one line: place, what, verdict, and numbers of a limit."""
    return [
        f"{json_path(each.location)} {each.name} {each.verdict.value}"
        + (f" {each.found}/{each.limit}" if each.limit is not None else "")
        for each in refusals(locate_rule(rule), dialect(name))
    ]


def counted(rule: str, limit: str) -> list[tuple[int | float, int | float]]:
    """What a rule takes of a limit, part by part, in both readings."""
    located = locate_rule(rule)
    return [(each.least, each.most) for each in measures(located, placed_clauses(located)) if each.limit == limit]


@pytest.mark.parametrize("name", [name for name in OPERATORS if name not in NOT_OF_CLAUSES])
def test_the_example_of_each_operator_is_recognised(name: str) -> None:
    """Also those of extensions, which are forms before anything reads them."""
    elements = read_document(OPERATORS[name].example).root.value
    assert {name} == {operator_of(element) for element in elements}


def test_operators_are_forms_as_they_are_written() -> None:
    """A wildcard that is only a prefix is a wildcard, a list of one is a list, and "=" is told from "<"."""
    clause = '[{"wildcard": "x*"}, {"exactly": "x"}, {"anything-but": ["x"]}, {"numeric": [">=", 1]}, "x", -0.0, false]'
    assert [
        "wildcard",
        "exactly",
        "anything-but-string-list",
        "numeric-bound",
        "exact-string",
        "exact-number",
        "exact-boolean",
    ] == [operator_of(element) for element in read_document(clause).root.value]


def test_what_is_refused_and_what_is_unknown_are_told_apart() -> None:
    """In text order, each with its place; what is allowed is not told of."""
    rule = '{"a": {"b": ["x", {"exactly": "x"}]}, "c": [{"wildcard": "x*y"}, {"anything-but": "x"}]}'
    assert [
        "$.a.b nested-path refused",
        "$.a.b[1] exactly unknown",
        "$.c[1] anything-but-string unknown",
    ] == said(rule, "sns-attributes")
    assert ["$.a.b[1] exactly unknown", "$.c[0] wildcard refused"] == said(rule, "eventbridge-pipes")
    assert ["$.a.b[1] exactly unknown", "$.c[0] wildcard unknown"] == said(rule, "lambda")
    assert [] == said(rule, "event-ruler") == said(rule, "ruler")


def test_a_refusal_leads_to_its_source() -> None:
    """The cell of the dialect comes with it, and the part of the rule."""
    rule = locate_rule('{"c": [{"wildcard": "x*y"}]}')
    [refusal] = refusals(rule, dialect("eventbridge-pipes"))
    assert refusal.cell.source is not None
    assert refusal.cell.source.address.endswith("/eb-create-pattern-operators.html")
    assert '{"wildcard": "x*y"}' == rule.text(refusal.node)


def test_clauses_in_branches_are_judged_once() -> None:
    """However many sub-rules share them; a dotted name is one name, and $or is none."""
    rule = (
        '{"$or": [{"a": [1]}, {"b": [2]}], "c": [{"exactly": "x"}], "d.e": [1], "f": {"$or": [{"g": [1]}, {"h": [1]}]}}'
    )
    assert [
        "$.c[0] exactly unknown",
        '$.f["$or"][0].g nested-path refused',
        '$.f["$or"][1].h nested-path refused',
    ] == [line for line in said(rule, "sns-attributes") if "paths" not in line]


def test_joined_branches_are_an_operator_with_a_place() -> None:
    """Nested ones too, and two of one name; a field that is named $or is none."""
    rule = """{"$or": [{"a": [1]}, {"x": {"$or": [{"b": [1]}, {"c": [1]}]}}], "y": {"$or": ["z"]},
        "$or": [{"d": [1]}, {"e": [2]}]}"""
    loose = dialect("lambda")  # no dialect refuses $or, so one is made that does
    strict = replace(loose, operators=loose.operators | {"or": loose.operators["and"]})
    found = refusals(locate_rule(rule), strict)
    assert ['$["$or"]', '$["$or"][1].x["$or"]', '$["$or"]'] == [json_path(each.location) for each in found]
    assert {"or"} == {each.name for each in found}


def test_a_clause_that_a_later_one_hides_is_judged_too() -> None:
    """A service reads it before it forgets it."""
    assert ["$.a[0] wildcard refused"] == said('{"a": [{"wildcard": "x*y"}], "a": ["x"]}', "eventbridge-pipes")


def test_names_that_a_service_adds_itself_are_refused_at_the_beginning_of_a_path() -> None:
    """In Pipes; deeper down they are ordinary."""
    rule = '{"eventSource": ["x"], "body": {"eventSource": ["x"]}, "awsRegion": {"a": [1]}, "eventID.x": [1]}'
    assert [
        "$.eventSource eventSource refused",
        "$.awsRegion.a awsRegion refused",
        '$["eventID.x"] eventID refused',
    ] == said(rule, "eventbridge-pipes")
    assert [] == said(rule, "lambda")


def test_a_rule_is_too_long_when_it_is_without_white_space() -> None:
    """And nobody knows, when it is only as it is written: it depends on what is sent."""
    text = "x" * 2038
    assert [] == said(f'{{"a":["{text}"]}}', "eventbridge")
    assert ["$ pattern-size unknown 2049/2048"] == said(f'{{"a": ["{text}"]}}', "eventbridge")
    assert ["$ pattern-size refused 2049/2048"] == said(f'{{"a":["{text}x"]}}', "eventbridge")
    assert ["$ pattern-size refused 2049/2048"] == said(f'{{"a":  ["{text}x"]}}', "eventbridge")


def test_white_space_inside_strings_counts_and_bytes_are_not_characters() -> None:
    """EventBridge counts characters, Amazon SNS bytes."""
    assert [(11, 12), (12, 13)] == counted('{"é": [" "]}', "pattern-size")
    text = "é" * 131_072
    assert ["$ pattern-size refused 262154/262144"] == said(f'{{"a":["{text}"]}}', "sns-body")
    assert [] == said(f'{{"a":["{text[:-5]}"]}}', "sns-body")


def test_choices_are_counted_as_the_page_of_amazon_sns_counts_them() -> None:
    """The four examples of its pages: 6, 7, 72 and 32."""
    plain = '{"key_a": ["1", "2", "3"], "key_b": ["1"], "key_c": ["1", "2"]}'
    assert [(6, 6)] == counted(plain, "value-combinations")
    with_or = """{"source": ["aws.cloudwatch"], "$or": [{"metricName": ["CPUUtilization", "ReadLatency"]},
        {"metricType": ["MetricType"], "$or": [{"metricId": [1234, 4321]}, {"spaceId": [1000, 2000, 3000]}]}]}"""
    assert [(7, 7)] == counted(with_or, "value-combinations")
    nested = '{"key_a": {"key_b": {"key_c": ["1", "2", "3", "4"]}}, "key_d": {"key_e": ["1", "2", "3"]}}'
    assert [(72, 72)] == counted(nested, "value-combinations-by-level")
    nested_or = """{"$or": [{"metricName": ["CPUUtilization", "ReadLatency"]}, {"namespace": ["AWS/EC2", "AWS/ES"]}],
        "detail": {"scope": ["Service"], "$or": [{"source": ["aws.cloudwatch"]}, {"type": ["Alarm"]}]}}"""
    assert [(32, 32)] == counted(nested_or, "value-combinations-by-level")


def test_choices_beyond_the_limit_are_refused() -> None:
    """150 are enough for Amazon SNS, 151 too many; the body counts levels."""
    values = json.dumps([str(number) for number in range(150)])
    more = json.dumps([str(number) for number in range(151)])
    assert [] == said(f'{{"a": {values}}}', "sns-attributes")
    assert ["$ value-combinations refused 151/150"] == said(f'{{"a": {more}}}', "sns-attributes")
    assert ["$ value-combinations-by-level refused 300/150"] == said(f'{{"a": {{"b": {values}}}}}', "sns-body")


def test_a_product_beyond_all_limits_is_not_multiplied_on() -> None:
    """256 clauses of 100 values are a number of 512 digits, which nobody needs."""
    rule = json.dumps({f"p{path}": list(range(100)) for path in range(256)})
    [(least, most)] = counted(rule, "value-combinations")
    assert least == most
    assert 10**12 < least < 10**16


def test_paths_are_counted_in_one_sub_rule() -> None:
    """Whether those of other branches count is not said, so it is among the limits that no page states."""
    rule = '{"a": [1], "b": [1], "c": [1], "d": [1], "e": [1]}'
    assert [] == said(rule, "sns-body")
    assert ["$ paths refused 6/5"] == said(rule.replace("}", ', "f": [1]}'), "sns-body")
    one_path = '{"$and": [' + ", ".join(f'{{"a": [{each}]}}' for each in range(6)) + "]}"
    assert not [line for line in said(one_path, "sns-body") if "paths" in line]  # six clauses, one path
    branches = '{"a": [1], "b": [1], "$or": [{"c": [1], "d": [1]}, {"e": [1], "f": [1]}]}'
    assert [] == said(branches, "sns-body")
    assert "paths-with-or" in unsettled_limits(locate_rule(branches), dialect("sns-body"))
    assert "paths-with-or" not in unsettled_limits(locate_rule(rule), dialect("sns-body"))


def test_sub_rules_of_or_are_counted() -> None:
    """1000 are enough for EventBridge, of which this library allows 1024 unless it is told otherwise."""
    ten = '"$or": [' + ", ".join(f'{{"p{each}": [1]}}' for each in range(10)) + "]"
    thousand = f'{{"a": {{{ten}}}, "b": {{{ten}}}, "c": {{{ten}}}}}'
    eleven = ten.replace("]}]", ']}, {"more": [1]}]')
    more = f'{{"a": {{{ten}}}, "b": {{{ten}}}, "c": {{{eleven}}}}}'
    assert [] == said(thousand, "eventbridge")
    document = read_document(more)
    located = locate_node(document, document.root, limits=Limits(256, 2000))
    [refusal] = refusals(located, dialect("eventbridge"))
    assert ("or-combinations", Verdict.REFUSED, 1100, 1000) == (
        refusal.name, refusal.verdict, refusal.found, refusal.limit
    )  # fmt: skip


@pytest.mark.parametrize(
    ("numeric", "found"),
    [
        ('["=", 5e9]', []),
        ('["=", 5000000001]', ["$.a[0] number-high refused 5000000001/5000000000"]),
        ('[">", -5000000001, "<", 0.5]', ["$.a[0] number-low refused -5000000001/-5000000000"]),
        ('["<", 0.1234567]', ["$.a[0] number-decimals unknown 7/6"]),
        ('["<", 0.1234560]', []),
        ('["<", 1e-7]', ["$.a[0] number-decimals unknown 7/6"]),
        ('["<", 1234567890.123456]', ["$.a[0] number-digits unknown 16/15"]),
        ('["<", 123456789012345678e-9]', ["$.a[0] number-decimals unknown 9/6", "$.a[0] number-digits unknown 18/15"]),
    ],
)
def test_numbers_of_numeric_are_held_to_range_and_precision(numeric: str, found: list[str]) -> None:
    """Beyond the range they are refused; of too many digits the page does not say what becomes of them."""
    assert found == said(f'{{"a": [{{"numeric": {numeric}}}]}}', "eventbridge")


def test_plain_numbers_have_no_range() -> None:
    """EventBridge compares them as they are written."""
    assert [] == said('{"a": [123456789012345678, {"anything-but": 123456789012345678}]}', "eventbridge")


@pytest.mark.parametrize(
    ("number", "decimals", "digits"),
    [
        ("0", 0, 1),
        ("-0.00", 0, 1),
        ("100", 0, 1),
        ("1.50", 1, 2),
        ("-12.5e1", 0, 3),
        ("12.5e-1", 2, 3),
        ("1E+2", 0, 1),
        ("0.001", 3, 1),
        ("1e-99999999999999999999", 10**10, 1),
    ],
)
def test_decimals_are_those_of_the_value(number: str, decimals: int, digits: int) -> None:
    """Zeros at the ends and the spelling do not count; an exponent of any length costs nothing."""
    assert (decimals, digits) == decimals_and_digits(number)


def test_blocks_of_one_address_are_refused_by_event_ruler() -> None:
    """/32 and /128 are; what services do is unknown, as a limit."""
    rule = '{"a": [{"cidr": "10.0.0.1/32"}, {"cidr": "10.0.0.0/31"}, {"cidr": "2001:db8::/128"}, {"cidr": "::/127"}]}'
    assert ["$.a[0] cidr-bits-ipv4 refused 32/31", "$.a[2] cidr-bits-ipv6 refused 128/127"] == said(rule, "event-ruler")
    assert [] == said(rule, "eventbridge")
    assert {"cidr-bits-ipv4", "cidr-bits-ipv6"} < set(unsettled_limits(locate_rule(rule), dialect("eventbridge")))


def test_asterisks_are_counted_in_each_wildcard() -> None:
    """Escaped ones are not; three are enough for Amazon SNS."""
    assert [] == said(r'{"a": [{"wildcard": "*a*b*c\\*"}]}', "sns-body")
    rule = '{"a": [{"wildcard": "*a*b*c*"}, {"anything-but": {"wildcard": ["*", "*a*b*c*d*"]}}]}'
    assert [
        "$.a[0] wildcards-in-pattern refused 4/3",
        "$.a[1] anything-but-wildcard-list unknown",
        "$.a[1] wildcards-in-pattern refused 5/3",
    ] == said(rule, "sns-body")


def test_points_for_wildcards_lie_between_two_readings() -> None:
    """The example of the page has 4 points; asterisks and plain values may count or not."""
    assert [(4, 4)] == counted('{"filename": [{"wildcard": "*.txt"}, {"wildcard": "log*"}]}', "wildcard-complexity")
    assert [(3, 18)] == counted('{"a": [{"wildcard": "*x*y*"}, "z"]}', "wildcard-complexity")
    assert [] == counted('{"a": ["x"]}', "wildcard-complexity")
    many = ", ".join(f'{{"wildcard": "{each}*x*"}}' for each in range(5))
    assert ["$ wildcard-complexity unknown 150/100"] == said(f'{{"a": [{many}]}}', "sns-attributes")
    more = ", ".join(f'{{"wildcard": "{each}*x*"}}' for each in range(6))
    assert ["$ wildcard-complexity refused 108/100"] == said(f'{{"a": [{more}]}}', "sns-attributes")


def test_limits_that_no_page_states_are_those_that_a_rule_has_something_for() -> None:
    """Numbers only where there is numeric, wildcards only where there are some; counts of several rules never."""
    plain = set(unsettled_limits(locate_rule('{"a": [1]}'), dialect("lambda")))
    assert {"paths", "values", "value-combinations", "value-combinations-by-level", "nesting"} == plain
    numeric = set(unsettled_limits(locate_rule('{"a": [{"numeric": ["<", 1]}]}'), dialect("lambda")))
    assert {"number-low", "number-high", "number-decimals", "number-digits"} == numeric - plain
    wildcard = set(unsettled_limits(locate_rule('{"a": [{"wildcard": "x*y"}]}'), dialect("lambda")))
    assert {"wildcards-in-pattern", "wildcard-complexity"} == wildcard - plain
    assert [] == unsettled_limits(locate_rule('{"a": [1]}'), dialect("ruler"))


def test_a_rule_of_great_depth_is_judged() -> None:
    """Nothing here recurses."""
    rule = '{"a":' * 1000 + "[1]" + "}" * 1000
    assert ["$" + ".a" * 1000 + " nested-path refused"] == said(rule, "sns-attributes")
    branches = '{"$or":[{"b":[1]},' * 300 + '{"c":[1]}' + "]}" * 300
    assert ["$ pattern-size refused 6009/2048"] == said(branches, "eventbridge")


@given(strategies.rules)
def test_a_refusal_is_never_a_guess(text: str) -> None:
    """What is told of an operator is its cell; what is not told of is allowed; limits are known ones."""
    rule = locate_rule(text)
    operators = {operator_of(node) for clause in placed_clauses(rule) for node in clause.node.value}
    for name in DIALECTS:
        each = dialect(name)
        found = refusals(rule, each)
        assert sorted(found, key=lambda refusal: refusal.key) == found
        told = {refusal.name: refusal.verdict for refusal in found if refusal.kind == "operator"}
        for operator in operators:
            assert each.operators[operator].verdict is told.get(operator, Verdict.ALLOWED)
        for refusal in found:
            assert refusal.verdict is not Verdict.ALLOWED
            if refusal.kind == "limit":
                assert each.limits[refusal.name].settled is Settled.KNOWN
                assert refusal.limit == each.limits[refusal.name].value
        unsettled = unsettled_limits(rule, each)
        assert {Settled.UNKNOWN} >= {each.limits[limit].settled for limit in unsettled}
        assert set(LIMITS) > set(unsettled)


@given(strategies.rules)
def test_our_own_dialect_refuses_nothing_that_compiles(text: str) -> None:
    """It is the language of the rules that the compiler takes."""
    assert [] == refusals(locate_rule(text), dialect("ruler"))
