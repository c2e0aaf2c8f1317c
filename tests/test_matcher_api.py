"""Every public method of Matcher: what it answers, what it refuses, and the full text of each refusal."""

from __future__ import annotations

import collections
import copy
import decimal
import enum
import inspect
import pickle
import types
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ruler
from ruler import EventError, LineSelection, Matcher, RuleError, RulerError, UnknownRuleError, matches

A1 = '{"a":[1]}'
B1 = '{"b":[1]}'
AB = {"x": A1, "y": B1}

# ----- answers


def test_answer_is_a_new_list_of_names_in_order_of_first_adding(engine: str) -> None:
    """Not in the order of matching, and not the same list twice."""
    matcher: Matcher[str] = Matcher(engine=engine)
    matcher.add_rule("z", '{"b":[1]}')
    matcher.add_rule("a", '{"a":[1]}')
    matcher.add_rule("m", '{"b":[2]}')
    matcher.add_rule("m", '{"a":[1]}')
    matcher.add_rule("z", '{"a":[1]}')
    answer = matcher.rules_for_event({"a": 1})
    assert answer == ["z", "a", "m"]
    answer.clear()
    assert matcher.rules_for_event({"a": 1, "b": 1}) == ["z", "a", "m"]


def test_a_name_removed_and_added_again_goes_last(engine: str) -> None:
    """Removing forgets the place; replacing keeps it."""
    matcher: Matcher[str] = Matcher({"p": A1, "q": A1, "r": A1}, engine=engine)
    matcher.replace_rule("p", '{"a":[1,2]}')
    assert matcher.rules_for_event({"a": 1}) == ["p", "q", "r"]
    matcher.remove_rule("p")
    matcher.add_rule("p", A1)
    assert matcher.rules_for_event({"a": 1}) == ["q", "r", "p"]
    assert list(matcher) == list(matcher.rules) == ["q", "r", "p"]


def test_a_rule_may_be_text_or_a_mapping(engine: str) -> None:
    """str, bytes and any mapping are one rule."""
    rule = {"a": [{"prefix": "x"}], "b": {"c": [1, None]}}
    mappings: list[Any] = [rule, types.MappingProxyType(rule), collections.OrderedDict(rule)]
    texts = ['{"a":[{"prefix":"x"}],"b":{"c":[1,null]}}', b'{"a":[{"prefix":"x"}],"b":{"c":[1,null]}}']
    for form in [*mappings, *texts]:
        matcher: Matcher[str] = Matcher(engine=engine)
        matcher.add_rule("r", form)
        assert matcher.matches_any({"a": "xy", "b": {"c": None}})
        assert not matcher.matches_any({"a": "xy", "b": {"c": 0}})


def test_a_mapping_given_as_a_rule_may_be_changed_afterwards(engine: str) -> None:
    """The matcher keeps nothing of it."""
    rule = {"a": [1]}
    matcher: Matcher[str] = Matcher({"r": rule}, engine=engine)
    rule["a"].append(2)
    rule["b"] = [1]
    assert matcher.rules_for_event({"a": 1}) == ["r"]
    assert matcher.rules_for_event({"a": 2}) == []
    assert copy.copy(matcher).rules_for_event({"a": 1}) == ["r"]


def test_an_empty_matcher_matches_nothing_and_still_reads_events(engine: str) -> None:
    """With no rules a broken event is an error all the same."""
    matcher: Matcher[str] = Matcher(engine=engine)
    assert matcher.rules_for_event("{}") == []
    assert matcher.matches_any({}) is False
    assert len(matcher) == 0
    assert not list(matcher)
    with pytest.raises(EventError):
        matcher.rules_for_event('{"a":}')
    with pytest.raises(EventError):
        matcher.matches_any({"a": {1, 2}})


def test_matches_any_returns_a_bool(engine: str) -> None:
    """Nothing that is merely true."""
    matcher: Matcher[str] = Matcher({"r": A1}, engine=engine)
    assert matcher.matches_any('{"a":1}') is True
    assert matcher.matches_any(b'{"a":2}') is False


def test_matches_is_for_one_rule(engine: str) -> None:
    """Text or mapping on both sides; errors as with a matcher."""
    assert matches(A1, '{"a":1}') is True
    assert matches({"a": [1]}, {"a": [0, 1.0]}) is True
    assert matches(A1.encode(), b'{"a":2}') is False
    with pytest.raises(RuleError):
        matches('{"a":1}', '{"a":1}')
    with pytest.raises(EventError):
        matches(A1, "[]")


def test_rules_for_events_reads_lazily(engine: str) -> None:
    """One event is read for each answer asked for; an error comes when its turn does."""
    matcher: Matcher[str] = Matcher({"r": A1}, engine=engine)
    read = []

    def events() -> Iterator[Any]:
        for event in ('{"a":1}', b'{"a":2}', {"a": 1}, "broken", '{"a":1}'):
            read.append(event)
            yield event

    answers = matcher.rules_for_events(events())
    assert iter(answers) is answers
    assert read == []
    assert next(answers) == ["r"]
    assert len(read) == 1
    assert next(answers) == []
    matcher.add_rule("q", A1)
    assert next(answers) == ["r", "q"]
    with pytest.raises(EventError):
        next(answers)
    assert len(read) == 4


@pytest.mark.parametrize("threads", [1, 2, 10**30])
@pytest.mark.parametrize("form", [list, tuple, iter])
def test_rules_for_events_goes_on_behind_an_error(engine: str, form: Any, threads: int) -> None:
    """Answers and errors come in the order of the events, however many there are and whatever holds them."""
    matcher: Matcher[str] = Matcher({"r": A1}, engine=engine)
    events = ['{"a":1}', b"broken", {"a": 2}, None, memoryview(b'{"a":[1]}')] * 3000
    answers = matcher.rules_for_events(form(events), threads=threads)
    found: list[Any] = []
    while True:
        try:
            found.append(next(answers))
        except EventError as error:
            found.append(error.code)
        except StopIteration:
            break
    assert [["r"], "not-json", [], "unsupported-type", ["r"]] * 3000 == found


