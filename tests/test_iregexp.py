"""Regular expressions: what is read, what is refused and where, and what one program accepts."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruler.patterns.iregexp import (
    MOST_CHARACTERS,
    MOST_STATES,
    IRegexpError,
    literal_of,
    read_regexp,
)
from ruler.patterns.model import Characters, Repeat, Sequence, Union
from ruler.patterns.regexp_walk import matches_whole, written_out

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "regenerate_category_table.py"

A, B, C = Characters("aa"), Characters("bb"), Characters("cc")


def code_of(text: str) -> str | None:
    """The code of what is wrong with a text; None when it is right."""
    try:
        read_regexp(text)
    except IRegexpError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("", (Sequence(0),)),
        ("a", (A,)),
        ("abc", (A, B, C, Sequence(3))),
        ("ab|c", (A, B, Sequence(2), C, Union(2))),
        ("a*", (A, Repeat(0, None))),
        ("ab{2,}", (A, B, Repeat(2, None), Sequence(2))),
        ("(ab)?", (A, B, Sequence(2), Repeat(0, 1))),
        ("[a-c]", (Characters("ac"),)),
    ],
)
def test_a_program_is_the_text_in_postfix_order(text: str, program: tuple[object, ...]) -> None:
    """Parts come before what joins them."""
    assert program == read_regexp(text)


@pytest.mark.parametrize(
    "texts",
    [
        ["[ab]", "[ba]", "[a-b]", "a|b", "(a|b)", "b|a|b", "[aab]"],
        ["abc", "(a)(b)(c)", "a(bc)", "(((abc)))", "a{1}bc", r"[a]bc"],
        ["", "()", "a{0}", "(){5}", "()*", "(|)"],
        [".", r"[^\n\r]", r"[^\r\n\r]"],
        [r"\p{Nd}", r"[\p{Nd}0-9]", r"[\p{Nd}5]"],
        ["ab|cd", "cd|ab", "(ab|cd)", "ab|cd|ab"],
        ["a|ab", "(a|(a|ab))", "((ab|a)|(a|ab))|a"],
        ["ab|cd|ef", "ef|(cd|ab)", "((ab|ef)|cd)|(cd|(ef))"],
        ["[ab]|cd", "a|cd|b", "(a|cd)|(b|a)"],
        ["|ab", "()|ab|", "(|ab)|((|))"],
        [r"\P{L}", r"[^\p{L}]", r"[^\p{Lu}\p{Ll}\p{Lt}\p{Lm}\p{Lo}]"],
    ],
)
def test_spelling_leaves_no_trace(texts: list[str]) -> None:
    """Groups, the order in classes and alternatives, and repetitions of one are the same pattern."""
    assert len({read_regexp(text) for text in texts}) == 1


@pytest.mark.parametrize(
    ("text", "code", "character"),
    [
        ("(a", "regexp-parenthesis", 1),
        ("a(b(c)", "regexp-parenthesis", 2),
        ("ab)", "regexp-parenthesis", 3),
        ("x(?:a)", "regexp-parenthesis", 2),
        ("ab+*", "regexp-quantifier", 4),
        ("a|*b", "regexp-quantifier", 3),
        ("ab{3,2}", "regexp-quantifier", 3),
        (r"ab\d", "regexp-escape", 3),
        (r"[a\w]", "regexp-escape", 3),
        ("a[b", "regexp-class", 2),
        ("[a-c-e]", "regexp-class", 5),
        ("[z-a]", "regexp-class", 2),
        ("ab]", "regexp-character", 3),
    ],
)
def test_errors_give_the_place_in_the_text(text: str, code: str, character: int) -> None:
    """Characters count from 1; the text itself is shown."""
    with pytest.raises(IRegexpError) as raised:
        read_regexp(text)
    assert code == raised.value.code
    assert raised.value.what.endswith(f"character {character}")


def test_budgets_are_exact() -> None:
    """One more character, or one more once repetitions are written out, is too many."""
    assert code_of("a" * MOST_CHARACTERS) is None
    assert code_of("a" * (MOST_CHARACTERS + 1)) == "regexp-too-large"
    assert code_of(f"a{{{MOST_STATES}}}") is None
    assert code_of(f"a{{{MOST_STATES + 1}}}") == "regexp-too-large"
    assert code_of(f"(a{{10}}){{{MOST_STATES // 10}}}b") == "regexp-too-large"
    assert code_of("(((((((((a{9}){9}){9}){9}){9}){9}){9}){9}){9}){9}") == "regexp-too-large"
    assert code_of("a{" + "9" * 900 + "}") == "regexp-too-large"
    assert code_of("a{" + "0" * 900 + "1}") is None
    assert code_of("a{" + "9" * 900 + ",1}") == "regexp-quantifier"


def test_deep_nesting_takes_no_recursion() -> None:
    """Groups inside each other, as many as a text can hold."""
    deep = MOST_CHARACTERS // 2 - 1
    assert read_regexp("(" * deep + "a" + ")" * deep) == (A,)
    assert code_of("(" * MOST_CHARACTERS) == "regexp-parenthesis"
    assert matches_whole(read_regexp("(" * 300 + "a" + ")?" * 300), "a")


def nested(before: str, inner: str, *after: str) -> str:
    """``inner`` in groups, each of which begins and ends so, the ends taken in turn, up to the longest text."""
    depth = (MOST_CHARACTERS - len(inner) - 8) // (len(before) + max(map(len, after)))
    return before * depth + inner + "".join(after[level % len(after)] for level in range(depth))


HOSTILE = {
    "optionals": nested("(", "a", ")?"),
    "empty branches": nested("(", "a", "|)"),
    "empty branches, repeated": nested("(", "a", "|)*"),
    "repetitions of all kinds": nested("(", "a", ")?", ")*", ")+"),
    "repetitions that count": nested("(", "a", "){0,1}", "){1,}", "){0,}"),
    "optionals after what is optional": nested("(", "a", ")?b?"),
    "groups of nothing": nested("(", "a", "()?)?"),
    "twos, then ones": "(((((((((a{2})?){2})?){2,})?){2})?){2,})?",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_written_out_is_a_few_instructions_a_character(name: str) -> None:
    """What repeats nothing new takes no room, so the budget of characters is one of instructions too."""
    for quantifier in ("", "{0,1000}", "{0,8}", "{3,}"):
        text = f"({HOSTILE[name]}){quantifier}"
        if code_of(text) != "regexp-too-large":
            assert len(written_out(read_regexp(text))) <= 6 * MOST_STATES
    assert code_of(HOSTILE[name]) is None


def test_hostile_expressions_stay_linear() -> None:
    """What takes others exponential time is a walk over sets of places."""
    assert not matches_whole(read_regexp("(a*)*b"), "a" * 2000)
    assert not matches_whole(read_regexp("(a|aa|a?)+c"), "a" * 2000)
    assert matches_whole(read_regexp("(a?){400}a{400}"), "a" * 500)


@pytest.mark.parametrize(
    ("text", "literal"), [("abc", "abc"), ("", ""), (r"a\.b", "a.b"), ("a.b", None), ("a|b", None)]
)
def test_a_mere_text_is_known_as_one(text: str, literal: str | None) -> None:
    """So that it becomes an exact pattern."""
    assert literal == literal_of(read_regexp(text))


PIECES = r"a b ab . | ( ) * + ? {2} {0,1} {1,} [ab] [^a] [a-b] [-a] \. \- \n \p{L} \P{Lu} 1 - ^ $".split()  # noqa: SIM905
texts = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(alphabet="ab|()*?[]^-\\.{},2", max_size=8)
values = st.text(alphabet="ab1-^.\n", max_size=5)


@given(text=texts, value=values)
def test_programs_accept_what_the_oracle_does(text: str, value: str) -> None:
    """Whatever is read, over short values."""
    if code_of(text) is None:
        assert matches_whole(read_regexp(text), value) == oracle.regexp(value, text)


def test_the_category_table_is_as_generated() -> None:
    """On a Python with the Unicode data of the table; the others trust it."""
    spec = importlib.util.spec_from_file_location("regenerate_category_table", SCRIPT)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    written = script.TABLE.read_text("utf-8")
    if f'UNICODE_VERSION = "{script.unicodedata.unidata_version}"' in written:
        assert written == script.table()
