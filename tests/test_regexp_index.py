"""The index of regular expressions equals the plain walk over each, and no value costs more than its length allows.

Regexps are drawn over two letters, so that they share literals, lengths and states.
"""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cost import Count, steps

from ruler import Matcher
from ruler.machine import regexp_groups
from ruler.machine.literals import BEGIN, END
from ruler.machine.regexp_groups import Automaton, Budget, positions_of
from ruler.machine.regexp_needs import needs_of
from ruler.machine.regexps import RegexpIndex
from ruler.patterns.iregexp import read_regexp
from ruler.patterns.model import Regexp
from ruler.patterns.regexp_walk import matches_whole

characters = st.sampled_from(["a", "b", "ab", "ba", "aba", "[ab]", "[^a]", ".", "\\p{Lu}", "é", "[^\\n]", "\\-", "\\^"])
texts = st.recursive(
    characters,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda branches: f"({'|'.join(branches)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{2,}", "{1,3}", "{0}"])).map(
            lambda pair: f"({pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=6,
)
regexps = texts.map(lambda text: Regexp(read_regexp(text)))
values = st.text(alphabet="abbaA\né-", max_size=9)


@given(regexp=regexps, value=values)
def test_positions_mean_what_the_walk_says(regexp: Regexp, value: str) -> None:
    """One regexp alone, by the automaton built while it is used."""
    automaton = Automaton([("it", positions_of(regexp.program))], Budget())
    for _ in range(2):  # the second time the states are known
        assert matches_whole(regexp.program, value) == (list(automaton.accepting(value)) == ["it"])


@given(regexp=regexps, value=values)
def test_what_is_accepted_has_what_is_needed(regexp: Regexp, value: str) -> None:
    """No literal and no length turns away what the regexp accepts."""
    needs = needs_of(regexp.program)
    if matches_whole(regexp.program, value):
        assert all(literal in f"{BEGIN}{value}{END}" for literal in needs.literals)
        assert needs.shortest <= len(value)
        assert needs.longest is None or len(value) <= needs.longest


@pytest.mark.parametrize(
    ("text", "literals", "shortest", "longest"),
    [
        ("[0-9]+-error-[a-z]{2}", ["-error-"], 10, None),
        ("error [0-9]", [f"{BEGIN}error "], 7, 7),
        ("[0-9] error", [f" error{END}"], 7, 7),
        ("(ab){2,}c", [f"{BEGIN}abab", f"ababc{END}"], 5, None),
        ("[xy](ab[0-9]cd){2}", [f"cd{END}", "cdab", "ab"], 11, 11),
        ("(error|warning): x", [f": x{END}"], 8, 10),
        ("(abc)?[0-9]", [], 1, 4),
        ("[a-z]{3}[0-9]{2}", [], 5, 5),
        ("[ab]-[ab]", [], 3, 3),
    ],
)
def test_literals_are_the_longest_runs(text: str, literals: list[str], shortest: int, longest: int | None) -> None:
    """Side by side through groups and repetitions; of a union or what may be left out, none."""
    assert (set(literals), shortest, longest) == (
        set(needs_of(read_regexp(text)).literals),
        *needs_of(read_regexp(text))[1:],
    )


# ----- the index


def answers(index: RegexpIndex[str], value: str) -> list[str]:
    found: list[str] = []
    index.find(value, found)
    return sorted(found)