# ----- lines

LINES = b'{"a":1}\n\n{"a":2}\r\n \t\r\n{"a":[1]} \nbroken\n{"a":1}'


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview])
def test_select_lines_stops_at_a_line_that_is_no_event(engine: str, form: Any) -> None:
    """Selected lines come out byte for byte; what is behind the refused line is for the next call."""
    matcher: Matcher[str] = Matcher({"r": A1}, engine=engine)
    found = matcher.select_lines(form(LINES))
    assert isinstance(found, LineSelection)
    assert found[:4] == (b'{"a":1}\n{"a":[1]} \n', 2, 6, LINES.index(b"broken") + 7)
    assert str(found.refused) == "event, offset 0: unexpected character, expected a JSON value"
    rest = matcher.select_lines(form(LINES[found.consumed :]))
    assert rest == (b'{"a":1}\n', 1, 1, 7, None)


def test_select_lines_inverts_and_stops_when_there_are_enough(engine: str) -> None:
    """Blank lines are no events; a carriage return belongs to its line."""
    matcher: Matcher[str] = Matcher({"r": A1}, engine=engine)
    assert matcher.select_lines(LINES, invert=True, at_most=1) == (b'{"a":2}\r\n', 1, 3, 18, None)
    assert matcher.select_lines(LINES, at_most=1) == (b'{"a":1}\n', 1, 1, 8, None)
    assert matcher.select_lines(LINES, at_most=10**30).selected == 2
    assert matcher.select_lines(b"") == (b"", 0, 0, 0, None)
    assert matcher.select_lines(b"\n \n") == (b"", 0, 2, 3, None)
    assert matcher.select_lines(memoryview(b"{x}x\nx")[::2], invert=True) == (b"{}\n", 1, 1, 3, None)


def test_select_lines_reads_what_a_view_shows(engine: str) -> None:
    """Parts of bytes, which are not copied, and of what may change, which is; empty ones, and ones read backwards."""
    matcher: Matcher[str] = Matcher({"r": '{"a":[1]}'}, engine=engine)
    data = b'xx{"a":1}\n{"a":2}\n{"a":1}zz'
    expected = (b'{"a":1}\n{"a":1}\n', 2, 3, 23, None)
    for held in (data, bytearray(data)):
        view = memoryview(held)[2:-2]
        assert expected == matcher.select_lines(view) == matcher.select_lines(view.toreadonly())
        assert expected == matcher.select_lines(memoryview(bytes(view)[::-1])[::-1])
        assert (b"", 0, 0, 0, None) == matcher.select_lines(view[:0]) == matcher.select_lines(view[23:])


def test_select_lines_words_an_error_as_for_the_line_alone(engine: str) -> None:
    """Whatever stands before and behind it, and whether it is the last."""
    matcher: Matcher[str] = Matcher({"r": A1}, engine=engine)
    for line in (b'{"a":1', b'{"a":"', b'{"a":\xff}', b"1", b'{"a":1} x', b'{"a":1e999}'):
        with pytest.raises(EventError) as caught:
            matcher.rules_for_event(line)
        for before, behind in ((b"", b""), (b'{"a":1}\n', b"\n"), (b"\n", b"\n}")):
            refused = matcher.select_lines(before + line + behind).refused
            assert refused is not None
            assert (str(caught.value), caught.value.code) == (str(refused), refused.code)


@given(lines=st.lists(st.sampled_from([b"", b" ", b'{"a":1}', b'{"a":2}', b"{", b'{"a":"' + b"x" * 700 + b'"}'])))
def test_select_lines_selects_what_matches_one_by_one(engine: str, lines: list[bytes]) -> None:
    """Called until all is consumed, it has said of each line what ``matches_any`` says."""
    matcher: Matcher[str] = Matcher({"r": A1}, engine=engine)
    data = b"\n".join(lines)
    output, line_count, refused_count = b"", 0, 0
    while data:
        found = matcher.select_lines(data, at_most=2)
        output += found.output
        line_count += found.lines
        refused_count += found.refused is not None
        assert found.output.count(b"\n") == found.selected <= 2
        data = data[found.consumed :]
    assert b'{"a":1}\n' * lines.count(b'{"a":1}') == output
    assert refused_count == lines.count(b"{")
    assert line_count == len(lines) - (lines[-1:] == [b""])


# ----- names


