"""Numbers as Python values that compare as section 5 of the semantics asks.

In: a number's JSON text. Out: that integer when it was written without
fraction and exponent and lies from -2**63 to 2**64-1, else the nearest double; as an int wherever it is one of these.

    "300" -> 300    "3.00E+02" -> 300    "0.5" -> 0.5    "18446744073709551616" -> 18446744073709551616.0

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
    (0, 100, 9007199254740993)
    """
    if text.lstrip("-").isdigit() and len(text) <= _LONGEST_EXACT_TEXT:
        integer = int(text)
        if len(text) <= _ALWAYS_EXACT_TEXT or SMALLEST_INTEGER <= integer <= LARGEST_INTEGER:
            return integer
    number = float(text)
    if isinf(number):
        raise OverflowError(text)
    return canonical(number)


def canonical(number: float) -> Number:
    """Return a whole number as an int where ints are exact, so that equal numbers are also shown alike."""
    if number.is_integer() and SMALLEST_INTEGER <= number <= LARGEST_INTEGER:
        return int(number)
    return number
