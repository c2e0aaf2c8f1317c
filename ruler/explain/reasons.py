"""Why one alternative does not accept one value, in the words of a person.

In: an alternative of a rule with places, a value. Out: a Reason, with a code for programs.

    Exact(5), "5"  ->  string-not-number: "5" is a string, and the rule lists the number 5
    NumericRange(>= 1000), 997  ->  below-bound: 997 is below the bound 1000 by 3

Nearest first: a value that differs in case alone is told so, before it is told to be another string. Of strings longer
than COMPARED_CHARACTERS, in the rule or the event, only what is found quickly is told.
Of all-of the reason is that of the part that fails, where it is one, so that a near miss is told as such.
Always: a reason is true of the pattern and the value, whatever else stands beside them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from ruler.explain.accepting import Acceptance
from ruler.explain.event_view import Leaf
from ruler.explain.listed import Listed, Part, keyword_of
from ruler.explain.regexp_reasons import why_not_regexp
from ruler.explain.results import Reason
from ruler.explain.shown import block_ends, cut, difference, kind_of, pattern_words, shown
from ruler.patterns.acceptance import Value, accepts, has_pieces, is_number
from ruler.patterns.addresses import parse_address
from ruler.patterns.folding import fold
from ruler.patterns.located import Alternative, LocatedRule
from ruler.patterns.model import (
    Absent,
    AnythingBut,
    Cidr,
    EqualsIgnoreCase,
    Exact,
    Literal,
    NoneOf,
    NumericRange,
    Pattern,
    Prefix,
    PrefixIgnoreCase,
    Suffix,
    SuffixIgnoreCase,
    Wildcard,
    WildcardIgnoreCase,
)

COMPARED_CHARACTERS = 10_000  # a reason is found in strings up to this long
_TOLD_PARTS = 2  # of an all-of, where several fail
_MOST_OF_PART = 50  # alternatives of a part that are asked for the nearest reason
_MOST_OFFENDING = 1000  # values that offend a guard; of many only the first few are shown

# Every code of a reason, the most telling first: the text form shows these before others.
REASON_CODES: dict[str, str] = {
    "differs-in-case": "Equal but for upper and lower case.",
    "differs-in-space": "Equal but for white space.",
    "looks-alike": "Other characters that look the same, such as a combining accent.",
    "string-not-number": "The string holds the text of a number, and the pattern needs a number.",
    "number-not-string": "A number, and the rule lists a string with its digits.",
    "string-not-literal": 'The string "true", "false" or "null", and the rule lists the literal.',
    "literal-not-string": 'true, false or null, and the rule lists the string "true", "false" or "null".',
    "at-open-bound": "The number is the bound itself, which < and > leave out.",
    "below-bound": "The number is below the lower bound.",
    "above-bound": "The number is above the upper bound.",
    "number-differs": "Another number.",
    "pattern-begins-value": "The value begins with the string that the rule lists.",
    "pattern-ends-value": "The value ends with the string that the rule lists.",
    "pattern-inside-value": "The value contains the string, but not at the place that is asked for.",
    "value-too-short": "The value is only a part of what the pattern asks for.",
    "differs-in-one-character": "Equal but for one character.",
    "prefix-differs": "The beginning of the value is not the prefix.",
    "suffix-differs": "The end of the value is not the suffix.",
    "wildcard-piece": "A part of the wildcard is not found where it should be.",
    "regexp-anchor": "The value would match but for ^ or $, which are ordinary characters in a regexp.",
    "regexp-stops": "The value stops matching the regexp somewhere.",
    "not-an-address": "The string is no IP address.",
    "other-family": "An IPv4 address where the block is IPv6, or the other way round.",
    "outside-block": "The address is outside of the block.",
    "excluded": "anything-but excludes the value.",
    "none-of": "none-of lists the value, or a pattern that accepts it.",
    "none-of-elsewhere": "none-of does not exclude this value, but another one of the path.",
    "all-of-parts": "Several parts of an all-of do not accept the value.",
    "exists-false": "exists false, and the path has a value.",
    "other-type": "A value of another type than the pattern needs.",
    "differs": "Another string, or another literal.",
    "absent": "The event has no such path.",
    "path-differs-in-case": "The event has a path that differs only in case or punctuation.",
    "path-misspelt": "The event has a path that differs in one letter.",
    "path-elsewhere": "The event has the names deeper inside, or further outside.",
    "path-below-value": "The rule looks for a name inside something that is a value.",
    "object-no-value": "The path holds an object, which is no value.",
    "empty-object-no-value": "The path holds an empty object.",
    "empty-array-no-value": "The path holds an empty array.",
    "apart": "Each path has a value, and they lie in different elements of one array.",
    "duplicate-name": "A name stands twice in one object of the event; only the last counts.",
    "overwritten-clause": "Another clause for the same path stands later in the rule and replaces this one.",
    "too-many-values": "The path has so many values that the last ones were not looked at.",
}
RANKS = {code: rank for rank, code in enumerate(REASON_CODES)}

_WHOLE = {  # what the pattern compares with the whole value, by its keyword
    "": "a plain string is the whole value",
    "exactly": "exactly asks for the whole value",
    "equals-ignore-case": "equals-ignore-case asks for the whole value",
    "wildcard": "a wildcard without * asks for the whole value",
    "regexp": "a regexp asks for the whole value",
}
_NUMBER = re.compile(r"\s*[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?\s*").fullmatch


class Reasons:
    """Why the alternatives of one clause do not accept its values."""

    def __init__(self, rule: LocatedRule, acceptance: Acceptance) -> None:
        self.listed = Listed(rule)
        self.offending = {
            id(guard.alternative): set(map(id, guard.offending[:_MOST_OFFENDING])) for guard in acceptance.guards
        }

    def against(self, alternative: Alternative, leaf: Leaf) -> Reason:
        """Return why ``alternative`` does not accept the value of ``leaf``."""
        if isinstance(alternative.pattern, NoneOf):
            code, text = self.why_none_of(alternative, leaf)
        else:
            code, text = self.why(alternative, leaf.value)
        return Reason(code, text, leaf)

    def why(self, alternative: Alternative, value: Value) -> tuple[str, str]:
        """Return the code and the text of the reason why ``alternative`` does not accept ``value``."""
        keyword = keyword_of(alternative)
        if keyword == "all-of":
            return self.why_all_of(alternative, value)
        if keyword == "regexp" and isinstance(value, str):
            return why_not_regexp(alternative.node.value[0][2].value, value)
        return _why(alternative.pattern, keyword, value)

    def why_all_of(self, alternative: Alternative, value: Value) -> tuple[str, str]:
        """One part that fails gives its own reason; of several the first are told."""
        failing = [
            part
            for part in self.listed.parts(alternative)
            if not any(accepts(each.pattern, value) for each in part.alternatives)
        ]
        told = [(cut(self.listed.text(part)), self.why_part(part, value)) for part in failing[:_TOLD_PARTS]]
        text = "; and for ".join(f"{shown_part}: {why}" for shown_part, (_, why) in told)
        more = f"; and {len(failing) - len(told)} more of its parts fail" if len(failing) > len(told) else ""
        code = told[0][1][0] if len(failing) == 1 else "all-of-parts"
        return code, f"all-of asks for {text}{more}"

    def why_part(self, part: Part, value: Value) -> tuple[str, str]:
        """Return the nearest of the reasons why the alternatives of a part do not accept ``value``."""
        reasons = [self.why(each, value) for each in part.alternatives[:_MOST_OF_PART]]
        return min(reasons, key=lambda reason: RANKS[reason[0]])

    def why_none_of(self, alternative: Alternative, leaf: Leaf) -> tuple[str, str]:
        told = shown(leaf.value)
        if id(leaf) in self.offending.get(id(alternative), ()):
            excluded = self.listed.excluded(alternative)
            by = next((self.listed.text(each) for each in excluded if accepts(each.pattern, leaf.value)), "")
            what = "listed" if by == told else f"accepted by {cut(by)}"
            return "none-of", f"{told} is {what}, and none-of holds only where no value is"
        return "none-of-elsewhere", f"{told} is not what none-of excludes, but another value is"


def _why(pattern: Pattern, keyword: str, value: Value) -> tuple[str, str]:
    match pattern:
        case Absent():
            return "exists-false", f"exists false holds where there is no value, and there is {shown(value)}"
        case AnythingBut():
            return _why_excluded(pattern, value)
        case NumericRange():
            return _why_not_in_range(pattern, keyword, value)
        case Literal(literal):
            return _why_not_literal(literal, value)
        case Exact(wanted) if not isinstance(wanted, str):
            return _why_not_number(wanted, value)
    if not isinstance(value, str):
        return _why_no_string(pattern, keyword, value)
    return _why_no_such_string(pattern, keyword, value)


# ----- other types


def _why_no_string(pattern: Pattern, keyword: str, value: Value) -> tuple[str, str]:
    if isinstance(pattern, Exact) and isinstance(pattern.value, str):
        if is_number(value) and _as_number(pattern.value) == value:
            return (
                "number-not-string",
                f"{shown(value)} is a number, and the rule lists the string {shown(pattern.value)}",
            )
        if not is_number(value) and pattern.value == shown(value):
            return (
                "literal-not-string",
                f"{shown(value)} is no string, and the rule lists the string {shown(pattern.value)}",
            )
    asked = f"{keyword} needs a string" if keyword else "the rule lists a string"
    return "other-type", f"{_typed(value)}, and {asked}"


def _why_not_number(wanted: int | float, value: Value) -> tuple[str, str]:
    if is_number(value):
        assert isinstance(value, int | float)
        side = "above" if value > wanted else "below"
        return "number-differs", f"{shown(value)} is {side} {shown(wanted)} by {difference(value, wanted)}"
    if isinstance(value, str) and _as_number(value) == wanted:
        return "string-not-number", f"{shown(value)} is a string, and the rule lists the number {shown(wanted)}"
    return "other-type", f"{_typed(value)}, and the rule lists a number"


def _why_not_literal(literal: bool | None, value: Value) -> tuple[str, str]:
    if isinstance(value, str) and value == shown(literal):
        return "string-not-literal", f"{shown(value)} is a string, and the rule lists {shown(literal)} without quotes"
    if isinstance(value, str) or is_number(value):
        return "other-type", f"{_typed(value)}, and the rule lists {shown(literal)}"
    return "differs", f"{shown(value)} is not {shown(literal)}"


def _typed(value: Value) -> str:
    is_plain = isinstance(value, str) or is_number(value)
    return f"{shown(value)} is {kind_of(value)}" if is_plain else f"the value is {shown(value)}"


def _as_number(text: str) -> float | int | None:
    if len(text) > 40 or _NUMBER(text) is None:
        return None
    text = text.strip()
    return int(text) if text.lstrip("+-").isdigit() else float(text)


# ----- numbers


def _why_not_in_range(pattern: NumericRange, keyword: str, value: Value) -> tuple[str, str]:
    if isinstance(value, str):
        code = "other-type" if _as_number(value) is None else "string-not-number"
        return code, f"{shown(value)} is a string, and {keyword} needs a number"
    if not is_number(value) or value is None:
        return "other-type", f"{shown(value)} is no number, and {keyword} needs one"
    low, high = pattern.low, pattern.high
    if low is not None and value < low:
        return "below-bound", f"{shown(value)} is below the bound {shown(low)} by {difference(value, low)}"
    if high is not None and value > high:
        return "above-bound", f"{shown(value)} is above the bound {shown(high)} by {difference(value, high)}"
    side, sign = ("above", ">") if value == low else ("below", "<")
    return (
        "at-open-bound",
        f'{shown(value)} is not {side} {shown(low if value == low else high)}: "{sign}" leaves the bound itself out, '
        f'"{sign}=" takes it in',
    )


# ----- strings


def _why_no_such_string(pattern: Pattern, keyword: str, value: str) -> tuple[str, str]:
    match pattern:
        case Exact(wanted):
            assert isinstance(wanted, str)
            return _why_not_equal(wanted, value, value, _WHOLE.get(keyword, _WHOLE[""]))
        case EqualsIgnoreCase(folded):
            return _why_not_equal(folded, fold(value[: COMPARED_CHARACTERS + 1]), value, _WHOLE["equals-ignore-case"])
        case Prefix(text):
            return _why_not_at_end(text, value[:COMPARED_CHARACTERS], value, "prefix")
        case PrefixIgnoreCase(folded):
            return _why_not_at_end(folded, fold(value[:COMPARED_CHARACTERS]), value, "prefix")
        case Suffix(text):
            return _why_not_at_end(text, value[-COMPARED_CHARACTERS:], value, "suffix")
        case SuffixIgnoreCase(folded):
            return _why_not_at_end(folded, fold(value[-COMPARED_CHARACTERS:]), value, "suffix")
        case Wildcard(pieces):
            if accepts(WildcardIgnoreCase(tuple(map(fold, pieces))), value):
                return "differs-in-case", f"{shown(value)} matches the wildcard but for upper and lower case"
            return _why_not_wildcard(pieces, value, value)
        case WildcardIgnoreCase(pieces):
            return _why_not_wildcard(pieces, fold(value), value)
        case Cidr():
            return _why_not_in_block(pattern, value)
    raise AssertionError(f"no pattern for strings: {pattern!r}")


def _why_not_equal(wanted: str, compared: str, value: str, whole: str) -> tuple[str, str]:
    """``compared`` is the value as the pattern sees it: folded where case does not count."""
    is_long = max(len(wanted), len(compared)) > COMPARED_CHARACTERS
    if is_long and compared != value:  # of the folded value there is only the beginning
        return "differs", f"{shown(value)} is another string than {shown(wanted)}"
    near = None if is_long else _nearly(wanted, compared, str.__eq__)
    if near is not None:
        return _differs_only(near, value, compared, wanted)
    if wanted and compared.startswith(wanted):
        return "pattern-begins-value", f"{shown(value)} begins with {shown(wanted)}; {whole}"
    if wanted and compared.endswith(wanted):
        return "pattern-ends-value", f"{shown(value)} ends with {shown(wanted)}; {whole}"
    if len(wanted) > 1 and wanted in compared:
        return "pattern-inside-value", f"{shown(value)} contains {shown(wanted)}; {whole}"
    if len(compared) > 1 and compared in wanted:
        return "value-too-short", f"{shown(value)} is only a part of {shown(wanted)}"
    place = None if is_long else _one_edit(wanted, compared)
    if place is not None:
        return (
            "differs-in-one-character",
            f"{shown(value)} differs from {shown(wanted)} in one character, character {place + 1}",
        )
    return "differs", f"{shown(value)} is another string than {shown(wanted)}"


def _nearly(wanted: str, compared: str, test: Callable[[str, str], bool]) -> str | None:
    """Return the code by which ``test(compared, wanted)`` would hold if a little were overlooked."""
    if test(fold(compared), fold(wanted)):
        return "differs-in-case"
    # Every string begins and ends with the empty one: that tells nothing of a prefix or a suffix that is all space.
    if test(_without_space(compared), _without_space(wanted)) and (test is str.__eq__ or _without_space(wanted)):
        return "differs-in-space"
    if (compared.isascii() and wanted.isascii()) or not wanted:
        return None
    return "looks-alike" if test(_skeleton(compared), _skeleton(wanted)) and _skeleton(wanted) else None


def _differs_only(code: str, value: str, compared: str, wanted: str) -> tuple[str, str]:
    if code == "differs-in-case":
        return code, f"{shown(value)} differs from {shown(wanted)} only in upper and lower case"
    if code == "differs-in-space":
        return code, f"{shown(value)} differs from {shown(wanted)} only in white space"
    index = next((i for i, (one, other) in enumerate(zip(compared, wanted, strict=False)) if one != other), -1)
    index = min(len(compared), len(wanted)) if index < 0 else index
    told = _code_point(value, index), _code_point(wanted, index)
    return (
        code,
        f"{shown(value)} looks like {shown(wanted)} but has other characters: "
        f"{told[0]} where the rule has {told[1]}, character {index + 1}",
    )


def _without_space(text: str) -> str:
    return "".join(text.split())


def _skeleton(text: str) -> str:
    """Return ``text`` in one normal form, without marks that are not seen."""
    return "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) != "Cf")


def _code_point(text: str, index: int) -> str:
    return f"U+{ord(text[index]):04X}" if index < len(text) else "nothing"


def _one_edit(one: str, other: str) -> int | None:
    """Return where two strings that differ in one character do; None when they differ in more."""
    if abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < 3:
        return None
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    ends = (one[start + 1 :], other[start + 1 :]), (one[start:], other[start + 1 :]), (one[start + 1 :], other[start:])
    return start if any(left == right for left, right in ends) else None


def _why_not_at_end(text: str, compared: str, value: str, what: str) -> tuple[str, str]:
    """For a prefix or a suffix. ``compared`` is the part of the value around that end."""
    is_prefix = what == "prefix"
    if len(text) > COMPARED_CHARACTERS:
        return f"{what}-differs", f"{shown(value)} does not {'begin' if is_prefix else 'end'} with {shown(text)}"
    near = _nearly(text, compared, str.startswith if is_prefix else str.endswith)
    if near in ("differs-in-case", "differs-in-space"):
        how = "upper and lower case" if near == "differs-in-case" else "white space"
        return near, f"{shown(value)} {'begins' if is_prefix else 'ends'} like the {what} {shown(text)} but for {how}"
    if near is not None:
        return near, f"{shown(value)} looks as if it had the {what} {shown(text)}, but has other characters"
    if compared and (text.startswith(compared) if is_prefix else text.endswith(compared)):
        return "value-too-short", f"{shown(value)} is only a part of the {what} {shown(text)}"
    index = compared.find(text) if len(text) <= len(compared) else -1
    if index >= 0:
        end = "beginning" if is_prefix else "end"
        return "pattern-inside-value", f"{shown(value)} contains {shown(text)}, but not at its {end}"
    count = _common_start(text, compared) if is_prefix else _common_start(text[::-1], compared[::-1])
    if count == 0:
        first = "begin" if is_prefix else "end"
        return f"{what}-differs", f"{shown(value)} does not {first} with {shown(text)}"
    has, wants = (compared[count], text[count]) if is_prefix else (compared[-1 - count], text[-1 - count])
    counted = f"character {count + 1}" + ("" if is_prefix else " from the end")
    return (
        f"{what}-differs",
        f"{shown(value)} differs from the {what} {shown(text)} at {counted}: {shown(has)}, and not {shown(wants)}",
    )


def _common_start(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _why_not_wildcard(pieces: tuple[str, ...], compared: str, value: str) -> tuple[str, str]:
    """``compared`` is the value as the pattern sees it: folded where case does not count."""
    if compared != compared.strip() and has_pieces(compared.strip(), pieces):
        return "differs-in-space", f"{shown(value)} matches the wildcard but for the white space around it"
    first, *middle, last = pieces
    if not compared.startswith(first):
        return "wildcard-piece", f"{shown(value)} does not begin with {shown(first)} as the wildcard does"
    place = len(first)
    for piece in middle:
        found = compared.find(piece, place)
        if found < 0:
            after = f" after character {place}" if place else ""
            return "wildcard-piece", f"{shown(value)} has no {shown(piece)}{after}, where the wildcard asks for it"
        place = found + len(piece)
    if not compared.endswith(last):
        return "wildcard-piece", f"{shown(value)} does not end with {shown(last)} as the wildcard does"
    return "wildcard-piece", f"{shown(value)} has no room for {shown(last)} after the {place} characters before it"


def _why_not_in_block(pattern: Cidr, value: str) -> tuple[str, str]:
    address = parse_address(value)
    first, last = block_ends(pattern)
    if address is None:
        return "not-an-address", f"{shown(value)} is no IP address{_address_advice(value)}"
    if address[0] != pattern.version:
        families = {4: "an IPv4", 6: "an IPv6"}
        return (
            "other-family",
            f"{shown(value)} is {families[address[0]]} address, and the block is {families[pattern.version]} one",
        )
    return "outside-block", f"{shown(value)} is outside of the block, which is {first} to {last}"


def _address_advice(value: str) -> str:
    if parse_address(value.strip()) is not None:
        return ": it has white space around it"
    if parse_address(value.partition("/")[0]) is not None:
        return ": it is a block, with a mask"
    if parse_address(value.rpartition(":")[0]) is not None and "." in value:
        return ": it has a port behind it"
    if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4}){3}", value) and re.search(r"(^|\.)0[0-9]", value):
        return ": a part of it has a leading zero"
    return ": it has a zone behind it" if "%" in value else ""


# ----- anything-but


def _why_excluded(pattern: AnythingBut, value: Value) -> tuple[str, str]:
    if not isinstance(value, bool | None) and Exact(value) in pattern.excluded:
        return "excluded", f"{shown(value)} is what anything-but excludes"
    by = sorted(pattern_words(each) for each in pattern.excluded if accepts(each, value))
    return "excluded", f"{shown(value)} is excluded by {by[0]}" if by else f"{shown(value)} is excluded"