class Colour(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    HIGH = 3


def test_a_name_is_any_hashable_value(engine: str) -> None:
    """None, tuples, enums, functions, frozen sets: names come back as the objects they are."""
    names: list[Any] = [None, ("a", 1), Colour.RED, len, frozenset({1}), 2.5, b"bytes", "", object(), int]
    matcher: Matcher[Any] = Matcher(engine=engine)
    for name in names:
        matcher.add_rule(name, A1)
    answer = matcher.rules_for_event({"a": 1})
    assert [id(name) for name in names] == [id(name) for name in answer]
    assert all(name in matcher for name in names)
    for name in names:
        matcher.remove_rule(name)
    assert Matcher(engine=engine).describe() == matcher.describe()


def test_names_are_equal_as_python_says(engine: str) -> None:
    """1, True and 1.0 are one name, the first that was given; so are 3 and an IntEnum of 3."""
    matcher: Matcher[Any] = Matcher(engine=engine)
    matcher.add_rule(1, A1)
    matcher.add_rule(True, B1)
    assert list(matcher) == [1]
    assert type(next(iter(matcher))) is int
    assert 1.0 in matcher
    assert matcher.rules[1.0] == (A1, B1)
    matcher.remove_rule(1.0)
    matcher.add_rule(Level.HIGH, A1)
    matcher.remove_rule(3)
    assert len(matcher) == 0


@pytest.mark.parametrize("name", [["a"], {"a": 1}, {1}, ([],)], ids=repr)
def test_an_unhashable_name_is_a_type_error(engine: str, name: Any) -> None:
    """As everywhere in Python, and it changes nothing."""
    matcher: Matcher[Any] = Matcher({"r": A1}, engine=engine)
    before = matcher.describe()
    for change in (
        lambda: matcher.add_rule(name, A1),
        lambda: matcher.remove_rule(name),
        lambda: matcher.replace_rule(name, A1),
        lambda: name in matcher,
        lambda: matcher.rules[name],
    ):
        with pytest.raises(TypeError, match="unhashable type"):
            change()
    assert before == matcher.describe()
    matcher._check()


class Refuses:
    """A name whose hash or comparison raises when it is told to."""

    def __init__(self) -> None:
        self.hashes = True
        self.compares = True

    def __hash__(self) -> int:
        if not self.hashes:
            raise LookupError("no hash")
        return 7

    def __eq__(self, other: object) -> bool:
        if not self.compares:
            raise LookupError("no comparison")
        return self is other


def test_a_name_whose_hash_raises_changes_nothing(engine: str) -> None:
    """What it raises comes out; the machine is as it was."""
    matcher: Matcher[Any] = Matcher({"r": A1}, engine=engine)
    before = (matcher.describe(), matcher.stats())
    name = Refuses()
    name.hashes = False
    with pytest.raises(LookupError, match="no hash"):
        matcher.add_rule(name, B1)
    with pytest.raises(LookupError, match="no hash"):
        matcher.replace_rule(name, B1)
    with pytest.raises(LookupError, match="no hash"):
        matcher.remove_rule(name)
    assert before == (matcher.describe(), matcher.stats())
    matcher._check()


def test_a_name_whose_comparison_raises_changes_nothing(engine: str) -> None:
    """Two names with one hash must be compared; what that raises comes out, and nothing has changed."""
    matcher: Matcher[Any] = Matcher(engine=engine)
    first, second = Refuses(), Refuses()
    matcher.add_rule(first, A1)
    before = (matcher.describe(), matcher.stats())
    second.compares = False
    first.compares = False
    with pytest.raises(LookupError, match="no comparison"):
        matcher.add_rule(second, B1)
    with pytest.raises(LookupError, match="no comparison"):
        matcher.add_rules({second: B1})
    with pytest.raises(LookupError, match="no comparison"):
        matcher.remove_rule(second)
    assert before == (matcher.describe(), matcher.stats())
    matcher._check()
    assert matcher.rules_for_event({"a": 1, "b": 1}) == [first]


def test_matcher_is_generic_over_the_type_of_names(engine: str) -> None:
    """``Matcher[int]`` is for type checkers and makes an ordinary matcher."""
    matcher = Matcher[int]({7: A1})
    assert matcher.rules_for_event({"a": 1}) == [7]


# ----- adding to one name


def test_the_same_rule_twice_under_one_name_is_one(engine: str) -> None:
    """Reported once, and removed at once; the machine holds it once."""
    matcher: Matcher[str] = Matcher({"r": A1}, engine=engine)
    once = (matcher.describe(), matcher.stats())
    matcher.add_rule("r", A1)
    matcher.add_rule("r", ' { "a" : [ 1.0 , 1 ] } ')
    assert once == (matcher.describe(), matcher.stats())
    assert matcher.rules_for_event({"a": 1}) == ["r"]
    matcher.remove_rule("r")
    assert Matcher(engine=engine).describe() == matcher.describe()


def test_the_same_rule_under_two_names_is_two_answers(engine: str) -> None:
    """Sharing is the machine's affair."""
    matcher: Matcher[str] = Matcher({"p": A1, "q": A1}, engine=engine)
    assert matcher.rules_for_event({"a": 1}) == ["p", "q"]
    matcher.remove_rule("p")
    assert matcher.rules_for_event({"a": 1}) == ["q"]


# ----- refusals


BAD = '{"a":"x"}'
BAD_TEXT = """bad: $.a: found the string "x", expected an array
  why:   a clause lists every value it accepts, even when there is one
  write: ["x"]"""


def test_a_refused_change_leaves_the_matcher_as_it_was(engine: str) -> None:
    """add_rule, add_rules and replace_rule, whichever rule of several is the bad one."""
    matcher: Matcher[str] = Matcher(AB, engine=engine)
    before = (matcher.describe(), matcher.stats(), dict(matcher.rules))
    changes: list[Callable[[], None]] = [
        lambda: matcher.add_rule("bad", BAD),
        lambda: matcher.add_rules({"bad": BAD, "new": A1}),
        lambda: matcher.add_rules({"new": A1, "x": '{"c":[1]}', "bad": BAD}),
    ]
    for change in changes:
        with pytest.raises(RuleError) as caught:
            change()
        assert str(caught.value) == BAD_TEXT
    with pytest.raises(RuleError) as caught:
        matcher.replace_rule("x", BAD)
    assert BAD_TEXT.replace("bad:", "x:") == str(caught.value)
    with pytest.raises(UnknownRuleError):
        matcher.replace_rule("new", A1)
    assert before == (matcher.describe(), matcher.stats(), dict(matcher.rules))
    assert matcher.rules_for_event({"a": 1, "b": 1}) == ["x", "y"]
    matcher._check()


def test_constructing_with_a_bad_rule_raises(engine: str) -> None:
    """As ``add_rules`` does; programs read the attributes."""
    with pytest.raises(RuleError) as caught:
        Matcher({"good": A1, "bad": BAD}, engine=engine)
    error = caught.value
    assert str(error) == BAD_TEXT
    assert (error.code, error.location, error.line, error.column) == ("clause-not-array", ("a",), 1, 6)
    assert isinstance(error, ValueError)
    assert isinstance(error, RulerError)


def test_a_rule_of_another_type_is_refused(engine: str) -> None:
    """Neither text nor mapping."""
    matcher: Matcher[str] = Matcher(engine=engine)
    for rule in (None, 1, ["a"], object()):
        with pytest.raises((RuleError, TypeError)):
            matcher.add_rule("r", rule)  # type: ignore[arg-type]
    assert len(matcher) == 0


def test_an_unknown_rule_cannot_be_removed_or_replaced(engine: str) -> None:
    """UnknownRuleError is a KeyError that says the name."""
    matcher: Matcher[Any] = Matcher(AB, engine=engine)
    changes: list[Callable[[], None]] = [
        lambda: matcher.remove_rule("z"),
        lambda: matcher.replace_rule("z", A1),
    ]
    for change in changes:
        with pytest.raises(UnknownRuleError) as caught:
            change()
        assert str(caught.value) == "no rule is named 'z'"
        assert caught.value.name == "z"
        assert isinstance(caught.value, KeyError)
        assert isinstance(caught.value, RulerError)
    with pytest.raises(UnknownRuleError) as caught:
        matcher.remove_rule(("z", 1))
    assert str(caught.value) == "no rule is named ('z', 1)"
    matcher.remove_rule("x")
    with pytest.raises(UnknownRuleError):
        matcher.remove_rule("x")


def test_limits_are_named_when_exceeded_and_can_be_raised(engine: str) -> None:
    """max_paths and max_sub_rules: at the limit accepted, one beyond refused."""
    three_paths = '{"a":[1],"b":[1],"c":[1]}'
    Matcher({"r": three_paths}, engine=engine, max_paths=3)
    with pytest.raises(RuleError, match="max_paths"):
        Matcher({"r": three_paths}, engine=engine, max_paths=2)
    four_sub_rules = '{"$or":[{"a":[1]},{"b":[1]}],"$or":[{"c":[1]},{"d":[1]}]}'
    Matcher({"r": four_sub_rules}, engine=engine, max_sub_rules=4)
    with pytest.raises(RuleError, match="max_sub_rules"):
        Matcher({"r": four_sub_rules}, engine=engine, max_sub_rules=3)
    many = "{" + ",".join(f'"p{index}":[1]' for index in range(300)) + "}"
    with pytest.raises(RuleError, match="256"):
        Matcher({"r": many}, engine=engine)
    Matcher({"r": many}, engine=engine, max_paths=300)


def test_every_error_survives_pickling(engine: str) -> None:
    """Errors travel between processes with their attributes and text."""
    matcher: Matcher[str] = Matcher(engine=engine)
    raised: list[RulerError] = []
    for act in (
        lambda: matcher.add_rule("bad", BAD),
        lambda: matcher.remove_rule("z"),
        lambda: matcher.rules_for_event("{"),
    ):
        with pytest.raises(RulerError) as caught:
            act()
        raised.append(caught.value)
    for error in raised:
        twin = pickle.loads(pickle.dumps(error))
        assert type(error) is type(twin)
        assert str(error) == str(twin)
        assert vars(error) == vars(twin)


# ----- events that are refused

NOT_A_CHARACTER = "is half of a surrogate pair, not a character"
TOO_LARGE = "a number too large for a double (at most 1.8e308)"

# event, code, offset in characters, offset in bytes, what; é is one character and two bytes
TEXT_ERRORS = [
    ('{"é":1} x', "not-json", 8, 9, "unexpected content after document"),
    ('{"é":1}{"b":2}', "not-json", 7, 8, "unexpected content after document"),
    ('\n\n{"é":1}]', "not-json", 9, 10, "unexpected content after document"),
    ('[{"a":1}]', "not-object", 0, 0, "found an array, expected an object"),
    (' \n"é"', "not-object", 2, 2, "found a string, expected an object"),
    ("1", "not-object", 0, 0, "found a number, expected an object"),
    ("true", "not-object", 0, 0, "found true, expected an object"),
    ("null", "not-object", 0, 0, "found null, expected an object"),
    ("", "not-json", 0, 0, "nothing here, expected an object"),
    (" \n", "not-json", 0, 0, "nothing here, expected an object"),
    ('{"é":1', "not-json", 6, 7, "unexpected end of data"),
    ('{"é":tru}', "not-json", 5, 6, "unexpected word, expected true"),
    ('{"é":fals}', "not-json", 5, 6, "unexpected word, expected false"),
    ('{"é":nul}', "not-json", 5, 6, "unexpected word, expected null"),
    ('{"é":01}', "not-json", 5, 6, "number with leading zero is not allowed"),
    ('{"é":1.}', "not-json", 7, 8, "no digit after decimal point"),
    ('{"é":NaN}', "not-json", 5, 6, "unexpected character, expected a JSON value"),
    ('{"é":1,}', "not-json", 6, 7, "trailing comma is not allowed"),
    ('{"é":[1 2]}', "not-json", 8, 9, "unexpected character, expected ',' or ']'"),
    ('{"é" 1}', "not-json", 5, 6, "unexpected character, expected ':' after key"),
    ("{é:1}", "not-json", 1, 1, "unexpected character, expected a string key"),
    ('{"é":"\\x"}', "not-json", 6, 7, "unknown escape in a string"),
    ('{"é":"\n"}', "not-json", 6, 7, "unexpected control character in string"),
    (
        '\ufeff{"a":1}',
        "not-json",
        0,
        0,
        "a byte order mark, expected an object; JSON has none",
    ),
    ('{"é":[1e309]}', "number-too-large", 6, 7, TOO_LARGE),
    ('{"é":-1e400}', "number-too-large", 5, 6, TOO_LARGE),
    ('{"é":"\\ud800"}', "lone-surrogate", 6, 7, "an escaped half of a surrogate pair, not a character"),
    ('{"é":"😀\\udc00"}', "lone-surrogate", 7, 11, "an escaped half of a surrogate pair, not a character"),
    ('{"é":' + "[" * 1024 + "]" * 1024 + "}", "too-deep", 1029, 1030, "nested deeper than 1024"),
]


@pytest.mark.parametrize(
    ("event", "code", "characters", "byte_count", "what"),
    TEXT_ERRORS,
    ids=[str(row[0])[:20] for row in TEXT_ERRORS],
)
def test_each_error_of_a_text_says_what_and_where(
    engine: str, event: str, code: str, characters: int, byte_count: int, what: str
) -> None:
    """The offset counts characters of a str and bytes of everything else."""
    matcher: Matcher[str] = Matcher(engine=engine)
    encoded = event.encode()
    forms: list[tuple[Any, int]] = [
        (event, characters),
        (encoded, byte_count),
        (bytearray(encoded), byte_count),
        (memoryview(encoded), byte_count),
    ]
    for form, offset in forms:
        for ask in (matcher.rules_for_event, matcher.matches_any, lambda form: matches(A1, form)):
            with pytest.raises(EventError) as caught:
                ask(form)
            error = caught.value
            assert f"event, offset {offset}: {what}" == str(error)
            assert (code, offset, None) == (error.code, error.offset, error.location)
            assert isinstance(error, ValueError)
            assert isinstance(error, RulerError)


@pytest.mark.parametrize(
    ("event", "offset", "what"),
    [
        (b"\xff", 0, "byte 0xff begins no UTF-8 character"),
        (b'{"a":"\xff"}', 6, "byte 0xff begins no UTF-8 character"),
        (b'{"\xc3\xa9":"\xc3"}', 7, "byte 0xc3 begins a UTF-8 character that byte 0x22 does not continue"),
        (b'{"a":"\xc3', 6, "byte 0xc3 begins a UTF-8 character, and the text ends inside it"),
        (b'{"a":"\xc0\xaf"}', 6, "byte 0xc0 begins no UTF-8 character"),
        (b'{"a":"\xed\xa0\x80"}', 6, "byte 0xed begins a UTF-8 character that byte 0xa0 does not continue"),
        (b'{"a":1,"\xe9":2}', 8, "byte 0xe9 begins a UTF-8 character that byte 0x22 does not continue"),
    ],
    ids=repr,
)
def test_bytes_that_are_not_utf8_are_shown_with_their_offset(engine: str, event: bytes, offset: int, what: str) -> None:
    """In a value, in a name, at the end; also the surrogates and long forms that UTF-8 excludes."""
    matcher: Matcher[str] = Matcher({"r": A1}, engine=engine)
    for form in (event, bytearray(event), memoryview(event)):
        with pytest.raises(EventError) as caught:
            matcher.rules_for_event(form)
        assert f"event, offset {offset}: {what}" == str(caught.value)
        assert ("not-utf8", offset) == (caught.value.code, caught.value.offset)


def test_no_error_of_an_event_says_invalid(engine: str) -> None:
    """Whatever one byte is replaced by or left out, the words are ours."""
    matcher: Matcher[str] = Matcher(engine=engine)
    whole = '{"é😀": [true, false, null, -1.5e+3, "\\ud83d\\ude00\\n"]}'.encode()
    refused = 0
    for index in range(len(whole)):
        for byte in [b"", *(bytes([number]) for number in b'\x00"\\,:x0-[]{}\x80\xa7\xc3\xed\xf0\xff')]:
            try:
                matcher.rules_for_event(whole[:index] + byte + whole[index + 1 :])
            except EventError as error:
                refused += 1
                assert "invalid" not in str(error).lower()
    assert refused > 100


def test_words_of_another_orjson_are_not_invalid_either() -> None:
    """A text that is not in the table passes through."""
    from ruler.machine.decode import _worded

    assert _worded("invalid thing") == "unexpected thing"
    assert _worded("something new") == "something new"


def test_a_str_with_half_a_surrogate_pair_is_refused(engine: str) -> None:
    """It has no UTF-8 form."""
    with pytest.raises(EventError) as caught:
        Matcher(engine=engine).rules_for_event('{"é":"\ud800"}')
    assert str(caught.value) == "event, offset 6: \\ud800 " + NOT_A_CHARACTER
    assert caught.value.code == "lone-surrogate"


# ----- decoded events


class Text(str):
    """A str with an opinion of its own on equality and spelling."""

    def __eq__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return 0

    def __str__(self) -> str:
        return "something else"


class Whole(int):
    def __repr__(self) -> str:
        return "something else"


class Real(float):
    pass


class Word(enum.StrEnum):
    X = "x"


class Listed(list[Any]):
    pass


Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("rule", "event"),
    [
        ('{"a":["x"]}', {"a": Text("x")}),
        ('{"a":["x"]}', {Text("a"): "x"}),
        ('{"a":["x"]}', {"a": Word.X}),
        ('{"x":["x"]}', {Word.X: "x"}),
        ('{"a":[{"prefix":"x"}]}', {"a": Text("xy")}),
        ('{"a":[{"equals-ignore-case":"É"}]}', {"a": Text("é")}),
        ('{"a":[5]}', {"a": Whole(5)}),
        ('{"a":[3]}', {"a": Level.HIGH}),
        ('{"a":[{"numeric":[">",2]}]}', {"a": Level.HIGH}),
        ('{"a":[0.5]}', {"a": Real(0.5)}),
        ('{"a":[1]}', {"a": (0, 1)}),
        ('{"a":[1]}', {"a": Listed([0, 1])}),
        ('{"a":[1]}', {"a": Point(0, 1)}),
        ('{"a":{"b":[1]}}', {"a": collections.OrderedDict(b=1)}),
        ('{"a":{"b":[1]}}', {"a": types.MappingProxyType({"b": 1})}),
        ('{"a":{"b":[1]}}', {"a": [collections.UserDict(b=1)]}),
        ('{"a":{"b":[1]}}', types.MappingProxyType({"a": ({"b": 1},)})),
        ('{"a":{"b":[1]}}', collections.UserDict({"a": {"b": 1}})),
    ],
    ids=str,
)
def test_subclasses_mean_what_their_json_would(engine: str, rule: str, event: Any) -> None:
    """Subclasses of dict, list, tuple, str, int and float, and other mappings, are what they hold."""
    assert Matcher({"r": rule}, engine=engine).rules_for_event(event) == ["r"]


