"""Reads the tables of a config that are no part of the rule set: where events come from, limits, what is served.

    [source]                          [limits]                  [serve]
    uri = "file:orders.jsonl"         max_bytes = "64MB"        port = 9090
    key = "/detail/order-id"          drain = "30s"

In: the reader of the document that holds them, and the members at its top. Out: settings; what is wrong is reported to
that reader, beside the errors of rules and targets, and read as if it were not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ruler.patterns.reader import Node
from ruler.route.documents.pattern_text import plain_value
from ruler.route.documents.values import ValuesReader
from ruler.route.envelope import FORMS
from ruler.route.inputs.select import pointer_steps
from ruler.route.rule_set import NO_OPTIONS
from ruler.route.runtime.limits import Limits
from ruler.rule_sources.members import Members, Steps

STANDARD_INPUT = "stdin:"
SOURCE_MEMBERS = ("uri", "position", "follow", "on_loss", "form", "key", "options")
LIMITS_MEMBERS = ("max_events", "max_bytes", "batch_events", "batch_bytes", "drain")
SERVE_MEMBERS = ("port", "host")
SOURCE_FORM = '[source] with uri = "file:orders.jsonl"'
LIMITS_FORM = '[limits] with max_bytes = "64MB"'
SERVE_FORM = "[serve] with port = 9090"
MOST_EVENTS = 10_000_000
MOST_BYTES = 1 << 40
LONGEST_DRAIN = "1d"
HIGHEST_PORT = 65_535
SIZE_MEANING = "a size is a number of bytes, or a number and a unit: B, kB, MB, GB, KiB, MiB or GiB"
SIZE_UNITS = {"b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "kib": 1024, "mib": 1024**2, "gib": 1024**3}
_parse_size = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?) ?([A-Za-z]{1,3})").fullmatch
_has_scheme = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:").match


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """Where events come from, and what they look like."""

    uri: str = STANDARD_INPUT
    form: str = "bare"
    key: str = ""  # a JSON Pointer to what keeps deliveries in order; "" for none
    options: Mapping[str, object] = field(
        default_factory=lambda: NO_OPTIONS
    )  # for the kind of source: its position ...


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """Where health and metrics are served."""

    port: int
    host: str = "127.0.0.1"


def bytes_of(text: str) -> int | None:
    """Return the bytes that a size means; None when the text is none.

    >>> bytes_of("64MB"), bytes_of("1.5 KiB"), bytes_of("much")
    (64000000, 1536, None)
    """
    found = _parse_size(text)
    unit = SIZE_UNITS.get(found[2].lower()) if found else None
    return None if found is None or unit is None else int(float(found[1]) * unit)


class ConfigReader:
    """Reads the tables; ``reader`` is that of the document, ``top`` the members at its top."""

    def __init__(self, reader: ValuesReader, top: Members) -> None:
        self.reader = reader
        self.top = top

    def source(self) -> SourceSettings:
        """The table ``source``; standard input where there is none."""
        members = self._table("source", SOURCE_MEMBERS, SOURCE_FORM)
        steps: Steps = ("source",)
        uri_why = "the URI says what the source is: its scheme, and where it stands"
        uri = self.reader.string(members, "uri", steps, why=uri_why, write='uri = "file:orders.jsonl"', longest=8192)
        if "source" in self.top and self.top["source"].kind == "object" and "uri" not in members:
            self._report(self.top["source"], steps, 'this source has no "uri"', uri_why, 'uri = "file:orders.jsonl"')
        elif uri and not _has_scheme(uri):
            what = f"{self.reader.text(members['uri'])} has no scheme"
            self.reader.report(
                "route-uri", members["uri"].start, (*steps, "uri"), what, why=uri_why, write=f'uri = "file:{uri}"'
            )
        why = "events come in one form, and rules judge what is in it"
        form = self.reader.word(members, "form", steps, FORMS, why=why)
        return SourceSettings(uri or STANDARD_INPUT, form, self._key(members, steps), self._options(members, steps))

    def limits(self) -> Limits:
        """The table ``limits``, with the defaults for what it leaves out."""
        members = self._table("limits", LIMITS_MEMBERS, LIMITS_FORM)
        steps: Steps = ("limits",)
        default = Limits()
        count, size = self.reader.count, self._size
        drain_why = "so long does a graceful stop wait for deliveries"
        limits = Limits(
            max_events=count(members, "max_events", steps, MOST_EVENTS, why="so many events are in flight, at most")
            or default.max_events,
            max_bytes=size(members, "max_bytes", steps, "so many bytes are in flight, at most") or default.max_bytes,
            batch_events=count(
                members, "batch_events", steps, MOST_EVENTS, why="so many are fetched at a time, at most"
            )
            or default.batch_events,
            batch_bytes=size(members, "batch_bytes", steps, "so much is fetched at a time, at most")
            or default.batch_bytes,
            drain_seconds=self.reader.duration(members, "drain", steps, LONGEST_DRAIN, why=drain_why)
            or default.drain_seconds,
        )
        return self._within(limits, members, steps)

    def serve(self) -> ServeSettings | None:
        """The table ``serve``; None where there is none."""
        if "serve" not in self.top:
            return None
        members = self._table("serve", SERVE_MEMBERS, SERVE_FORM)
        steps: Steps = ("serve",)
        host_why = "health and metrics are served at this address; 127.0.0.1 is reached from this machine only"
        host = self.reader.string(members, "host", steps, why=host_why, write='host = "127.0.0.1"', longest=255)
        port = members.get("port")
        if port is None:
            why = "health and metrics are served on a port"
            if self.top["serve"].kind == "object":
                self._report(self.top["serve"], steps, 'there is no "port"', why, "port = 9090")
            return None
        if port.kind == "number" and isinstance(port.value, int) and 0 <= port.value <= HIGHEST_PORT:
            return ServeSettings(int(port.value), host or ServeSettings(0).host)
        why = "health and metrics are served on a port; 0 takes a free one"
        self.reader.expected(
            port, (*steps, "port"), f"a whole number from 0 to {HIGHEST_PORT:,}", why=why, write="port = 9090"
        )
        return None

    # -- values --------------------------------------------------------------------------------------------

    def _table(self, name: str, known: tuple[str, ...], form: str) -> Members:
        node = self.top.get(name)
        if node is None:
            return {}
        if node.kind != "object":
            self.reader.expected(node, (name,), "a table", why=f"{name} has members: {', '.join(known)}", write=form)
            return {}
        return self.reader.members(node, (name,), known, f"[{name}]", form)

    def _report(self, node: Node, steps: Steps, what: str, why: str, write: str) -> None:
        self.reader.report("route-config", node.start, steps, what, why=why, write=write)

    def _key(self, members: Members, steps: Steps) -> str:
        why = "deliveries with one key may be kept in order; the key is the value there"
        key = self.reader.string(members, "key", steps, why=why, write='key = "/detail/order-id"')
        try:
            pointer_steps(key)
        except ValueError as error:
            what = f"{self.reader.text(members['key'])} is not a JSON Pointer"
            write = '"/detail/order-id", for example'
            self.reader.report("route-path", members["key"].start, (*steps, "key"), what, why=str(error), write=write)
            return ""
        return key

    def _options(self, members: Members, steps: Steps) -> Mapping[str, object]:
        """What the kind of source is told: ``options``, and the members that many kinds share."""
        options: dict[str, object] = {}
        node = members.get("options")
        if node is not None and node.kind != "object":
            why = "options are for the kind of source that the scheme of the URI names"
            self.reader.expected(node, (*steps, "options"), "a table", why=why, write="options = { ... }")
        elif node is not None:
            self.reader.once(node, (*steps, "options"))
            options |= plain_value(node)
        why = "the position of what is delivered is kept in this file, so that a restart goes on there"
        position = self.reader.string(members, "position", steps, why=why, write='position = "orders.position"')
        if position:
            options["position_file"] = position
        if "on_loss" in members:
            why = "what to do when events that were not done are gone: stop and say so, or begin with what is there"
            options["on_loss"] = self.reader.word(members, "on_loss", steps, ("stop", "begin"), why=why)
        if "follow" in members:
            why = "a source that is followed waits for more at its end"
            options["follow"] = self.reader.boolean(members, "follow", steps, why=why)
        return MappingProxyType(options)

    def _size(self, members: Members, name: str, steps: Steps, why: str) -> int | None:
        node = members.get(name)
        if node is None:
            return None
        size = node.value if node.kind == "number" else bytes_of(node.value) if node.kind == "string" else None
        if isinstance(size, int) and 1 <= size <= MOST_BYTES:
            return size
        what = "a size" if size is None else f"a size from 1 byte to {MOST_BYTES:,}"
        self.reader.expected(node, (*steps, name), what, why=f"{why}; {SIZE_MEANING}", write=f'{name} = "64MB"')
        return None

    def _within(self, limits: Limits, members: Members, steps: Steps) -> Limits:
        """``limits`` with no more fetched at a time than may be in flight; reported where the config asks for more."""
        for batch, most in (("batch_events", "max_events"), ("batch_bytes", "max_bytes")):
            highest: int = getattr(limits, most)
            if getattr(limits, batch) <= highest:
                continue
            if batch in members:
                what = f"{batch} is {getattr(limits, batch):,} and {most} is {highest:,}"
                why = "what is fetched at a time is in flight, all of it"
                write = f"a {batch} of at most {highest:,}"
                self.reader.report("route-config", members[batch].start, (*steps, batch), what, why=why, write=write)
            limits = replace(limits, **{batch: highest})
        return limits
