"""Runs one engine that is called from Python, in a process of its own: ``python bench/worker.py ENGINE``.

In: requests, one JSON object a line, on standard input. Out: a reply to each, one JSON object a line, on standard
output. At the end of the input the process ends. All engines are measured that way, in whatever language, so that none
has its garbage, its caches or its crash in another's process. `REQUESTS` lists what may be asked:

    {"do": "events", "file": "lots.jsonl"}        ->  {"events": 50000}
    {"do": "add", "file": "rules.jsonl"}          ->  {"rules": 5, "seconds": 0.0002}
    {"do": "match", "first": 0, "end": 5000}      ->  {"seconds": 0.0021, "matches": 3}

What the engine has no way to do is ``{"cannot": why}``, a rule that it does not take ``{"refused": its words}``, all
else that goes wrong ``{"error": what}``; the next request is answered in any case. Where the library is not installed,
every reply is that error. Whatever a library prints goes to standard error.

The clock is ``perf_counter``: wall time, which every language has. The garbage collector stays on, as in a program that
uses the library. Before events are matched, all that is there is collected and frozen: a list of all events is nothing
that a collection in a program would go through. For changes it is thawed, since there the rules themselves are what a
collection goes through.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import sys
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, TextIO

if __name__ == "__main__":
    # Beside a script Python looks for modules first, and here lie some that a library might import, such as data.py.
    # The project's root comes last: the library that is measured is the one that is installed, extension and all.
    sys.path[0:1] = []
    sys.path.append(str(Path(__file__).resolve().parent.parent))

from bench.python_engines import ENGINES, Adapter, CannotError, RefusedError

RESIDENT = Path("/proc/self/statm")  # pages: all, resident, ...

Request = Mapping[str, Any]
Reply = dict[str, Any]


class RequestError(Exception):
    """The request cannot be understood, or asks for what is not there."""


class Worker:
    """One engine, and the events and rules that were read last."""

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter
        self.events: list[Any] = []
        self.rules: dict[str, str] = {}  # name -> text
        self._is_frozen = False

    def reply(self, line: bytes) -> Reply:
        """The reply to a request; never an exception that a next request could not follow."""
        try:
            request = _parsed(line)
            return REQUESTS[request["do"]](self, request)
        except CannotError as reason:
            return {"cannot": str(reason)}
        except RefusedError as reason:
            return {"refused": str(reason)}
        except RequestError as error:
            return {"error": str(error)}
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def hello(self, _: Request) -> Reply:
        """Who answers, in which version."""
        runtime = f"{platform.python_implementation()} {platform.python_version()}"
        return {"name": self.adapter.name, "version": self.adapter.version, "runtime": runtime}

    def read_events(self, request: Request) -> Reply:
        """Read the events of a file in place of those there are."""
        self._thaw()
        with open(_file(request), "rb") as stream:
            lines = [line.rstrip(b"\n") for line in stream]
        self.events = [line.decode() for line in lines] if self.adapter.takes_text else lines
        return {"events": len(self.events)}

    def read_rules(self, request: Request) -> Reply:
        """Read rules ahead, so that ``memory`` before and after ``add`` differ by the machine alone."""
        self.rules = _rules(_file(request))
        return {"rules": len(self.rules)}

    def add(self, request: Request) -> Reply:
        """Add the rules, as the engine's authors recommend, or one call each, up to where it could answer."""
        return self._changed(request, self.adapter.add_each if request.get("each") else self.adapter.add)

    def remove(self, request: Request) -> Reply:
        """Remove the rules, one call each."""
        return self._changed(request, self.adapter.remove)

    def _changed(self, request: Request, change: Callable[[dict[str, str]], None]) -> Reply:
        self._read_if_asked(request)
        self._thaw()
        start = perf_counter()
        change(self.rules)
        return {"rules": len(self.rules), "seconds": perf_counter() - start}

    def _read_if_asked(self, request: Request) -> None:
        if "file" in request:
            self.read_rules(request)

    def answers(self, request: Request) -> Reply:
        """Write the names for each event of a range, one JSON array a line."""
        events, number = self._part(request), request["first"]
        matches = 0
        with open(_file(request), "w", encoding="utf-8", newline="\n") as stream:
            try:
                for names in self.adapter.answers(events):
                    matches += len(names)
                    stream.write(json.dumps(names) + "\n")
                    number += 1
            except Exception as error:
                raise RequestError(f"event {number}: {type(error).__name__}: {error}") from error
        return {"matches": matches}

    def match(self, request: Request) -> Reply:
        """Match a range of events on the clock."""
        return self._timed(self.adapter.count, self._part(request))

    def threads(self, request: Request) -> Reply:
        """Match all events on the clock, in several threads."""
        count = _integer(request, "count", 1, sys.maxsize)
        return self._timed(lambda events: self.adapter.count_in_threads(events, count), self.events)

    def _timed(self, count: Callable[[Sequence[Any]], int], events: Sequence[Any]) -> Reply:
        self._freeze()
        gc.collect()  # otherwise who stands where a full collection falls due pays for all
        line_end = "\n" if self.adapter.takes_text else b"\n"
        for event in events:
            event.count(line_end)  # reads it, so that all engines find their events in the same caches
        start = perf_counter()
        matches = count(events)
        return {"seconds": perf_counter() - start, "matches": matches}

    def churn(self, request: Request) -> Reply:
        """Change rules in one thread while another matches."""
        if not self.events:
            raise RequestError("there are no events to match meanwhile")
        self._read_if_asked(request)
        self._thaw()
        changes, seconds, matched = self.adapter.churn(self.rules, self.events)
        return {"changes": changes, "seconds": seconds, "matched": matched}

    def memory(self, _: Request) -> Reply:
        """What the process holds; also what the engine counts itself, and Python where PYTHONTRACEMALLOC is set."""
        self._thaw()
        if not RESIDENT.exists():
            raise CannotError(f"{RESIDENT} is not there to read how much is resident")
        reply = {"bytes": int(RESIDENT.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")}
        held = self.adapter.held_bytes()
        if held is not None:
            reply["held"] = held
        if tracemalloc.is_tracing():
            reply["traced"] = tracemalloc.get_traced_memory()[0]
        return reply

    def _part(self, request: Request) -> list[Any]:
        end = _integer(request, "end", 0, len(self.events))
        return self.events[_integer(request, "first", 0, end) : end]

    def _freeze(self) -> None:
        if not self._is_frozen:
            gc.collect()
            gc.freeze()
            self._is_frozen = True

    def _thaw(self) -> None:
        gc.unfreeze()
        gc.collect()
        self._is_frozen = False


REQUESTS: Mapping[str, Callable[[Worker, Request], Reply]] = {
    "hello": Worker.hello,
    "events": Worker.read_events,
    "rules": Worker.read_rules,
    "add": Worker.add,
    "remove": Worker.remove,
    "answers": Worker.answers,
    "match": Worker.match,
    "threads": Worker.threads,
    "churn": Worker.churn,
    "memory": Worker.memory,
}
"""The word behind "do" -> what replies. ``add``, ``remove`` and ``churn`` take a ``file`` of rules to read first."""


def _parsed(line: bytes) -> Request:
    try:
        request = json.loads(line)
    except ValueError as error:
        raise RequestError(f"found a line that is not JSON, expected a request: {error}") from error
    if not isinstance(request, dict) or request.get("do") not in list(REQUESTS):  # "do" may be what has no hash
        raise RequestError(f'found {json.dumps(request)}, expected an object with "do" out of {", ".join(REQUESTS)}')
    return request


def _file(request: Request) -> str:
    if not isinstance(request.get("file"), str):
        raise RequestError(f'{request["do"]}: expected "file", a path')
    return str(request["file"])


def _integer(request: Request, name: str, least: int, most: int) -> int:
    value = request.get(name)
    if not isinstance(value, int) or not least <= value <= most:
        raise RequestError(f'{request["do"]}: "{name}" is {json.dumps(value)}, expected {least} to {most}')
    return value


def _rules(file: str) -> dict[str, str]:
    """Name -> text, of a file with ``["name", "text"]`` on each line."""
    rules: dict[str, str] = {}
    with open(file, encoding="utf-8") as stream:
        for line in stream:
            name, text = json.loads(line)
            if name in rules:
                raise RequestError(f"{file} holds two rules {json.dumps(name)}")
            rules[name] = text
    return rules


def _own_output() -> TextIO:
    """Standard output for replies alone; what any library prints, in Python or below it, goes to standard error."""
    sys.stdout.flush()
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    return replies


def _loaded(engine: str) -> Callable[[bytes], Reply]:
    """What replies to a request: with the same error to each where the engine is not to be had."""
    try:
        return Worker(ENGINES[engine]()).reply
    except Exception as error:
        absent = {"error": f"{engine} cannot be loaded: {type(error).__name__}: {error}"}
        return lambda _: absent


def main(arguments: Sequence[str] | None = None) -> int:
    """Reply until the input ends."""
    parser = argparse.ArgumentParser(prog="python bench/worker.py", description="Run one engine; speaks JSON lines.")
    parser.add_argument("engine", choices=ENGINES)
    engine = parser.parse_args(arguments).engine
    replies = _own_output()
    reply = _loaded(engine)
    for line in sys.stdin.buffer:
        replies.write(json.dumps(reply(line)) + "\n")
        replies.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