def test_a_decoded_bool_is_no_number(engine: str) -> None:
    """Though True == 1 in Python."""
    matcher: Matcher[str] = Matcher(
        {"1": '{"a":[1]}', "true": '{"a":[true]}', ">0": '{"a":[{"numeric":[">",0]}]}'}, engine=engine
    )
    assert matcher.rules_for_event({"a": True}) == ["true"]
    assert matcher.rules_for_event({"a": 1}) == ["1", ">0"]
    assert matcher.rules_for_event({"a": [1.0, True]}) == ["1", "true", ">0"]


@pytest.mark.parametrize(
    ("given", "same"),
    [
        (2**64 - 1, "18446744073709551615"),
        (2**64, "18446744073709551616"),
        (2**64 + 1, "18446744073709551616"),
        (2**64 + 1, "1.8446744073709552e19"),
        (2**70, "1180591620717411303424"),
        (2**70, "1.1805916207174113e21"),
        (-(2**63), "-9223372036854775808"),
        (-(2**63) - 1, "-9223372036854775808.0"),
        (10**300, "1e300"),
        (2**53 + 1, "9007199254740993"),
        (float(2**53 + 1), "9007199254740992"),
        (-0.0, "0"),
    ],
    ids=str,
)
def test_decoded_integers_beyond_64_bits_are_the_nearest_double(engine: str, given: Any, same: str) -> None:
    """As in text: 2**64+1 is 2**64, and 2**70 is found by range and by value."""
    matcher: Matcher[str] = Matcher({"r": f'{{"a":[{same}]}}'}, engine=engine)
    assert matcher.rules_for_event({"a": given}) == ["r"]
    assert matcher.rules_for_event({"a": [0.25, given]}) == ["r"]
    at_least: Matcher[str] = Matcher({"r": f'{{"a":[{{"numeric":[">=",{same}]}}]}}'}, engine=engine)
    assert at_least.matches_any({"a": given})


