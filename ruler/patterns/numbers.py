"""Numbers as Python values that compare as section 5 of the semantics asks.

In: a number's JSON text, or a number that somebody else decoded. Out: an int from -2**63 to 2**64-1
when it was written without fraction and exponent and fits, else the nearest double.

    "300" -> 300    "3.00E+02" -> 300.0    "18446744073709551616" -> 18446744073709551616.0

Always: the results compare by value, because Python compares an int with a float exactly, without
rounding either; equal results have equal hashes, so they can be looked up.
"""

from __future__ import annotations

from math import isinf

from ruler.patterns.model import Number

SMALLEST_INTEGER = -(2**63)
LARGEST_INTEGER = 2**64 - 1
# Digits of the integers that may be exact, and a sign. Longer texts never go through int(), which
# takes quadratic time and refuses more than 4300 digits.
_LONGEST_EXACT_TEXT = 21
# Texts up to this long are inside the exact range whatever their digits are.
_ALWAYS_EXACT_TEXT = 18


def read_number(text: str) -> Number:
    """Return the comparable number that the JSON number ``text`` means. Raises OverflowError beyond a double.

    >>> read_number("-0"), read_number("1e2"), read_number("9007199254740993")
    (0, 100.0, 9007199254740993)
    """
    if text.lstrip("-").isdigit() and len(text) <= _LONGEST_EXACT_TEXT:
        integer = int(text)
        if len(text) <= _ALWAYS_EXACT_TEXT or SMALLEST_INTEGER <= integer <= LARGEST_INTEGER:
            return integer
    number = float(text)
    if isinf(number):
        raise OverflowError(text)
    return number


def comparable_number(number: Number) -> Number:
    """Return what ``read_number`` gives for the text of ``number``, an int or a finite float.

    Raises OverflowError for an int beyond the doubles.

    >>> comparable_number(2**64)
    1.8446744073709552e+19
    """
    if isinstance(number, float) or SMALLEST_INTEGER <= number <= LARGEST_INTEGER:
        return number
    return float(number)
