"""Values that tell short patterns apart: what is true of all of them is true of every value, for those patterns.

For patterns for strings of at most two characters out of a, A and 1, and numbers out of BOUNDS.
"""

from __future__ import annotations

import itertools

from ruler.checks.number_sets import next_number
from ruler.patterns.acceptance import Value

# One mate is among the characters (a and A), and one character that no pattern has. Five in a row are enough for a
# beginning, an end, and something between.
ALPHABET = "aA1?"
STRINGS = ["".join(letters) for length in range(6) for letters in itertools.product(ALPHABET, repeat=length)]
BOUNDS = [0, 1, 1.0000000000000002, 1.0000000000000004, 2, 2**53, 2**53 + 1, 2**53 + 2]
LIMITS: list[Value] = [-1.7976931348623157e308, 1.7976931348623157e308, 0.5, 1.5, -1, 1e20]
NUMBERS: list[Value] = [*BOUNDS, *(next_number(each) for each in BOUNDS), *LIMITS]
LITERALS: list[Value] = [True, False, None]
WORLD: list[Value] = [*STRINGS, *NUMBERS, *LITERALS]
