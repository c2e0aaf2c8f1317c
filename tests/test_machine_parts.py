"""Each part of the machine equals its plain definition, whatever was added and removed on the way.

The parts are edited by scripts over small, colliding domains and compared with a dictionary that is gone through
from end to end. Where a part promises to equal a fresh one, its structure is compared, not only its answers.
"""

from __future__ import annotations

import gc
import ipaddress
import json
import re
from collections.abc import Callable
from typing import Any

import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruler import Matcher
from ruler.machine.address_blocks import AddressBlockIndex
from ruler.machine.collector import Collector
from ruler.machine.engine import PythonEngine
from ruler.machine.flatten import Element, flatten, flatten_with_trails
from ruler.machine.looseness import RANKS
from ruler.machine.name_state import NameState, canonical_order
from ruler.machine.numeric_ranges import NumericRangeIndex, ordered_bits
from ruler.machine.path_trie import (
    PathNode,
    count_joints,
    descendant,
    dotted_names,
    node_at,
    prune,
    shared_depth,
)
from ruler.machine.prefixes import PrefixTrie
from ruler.machine.straight_flatten import WORTHWHILE_AFTER, straight_flatten
from ruler.machine.string_indexes import INDEX_TYPES, IgnoreCaseIndex, PrefixIndex, SuffixIndex
from ruler.machine.value_matcher import ClauseNode, ValueMatcher
from ruler.machine.wildcards import WildcardIndex, wildcard_accepts
from ruler.patterns.folding import fold
from ruler.patterns.model import (
    Absent,
    AnythingBut,
    Characters,
    Cidr,
    Clause,
    EqualsIgnoreCase,
    Exact,
    Exists,
    Literal,
    NumericRange,
    Prefix,
    PrefixIgnoreCase,
    Regexp,
    Repeat,
    Suffix,
    SuffixIgnoreCase,
    Wildcard,
    WildcardIgnoreCase,
)

