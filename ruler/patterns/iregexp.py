r"""Reads an I-Regexp (RFC 9485) into a program.

In: the text of a regular expression. Out: its program in postfix order (model.Regexp), without spelling; IRegexpError
with the place of what is wrong.

    "a|bc"  ->  a; b; c; Sequence(2); Union(2)          "[ba]"  ->  the characters a to b
    "x{2,}" ->  x; Repeat(2, None)                      "(a|b)" ->  the same as "[ab]"

The language is small on purpose: characters, ``.`` (all but line ends), classes, categories, groups, ``|`` and
quantifiers; ``^`` and ``$`` are ordinary characters, since the whole string always matches. No backreferences, no
looking ahead, so every program is a finite automaton, and a value costs its length times the program's size.

Always: no recursion, here or in what reads a program; reading is linear in the text. ``size`` of a program, its
characters once all repetitions are written out, is at most MOST_STATES, which bounds every automaton made of it.
Texts of errors call characters by number, from 1, in the string that the rule's JSON means.
Source: RFC 9485, section 4 (the grammar) and section 5.1 (what it means, by XSD).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ruler.patterns.characters import Member, characters_of, united
from ruler.patterns.model import Characters, RegexpStep, Repeat, Sequence, Union
from ruler.patterns.rewrites import quoted, short_quoted

MOST_CHARACTERS = 1000  # of a text: more than a person reads
MOST_STATES = 1000  # so that one pass over a value of 100 characters is at most 100,000 steps, without any index

Program = tuple[RegexpStep, ...]

_CATEGORIES = {"L": "lmotu", "M": "cen", "N": "dlo", "P": "cdefios", "Z": "lps", "S": "ckmo", "C": "cfno"}
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", **{character: character for character in "()*+-.?[\\]^{|}"}}
_quantifier = re.compile(r"[*+?]|\{([0-9]+)(?:(,)([0-9]*))?\}").match
_property = re.compile(r"\{([A-Z])([a-z]?)\}").match
_WHY = "regular expressions are I-Regexp (RFC 9485)"
# What other regular expressions write so, and what stands for it here.
_SHORTHANDS = {"d": "0-9", "w": "a-zA-Z0-9_", "s": r" \t\n\r"}


class IRegexpError(Exception):
    """What is wrong with a text: ``code`` and the three lines of a RuleError."""

    def __init__(self, code: str, what: str, why: str, write: str) -> None:
        super().__init__(code)
        self.code, self.what, self.why, self.write = code, what, why, write


@dataclass(slots=True)
class _Part:
    steps: Program
    size: int
    branches: tuple[_Part, ...] = ()  # of a union
    _text: str = ""

    @property
    def text(self) -> str:
        """What tells the part from others; made once, since a part is a branch again at each level of groups."""
        self._text = self._text or repr(self.steps)
        return self._text


_EMPTY = _Part((Sequence(0),), 1)


def read_regexp(text: str) -> Program:
    """Return the program of ``text``; raises IRegexpError."""
    if len(text) > MOST_CHARACTERS:
        raise _too_large(f"{len(text)} characters, at most {MOST_CHARACTERS} are read")
    return _Reader(text).program()


def literal_of(program: Program) -> str | None:
    """Return the one string that ``program`` accepts when it is a mere text, else None."""
    characters = [step for step in program if isinstance(step, Characters)]
    if len(characters) + (program[-1:] == (Sequence(len(characters)),)) != len(program):
        return None
    if any(len(step.ranges) != 2 or step.ranges[0] != step.ranges[1] for step in characters):
        return None
    return "".join(step.ranges[0] for step in characters)


@dataclass(slots=True)
class _Group:
    """A group that is open, or the whole: where it opened, its finished branches, the pieces of the present one."""

    start: int
    branches: list[_Part]
    pieces: list[_Part]


class _Reader:
    """One reading, by a loop over the characters and a stack of open groups.

    A probe only asks whether a text is right: it builds no advice, which would ask in turn.
    """

    def __init__(self, text: str, *, is_probe: bool = False) -> None:
        self.text = text
        self.at = 0
        self.is_probe = is_probe

    def program(self) -> Program:
        groups = [_Group(-1, [], [])]
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == "(":
                if self.text[self.at + 1 : self.at + 2] == "?":
                    raise self.special_group()
                groups.append(_Group(self.at, [], []))
                self.at += 1
                continue
            if character == "|":
                groups[-1].branches.append(_sequence(groups[-1].pieces))
                groups[-1].pieces = []
                self.at += 1
                continue
            if character == ")":
                if len(groups) == 1:
                    raise self.error("parenthesis", "a ) that closes nothing", self.escaped_here())
                closed = groups.pop()
                self.at += 1
                part = _union([*closed.branches, _sequence(closed.pieces)])
            else:
                part = _Part((self.characters(),), 1)
            groups[-1].pieces.append(self.quantified(part))
        if len(groups) > 1:
            self.at = groups[-1].start
            write = f"{short_quoted(self.text + ')')}, or {self.escaped_here()}"
            raise self.error("parenthesis", "a ( that is not closed", write)
        return _union([*groups[0].branches, _sequence(groups[0].pieces)]).steps

    # Characters.

    def characters(self) -> Characters:
        """Read one character, escape, category or class."""
        character = self.text[self.at]
        if character == "[":
            return self.character_class()
        if character == "\\":
            return characters_of([self.escape(in_class=False)])
        if character in "*+?{":
            raise self.nothing_to_repeat(character)
        if character in "]}":
            raise self.error("character", f"a {character} that closes nothing", self.escaped_here())
        self.at += 1
        if character == ".":
            return characters_of([(10, 10), (13, 13)], is_negated=True)
        return Characters(character * 2)

    def escape(self, *, in_class: bool) -> Member:
        """Read what begins with a backslash: one character, or a category such as "pLu"."""
        name = self.text[self.at + 1 : self.at + 2]
        if name in _ESCAPED:
            self.at += 2
            return ord(_ESCAPED[name]), ord(_ESCAPED[name])
        if name and name in "pP":
            found = _property(self.text, self.at + 2)
            if found is None or found[1] not in _CATEGORIES or found[2] not in _CATEGORIES[found[1]]:
                raise self.error(
                    "escape",
                    f"\\{name} without a category",
                    '"\\\\p{L}" for letters, "\\\\p{Nd}" for digits, "\\\\p{Lu}" for capitals, for example',
                )
            self.at = found.end()
            return name + found[1] + found[2]
        raise self.unknown_escape(name, in_class=in_class)

    def character_class(self) -> Characters:
        """Read ``[...]``."""
        start = self.at
        self.at += 1
        is_negated = self.text[self.at : self.at + 1] == "^"
        self.at += is_negated
        first = self.at
        members: list[Member] = []
        while self.text[self.at : self.at + 1] != "]" or self.at == first:
            if self.at >= len(self.text):
                self.at = start
                raise self.error("class", "a [ that is not closed", self.escaped_here())
            members.append(self.member(first))
        self.at += 1
        return characters_of(members, is_negated=is_negated)

    def member(self, first: int) -> Member:
        """Read one character, range or category of a class, whose members begin at ``first``."""
        start, character = self.at, self.text[self.at]
        if character == "-" and (start == first or self.text[start + 1 : start + 2] == "]"):
            self.at += 1
            return 45, 45
        if character == "]":
            raise self.error("class", "a class without characters", 'one at least, such as "[a-z]" or "[^,]"')
        if character in "-[":
            what = {"-": "a - between two members of a class", "[": "a [ inside a class"}
            raise self.error("class", what[character], self.escaped_here())
        low = self.class_character()
        if self.text[self.at : self.at + 1] != "-" or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return low
        self.at += 1
        if self.text[self.at] in "-[":
            raise self.error("class", f"a range that ends with {self.text[self.at]}", self.escaped_here())
        high = self.class_character()
        shown = self.text[start : self.at]
        if isinstance(low, str) or isinstance(high, str):
            self.at = start
            raise self.error(
                "class", f"the range {short_quoted(shown)} of more than characters", '"[a-z]", for example'
            )
        if low[0] > high[0]:
            self.at, (before, after) = start, (chr(high[0]), chr(low[0]))
            swapped = f'"[{before}-{after}]"' if (before + after).isalnum() else "the lower character first"
            raise self.error("class", f"the range {short_quoted(shown)}, whose end comes before its beginning", swapped)
        return low[0], high[0]

    def class_character(self) -> Member:
        if self.text[self.at] == "\\":
            return self.escape(in_class=True)
        self.at += 1
        return ord(self.text[self.at - 1]), ord(self.text[self.at - 1])

    # Quantifiers.

    def quantified(self, part: _Part) -> _Part:
        """Return ``part`` with the quantifier that stands here, if one does."""
        sign = self.text[self.at : self.at + 1]
        if not sign or sign not in "*+?{":
            return part
        found = _quantifier(self.text, self.at)
        if found is None:
            raise self.wrong_braces()
        low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(found[0]) or _bounds(found)
        if high is not None and low > high:
            write = self.replaced(len(found[0]), f"{{{found[3]},{found[1]}}}")
            raise self.error("quantifier", f"{found[0]}, whose end comes before its beginning", write)
        self.at = found.end()
        following = self.text[self.at : self.at + 1]
        if following and following in "*+?{":
            raise self.second_quantifier(following)
        return _repeat(part, low, high)

    # Errors.

    def error(self, code: str, what: str, write: str, why: str = _WHY) -> IRegexpError:
        where = f"character {self.at + 1}"
        return IRegexpError(f"regexp-{code}", f"{short_quoted(self.text)} has {what}, {where}", why, write)

    def escaped_here(self) -> str:
        """Return the text with a backslash put before the present character, if it is right then."""
        character = self.text[self.at]
        escaped = f"{self.text[: self.at]}\\{self.text[self.at :]}"
        if self.is_probe:
            return ""
        shown = short_quoted(escaped) if _is_right(escaped) else quoted(f"\\{character}")
        return f"{shown} for a real {character}"

    def replaced(self, length: int, by: str) -> str:
        """Return the text with ``length`` characters from here on replaced."""
        return short_quoted(self.text[: self.at] + by + self.text[self.at + length :])

    def special_group(self) -> IRegexpError:
        sign = self.text[self.at + 2 : self.at + 4]
        if sign[:1] == ":":
            write = f"{self.replaced(3, '(')}: every group only groups"
        elif sign[:1] in ("=", "!") or sign in ("<=", "<!"):
            write = 'several conditions on one value with "all-of"; looking ahead and behind cannot be expressed'
        elif sign[:1] == "i":
            write = '"[aA]" for a letter in either case'
        else:
            write = "a group without ? and what follows it: what a group matched cannot be asked for"
        return self.error("parenthesis", "a group that begins with (?", write)

    def nothing_to_repeat(self, character: str) -> IRegexpError:
        write = self.escaped_here()
        if character == "*":
            write = f"{self.replaced(1, '.*')} for any run of characters, or {write}"
        return self.error("quantifier", f"a {character} with nothing before it to repeat", write)

    def second_quantifier(self, following: str) -> IRegexpError:
        write = self.replaced(1, "")
        if following == "{":
            write = 'a group around the first one and what it repeats: "(a{2}){3}", for example'
        why = "one part has one quantifier, and as the whole string must match, none is greedy or lazy"
        return self.error("quantifier", f"a second quantifier {following}", write, why)

    def wrong_braces(self) -> IRegexpError:
        found = re.compile(r"\{(?:,([0-9]+)|([^{}]*))\}").match(self.text, self.at)
        if found is None:
            write = self.escaped_here()
        elif found[1] is not None:
            write = self.replaced(len(found[0]), f"{{0,{found[1]}}}")
        else:
            write = f"{self.replaced(len(found[0]), f'{chr(92)}{{{found[2]}{chr(92)}}}')} for real braces"
        return self.error("quantifier", "a { that begins no quantifier", write, "a quantifier is {2}, {2,} or {2,5}")

    def unknown_escape(self, name: str, *, in_class: bool) -> IRegexpError:
        if not name:
            return self.error("escape", "a backslash at the end", f"{short_quoted(self.text + chr(92))} for a real one")
        members = _SHORTHANDS.get(name.lower())
        if members is not None and name.islower():
            write = self.replaced(2, members if in_class else f"[{members}]")
        elif members is not None and not in_class:
            write = self.replaced(2, f"[^{members}]")
        elif name.isalnum():
            write = "the character itself, or none: places between characters and earlier matches cannot be expressed"
        else:
            write = f"{self.replaced(2, name)}: this character stands for itself"
        why = r"a backslash stands before one of ( ) * + - . ? [ \ ] ^ { | }, or in \n, \r, \t, \p{...} and \P{...}"
        return self.error("escape", f"the escape \\{name}", write, why)


def _is_right(text: str) -> bool:
    try:
        _Reader(text, is_probe=True).program()
    except IRegexpError:
        return False
    return True


def _too_large(what: str) -> IRegexpError:
    return IRegexpError(
        "regexp-too-large",
        f"the regular expression has {what}",
        f"a regular expression has at most {MOST_CHARACTERS} characters, and as many once repetitions are written out",
        "a shorter one, with * or + in place of large numbers, or several side by side in the array of the clause",
    )


# Parts of a program, in normal form.


def _sequence(pieces: list[_Part]) -> _Part:
    if len(pieces) == 1:
        return pieces[0]
    return _joined(pieces, Sequence) if pieces else _EMPTY


def _union(branches: list[_Part]) -> _Part:
    """Join branches, and those of unions among them; what several accept stands once, as do single characters."""
    distinct: dict[str, _Part] = {}
    characters: list[Characters] = []
    for branch in branches:
        for each in branch.branches or (branch,):
            first = each.steps[0]
            if len(each.steps) == 1 and isinstance(first, Characters):
                characters.append(first)
            else:
                distinct[each.text] = each
    if characters:
        one = united(characters) if len(characters) > 1 else characters[0]
        part = _Part((one,), 1)
        distinct[part.text] = part
    parts = [distinct[text] for text in sorted(distinct)]
    if len(parts) == 1:
        return parts[0]
    joined = _joined(parts, Union)
    joined.branches = tuple(parts)
    return joined


def _joined(parts: list[_Part], join: type[Sequence] | type[Union]) -> _Part:
    """Join parts; one that is joined so already is taken apart, so that groups leave no trace."""
    steps: list[RegexpStep] = []
    count = 0
    for part in parts:
        last = part.steps[-1]
        if isinstance(last, join):
            steps += part.steps[:-1]
            count += last.count
        else:
            steps += part.steps
            count += 1
    if count == 1:
        return _Part(tuple(steps), sum(part.size for part in parts))
    return _Part((*steps, join(count)), _limited(sum(part.size for part in parts)))


def _repeat(part: _Part, low: int, high: int | None) -> _Part:
    if (low, high) == (1, 1):
        return part
    if high == 0 or part.steps == _EMPTY.steps:
        return _EMPTY
    size = _limited(part.size * max(low, 1) if high is None else part.size * high)
    return _Part((*part.steps, Repeat(low, high)), size)


def _limited(size: int) -> int:
    if size > MOST_STATES:
        raise _too_large("too many characters once repetitions are written out")
    return size


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    """Return the numbers of ``{2}``, ``{2,}`` or ``{2,5}``; what is beyond the budget is only told to be beyond it."""
    low, high = (
        min(int(digits[-6:]) if len(digits.lstrip("0")) <= 6 else 10**6, 10**6)
        for digits in (found[1], found[3] or "0")
    )
    return low, (low if not found[2] else high if found[3] else None)