def test_a_decoded_event_is_not_changed_or_kept(engine: str) -> None:
    """Matching reads; the caller's lists and dicts stay as they are."""
    event = {"a": [1, {"b": (2, [3])}], "c": Text("x"), "d": 2**70}
    before = copy.deepcopy(event)
    Matcher({"r": A1}, engine=engine).rules_for_event(event)
    assert repr(before) == repr(event)
    assert isinstance(event["c"], Text)


def nested(depth: int, *, lists: bool = False) -> dict[str, Any]:
    """An event of ``depth`` objects, or of one object and lists."""
    inside: Any = [] if lists else {}
    for _ in range(depth - 2):
        inside = [inside] if lists else {"a": inside}
    return {"a": inside}


def cyclic() -> dict[str, Any]:
    event: dict[str, Any] = {"a": []}
    event["a"].append(event)
    return event


NO_FORM = "has no JSON form, expected dict, list, tuple, str, int, float, bool or None"

DECODED_ERRORS: list[tuple[Any, str, str]] = [
    ({"a": float("nan")}, "not-a-number", "$.a: nan is not a JSON number"),
    ({"a": {"b-c": [1, float("inf")]}}, "not-a-number", '$.a["b-c"][1]: inf is not a JSON number'),
    ({"a": Real("-inf")}, "not-a-number", "$.a: -inf is not a JSON number"),
    ({"a": decimal.Decimal(1)}, "unsupported-type", f"$.a: a value of type Decimal {NO_FORM}"),
    ({"a": Fraction(1)}, "unsupported-type", f"$.a: a value of type Fraction {NO_FORM}"),
    ({"a": [0, {1}]}, "unsupported-type", f"$.a[1]: a value of type set {NO_FORM}"),
    ({"a": b"x"}, "unsupported-type", f"$.a: a value of type bytes {NO_FORM}"),
    ({"a": {"b": bytearray(b"x")}}, "unsupported-type", f"$.a.b: a value of type bytearray {NO_FORM}"),
    ({"a": range(3)}, "unsupported-type", f"$.a: a value of type range {NO_FORM}"),
    ({"a": Colour.RED}, "unsupported-type", f"$.a: a value of type Colour {NO_FORM}"),
    ({"a": 1j}, "unsupported-type", f"$.a: a value of type complex {NO_FORM}"),
    ({1: 2}, "unsupported-type", "$: the name 1 is of type int, expected str"),
    ({"a": [{None: 1}]}, "unsupported-type", "$.a[0]: the name None is of type NoneType, expected str"),
    ({"a": {True: 1}}, "unsupported-type", "$.a: the name True is of type bool, expected str"),
    ({b"a": 1}, "unsupported-type", "$: the name b'a' is of type bytes, expected str"),
    ({"a": 10**400}, "number-too-large", f"$.a: {TOO_LARGE}"),
    ({"a": [0, -(10**400)]}, "number-too-large", f"$.a[1]: {TOO_LARGE}"),
    ({"a": "x\ud800"}, "lone-surrogate", f"$.a: \\ud800 {NOT_A_CHARACTER}"),
    ({"a": {"x\udc00": 1}}, "lone-surrogate", f"$.a: \\udc00 {NOT_A_CHARACTER}"),
    (nested(1025), "too-deep", "$: nested deeper than 1024"),
    (nested(5000), "too-deep", "$: nested deeper than 1024"),
    (cyclic(), "too-deep", "$: nested deeper than 1024"),
]


