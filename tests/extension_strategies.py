"""Hypothesis strategies for rules with the extensions, and for events whose values hit them.

In the way of strategies.py: small trees, spelled by hand, few names and few values. The extensions are those of
section 13 of the semantics, nested in each other at random. Each is a *subject*, named as its file of conformance
cases is, so that a test may draw from some of them only:

    rules_with("regexp", "all-of")   ->   {"a":[{"all-of":[{"regexp":"a|ab?"},["a",{"prefix":"a"}]]}]}

Always: every rule drawn is one that the compiler accepts; without a subject it is one without extensions.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import combinations, product
from typing import Any

from hypothesis import strategies as st
from strategies import Members, Spelled, array_events, matcher, one_or_list, text_of
from strategies import anything_buts as plain_anything_buts
from strategies import rule_sets_and_events as plain_rule_sets_and_events
from strategies import rules as plain_rules

SUBJECTS = ("all-of", "and", "ignore-case-and-negation", "none-of", "regexp")
ALL = frozenset(SUBJECTS)

# ----- values, and patterns around them

TEXTS = """a b A B ab aB AB ba aa bb aab abb abab AbAb bab a*b a\\b *a
    k \u212a \u212aa aK ß ẞ ss Σ ς 1 12 true null""".split()  # noqa: SIM905
ADDRESSES = ["10.0.0.0", "10.0.0.1", "10.128.0.1", "11.0.0.1", "::ffff:10.0.0.1", "::ffff:a00:1", "2001:db8::1", "::1"]
texts = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(TEXTS),
    st.text(alphabet="abAB", max_size=5),
    st.text(alphabet="abK\u212a*\\.-1\n", max_size=4),
    st.sampled_from(
        [*ADDRESSES, "010.0.0.1", "10.0.0", "fe80::1%a", "", "\n", "a\nb", "é", "😀", "a😀", '"', "\ue000"]
    ),
)
numbers = st.sampled_from(
    "0 -0 -0.0 0.0 1 1.0 1e0 10E-1 2 2.0 1.5 -1 300 3e2 300.00 9007199254740992 9007199254740993".split()  # noqa: SIM905
).map(Spelled)
literals = st.sampled_from(["null", "true", "false"]).map(Spelled)
values = st.one_of(texts, texts, texts, numbers, literals)
few_values = st.sampled_from([Spelled(text) for text in ["1", "2", '"a"', '"ab"', '"A"', "null", "true"]])


def wildcard_text(pieces: list[str], ends: tuple[bool, bool]) -> str:
    """The text of a wildcard with ``*`` between its pieces and, where told, at its ends."""
    middle = "*".join(piece.replace("\\", "\\\\").replace("*", "\\*") for piece in pieces)
    return ("*" if ends[0] else "") + middle + ("*" if ends[1] else "")


PIECES = ["a", "b", "A", "aB", "ab", "K", "\u212a", "ß", "ς", "*", "\\"]
wildcards = st.sampled_from(
    ["*", "", "*a*", "a*b", "*A*B*", "*b*a*"]
    + [
        wildcard_text(list(pieces), ends)
        for count in (1, 2)
        for pieces in product(PIECES, repeat=count)
        for ends in product((True, False), repeat=2)
    ]
)
affixes = st.sampled_from(["a", "b", "A", "aB", "AB", "ba", "k", "\u212a", "ẞ", "Σ", "1"])
blocks = st.sampled_from(
    """10.0.0.0/8 10.0.0.0/9 10.0.0.1/32 0.0.0.0/0 0.0.0.0/1 10.0.0.0/31 ::/0 ::1/128 2001:db8::/32
    ::ffff:10.0.0.0/104""".split()  # noqa: SIM905
)
ASCENDING = [Spelled(text) for text in ["-1", "0.0", "1", "1.5", "2", "3e2", "9007199254740992", "9007199254740993"]]
comparisons = st.sampled_from(
    [[sign, number] for sign in ("=", "<", "<=", ">", ">=") for number in ASCENDING]
    + [
        [low_sign, low, high_sign, high]
        for low, high in combinations(ASCENDING, 2)
        for low_sign, high_sign in product((">", ">="), ("<", "<="))
    ]
)

# ----- regular expressions

_CHARACTERS = st.sampled_from(["a", "b", "a", "b", "A", "K", "1", r"\*", r"\.", r"\\", "-", "^", "$", "😀"])
_CLASSES = st.sampled_from(
    [
        ".",
        "[ab]",
        "[^a]",
        "[a-b]",
        "[^a-b]",
        "[aA]",
        "[-a]",
        "[a-]",
        r"[^\n]",
        r"\p{L}",
        r"\P{L}",
        r"\p{Lu}",
        r"[\p{Nd}b]",
    ]
)
_QUANTIFIERS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{0}", "{1,2}", "{2,}", "{0,1}"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A sequence, a choice or a repetition of what is given; a branch may be empty."""
    some = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        some.map("".join),
        st.builds(lambda branches, sign: f"({'|'.join(branches)}){sign}", some, _QUANTIFIERS),
        st.builds(lambda branches: f"({'|'.join(['', *branches])})", some),
    )


