"""Reads the options of targets and sources, and says what is wrong with their settings.

In: options as the document has them, and what they may be called. Out: values; SetupError with every problem.

    options = Options({"snyc": True}, "a file target", ("sync",))
    options.boolean("sync")    False
    options.finish()           $.options.snyc: "snyc" is not an option of a file target; did you mean "sync"?

Plug-ins read theirs with it too (schemes.py). Always: values of options are never shown, since they may be secrets;
places are those in the document once ``SetupError.below`` has said where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ruler.errors import Location, RulerError, in_parts, json_path
from ruler.findings import printable
from ruler.words import near_word

NEAR = 0.6  # how like a known option another must be to be taken for it
LONGEST_SHOWN = 100  # characters of a name


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the settings of a target or a source."""

    location: Location
    what: str
    why: str
    write: str

    def __str__(self) -> str:
        return in_parts(self.what, where=printable(json_path(self.location)), why=self.why, write=self.write)


class SetupError(RulerError, ValueError):
    """A target or a source that cannot be made of its settings. ``problems`` says all of it, ``str()`` shows it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))

    def below(self, *steps: str | int) -> SetupError:
        """The same problems, where their settings stand below ``steps``: ``("targets", "ops")``."""
        return SetupError(*(replace(each, location=(*steps, *each.location)) for each in self.problems))


def problem(location: Location, what: str, *, why: str, write: str) -> SetupError:
    """A SetupError with one problem, to raise."""
    return SetupError(Problem(location, what, why, write))


def quoted(name: str) -> str:
    """``name`` in quotes, fit for a message: printable, and not too long."""
    cut = name if len(name) <= LONGEST_SHOWN else name[:LONGEST_SHOWN] + "..."
    return f'"{printable(cut)}"'


def shown_uri(uri: str) -> str:
    """A URI fit for logs and status: without user, password and query; of http and https the server alone.

    >>> shown_uri("https://me:pass@ops.example/hook/secret?key=1"), shown_uri("file:dead.jsonl")
    ('https://ops.example', 'file:dead.jsonl')
    """
    scheme, _, rest = uri.partition(":")
    if scheme.lower() == "file":
        return printable(uri)
    if not rest.startswith("//"):
        return printable(f"{scheme}:{rest.partition('?')[0].rpartition('@')[2]}")
    place, slash, path = rest[2:].partition("?")[0].partition("/")
    place = place.rpartition("@")[2]
    return printable(f"{scheme}://{place}" + ("" if scheme.lower() in ("http", "https") else slash + path))


class Options:
    """The options of one target or source. Each question returns a value; ``finish`` raises what was wrong."""

    def __init__(self, options: Mapping[str, object], thing: str, known: Iterable[str]) -> None:
        self.options = options
        self.thing = thing  # as messages call it: "a file target"
        self.known = tuple(known)
        self.problems: list[Problem] = [self._unknown(name) for name in options if name not in self.known]

    def _unknown(self, name: str) -> Problem:
        near = near_word(name.lower().replace("-", "_"), self.known, NEAR) if len(name) <= LONGEST_SHOWN else None
        what = f"{quoted(name)} is not an option of {self.thing}" + (f'; did you mean "{near}"?' if near else "")
        if not self.known:
            write = f"{self.thing} without options".partition(" ")[2]
            return Problem(("options", name), what, f"{self.thing} has no options", f"the {write}")
        why = f"the options of {self.thing} are {', '.join(self.known)}"
        return Problem(("options", name), what, why, f'"{near or self.known[0]}"')

    def add(self, name: str | tuple[str, ...], what: str, *, why: str, write: str) -> None:
        """Take notice of what is wrong with an option; ``name`` may be the way to a value inside it."""
        steps = (name,) if isinstance(name, str) else name
        self.problems.append(Problem(("options", *steps), what, why, write))

    def boolean(self, name: str, *, default: bool = False, why: str = "it is on or off") -> bool:
        value = self.options.get(name, default)
        if isinstance(value, bool):
            return value
        self.add(name, f"found {kind_of(value)}, expected true or false", why=why, write=f'"{name}": true')
        return default

    def text(self, name: str, *, default: str = "", why: str, write: str) -> str:
        value = self.options.get(name, default)
        if isinstance(value, str) and (value or name not in self.options):
            return value
        self.add(name, f"found {kind_of(value)}, expected a string that is not empty", why=why, write=write)
        return default

    def word(self, name: str, words: tuple[str, ...], *, why: str) -> str:
        """One of ``words``, of which the first is the default."""
        value = self.options.get(name, words[0])
        if isinstance(value, str) and value in words:
            return value
        listed = " or ".join(f'"{word}"' for word in words)
        found = "another string" if isinstance(value, str) else kind_of(value)
        self.add(name, f"found {found}, expected {listed}", why=why, write=f'"{name}": "{words[0]}"')
        return words[0]

    def table(self, name: str, *, why: str, write: str) -> Mapping[str, object]:
        """The object under ``name``; an empty one when there is none."""
        value = self.options.get(name, {})
        if isinstance(value, Mapping):
            return value
        self.add(name, f"found {kind_of(value)}, expected an object", why=why, write=write)
        return {}

    def finish(self) -> None:
        """Raise SetupError where something was wrong."""
        if self.problems:
            raise SetupError(*self.problems)


def kind_of(value: object) -> str:
    """What a value is, without showing it.

    >>> kind_of("secret"), kind_of(5), kind_of([1]), kind_of(None)
    ('a string', 'a number', 'an array', 'null')
    """
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "a boolean"),
        (str, "a string" if value else "an empty string"),
        ((int, float), "a number"),
        ((list, tuple), "an array"),
        (Mapping, "an object"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")