@pytest.mark.parametrize(("event", "code", "text"), DECODED_ERRORS, ids=[row[2][-60:] for row in DECODED_ERRORS])
def test_each_error_of_a_decoded_event_says_what_and_where(engine: str, event: Any, code: str, text: str) -> None:
    """The place is a JSONPath; there is no offset. It is found where no rule looks, too."""
    for matcher in (Matcher[str](engine=engine), Matcher({"r": '{"z":[1]}'}, engine=engine)):
        for ask in (matcher.rules_for_event, matcher.matches_any):
            with pytest.raises(EventError) as caught:
                ask(event)
            assert f"event, {text}" == str(caught.value)
            assert (code, None) == (caught.value.code, caught.value.offset)
            assert caught.value.location is not None


@pytest.mark.parametrize(
    "event", [None, 1, 1.5, True, ["a"], ("a",), {1}, pytest.param(object(), id="object()")], ids=repr
)
def test_what_is_neither_text_nor_mapping_is_no_event(engine: str, event: Any) -> None:
    """An array at the top is no event, decoded or not."""
    with pytest.raises(EventError) as caught:
        Matcher(engine=engine).rules_for_event(event)
    kind = type(event).__name__
    expected = "JSON text (str, bytes, bytearray, memoryview) or a mapping"
    assert f"event, $: found a value of type {kind}, expected {expected}" == str(caught.value)