_pieces_of_regexps = st.builds(str.__add__, _CHARACTERS | _CLASSES, _QUANTIFIERS)
regexps = st.one_of(
    st.sampled_from(
        [
            "",
            "a",
            "ab",
            "a|ab?",
            "[ab]+",
            "[^a]+",
            ".*",
            ".*a.*",
            "a.*",
            ".*b",
            "(ab)*",
            "(a|b){2}",
            "a{2,}",
            "|a",
            "()",
            "[kK].*",
        ]
    ),
    st.recursive(_pieces_of_regexps, _larger, max_leaves=5),
    st.recursive(_pieces_of_regexps, _larger, max_leaves=5).map(lambda text: f".*{text}.*"),
)

# ----- patterns of one value

ignoring_case = matcher("equals-ignore-case", affixes)
ordinary = st.one_of(
    few_values,
    values,
    matcher("prefix", affixes | ignoring_case),
    matcher("suffix", affixes | ignoring_case),
    matcher("wildcard", wildcards),
    matcher("equals-ignore-case", st.sampled_from(TEXTS)),
    matcher("numeric", comparisons),
    matcher("cidr", blocks),
    matcher("anything-but", one_or_list(st.sampled_from(TEXTS)) | one_or_list(numbers)),
    plain_anything_buts,
    st.sampled_from(
        [
            Members([("exists", Spelled("true"))]),
            Members([("prefix", "")]),
            Members([("wildcard", "*a*")]),
            Members([("anything-but", "ab")]),
        ]
    ),
)
ignoring_case_and_negating = st.one_of(
    matcher("wildcard", matcher("equals-ignore-case", wildcards)),
    matcher("anything-but", matcher("cidr", one_or_list(blocks))),
    matcher("anything-but", matcher("numeric", comparisons)),
    matcher("anything-but", matcher("prefix", matcher("equals-ignore-case", one_or_list(affixes)))),
    matcher("anything-but", matcher("suffix", matcher("equals-ignore-case", one_or_list(affixes)))),
    matcher("anything-but", matcher("wildcard", matcher("equals-ignore-case", one_or_list(wildcards)))),
)
absent = Members([("exists", Spelled("false"))])


# Strategies of subjects are built once, as that takes longer than drawing; each is drawn from by a function of its
# own, because the ``repr`` of what it draws from would be a book.


@cache
def _patterns(subjects: frozenset[str]) -> st.SearchStrategy[Any]:
    kinds: list[st.SearchStrategy[Any]] = [ordinary]
    if "regexp" in subjects:
        kinds.append(matcher("regexp", regexps))
    if "ignore-case-and-negation" in subjects:
        kinds.append(ignoring_case_and_negating)
    return st.one_of(kinds)


@cache
def _few_patterns(subjects: frozenset[str]) -> st.SearchStrategy[Any]:
    """Patterns that part the values ``1``, ``2`` and ``"a"`` in every way, and little else."""
    shown = ["1", "1", "2", '"a"', '{"anything-but":1}', '{"prefix":"a"}', '{"numeric":["<",2]}', '{"exists":true}']
    if "regexp" in subjects:
        shown += ['{"regexp":"a|ab?"}', '{"regexp":"[^b]*"}']
    if "ignore-case-and-negation" in subjects:
        shown += [
            '{"wildcard":{"equals-ignore-case":"*A*"}}',
            '{"anything-but":{"numeric":["<",2]}}',
            '{"anything-but":{"suffix":{"equals-ignore-case":["A","1"]}}}',
        ]
    return st.sampled_from([_tree(json.loads(text, object_pairs_hook=Members)) for text in shown])


def _tree(node: Any) -> Any:
    """Decoded JSON as a tree of strategies.py, whose scalars but for strings are Spelled."""
    if isinstance(node, Members):
        return Members([(name, _tree(value)) for name, value in node])
    if isinstance(node, list):
        return [_tree(each) for each in node]
    return node if isinstance(node, str) else Spelled(json.dumps(node))


@st.composite
def patterns(draw: st.DrawFn, subjects: frozenset[str], *, is_few: bool) -> Any:
    """What may be asked of one value, by itself; with ``is_few`` only about the values of array events."""
    return draw(_few_patterns(subjects) if is_few else _patterns(subjects))


