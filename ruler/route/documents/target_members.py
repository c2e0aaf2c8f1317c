"""Reads the targets of a rule set's document.

    {"uri": "https://ops.example/hook", "order": "key", "rate": 500, "retry": {"attempts": 8}, "dead_letter": "dlq"}

In: the object of one target. Out: its TargetSettings; what is wrong is reported, and read as if it were not there.
``options`` are for the kind of target that the scheme of the URI names, and are not judged here.
Always: dead letters go from target to target without coming back to one they have been at.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from ruler.patterns.reader import Node
from ruler.route.documents.pattern_text import plain_value
from ruler.route.documents.values import ValuesReader
from ruler.route.rule_set import NO_OPTIONS, BrakeSettings, RetrySettings, TargetSettings
from ruler.rule_sources.members import Members, Steps

TARGET_MEMBERS = (
    "uri",
    "order",
    "rate",
    "burst",
    "concurrency",
    "batch",
    "timeout",
    "retry",
    "brake",
    "dead_letter",
    "options",
)
BRAKE_MEMBERS = ("share", "window", "least", "pause")
RETRY_MEMBERS = ("attempts", "max_age", "first_delay", "max_delay")
TARGET_FORM = '{"uri": "https://ops.example/hook"}'
BRAKE_FORM = '{"share": 0.5, "window": "60s", "least": 20, "pause": "30s"}'
RETRY_FORM = '{"attempts": 8, "max_age": "300s"}'
MOST_RATE = 1_000_000.0
MOST_BURST = 1_000_000
MOST_CONCURRENCY = 1024
MOST_BATCH = 10_000
MOST_ATTEMPTS = 1000
MOST_LEAST = 1_000_000
LONGEST_AGE = "30d"
LONGEST_DELAY = "1d"
NAME_MEANING = "names of targets are of letters, digits, and . _ / -, at most 128, and begin with a letter or a digit"
_is_name = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}").fullmatch
_scheme_of = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):").match


class TargetReader(ValuesReader):
    """Reads targets. ``provided`` are those that the program brings itself, ``schemes`` those that URIs may have."""

    provided: Collection[str] = ()
    schemes: Collection[str] | None = None  # None where nobody knows them yet

    def target(self, name: str, start: int, node: Node, steps: Steps) -> TargetSettings:
        """The settings of one target."""
        if not _is_name(name):
            what = f"{self.quoted(start)} cannot be the name of a target"
            self.report("route-name", start, steps, what, why=NAME_MEANING, write='"ops", for example')
        members = self.members(node, steps, TARGET_MEMBERS, "a target", TARGET_FORM)
        rate = self.rate(members, "rate", steps, MOST_RATE, why="the rate is in deliveries a second")
        concurrency = self.count(members, "concurrency", steps, MOST_CONCURRENCY, why="so many sends at one time")
        batch = self.count(members, "batch", steps, MOST_BATCH, why="so many deliveries in one send, at most")
        timeout = self.duration(members, "timeout", steps, LONGEST_DELAY, why="so long may one send take")
        default = TargetSettings(name)
        return TargetSettings(
            name,
            uri=self._uri(name, node, members, steps),
            order=self.word(
                members, "order", steps, ("none", "key"), why='"key" keeps deliveries with one key in their order'
            ),
            rate=rate,
            burst=self._burst(members, steps, rate),
            concurrency=concurrency or default.concurrency,
            batch=batch or default.batch,
            timeout=timeout or default.timeout,
            retry=self._retry(members, steps),
            brake=self._brake(members, steps),
            dead_letter=self.string(
                members,
                "dead_letter",
                steps,
                why="dead letters go to another target, which is named",
                write='"dead_letter": "dlq"',
            ),
            options=self._options(members, steps),
        )

    def _uri(self, name: str, node: Node, members: Members, steps: Steps) -> str:
        why = "the URI says what a target is: its scheme, and where it stands"
        uri = self.string(members, "uri", steps, why=why, write='"uri": "https://ops.example/hook"', longest=8192)
        if "uri" not in members:
            if name not in self.provided:
                what = 'this target has no "uri"'
                self.report("route-target", node.start, steps, what, why=why, write=f'"{name}": {TARGET_FORM}')
            return ""
        if not uri:
            return ""
        value, steps = members["uri"], (*steps, "uri")
        found = _scheme_of(uri)
        if found is None:
            what = f"{self.text(value)} has no scheme"
            write = f'"file:{uri}" for a file' if "/" in uri or "." in uri else '"https://ops.example/hook"'
            self.report("route-uri", value.start, steps, what, why=why, write=write)
        elif self.schemes is not None and found[1].lower() not in self.schemes:
            near = self.near(found[1].lower(), self.schemes)
            what = f'no target has the scheme "{found[1]}"' + (f'; did you mean "{near}"?' if near else "")
            known = f"the schemes are {', '.join(sorted(self.schemes))}; plug-ins add others"
            write = f'"{near}:{uri[found.end(1) + 1 :]}"' if near else '"https://ops.example/hook"'
            self.report("route-uri", value.start, steps, what, why=known, write=write)
        return uri

    def _burst(self, members: Members, steps: Steps, rate: float | None) -> int | None:
        burst = self.count(members, "burst", steps, MOST_BURST, why="so many deliveries may go at once after a pause")
        if "burst" in members and "rate" not in members:
            what = "found a burst without a rate"
            why = "a burst is what may go at once where a rate limits deliveries; without a rate all may"
            write = '"rate": 500 beside it, in deliveries a second'
            self.report("route-target", members["burst"].start, (*steps, "burst"), what, why=why, write=write)
        if rate is None:
            return None
        return burst or math.ceil(rate)

    def _retry(self, members: Members, steps: Steps) -> RetrySettings:
        node = members.get("retry")
        default = RetrySettings()
        if node is None:
            return default
        steps = (*steps, "retry")
        if node.kind != "object":
            why = "retry says how often and how long a delivery is tried"
            self.expected(node, steps, "an object", why=why, write=f'"retry": {RETRY_FORM}')
            return default
        found = self.members(node, steps, RETRY_MEMBERS, "retry", RETRY_FORM)
        attempts = self.count(found, "attempts", steps, MOST_ATTEMPTS, why="so often is a delivery tried, at most")
        max_age = self.duration(found, "max_age", steps, LONGEST_AGE, why="so long after the first attempt, at most")
        first = self.duration(found, "first_delay", steps, LONGEST_DELAY, why="the longest first wait")
        longest = self.duration(found, "max_delay", steps, LONGEST_DELAY, why="the longest wait of all")
        settings = RetrySettings(
            attempts or default.attempts,
            max_age or default.max_age,
            first or default.first_delay,
            longest or max(default.max_delay, first or 0),
        )
        if settings.first_delay > settings.max_delay:
            what = "the first wait may be longer than the longest"
            why = "waits double from first_delay on until they reach max_delay"
            write = "a first_delay that is at most max_delay"
            self.report("route-target", node.start, steps, what, why=why, write=write)
        return settings

    def _brake(self, members: Members, steps: Steps) -> BrakeSettings | None:
        node = members.get("brake")
        default = BrakeSettings()
        if node is None or node.kind == "false":
            return default if node is None else None
        steps = (*steps, "brake")
        if node.kind != "object":
            why = "the brake says when a target pauses in place of going on to fail"
            self.expected(node, steps, "an object or false", why=why, write=f'"brake": {BRAKE_FORM}')
            return default
        found = self.members(node, steps, BRAKE_MEMBERS, "brake", BRAKE_FORM)
        window = self.duration(found, "window", steps, LONGEST_DELAY, why="deliveries that ended so long ago count")
        least = self.count(found, "least", steps, MOST_LEAST, why="with fewer deliveries a share says little")
        pause = self.duration(found, "pause", steps, LONGEST_DELAY, why="so long does the target get nothing")
        return BrakeSettings(
            self._share(found, steps) or default.share,
            window or default.window,
            least or default.least,
            pause or default.pause,
        )

    def _share(self, members: Members, steps: Steps) -> float | None:
        node = members.get("share")
        if node is None:
            return None
        if node.kind == "number" and 0 < node.value < 1:
            return float(node.value)
        why = "a target pauses when more than this share of its deliveries ended badly"
        write = '"share": 0.5, or "brake": false for a target that never pauses'
        self.expected(node, (*steps, "share"), "a number above 0 and below 1", why=why, write=write)
        return None

    def _options(self, members: Members, steps: Steps) -> Mapping[str, object]:
        node = members.get("options")
        if node is None:
            return NO_OPTIONS
        if node.kind != "object":
            why = "options are for the kind of target that the scheme of the URI names"
            self.expected(node, (*steps, "options"), "an object", why=why, write='"options": {"headers": {...}}')
            return NO_OPTIONS
        self.once(node, (*steps, "options"))
        try:
            return MappingProxyType(dict(sorted(plain_value(node).items())))
        except ValueError as error:
            what = f"the options are {error}"
            why = "the limit protects against hostile text"
            self.report("route-value", node.start, (*steps, "options"), what, why=why, write="flatter options")
            return NO_OPTIONS


def dead_letter_cycle(targets: Mapping[str, str], start: str) -> list[str]:
    """Return the targets that dead letters of ``start`` go around in, ``start`` first and last; [] when they do not.

    ``targets``: name -> where its dead letters go.

    >>> dead_letter_cycle({"a": "b", "b": "a", "c": "a"}, "a"), dead_letter_cycle({"c": "a", "a": ""}, "c")
    (['a', 'b', 'a'], [])
    """
    way = [start]
    seen = {start}
    while name := targets.get(way[-1], ""):
        way.append(name)
        if name == start:
            return way
        if name in seen:
            return []  # a cycle that does not go through the start
        seen.add(name)
    return []