@pytest.mark.parametrize("lists", [False, True])
def test_an_event_may_nest_1024_deep(engine: str, lists: bool) -> None:
    """In text and decoded; one level more is an error in both."""
    matcher: Matcher[str] = Matcher({"r": '{"b":[{"exists":false}]}'}, engine=engine)
    opening, closing = ("[", "]") if lists else ('{"a":', "}")
    for depth, fits in ((1024, True), (1025, False)):
        text = '{"a":' + opening * (depth - 2) + ("[]" if lists else "{}") + closing * (depth - 2) + "}"
        for event in (text, text.encode(), nested(depth, lists=lists)):
            if fits:
                assert matcher.rules_for_event(event) == ["r"]
                assert matcher.matches_any(event)
            else:
                with pytest.raises(EventError) as caught:
                    matcher.rules_for_event(event)
                assert caught.value.code == "too-deep"


def test_a_rule_may_nest_1024_deep(engine: str) -> None:
    """In text and as a mapping; it is matched, copied, described and removed; one more is refused."""
    for depth, fits in ((1024, True), (1025, False)):
        text = '{"a":' * (depth - 1) + "[1]" + "}" * (depth - 1)
        mapping: Any = [1]
        for _ in range(depth - 1):
            mapping = {"a": mapping}
        for rule in (text, text.encode(), mapping):
            matcher: Matcher[str] = Matcher(engine=engine)
            if not fits:
                with pytest.raises(RuleError, match="1024"):
                    matcher.add_rule("r", rule)
                continue
            matcher.add_rule("r", rule)
            assert matcher.rules_for_event('{"a":' * 1023 + "1" + "}" * 1023) == ["r"]
            assert copy.copy(matcher).rules_for_event({"a": 1}) == []
            matcher._check()
            matcher.remove_rule("r")
            assert Matcher(engine=engine).describe() == matcher.describe()


# ----- what is there


def test_rules_is_a_read_only_view_of_texts(engine: str) -> None:
    """Name -> the texts it was given, as they were given, in the order of adding; it follows changes."""
    matcher: Matcher[str] = Matcher(AB, engine=engine)
    rules = matcher.rules
    assert dict(rules) == {"x": (A1,), "y": (B1,)}
    matcher.add_rule("x", b' {"c" : [ 2 ]} ')
    assert matcher.rules["x"] == (A1, ' {"c" : [ 2 ]} ')
    matcher.remove_rule("y")
    assert list(matcher.rules) == ["x"]
    with pytest.raises(TypeError):
        rules["x"] = ()  # type: ignore[index]
    with pytest.raises(TypeError):
        del rules["x"]  # type: ignore[attr-defined]
    with pytest.raises(KeyError):
        matcher.rules["nothing"]
    assert isinstance(rules, collections.abc.Mapping)


def test_rules_given_as_mappings_are_kept_as_text(engine: str) -> None:
    """The text is JSON that means the mapping."""
    matcher: Matcher[str] = Matcher({"r": {"é": [1, {"prefix": "x"}]}}, engine=engine)
    (text,) = matcher.rules["r"]
    again: Matcher[str] = Matcher({"r": text}, engine=engine)
    assert matcher.describe() == again.describe()


def test_len_in_and_iteration_are_of_names(engine: str) -> None:
    """Names, once each, in the order of first adding."""
    matcher: Matcher[str] = Matcher(AB, engine=engine)
    matcher.add_rule("x", B1)
    assert len(matcher) == 2
    assert "x" in matcher
    assert "z" not in matcher
    assert list(matcher) == ["x", "y"]
    assert sorted(matcher) == ["x", "y"]


def test_stats_counts_what_there_is(engine: str) -> None:
    """Rules and sub-rules; all zero again when all are removed."""
    matcher: Matcher[str] = Matcher(engine=engine)
    empty = matcher.stats()
    matcher.add_rules({"r": '{"$or":[{"a":["x"]},{"b":[{"prefix":"y"}]}]}', "q": A1})
    assert empty != matcher.stats()
    for name in list(matcher):
        matcher.remove_rule(name)
    assert empty == matcher.stats()