# Half as long as the properties of the whole matcher: a part has a smaller space.
half = settings(max_examples=max(50, settings().max_examples // 2))

# ----- edit scripts: a list of keys; a key that is stored is removed, any other is added

Model = dict[Any, object]


def edit(index: Any, model: Model, key: Any) -> None:
    """Add ``key`` to both, or remove it from both."""
    if key in model:
        index.remove(key)
        del model[key]
    else:
        model[key] = ("stored", key)
        index.add(key, model[key])


def shape(part: object) -> object:
    """The structure of a part as plain data that compares by content, whatever the order of dictionaries."""
    if isinstance(part, WildcardIndex):  # when it was compiled depends on what was asked
        part = part._stored
    if isinstance(part, dict):  # a SortedDict too
        return {key: shape(value) for key, value in part.items()}
    names = [name for kind in type(part).__mro__ for name in getattr(kind, "__slots__", ())]
    if type(part).__module__.startswith("ruler.machine"):
        return {name: shape(getattr(part, name)) for name in names if not callable(getattr(part, name))}
    return part


def check_edits(
    make: Callable[[], Any], edits: list[Any], probes: list[Any], accepts: Callable[[Any, Any], bool]
) -> None:
    """Edit an index and its model side by side, asking after each edit; then empty it."""
    index, model = make(), {}
    for key in edits:
        edit(index, model, key)
        assert_finds(index, model, probes, accepts)
    fresh = make()
    for key in reversed(model):
        fresh.add(key, model[key])
    assert shape(fresh) == shape(index)
    for key in list(model):
        edit(index, model, key)
    assert shape(make()) == shape(index)


def assert_finds(index: Any, model: Model, probes: list[Any], accepts: Callable[[Any, Any], bool]) -> None:
    for probe in probes:
        expected = [stored for key, stored in model.items() if accepts(key, probe)]
        assert sorted(map(repr, expected)) == sorted(map(repr, found_in(index, probe)))


def found_in(index: Any, probe: Any) -> list[Any]:
    if isinstance(index, NumericRangeIndex):
        return index.find(probe, at_most=index.size) or []
    found: list[Any] = []
    index.find(probe, found)
    return found


texts = st.text(alphabet="ab", max_size=5)
many_texts = st.lists(texts, min_size=1, max_size=20)


# ----- prefixes


@half
@given(edits=many_texts, probes=st.lists(texts, max_size=4))
def test_prefix_trie_finds_what_a_value_begins_with(edits: list[str], probes: list[str]) -> None:
    """After any edits the trie finds the stored beginnings, and equals a trie that was never edited."""
    check_edits(PrefixTrie, edits, [*probes, "", "ababa"], lambda text, value: value.startswith(text))


@half
@given(edits=many_texts)
def test_prefix_trie_keeps_few_nodes(edits: list[str]) -> None:
    """A node holds something, or parts two ways: so at most two nodes a text, whatever was removed."""
    trie: PrefixTrie[object] = PrefixTrie()
    model: Model = {}
    for text in edits:
        edit(trie, model, text)
        assert len(model) == trie.size
        assert trie.node_count() <= 2 * len(model) + 1
    for text in list(model):
        edit(trie, model, text)
    assert trie.node_count() == 1


# ----- wildcards

piece = st.text(alphabet="ab", min_size=1, max_size=3)
wildcards = st.builds(
    lambda first, middle, last: Wildcard((first, *middle, last)),
    st.text(alphabet="ab", max_size=2),
    st.lists(piece, max_size=3),
    st.text(alphabet="ab", max_size=2),
).filter(lambda wildcard: any(wildcard.pieces))


def expression_accepts(wildcard: Wildcard, value: str) -> bool:
    return bool(re.fullmatch(".*".join(map(re.escape, wildcard.pieces)), value, re.DOTALL))


@given(wildcard=wildcards, value=st.text(alphabet="ab\n", max_size=10))
def test_wildcard_verification_equals_a_regular_expression(wildcard: Wildcard, value: str) -> None:
    """Taking each piece as far left as it goes loses nothing."""
    assert expression_accepts(wildcard, value) is wildcard_accepts(wildcard.pieces, value)


@half
@given(
    script=st.lists(
        st.tuples(wildcards, st.text(alphabet="ab", max_size=8), st.integers(0, 6)), min_size=1, max_size=25
    )
)
def test_wildcard_index_finds_what_accepts_a_value(script: list[tuple[Wildcard, str, int]]) -> None:
    """Fresh, compiled, removed or back again: a wildcard is found when it accepts, and found once."""
    index: WildcardIndex[object] = WildcardIndex()
    model: Model = {}
    for wildcard, value, times in script:
        edit(index, model, wildcard)
        assert len(model) == len(index)
        assert_finds(index, model, [value] * times, expression_accepts)
    for wildcard in list(model):
        edit(index, model, wildcard)
    assert index._compiled == (None, [], [], 0, {})
    assert index._stored == {}


def test_wildcards_are_compiled_once_verifying_them_has_cost_more() -> None:
    """Additions wait uncompiled; one value too many and all are compiled; later additions wait again."""
    index: WildcardIndex[object] = WildcardIndex()
    model: Model = {}
    for number in range(200):
        edit(index, model, Wildcard(("", f"a{number}b", "")))
    assert index._compiled.automaton is None
    assert_finds(index, model, ["xa7bx", "a19b a7b"], expression_accepts)
    assert index._compiled.automaton is not None
    assert not index._compiled.fresh
    late = Wildcard(("a7b", ""))
    edit(index, model, late)
    assert [late.pieces] == list(index._compiled.fresh)
    assert_finds(index, model, ["a7bx"] * 300, expression_accepts)
    assert not index._compiled.fresh


def test_a_removed_wildcard_is_silent_and_comes_back_once() -> None:
    """A compiled wildcard that was removed is not found; added again, it is found once, before and after compiling."""
    index: WildcardIndex[object] = WildcardIndex()
    model: Model = {}
    every = [Wildcard(("a", f"{number:03}", "b")) for number in range(50)]
    for wildcard in every:
        edit(index, model, wildcard)
    probes = ["a007b", "a007 008b", "a007"]
    assert_finds(index, model, probes * 3, expression_accepts)
    edit(index, model, every[7])
    assert_finds(index, model, probes, expression_accepts)
    edit(index, model, every[7])
    assert_finds(index, model, probes * 60, expression_accepts)


def test_removing_most_wildcards_shrinks_the_automaton() -> None:
    """What is compiled stays within a few times what is stored."""
    index: WildcardIndex[object] = WildcardIndex()
    model: Model = {}
    every = [Wildcard(("", f"word{number:04}", "")) for number in range(1000)]
    for wildcard in every:
        edit(index, model, wildcard)
    assert_finds(index, model, ["x"] * 3, expression_accepts)
    assert len(index._compiled.groups) == 1000
    for wildcard in every[3:]:
        edit(index, model, wildcard)
    assert len(index._compiled.groups) <= 2 * 3 + 8
    assert_finds(index, model, ["word0001 word0002", "word0500"], expression_accepts)


# ----- numeric ranges

NUMBERS: list[int | float] = [
    -1.7976931348623157e308,
    -(2**63),
    -(2.0**63),
    -1,
    -0.5,
    -5e-324,
    -0.0,
    0,
    5e-324,
    1e-323,
    2.2250738585072014e-308,
    0.5,
    1,
    1.0000000000000002,
    2,
    2.5,
    3,
    2**53 - 1,
    2**53,
    2**53 + 1,
    2.0**53 + 2,
    2**63,
    2.0**63 + 2048,
    2**64 - 2,
    2**64 - 1,
    2.0**64,
    1e300,
    1.7976931348623157e308,
]
numbers = st.sampled_from(NUMBERS)


@st.composite
def ranges(draw: st.DrawFn) -> NumericRange:
    low, high = draw(st.none() | numbers), draw(numbers)
    if low is None or low == high:
        one = NumericRange(high, draw(st.booleans()), None, False), NumericRange(None, False, high, draw(st.booleans()))
        return draw(st.sampled_from(one))
    return NumericRange(min(low, high), draw(st.booleans()), max(low, high), draw(st.booleans()))


def contains(bounds: NumericRange, number: Any) -> bool:
    if bounds.low is not None and not (bounds.low < number if bounds.low_is_open else bounds.low <= number):
        return False
    return bounds.high is None or (number < bounds.high if bounds.high_is_open else number <= bounds.high)


@half
@given(edits=st.lists(ranges(), min_size=1, max_size=25))
def test_range_index_finds_the_ranges_that_contain_a_number(edits: list[NumericRange]) -> None:
    """Integers and doubles compare exactly, also where the double nearest to an integer is a bound."""
    check_edits(NumericRangeIndex, edits, NUMBERS, contains)


@half
@given(edits=st.lists(ranges(), min_size=1, max_size=25))
def test_range_index_gives_up_on_more_ranges_than_asked_for(edits: list[NumericRange]) -> None:
    """``find`` lists the ranges when they are at most so many, and returns None when they are more."""
    index: NumericRangeIndex[Any] = NumericRangeIndex()
    model: Model = {}
    for bounds in edits:
        edit(index, model, bounds)
    assert len(model) == index.size
    for number in NUMBERS:
        expected = {stored for bounds, stored in model.items() if contains(bounds, number)}
        for at_most in range(len(expected) + 2):
            found = index.find(number, at_most)
            assert (expected if len(expected) <= at_most else None) == (None if found is None else set(found))


@given(one=numbers | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**64 - 1), other=numbers)
def test_ordered_bits_sort_as_the_numbers_do(one: int | float, other: int | float) -> None:
    """Rounding to a double may make two numbers equal; it never swaps them."""
    if one < other:
        assert ordered_bits(one) <= ordered_bits(other)
    if float(one) == float(other):
        assert ordered_bits(one) == ordered_bits(other)
    assert 0 <= ordered_bits(one) < 2**64


# ----- addresses

ADDRESSES = [
    "0.0.0.0",
    "10.0.0.0",
    "10.0.0.1",
    "10.0.0.2",
    "10.128.0.1",
    "11.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "2001:db8::1",
    "2001:db8::ffff",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
]
NO_ADDRESSES = ["", "10.0.0", "10.0.0.01", "10.0.0.256", "fe80::1%eth0", "::ffff:999.1.1.1", "a01::g", "10.0.0.1/32"]


@st.composite
def blocks(draw: st.DrawFn) -> Cidr:
    address = ipaddress.ip_address(draw(st.sampled_from(ADDRESSES)))
    width = address.max_prefixlen
    bits = draw(st.sampled_from([0, 1, 8, 9, 31, 32]) if width == 32 else st.sampled_from([0, 1, 32, 127, 128]))
    return Cidr(address.version, int(address) >> (width - bits) << (width - bits), bits)


def block_contains(block: Cidr, text: str) -> bool:
    if "%" in text:  # a zone
        return False
    try:
        address: Any = ipaddress.ip_address(text)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    free = address.max_prefixlen - block.bits
    return block.version == address.version and int(address) >> free == block.network >> free


@half
@given(edits=st.lists(blocks(), min_size=1, max_size=25))
def test_address_index_finds_the_blocks_around_an_address(edits: list[Cidr]) -> None:
    """Both versions, any mask; what is no address is in no block; a mapped address is its IPv4 address."""
    probes = [*ADDRESSES, *NO_ADDRESSES, "::ffff:10.0.0.1", "::FFFF:a00:1"]
    check_edits(AddressBlockIndex, edits, probes, block_contains)


# ----- string indexes

folding_texts = st.text(alphabet="kK\u212asSßẞ", max_size=4)
ignoring = st.builds(
    lambda first, last: WildcardIgnoreCase((fold(first), "k", fold(last))), folding_texts, folding_texts
) | st.builds(
    lambda kind, text: kind(fold(text)),
    st.sampled_from([EqualsIgnoreCase, PrefixIgnoreCase, SuffixIgnoreCase]),
    folding_texts,
)


def string_accepts(pattern: Any, value: str) -> bool:
    """Sections 6 and 8, one pattern and one string."""
    match pattern:
        case Prefix(text):
            return value.startswith(text)
        case Suffix(text):
            return value.endswith(text)
        case EqualsIgnoreCase(folded):
            return oracle.fold(value) == folded
        case PrefixIgnoreCase(folded):
            return oracle.fold(value).startswith(folded)
        case SuffixIgnoreCase(folded):
            return oracle.fold(value).endswith(folded)
        case Wildcard():
            return expression_accepts(pattern, value)
        case WildcardIgnoreCase(pieces):
            return expression_accepts(Wildcard(pieces), oracle.fold(value))
    return block_contains(pattern, value) if isinstance(pattern, Cidr) else False


@half
@given(edits=many_texts, probes=many_texts)
def test_prefix_and_suffix_indexes(edits: list[str], probes: list[str]) -> None:
    """Prefixes from the beginning, suffixes from the end."""
    check_edits(PrefixIndex, [Prefix(text) for text in edits], probes, string_accepts)
    check_edits(SuffixIndex, [Suffix(text) for text in edits], probes, string_accepts)


@half
@given(edits=st.lists(ignoring, min_size=1, max_size=20), probes=st.lists(folding_texts, max_size=5))
def test_ignore_case_index(edits: list[Any], probes: list[str]) -> None:
    """Four pattern types over one folding, where one text may be stored under several."""
    check_edits(IgnoreCaseIndex, edits, probes, string_accepts)


# ----- value matchers

literal = st.sampled_from([True, False, None])
strings = st.text(alphabet="aK", max_size=2) | st.sampled_from(["10.0.0.1", "1", "true"])
small_numbers = st.sampled_from([0, 1, 1.0, 1.5, 2, 2**53, 2**53 + 1])
excludable = st.one_of(
    st.builds(Exact, strings | small_numbers),
    st.builds(Prefix, strings),
    st.builds(Suffix, strings),
    st.builds(lambda text: EqualsIgnoreCase(fold(text)), strings),
    st.builds(lambda text: PrefixIgnoreCase(fold(text)), strings),
    st.just(Wildcard(("a", "K"))),
    st.just(Wildcard(("", "a", ""))),
    st.just(WildcardIgnoreCase(("", "k", ""))),
    st.just(WildcardIgnoreCase(("a", "k"))),
    st.just(Cidr(4, 0, 0)),
)
small_ranges = st.builds(
    lambda low, low_is_open, high: NumericRange(low, low_is_open, high, high is not None and low_is_open),
    st.sampled_from([0, 1]),
    st.booleans(),
    st.sampled_from([None, 1.5, 2**53 + 1]),
)
patterns = st.one_of(
    excludable,
    small_ranges,
    st.builds(Literal, literal),
    st.just(Exists()),
    st.just(Absent()),
    st.builds(lambda inner: AnythingBut(frozenset(inner)), st.lists(excludable | small_ranges, min_size=1, max_size=3)),
)
clauses = st.lists(patterns, min_size=1, max_size=3).map(lambda listed: Clause("a", frozenset(listed)))
scalars = st.one_of(strings, small_numbers, literal)


def accepts(pattern: Any, value: Any) -> bool:
    """Sections 5 to 8, one pattern and one value."""
    match pattern:
        case Exists():
            return True
        case AnythingBut(excluded):
            return not any(accepts(inner, value) for inner in excluded)
        case Literal(wanted):
            return value is wanted
        case Exact(wanted):
            return not isinstance(value, bool) and value is not None and bool(wanted == value)
        case NumericRange():
            return type(value) in (int, float) and contains(pattern, value)
    return isinstance(value, str) and string_accepts(pattern, value)


@given(
    script=st.lists(st.tuples(clauses, st.lists(scalars, min_size=1, max_size=4)), min_size=1, max_size=12),
)
def test_value_matcher_finds_the_clauses_that_values_satisfy(script: list[tuple[Clause, list[Any]]]) -> None:
    """One value or several, asked again after each edit: what is remembered never outlives a change."""
    root = PathNode("", None)
    matcher = ValueMatcher(node_at(root, "a"))
    nodes: dict[Clause, ClauseNode] = {}
    asked: list[Any] = []
    for clause, values in script:
        if clause in nodes:
            matcher.release(nodes.pop(clause))
        else:
            nodes[clause] = matcher.clause_node(clause)
            assert matcher.clause_node(clause) is nodes[clause]
        matcher.check_indexes()
        asked += values
        for each, node in nodes.items():
            for value in asked:
                expected = any(accepts(pattern, value) for pattern in each.patterns)
                assert expected is node.accepts(matcher.outcome(value))
            expected = any(accepts(pattern, value) for pattern in each.patterns for value in values)
            assert expected is node.accepts(matcher.outcome_of_all(values))
        listed = [value for value in asked if type(value) in (int, float)]
        if matcher.ranges is not None:
            by_range = {node for node in nodes.values() if node.ranges and node.contains_any(sorted(listed))}
            assert by_range == matcher.range_hits(listed, at_most=len(matcher.patterns) * len(listed))
    for node in nodes.values():
        matcher.release(node)
    parts = [name for name in ValueMatcher.__slots__ if name not in ("path_node", "followed")]
    assert [getattr(matcher, name) for name in parts] == [getattr(ValueMatcher(root), name) for name in parts]
    assert not matcher.followed.answers


def test_every_kind_of_index_is_dropped_with_its_last_pattern() -> None:
    """A path whose string patterns are gone is a path of exact values again."""
    matcher = ValueMatcher(node_at(PathNode("", None), "a"))
    regexp = Regexp((Characters("az"), Repeat(1, None)))
    listed = [Prefix("a"), Suffix("a"), EqualsIgnoreCase("a"), Wildcard(("a", "b")), Cidr(4, 0, 0), regexp]
    nodes = [matcher.clause_node(Clause("a", frozenset([pattern]))) for pattern in listed]
    assert len(set(INDEX_TYPES.values())) == len(matcher.string_searches)
    for node in nodes:
        matcher.release(node)
    assert () == matcher.string_searches


# ----- the path trie

NAMES = ["a", "b", "c", "", "a-b"]
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map(".".join)


def all_nodes(root: PathNode) -> list[PathNode]:
    nodes = [root]
    for node in nodes:
        nodes.extend(node.children.values())
    return nodes


@half
@given(edits=st.lists(paths, min_size=1, max_size=25))
def test_path_trie_holds_the_used_paths_only(edits: list[str]) -> None:
    """After each edit: every node is used or leads on, and the names with dots are those there are."""
    root = PathNode("", None)
    used: set[str] = set()
    for path in edits:
        node = node_at(root, path)
        if path in used:
            used.remove(path)
            node.value_matcher = None
            prune(node)
        else:
            used.add(path)
            node.value_matcher = ValueMatcher(node)
        reachable = {id(descendant(root, each)) for each in used}
        for each in all_nodes(root):
            assert each is root or each.children or id(each) in reachable
            assert dotted_names(each) == each.dotted_names
            assert all(child.parent is each and child.depth == each.depth + 1 for child in each.children.values())
    assert all((found := descendant(root, each)) is not None and found.value_matcher for each in used)


@half
@given(sub_rules=st.lists(st.lists(paths, min_size=1, max_size=4), min_size=1, max_size=6), removed=st.integers(0, 6))
def test_joints_count_the_sub_rules_with_two_clauses_below(sub_rules: list[list[str]], removed: int) -> None:
    """At each node: the sub-rules of which two clauses stand at or below it."""
    root = PathNode("", None)
    listed = [[node_at(root, path) for path in dict.fromkeys(sub_rule)] for sub_rule in sub_rules]
    for nodes in listed:
        count_joints(nodes, +1)
    for nodes in listed[:removed]:
        count_joints(nodes, -1)
    for node in all_nodes(root):
        below = {id(each) for each in all_nodes(node)}
        expected = [nodes for nodes in listed[removed:] if sum(id(each) in below for each in nodes) > 1]
        assert len(expected) == node.joint_count


@given(one=paths, other=paths)
def test_shared_depth_is_the_common_beginning(one: str, other: str) -> None:
    """The names that two paths begin with alike."""
    root = PathNode("", None)
    alike = 0
    for first, second in zip(one.split("."), other.split("."), strict=False):
        if first != second:
            break
        alike += 1
    assert alike == shared_depth(node_at(root, one), node_at(root, other))


# ----- flattening

EVENT_NAMES = ["a", "a", "b", "c", "", "a.b", "a.b.c", "b.a", ".", "a-b"]


def event_trees(depth: int) -> st.SearchStrategy[Any]:
    leaf = st.sampled_from([0, 1, True, None, "s", 1.5])
    if depth == 0:
        return leaf
    inner = event_trees(depth - 1)
    return st.one_of(leaf, st.lists(inner, max_size=3), event_objects(depth))


def event_objects(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(EVENT_NAMES), event_trees(depth - 1), max_size=5)


def trie_of(sub_rules: list[list[str]]) -> PathNode:
    """A trie whose joints are those of these sub-rules."""
    root = PathNode("", None)
    for sub_rule in sub_rules:
        nodes = [node_at(root, path) for path in dict.fromkeys(sub_rule)]
        for node in nodes:
            node.value_matcher = node.value_matcher or ValueMatcher(node)
        count_joints(nodes, +1)
    return root


def as_pairs(values: Any) -> list[str]:
    """What flattening gave, as a multiset of (path, value) that tells 1 from true."""
    found = []
    for matcher, given_values in values.items():
        listed = given_values if isinstance(given_values, list) else [given_values]
        found += [f"{path_of(matcher.path_node)}={value!r}" for value in listed]
    return sorted(found)


def path_of(node: PathNode) -> str:
    names = []
    while node.parent is not None:
        names.append(node.name)
        node = node.parent
    return ".".join(reversed(names))


tries = st.lists(st.lists(paths, min_size=1, max_size=3), min_size=1, max_size=4)


@given(sub_rules=tries, event=event_objects(4))
def test_written_flattening_equals_the_plain_one(sub_rules: list[list[str]], event: dict[str, Any]) -> None:
    """Names with dots, arrays, arrays of objects, missing parts: the written function does what the plain one does."""
    root = trie_of(sub_rules)
    function = straight_flatten(root)
    assert function is not None
    expected, joints = flatten(root, event)
    values, written_joints = function(event)
    assert as_pairs(expected) == as_pairs(values)
    assert joints == written_joints


@given(sub_rules=tries, event=event_objects(4))
def test_flattening_finds_the_values_that_recursion_finds(sub_rules: list[list[str]], event: dict[str, Any]) -> None:
    """Both ways of flattening: the values at the used paths, all and once. Trails come only where they can matter."""
    root = trie_of(sub_rules)
    used = {path for sub_rule in sub_rules for path in sub_rule}
    expected = sorted(f"{path}={value!r}" for path, value, _ in oracle.fields(json.dumps(event)) if path in used)
    values, joints = flatten(root, event)
    assert expected == as_pairs(values)
    fields, _ = flatten_with_trails(root, event)
    assert expected == as_pairs({matcher: [value for value, _ in found] for matcher, found in fields.items()})
    if joints is None:
        assert all(trail is None for found in fields.values() for _, trail in found)
    else:
        assert joints
        assert all(node.joint_count for node in joints)


@given(sub_rule=st.lists(paths, min_size=2, max_size=4), event=event_objects(4))
def test_trails_clash_where_the_definition_says(sub_rule: list[str], event: dict[str, Any]) -> None:
    """Two values of two paths of one sub-rule clash when they lie in different elements of one array."""
    numbered = _numbered(event, [0])
    fields, _ = flatten_with_trails(trie_of([sub_rule]), numbered)
    trail_of = {value: _elements(trail) for found in fields.values() for value, trail in found}
    used = [(path, v, t) for path, v, t in oracle.fields(json.dumps(numbered)) if path in sub_rule]
    # Identities of arrays are those of this one decoding, so all pairs are made from it.
    for path, value, trail in used:
        for other_path, other_value, other_trail in used:
            if path != other_path:
                expected = all(other_trail.get(array, index) == index for array, index in trail.items())
                one, other = trail_of[value], trail_of[other_value]
                assert expected is all(other.get(array, element) is element for array, element in one.items())


def _numbered(node: Any, count: list[int]) -> Any:
    """The same tree with a number of its own for each scalar."""
    if isinstance(node, dict):
        return {name: _numbered(value, count) for name, value in node.items()}
    if isinstance(node, list):
        return [_numbered(value, count) for value in node]
    count[0] += 1
    return count[0]


def _elements(trail: Element | None) -> dict[int, Element]:
    return {} if trail is None else {element.array: element for element in trail.line()}


def test_no_function_is_written_for_a_wide_or_a_deep_trie() -> None:
    """There the plain function serves."""
    assert straight_flatten(trie_of([[f"n{number}"] for number in range(30)])) is not None
    assert straight_flatten(trie_of([[f"n{number}"] for number in range(40)])) is None
    assert straight_flatten(trie_of([[".".join("n" * 12)]])) is not None
    assert straight_flatten(trie_of([[".".join("n" * 14)]])) is None


def test_hostile_names_are_only_names_in_the_written_function() -> None:
    """Quotes, backslashes, line ends and code in a name stay inside a string literal."""
    names = ["'", '"', "\\", "\n", "'''", "{x}", "'] or exit() #", "ABSENT", "\u2028", "%s"]
    root = trie_of([[name] for name in names])
    function = straight_flatten(root)
    assert function is not None
    event: dict[str, Any] = dict.fromkeys(names, 1)
    values, _ = function(event)
    assert as_pairs(flatten(root, event)[0]) == as_pairs(values)
    assert len(names) == len(values)


def test_a_change_of_paths_ends_the_written_function() -> None:
    """A rule on a new path is seen by the next event; once paths stay the same, a new function is written."""
    matcher = Matcher({"a": {"a": [1]}}, engine="python")
    assert isinstance(matcher._engine, PythonEngine)
    machine = matcher._engine._machine
    event = '{"a":1,"b":2,"c":3}'
    for _ in range(WORTHWHILE_AFTER):
        assert matcher.rules_for_event(event) == ["a"]
    written = machine._straight[1]
    assert written is not None
    matcher.add_rule("b", {"b": [2]})
    assert machine._straight[0] != machine._paths_version
    assert matcher.rules_for_event(event) == ["a", "b"]
    matcher.remove_rule("a")
    for _ in range(WORTHWHILE_AFTER + 1):
        assert matcher.rules_for_event(event) == ["b"]
    assert machine._straight[0] == machine._paths_version
    assert machine._straight[1] is not written
    matcher.add_rule("b2", {"b": [{"prefix": "x"}, 2]})  # a new clause on a path that is used already
    assert machine._straight[0] == machine._paths_version
    assert matcher.rules_for_event(event) == ["b", "b2"]


# ----- the order of clauses

ordered_patterns = st.sampled_from(
    [Exact("x"), Exact("y"), Prefix("x"), Literal(None), Wildcard(("a", "b")), Exists(), Absent()]
)
clause_sets = st.dictionaries(
    paths, st.frozensets(ordered_patterns, min_size=1, max_size=2), min_size=1, max_size=6
).map(lambda listed: [Clause(path, patterns) for path, patterns in listed.items()])


@given(listed=clause_sets, data=st.data())
def test_canonical_order_depends_on_nothing_but_the_clauses(listed: list[Clause], data: st.DataObject) -> None:
    """Whatever order they come in; and clauses below one node stand together, the best and tightest group first."""
    root = PathNode("", None)
    nodes = {}
    for clause in listed:
        path_node = node_at(root, clause.path)
        path_node.value_matcher = ValueMatcher(path_node)
        nodes[clause] = path_node.value_matcher.clause_node(clause)
    order = canonical_order(list(nodes.values()))
    shuffled = data.draw(st.permutations(list(nodes.values())))
    assert order == canonical_order(list(shuffled))
    assert {id(node) for node in nodes.values()} == {id(node) for node in order}
    for path_node in all_nodes(root):
        below = {id(each) for each in all_nodes(path_node)}
        places = [place for place, node in enumerate(order) if id(node.value_matcher.path_node) in below]
        assert places == list(range(places[0], places[0] + len(places))) if places else path_node is root
        groups = []
        for child in path_node.children.values():
            under = {id(each) for each in all_nodes(child)}
            members = [place for place in places if id(order[place].value_matcher.path_node) in under]
            ranks = [_rank(order[place].clause) for place in members]
            groups.append((members[0], (min(ranks), max(ranks), child.name)))
        in_order = [key for _, key in sorted(groups)]
        assert sorted(in_order) == in_order


def _rank(clause: Clause) -> tuple[int, int]:
    return max(RANKS[type(pattern)] for pattern in clause.patterns), len(clause.patterns)


def test_states_know_each_edge_once() -> None:
    """An edge for a value and for absence leads to one state, is one child, and is cut as one."""
    root = PathNode("", None)
    path_node = node_at(root, "a")
    path_node.value_matcher = ValueMatcher(path_node)
    start = NameState(None, None)
    for listed in ([Exact("x")], [Absent()], [Exact("x"), Absent()], [Exists()], [NumericRange(1, False, None, False)]):
        node = path_node.value_matcher.clause_node(Clause("a", frozenset(listed)))
        assert start.next_state(node) is None
        state = start.extend(node)
        assert start.next_state(node) is state
        assert start.children() == [state]
        assert state.clauses() == [node]
        start.cut(node)
        assert start.is_leaf


def test_the_garbage_collector_is_stopped_until_the_last_change_has_ended() -> None:
    """Changes of several matchers overlap; who ends twice ends once; off stays off."""
    collector, first, second = Collector(), object(), object()
    assert gc.isenabled()
    try:
        collector.stop(first)
        collector.stop(second)
        collector.resume(first)
        collector.resume(first)
        assert not gc.isenabled()
        collector.resume(second)
        assert gc.isenabled()
        gc.disable()
        collector.resume(second)
        collector.stop(first)
        collector.resume(first)
        assert not gc.isenabled()
        gc.enable()
        with pytest.raises(KeyError), collector.stopped():
            collector.stop(second)
            collector.resume(second)
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled()
        collector.stop(first)
        collector.begin_anew()
        assert gc.isenabled()
    finally:
        gc.enable()
