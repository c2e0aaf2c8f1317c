"""Case folding: the pinned table is Unicode's simple folding."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruler.patterns.folding import FOLDING, fold
from ruler.patterns.folding_table import UNICODE_VERSION

# Letters that Unicode 16 added, after the version of the table. A Python that knows them folds them.
ADDED_IN_UNICODE_16 = {0x1C89, 0xA7CB, 0xA7CC, 0xA7DA, 0xA7DC, *range(0x10D50, 0x10D66)}


def test_agrees_with_python_where_python_folds_to_one_character():
    """str.casefold is the full folding: where that is one character, simple folding is the same.

    Not compared: code points that this Python's Unicode does not assign, and those it has beyond the table's.
    """
    differing = [
        hex(code_point)
        for code_point in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code_point)) not in ("Cn", "Cs")
        and len(chr(code_point).casefold()) == 1
        and chr(code_point).casefold() != fold(chr(code_point))
        and code_point not in ADDED_IN_UNICODE_16
    ]
    assert differing == []


def test_table_is_unicode_15():
    """The count of lines of statuses C and S in CaseFolding.txt of Unicode 15.0.0."""
    assert (UNICODE_VERSION, len(FOLDING)) == ("15.0.0", 1426 + 28)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("TRUE", "true"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("ß", "ß"),
        ("ẞ", "ß"),
        ("\u212a", "k"),
        ("ſ", "s"),
        ("İ", "İ"),
        ("ı", "ı"),
        ("Ⱥ", "ⱥ"),
        ("\U00010400", "\U00010428"),
        ("Ꭰ", "Ꭰ"),
        ("ꭰ", "Ꭰ"),
        ("ﬁ", "ﬁ"),
        ("😀", "😀"),
    ],
)
def test_folding_examples(text, folded):
    """Simple folding only: no character becomes two, and Turkish letters stay."""
    assert fold(text) == folded


@given(st.text())
def test_folding_keeps_lengths_and_is_done_after_one_pass(text):
    """One code point for one, and folding what is folded changes nothing."""
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_way_for_ascii_is_the_way_of_the_table(text):
    """``fold`` does not use the table for ASCII; it gives what the table would."""
    assert fold(text) == text.translate(FOLDING)