def test_describe_draws_the_machine_as_text(engine: str) -> None:
    """A str that names the paths and the rules; the same rules give the same text."""
    matcher: Matcher[str] = Matcher({"my-rule": '{"detail":{"state":["running"]}}'}, engine=engine)
    text = matcher.describe()
    assert isinstance(text, str)
    assert "detail.state" in text
    assert "running" in text
    assert Matcher({"my-rule": '{"detail":{"state":["running"]}}'}, engine=engine).describe() == text


@pytest.mark.parametrize("twin_of", [copy.copy, copy.deepcopy, lambda matcher: pickle.loads(pickle.dumps(matcher))])
def test_a_copy_is_another_matcher_of_the_same_rules(engine: str, twin_of: Any) -> None:
    """Rules, order, limits and engine come along; changes do not."""
    matcher: Matcher[Any] = Matcher(engine=engine, max_paths=2)
    matcher.add_rule(("n", 1), A1)
    matcher.add_rule("m", B1)
    matcher.add_rule(("n", 1), '{"c":[1],"d":[1]}')
    twin = twin_of(matcher)
    assert type(twin) is type(matcher)
    assert dict(matcher.rules) == dict(twin.rules)
    assert list(matcher) == list(twin)
    assert (matcher.describe(), matcher.stats(), matcher.engine) == (
        twin.describe(),
        twin.stats(),
        twin.engine,
    )
    assert twin.rules_for_event({"b": 1, "c": 1, "d": 1}) == [("n", 1), "m"]
    twin.remove_rule("m")
    twin.add_rule("new", A1)
    assert list(matcher) == [("n", 1), "m"]
    assert matcher.rules_for_event({"a": 1, "b": 1}) == [("n", 1), "m"]
    with pytest.raises(RuleError, match="max_paths"):
        twin.add_rule("wide", '{"a":[1],"b":[1],"c":[1]}')


def test_deepcopy_keeps_names_and_copies_the_rest(engine: str) -> None:
    """A deep copy inside a larger structure works as for any object."""
    matcher: Matcher[str] = Matcher(AB, engine=engine)
    box = copy.deepcopy({"m": [matcher, matcher]})
    assert box["m"][0] is box["m"][1]
    assert box["m"][0] is not matcher


# ----- the public face


def test_public_names_are_all_there() -> None:
    """``__all__`` names what can be imported, each with a docstring."""
    assert {"Matcher", "matches", "RuleError", "EventError", "RulerError", "UnknownRuleError"} <= set(ruler.__all__)
    for name in ruler.__all__:
        assert hasattr(ruler, name), name
        if not name.startswith("_") and callable(getattr(ruler, name)):
            assert inspect.getdoc(getattr(ruler, name)), name


def test_public_methods_have_docstrings() -> None:
    """Each says what one gets."""
    for name, member in vars(Matcher).items():
        if not name.startswith("_") and (callable(member) or isinstance(member, property)):
            assert inspect.getdoc(member), name


def test_the_issue_example_holds(engine: str) -> None:
    """The first lines that a user reads."""
    matcher: Matcher[str] = Matcher(engine=engine)
    matcher.add_rule("big-order", {"source": ["shop"], "detail": {"total": [{"numeric": [">", 1000]}]}})
    assert matcher.rules_for_event(b'{"source": "shop", "detail": {"total": 1500}}') == ["big-order"]
    matcher.remove_rule("big-order")
    assert matcher.rules_for_event(b'{"source": "shop", "detail": {"total": 1500}}') == []


@pytest.mark.parametrize("kind", [str, bytes, bytearray])
def test_a_subclass_of_a_text_type_is_an_event(engine: str, kind: type) -> None:
    """What is a str, bytes or bytearray is read as one."""
    text = type("Text", (kind,), {})('{"a":1}' if kind is str else b'{"a":1}')
    matcher = Matcher({"r": '{"a":[1]}'}, engine=engine)
    assert ["r"] == matcher.rules_for_event(text)
    assert matcher.matches_any(text)


def test_equal_numbers_are_one_pattern_however_they_are_spelt(engine: str) -> None:
    """A matcher from which 1.0 was removed is that which only ever saw 1."""
    matcher = Matcher(
        {"x": {"a": [1.0, {"numeric": ["<", -0.0]}]}, "y": '{"a":[1,{"numeric":["<",0]}]}'}, engine=engine
    )
    matcher.remove_rule("x")
    assert Matcher({"y": '{"a":[1,{"numeric":["<",0]}]}'}, engine=engine).describe() == matcher.describe()


@pytest.mark.parametrize(
    ("misuse", "text"),
    [
        (lambda: Matcher('{"a":[1]}'), "found str, expected a mapping of names to rules; one rule: add_rule"),
        (lambda: Matcher().rules_for_events(b"{}"), "found bytes, expected several events; one event: rules_for_event"),
        (lambda: Matcher().rules_for_events({}), "found dict, expected several events; one event: rules_for_event"),
        (lambda: Matcher(max_paths="x"), "max_paths is 'x', expected an int"),
        (lambda: Matcher(max_sub_rules=True), "max_sub_rules is True, expected an int"),
        (lambda: Matcher(max_paths=0), "max_paths is 0, expected 1 or more"),
        (lambda: Matcher(validate="fast"), "validate is 'fast', expected 'full' or 'used'"),
        (lambda: Matcher().rules_for_events([], threads=0), "threads is 0, expected 1 or more"),
        (lambda: Matcher().rules_for_events([], threads=2.0), "threads is 2.0, expected an int"),
        (lambda: Matcher().select_lines(b"", at_most=0), "at_most is 0, expected 1 or more"),
        (lambda: Matcher().select_lines("{}"), "found str, expected bytes with one event a line"),
    ],
)
def test_misuse_of_an_argument_is_named(engine: str, misuse: Any, text: str) -> None:
    """Not an error of Python's own from somewhere inside."""
    with pytest.raises((TypeError, ValueError)) as caught:
        misuse()
    assert text == str(caught.value)