@settings(max_examples=60)
@given(
    script=st.lists(st.tuples(texts, values), min_size=1, max_size=25),
    room=st.sampled_from([0, 5, 40, regexp_groups.MOST_REMEMBERED]),
    positions=st.sampled_from([1, 20, regexp_groups.MOST_POSITIONS]),
)
def test_index_finds_what_accepts_a_value(script: list[tuple[str, str]], room: int, positions: int) -> None:
    """Added and removed in between, compiled or fresh, in groups of any size, with room for all states or for none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regexp_groups, "MOST_REMEMBERED", room)
        patch.setattr("ruler.machine.regexps.MOST_POSITIONS", positions)
        index: RegexpIndex[str] = RegexpIndex()
        model: dict[Regexp, str] = {}
        for text, value in script:
            regexp = Regexp(read_regexp(text))
            if regexp in model:
                index.remove(regexp)
                del model[regexp]
            else:
                model[regexp] = text
                index.add(regexp, text)
            assert len(model) == len(index)
            for each in (value, "ab", ""):
                assert sorted(model[it] for it in model if matches_whole(it.program, each)) == answers(index, each)


def test_a_removed_regexp_is_silent_and_comes_back_once() -> None:
    """While its group still holds the removed one."""
    index: RegexpIndex[str] = RegexpIndex()
    listed = [Regexp(read_regexp(f"[a-{last}]+")) for last in "bcdefg"]
    for number, regexp in enumerate(listed):
        index.add(regexp, str(number))
    assert answers(index, "a") == list("012345")
    index.remove(listed[2])
    assert answers(index, "a") == list("01345")
    index.add(listed[2], "again")
    assert answers(index, "a") == [*"01345", "again"]
    for regexp in listed:
        index.remove(regexp)
    assert (answers(index, "a"), len(index)) == ([], 0)


def test_removing_most_regexps_drops_their_groups() -> None:
    """What is compiled is at most about twice what is stored."""
    index: RegexpIndex[int] = RegexpIndex()
    listed = [Regexp(read_regexp(f"[a-z]{{{number}}}")) for number in range(2, 100)]
    for number, regexp in enumerate(listed):
        index.add(regexp, number)
    index.find("ab", [])
    for regexp in listed[:-1]:
        index.remove(regexp)
    assert index._compiled.size <= 10


def test_threads_may_search_one_group_at_once() -> None:
    """With so little room that each forgets what the others have just remembered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regexp_groups, "MOST_REMEMBERED", 60)
        index: RegexpIndex[str] = RegexpIndex()
        for text in ("[ab]*a[ab]{3}", "[ab]*b[ab]{2}", "([ab]{2})*"):
            index.add(Regexp(read_regexp(text)), text)
        probes = [f"{number:b}".replace("0", "a").replace("1", "b") for number in range(40, 80)]
        expected = [answers(index, value) for value in probes]
        wrong: list[str] = []

        def search() -> None:
            for _ in range(30):
                wrong.extend(
                    value for value, found in zip(probes, expected, strict=True) if found != answers(index, value)
                )

        threads = [threading.Thread(target=search) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []


# ----- cost

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def distinct_regexp(number: int) -> str:
    """One of many without a literal, of distinct classes and lengths."""
    return f"[{LETTERS[number % 5]}-z]{{{2 + number // 5 % 20}}}[0-{number % 9 + 1}]{{{1 + number // 100}}}"


# name: (the text of a regexp of a number, the value of a serial number)
MANY_REGEXPS: dict[str, Any] = {
    "a literal each": (lambda i: f"[a-z]+-w{i}-[0-9]+", lambda k: f"abc-w5-{k}"),
    "a literal at the beginning": (lambda i: f"w{i}-[0-9]+", lambda k: f"w5-{k}"),
    "one common literal": (
        lambda i: f"[a-z]+error[0-9]{{{i % 100 + 1}}}[{LETTERS[i // 100]}-z]*",
        lambda k: f"abcerror{k:06}",
    ),
    "no literal": (distinct_regexp, lambda k: f"zzzz{k:03}"),
    "no literal and no longest": (
        lambda i: f"[a-z]+[0-9]{{{i % 30 + 1}}}[{LETTERS[i // 40]}-z]*",
        lambda k: f"ab{k:05}",
    ),
    "unions": (lambda i: f"(get|put|v{i})/[0-9]+", lambda k: f"v5/{k}"),
    "anything around a class": (
        lambda i: f".*[0-9]{{{i % 30 + 3}}}[{LETTERS[i // 40]}-z].*",
        lambda k: f"a{k % 7}b12c",
    ),
}


def steps_of_regexps(count: int, name: str) -> tuple[int, list[Any]]:
    text_of, value_of = MANY_REGEXPS[name]
    rules = {number: {"a": [{"regexp": text_of(number)}], "b": ["x"]} for number in range(count)}
    matcher: Matcher[int] = Matcher(rules, engine="python")
    for serial in range(120):
        matcher.rules_for_event({"a": value_of(serial), "b": "x"})
    return steps(matcher, json.dumps({"a": value_of(999), "b": "x"}))


@pytest.mark.parametrize("name", MANY_REGEXPS)
def test_a_thousand_regexps_cost_little_more_than_ten(name: str) -> None:
    """At most 10 times the steps, what matches taken from the count."""
    few, _ = steps_of_regexps(10, name)
    many, matched = steps_of_regexps(1000, name)
    assert many - 30 * len(matched) <= 10 * few, f"{few} steps with 10, {many} with 1000, {len(matched)} match"


HOSTILE = {
    "states that double": "[ab]*a[ab]{400}",
    "optional characters": "[ab]{0,990}",
    "nested loops": "((((a*b?)*)*)*c?)*",
    "large repetitions": "([ab]{10}a?){50}b*",
    "categories": "[\\p{L}a]*\\P{Lu}{200}",
    "a union of many": "|".join(f"[ab]*{'a' * n}b" for n in range(35)),
}


def hostile_value(length: int) -> str:
    """Letters in an order that repeats late."""
    state, letters = 1, []
    for _ in range(length):
        state = (state * 1103515245 + 12345) % 2**31
        letters.append("ab"[state >> 16 & 1])
    return "".join(letters)


@pytest.mark.parametrize("room", [0, regexp_groups.MOST_REMEMBERED])
@pytest.mark.parametrize("name", HOSTILE)
def test_cost_is_linear_in_the_value(name: str, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large regexps over long values: no character costs more than those before it, with states remembered or none."""
    monkeypatch.setattr(regexp_groups, "MOST_REMEMBERED", room)
    sizes, counts = (300, 900, 1500), []
    for size in sizes:
        index: RegexpIndex[str] = RegexpIndex()
        index.add(Regexp(read_regexp(HOSTILE[name])), name)
        index.find("b" * 300, [])
        counts.append(Count().of(lambda index=index, size=size: index.find(hostile_value(size), [])))  # type: ignore[misc]
    assert counts[2] - counts[1] <= 1.3 * (counts[1] - counts[0]), f"{counts} steps"


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_remembered_is_bounded(name: str) -> None:
    """However long and varied the values, all groups of a path together keep to the budget."""
    index: RegexpIndex[str] = RegexpIndex()
    for number in range(3):
        index.add(Regexp(read_regexp(f"({HOSTILE[name]})[ab]{{0,{number}}}")), f"{number}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regexp_groups, "MOST_REMEMBERED", 500)
        for length in (100, 1000, 3000):
            index.find(hostile_value(length), [])
            groups = [*index._compiled.always, *(group for groups in index._compiled.by_literal for group in groups)]
            kept = [state for group in groups if group._automaton for state in group._automaton._states.values()]
            assert sum(4 + len(state) for state in kept) <= 500


def test_a_regexp_of_maximal_size_meets_a_long_value() -> None:
    """A thousand positions of which all may stand: answered, and rightly."""
    index: RegexpIndex[str] = RegexpIndex()
    index.add(Regexp(read_regexp("(a?b?){499}c?")), "r")
    index.add(Regexp(read_regexp("[ab]*a[ab]{900}")), "s")
    value = hostile_value(20_000)
    assert answers(index, value) == (["s"] if value[-901] == "a" else [])
    assert answers(index, "ab" * 498 + "a") == ["r", "s"]