@cache
def _leaves(subjects: frozenset[str], is_few: bool) -> st.SearchStrategy[Any]:
    asked: st.SearchStrategy[Any] = patterns(subjects, is_few=is_few)
    if "all-of" in subjects:
        asked = st.recursive(
            asked,
            lambda inner: matcher(
                "all-of", st.lists(inner | inner | st.lists(inner, min_size=1, max_size=3), min_size=1, max_size=3)
            ),
            max_leaves=5,
        )
    kinds = [asked, asked, asked, st.just(absent)]
    if "none-of" in subjects:
        kinds += [matcher("none-of", st.lists(asked, min_size=1, max_size=3))] * 2
    return st.lists(st.one_of(kinds), min_size=1, max_size=2)


@st.composite
def leaves(draw: st.DrawFn, subjects: frozenset[str], *, is_few: bool) -> Any:
    """The array of a clause: up to two alternatives, nested all-of, none-of and absence among them."""
    return draw(_leaves(subjects, is_few))


# ----- rules

PATHS = ["a.x", "a.x", "a.y", "a.b.x", "a.b.y", "b.x", "a", "a-b"]


def rule_objects(
    subjects: frozenset[str], leaf: st.SearchStrategy[Any], paths: list[str]
) -> st.SearchStrategy[Members]:
    """An object of a rule: ``$or`` and ``$and`` in each other, their branches over the same few paths."""
    joins = ["$or", "$and", "$and"] if "and" in subjects else ["$or"]
    member = st.tuples(st.sampled_from(paths), leaf)
    plain = st.lists(member, min_size=1, max_size=2).map(Members)
    return st.recursive(
        plain,
        lambda inner: st.lists(
            st.one_of(
                member,
                st.tuples(st.sampled_from(joins), st.lists(inner, min_size=2, max_size=3)),
                st.tuples(st.sampled_from(joins), st.lists(inner, min_size=2, max_size=2)),
                st.tuples(st.sampled_from(["a", "b"]), inner) if len(paths) > 1 else member,
            ),
            min_size=1,
            max_size=2,
        ).map(Members),
        max_leaves=4,
    )


@cache
def one_path_rules(*subjects: str) -> st.SearchStrategy[str]:
    """Rules whose clauses are all on the path ``a``, over all kinds of values."""
    known = frozenset(subjects)
    return rule_objects(known, leaves(known, is_few=False), ["a"]).map(text_of)


@cache
def array_rules_with(*subjects: str) -> st.SearchStrategy[str]:
    """Rules over few values at paths that share arrays, as those of strategies.array_events."""
    known = frozenset(subjects)
    leaf = leaves(known, is_few=True)
    return st.one_of(
        st.lists(st.tuples(st.sampled_from(PATHS), leaf), min_size=2, max_size=4).map(Members).map(text_of),
        rule_objects(known, leaf, PATHS).map(text_of),
    )


@st.composite
def rules_with(draw: st.DrawFn, *subjects: str) -> str:
    """Any rule with these subjects of the extensions."""
    return draw(one_path_rules(*subjects) | array_rules_with(*subjects))


# ----- events

one_path_values = st.one_of(
    values,
    st.lists(values, max_size=4),
    st.lists(st.lists(values, max_size=2) | values, max_size=3),  # two of one path, in two elements
    st.just(Members([])),
)
one_path_events = st.one_of(
    one_path_values.map(lambda value: text_of(Members([("a", value)]))),
    one_path_values.map(lambda value: text_of(Members([("a", value)]))),
    st.lists(one_path_values, max_size=3).map(lambda found: text_of(Members([("b", found)]))),
)


@st.composite
def rule_sets_and_events(draw: st.DrawFn, *subjects: str) -> tuple[list[str], list[str]]:
    """Up to eight rules and a few events that have something to do with them."""
    rules, events = draw(
        st.sampled_from([(one_path_rules(*subjects), one_path_events), (array_rules_with(*subjects), array_events)])
    )
    return (
        draw(st.lists(rules, min_size=1, max_size=6)),
        draw(st.lists(events, min_size=1, max_size=4)),
    )


all_rules = rules_with(*SUBJECTS)
all_events = one_path_events | array_events


# ----- with extensions or without


@st.composite
def either_rules(draw: st.DrawFn) -> str:
    """Any rule there is."""
    return draw(st.one_of(plain_rules, plain_rules, plain_rules, all_rules))


@st.composite
def either_rule_sets_and_events(draw: st.DrawFn) -> tuple[list[str], str]:
    """A set of either and an event; mostly without, which take half as long to draw."""
    kind = draw(st.sampled_from(["plain", "plain", "plain", "extended", "mixed"]))
    if kind == "plain":
        return draw(plain_rule_sets_and_events)
    rules, events = draw(rule_sets_and_events(*SUBJECTS))
    return (rules if kind == "extended" else [*rules, *draw(st.lists(plain_rules, max_size=3))], events[0])
