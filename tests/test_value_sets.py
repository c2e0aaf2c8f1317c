"""What patterns accept together, held against trying every value of a small world that tells them apart."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_world import BOUNDS, WORLD

from ruler.checks import string_sets
from ruler.checks.budget import STATES_OF_QUESTION, Budget, Undecided
from ruler.checks.cidr_sets import do_blocks_meet, is_block_covered
from ruler.checks.number_sets import is_empty_range, next_number
from ruler.checks.value_sets import EVERY_VALUE, ValueSet, accepts_no_value, is_covered
from ruler.patterns.acceptance import Value, accepts
from ruler.patterns.extensions import all_of
from ruler.patterns.folding import fold
from ruler.patterns.iregexp import read_regexp
from ruler.patterns.model import (
    Absent,
    AllOf,
    AnythingBut,
    Cidr,
    EqualsIgnoreCase,
    Exact,
    Exists,
    Literal,
    NoneOf,
    NumericRange,
    Pattern,
    Prefix,
    PrefixIgnoreCase,
    Regexp,
    Suffix,
    SuffixIgnoreCase,
    Wildcard,
    WildcardIgnoreCase,
)

texts = st.text(alphabet="aA1", max_size=2)
filled = st.text(alphabet="aA1", min_size=1, max_size=2)
wildcards = (
    st.lists(st.text(alphabet="a1", max_size=1), min_size=2, max_size=3)
    .map(tuple)
    .filter(lambda pieces: "" not in pieces[1:-1] and (len(pieces) > 2 or all(pieces)) and sum(map(len, pieces)) <= 2)
)
strings = st.one_of(
    st.builds(Exact, texts),
    st.builds(Prefix, filled),
    st.builds(Suffix, filled),
    st.builds(Wildcard, wildcards),
    st.builds(EqualsIgnoreCase, texts.map(fold)),
    st.builds(PrefixIgnoreCase, filled.map(fold)),
    st.builds(SuffixIgnoreCase, filled.map(fold)),
    st.builds(WildcardIgnoreCase, wildcards),
)
exact_numbers = st.builds(Exact, st.sampled_from(BOUNDS))


@st.composite
def ranges(draw: st.DrawFn) -> NumericRange:
    """A range over the bounds of the world, one side open to infinity or none."""
    low, high = sorted(draw(st.lists(st.sampled_from(BOUNDS), min_size=2, max_size=2, unique=True)))
    side = draw(st.sampled_from(["low", "high", "both", "both"]))
    is_low_open, is_high_open = draw(st.booleans()), draw(st.booleans())
    return NumericRange(None if side == "high" else low, is_low_open, None if side == "low" else high, is_high_open)


anything_buts = st.builds(
    AnythingBut,
    st.one_of(
        st.frozensets(strings, min_size=1, max_size=3),
        st.frozensets(exact_numbers, min_size=1, max_size=3),
        st.frozensets(ranges(), min_size=1, max_size=1),
    ),
)
REGEXPS = ["a|b", "a*", "[a-c]1?", "[^a]*", ".*", "(a|1)+", "a{2,3}", "\\p{L}", "[^\\p{L}]+", "(.|\n|\r)*", "[^a](aA)?"]
regexps = st.sampled_from([Regexp(read_regexp(text)) for text in REGEXPS])
simple = st.one_of(
    strings,
    regexps,
    exact_numbers,
    ranges(),
    anything_buts,
    st.builds(Literal, st.sampled_from([True, False, None])),
    st.just(Prefix("")),
)
all_ofs = st.recursive(
    simple,
    lambda inner: st.lists(st.frozensets(inner, min_size=1, max_size=2), min_size=1, max_size=3).map(all_of),
    max_leaves=4,
)
patterns = st.one_of(
    all_ofs,
    regexps,
    strings,
    strings,
    exact_numbers,
    ranges(),
    anything_buts,
    st.builds(Literal, st.sampled_from([True, False, None])),
    st.just(Prefix("")),
    st.just(Exists()),
)
pattern_lists = st.lists(patterns, max_size=4)
# Together these often accept everything.
wide_lists = st.lists(
    st.one_of(
        all_ofs,
        regexps,
        anything_buts,
        strings,
        st.just(Prefix("")),
        st.sampled_from([NumericRange(None, False, 1, False), NumericRange(1, True, None, False)]),
        exact_numbers,
    ),
    max_size=4,
).map(lambda found: [*found, Literal(True), Literal(False), Literal(None)])


def regexp(text: str) -> Pattern:
    """The pattern of an I-Regexp."""
    return Regexp(read_regexp(text))


def both(*parts: Pattern) -> Pattern:
    """What all parts accept."""
    return all_of(frozenset({part}) for part in parts)


def is_accepted(found: Iterable[Pattern], value: Value) -> bool:
    """Whether any of the patterns accepts the value."""
    return any(accepts(pattern, value) for pattern in found)


@given(patterns, pattern_lists | wide_lists)
def test_covered_is_what_trying_every_value_says(pattern: Pattern, others: list[Pattern]) -> None:
    """A pattern is covered exactly when no value is accepted by it and by none of the others.

    Evidence against counts whatever it is: many patterns together may need longer strings than the world has.
    """
    missing = [value for value in WORLD if accepts(pattern, value) and not is_accepted(others, value)]
    found = ValueSet(others).gap(pattern)  # decided: nothing here takes long
    assert (found is None) == is_covered(pattern, others)
    if found is None:
        assert [] == missing
    else:
        assert accepts(pattern, found.value)
        assert not is_accepted(others, found.value)


@given(pattern_lists | wide_lists)
def test_everything_and_nothing_are_what_trying_every_value_says(found: list[Pattern]) -> None:
    """No claim is false, and none that is true is missed."""
    evidence = ValueSet(found).gap(EVERY_VALUE)  # decided: nothing here takes long
    if is_covered(EVERY_VALUE, found):
        assert evidence is None
        assert all(is_accepted(found, value) for value in WORLD)
    else:
        assert evidence is not None
        assert not is_accepted(found, evidence.value)
    is_nothing = not any(is_accepted(found, value) for value in WORLD)
    assert is_nothing or not accepts_no_value(found)
    if not any(isinstance(each, AllOf | Regexp) for each in found):
        assert is_nothing == accepts_no_value(found)


@pytest.mark.parametrize(
    ("pattern", "others"),
    [
        (Exact("ab"), [Prefix("a")]),
        (Prefix("ab"), [Wildcard(("", "b", ""))]),
        (EqualsIgnoreCase("k"), [Exact("k"), Exact("K"), Exact("\u212a")]),
        (Wildcard(("a", "b", "c")), [Wildcard(("a", "c"))]),
        (AnythingBut(frozenset({Prefix("a")})), [AnythingBut(frozenset({Prefix("ab")}))]),
        (Exists(), [Exact("x"), AnythingBut(frozenset({Exact("x")}))]),
        (Exists(), [AnythingBut(frozenset({Exact(1)})), NumericRange(0, True, None, False)]),
        (NumericRange(1, True, 1.0000000000000004, True), [Exact(1.0000000000000002)]),
        (Cidr(4, 0x0A000000, 9), [Cidr(4, 0x0A000000, 8)]),
        (Cidr(4, 0x0A000000, 8), [Cidr(4, 0x0A800000, 9), Cidr(4, 0x0A000000, 9)]),
        (Cidr(4, 0x0A000000, 8), [Prefix("")]),
        (Cidr(4, 0x0A000000, 8), [AnythingBut(frozenset({Prefix("x"), Exact("11.0.0.0")}))]),
        (Exists(), [Cidr(4, 0x0A000000, 8), AnythingBut(frozenset({Cidr(4, 0x0A000000, 9), Cidr(4, 0x0A800000, 9)}))]),
        (AnythingBut(frozenset({Cidr(4, 0, 1)})), [AnythingBut(frozenset({Cidr(4, 0, 2)}))]),
        (Absent(), [Absent(), Exact(1)]),
        (Absent(), [NoneOf(frozenset({Exact(1)}))]),
        (NoneOf(frozenset({Exact(1), Prefix("a")})), [NoneOf(frozenset({Exact("ab")})), Exact("x")]),
        (NoneOf(frozenset({AnythingBut(frozenset({Exact("x")})), Exact("x")})), [Absent()]),
        (regexp("[a-z]+"), [regexp("[a-m]([a-z])*"), regexp("[n-z][a-z]*")]),
        (regexp("a+b"), [Wildcard(("a", "b"))]),
        (Prefix("a"), [regexp("a(.|\n|\r)*")]),
        (regexp("[aA][bB]"), [EqualsIgnoreCase("ab")]),
        (EqualsIgnoreCase("ab"), [regexp("[aA][bB]")]),
        (both(Prefix("a"), Suffix("b")), [Wildcard(("a", "b"))]),
        (Wildcard(("a", "b")), [both(Prefix("a"), Suffix("b"))]),
        (
            both(NumericRange(0, True, None, False), NumericRange(None, False, 2, True)),
            [NumericRange(0, True, 2, True)],
        ),
        (AnythingBut(frozenset({NumericRange(1, True, None, False)})), [AnythingBut(frozenset({Exact(2)}))]),
        (Exists(), [AnythingBut(frozenset({NumericRange(1, True, None, False)})), NumericRange(1, True, None, False)]),
        (both(Cidr(4, 0x0A000000, 9), Prefix("10.")), [Prefix("1")]),
        (WildcardIgnoreCase(("a", "b", "")), [PrefixIgnoreCase("a")]),
        (both(Exact("a"), Exact("b")), []),
        (both(regexp("[a-f]+"), regexp("[g-z]*")), []),
    ],
)
def test_what_is_covered(pattern: Pattern, others: list[Pattern]) -> None:
    """One case for each way to be covered."""
    assert is_covered(pattern, others)


@pytest.mark.parametrize(
    ("pattern", "others"),
    [
        (Prefix("a"), [Exact("a"), Prefix("ab")]),
        (EqualsIgnoreCase("k"), [Exact("k"), Exact("K")]),
        (Exact("1"), [Exact(1)]),
        (Exact(1), [Literal(True)]),
        (Literal(None), [Prefix(""), Exact(0)]),
        (Absent(), [Exists()]),
        (Exists(), [Absent()]),
        (Cidr(4, 0x0A000000, 8), [Cidr(4, 0x0A000000, 9)]),
        (Cidr(6, 0, 0), [Cidr(4, 0, 0)]),
        (Cidr(4, 0x0A000000, 8), [AnythingBut(frozenset({Prefix("10.")}))]),
        (Cidr(4, 0x0A000000, 8), [AnythingBut(frozenset({Exact("10.0.0.1")}))]),
        (Exact("10.0.0.1"), [Cidr(4, 0x0B000000, 8)]),
        (Cidr(4, 0x0A000000, 30), [Cidr(4, 0x0A000000, 32), Cidr(4, 0x0A000002, 31)]),
        (Exists(), [Cidr(4, 0x0A000000, 9), AnythingBut(frozenset({Cidr(4, 0x0A000000, 8)}))]),
        (AnythingBut(frozenset({Cidr(4, 0, 2)})), [AnythingBut(frozenset({Cidr(4, 0, 1)}))]),
        (Absent(), [Exact(1), AnythingBut(frozenset({Exact(1)}))]),
        (NoneOf(frozenset({Exact(1)})), [Absent()]),
        (NoneOf(frozenset({Exact(1)})), [NoneOf(frozenset({Exact(1), Exact(2)}))]),
        (Exists(), [NoneOf(frozenset({Exact(1)})), Exact(1)]),
        (regexp("[a-z]+"), [regexp("[a-m]+"), regexp("[n-z]+")]),
        (Prefix("a"), [regexp("a.*")]),
        (both(Prefix("a"), Suffix("b")), [Wildcard(("a", "a", "b"))]),
        (both(Cidr(4, 0x0A000000, 8), Suffix(".1")), [Cidr(4, 0x0A000000, 9)]),
        (AnythingBut(frozenset({Exact(2)})), [AnythingBut(frozenset({NumericRange(1, True, None, False)}))]),
        (both(Cidr(4, 0x0A000000, 8), Prefix("11.")), []),  # true, and not decided
    ],
)
def test_what_is_not_covered(pattern: Pattern, others: list[Pattern]) -> None:
    """One case for each way to be near."""
    assert not is_covered(pattern, others)


def test_the_shortest_string_is_found() -> None:
    """Evidence is short enough to be shown."""
    wanted = string_sets.strings_of([Prefix("a")], Budget(), is_wide=True)
    others = string_sets.strings_of([Exact("a"), Prefix("ab")], Budget(), is_wide=False)
    question = string_sets.Every([wanted, string_sets.Not(others)])
    assert string_sets.string_for(question, Budget()) == "ax"


# ----- numbers


@given(st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False))
def test_no_number_lies_between_neighbours(number: int | float) -> None:
    """The next number is above, and neither an integer of 64 bits nor a double lies between."""
    above = next_number(number)
    if above is None:
        assert number == 1.7976931348623157e308
        return
    assert number < above
    assert is_empty_range(NumericRange(number, True, above, True))
    middle = (number + above) / 2 if abs(number) < 1e300 else float(above)
    assert middle <= number or middle >= above
    assert not (-(2**63) <= int(number) + 1 <= 2**64 - 1) or int(number) + 1 <= number or int(number) + 1 >= above


@pytest.mark.parametrize(
    ("low", "high", "is_empty"),
    [(1, 1.0000000000000002, True), (1, 2, False), (2**53, 2**53 + 1, True), (2**53, 2**53 + 2, False)],
)
def test_ranges_between_neighbours_are_empty(low: int | float, high: int | float, is_empty: bool) -> None:
    """With both ends open; with one of them closed a number is in it."""
    assert is_empty == is_empty_range(NumericRange(low, True, high, True))
    assert not is_empty_range(NumericRange(low, False, high, True))
    assert not is_empty_range(NumericRange(low, True, high, False))
    assert is_empty == accepts_no_value([NumericRange(low, True, high, True)])


def test_beyond_the_greatest_number_is_nothing() -> None:
    """Above the greatest double, and below the least, no number is left."""
    greatest = 1.7976931348623157e308
    assert is_empty_range(NumericRange(greatest, True, None, False))
    assert is_empty_range(NumericRange(None, False, -greatest, True))
    assert not is_empty_range(NumericRange(None, False, -greatest, False))


# ----- blocks

block_lists = st.lists(
    st.builds(
        lambda version, bits, number: (
            Cidr(version, number << (32 - bits) & 0xFFFFFFFF, bits)
            if version == 4
            else Cidr(6, number << (128 - bits) & (1 << 128) - 1, bits)
        ),
        st.sampled_from([4, 4, 6]),
        st.integers(0, 4),
        st.integers(0, 15),
    ),
    max_size=6,
)


@given(block_lists.filter(bool))
def test_blocks_are_covered_as_their_addresses_are(blocks: list[Cidr]) -> None:
    """A block of up to four bits is sixteenths of all addresses, so sixteen addresses of a version tell all."""
    block, *others = blocks
    width = 32 if block.version == 4 else 128
    addresses = {number << (width - 4) for number in range(16)}

    def members(one: Cidr) -> set[int]:
        if one.version != block.version:
            return set()
        return {each for each in addresses if each >> (width - one.bits) == one.network >> (width - one.bits)}

    covered = set().union(*map(members, others))
    assert (members(block) <= covered) == is_block_covered(block, others)
    for other in others:
        assert bool(members(block) & members(other)) == do_blocks_meet(block, other)


# ----- cost


def test_hostile_wildcards_stay_in_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """The states that a search visits are counted, and never more than the limit."""
    visited = 0
    original = string_sets._Search.may_hold

    def counting(self: string_sets._Search, formula: string_sets.Formula, states: tuple[int, ...]) -> tuple[bool, bool]:
        nonlocal visited
        visited += formula is self.formula
        return original(self, formula, states)

    monkeypatch.setattr(string_sets._Search, "may_hold", counting)
    letters = "abcdefghijkl"
    many = [Wildcard(("", one + "x", other + "y", "")) for one in letters for other in letters]
    excluded = [AnythingBut(frozenset({each})) for each in many]
    questions: list[tuple[Pattern, list[Pattern]]] = [
        (Wildcard(("a",) * 1000 + ("",)), [Wildcard(("a",) * 999 + ("",))]),
        (Wildcard(("", *("ab",) * 1000, "")), [Wildcard(("", *("ba",) * 1000, ""))]),
        (Exists(), [*many, Literal(True), Literal(False), Literal(None), NumericRange(None, False, 0, True)]),
        (AnythingBut(frozenset(many)), [Wildcard(("", "x", "y", "x", ""))]),
        (Exists(), list(excluded)),
    ]
    for pattern, others in questions:
        visited = 0
        is_covered(pattern, others)
        assert visited <= STATES_OF_QUESTION


def test_a_long_wildcard_is_left_undecided() -> None:
    """The sets of positions of very long patterns would cost too much; nothing is claimed."""
    long = Wildcard(("", "a" * (string_sets.LONGEST_ROW + 1), ""))
    with pytest.raises(Undecided):
        string_sets.strings_of([long], Budget(), is_wide=True)
    assert not is_covered(Wildcard(("", "b" * string_sets.LONGEST_ROW + "b", "")), [long])


def test_many_plain_values_are_looked_up() -> None:
    """Ten thousand strings cost a step each, not a comparison with each other."""
    budget = Budget(40_000)
    found = ValueSet((Exact(f"value-{number}") for number in range(10_000)), budget)
    assert all(found.covers(Exact(f"value-{number}")) for number in range(10_000))
    assert not found.covers(Exact("value"))
