"""Routes events to targets: nothing is lost, per-key order is kept, and what is in flight is bounded.

In: a rule set, or a source of rule sets; targets that the program brings; events, by ``put`` or from sources.
Out: deliveries at their targets, dead letters at theirs; receipts of puts; positions told to their sources.

    async with Router(rule_set, {"ops": notify}) as router:
        receipt = await router.put(b'{"total": 12}')         when every target has answered
        await router.run(LinesSource("orders.jsonl"))        until the source ends, or the router stops

One loop does everything: it admits a batch, plans it by the rule set of that moment, and gives the deliveries to the
outlets of their targets (runtime/). Puts made in one turn of the loop are planned together. Programs without a loop say
``with Router(...)``, which runs one in a thread, and call ``put_sync`` or ``put_nowait`` from any other thread.

A target may put events itself. When it awaits them it waits for other deliveries while its own send goes on: they may
need the room or the turn that it holds, and then its send ends by its time-out and is tried again, which its status
shows. ``put_nowait`` never waits, so a target does well to use that.

Always: see docs/routing.md, "What must hold"; every event is judged by exactly one rule set, whole.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from random import Random
from typing import Any, Protocol, TypeVar, cast

from ruler.findings import printable
from ruler.route.envelope import FORMS
from ruler.route.inputs.select import pointer_steps
from ruler.route.inputs.slices import Step
from ruler.route.loop_thread import LoopThread
from ruler.route.model import NO_HEADERS, Delivery, Event, Receipt, Source, Target
from ruler.route.plan import Planner, plan
from ruler.route.rule_set import RuleSet, TargetSettings
from ruler.route.runtime.budget import Budget
from ruler.route.runtime.feed import Feed
from ruler.route.runtime.flight import Flight, Put
from ruler.route.runtime.intake import Intake, Plans
from ruler.route.runtime.limits import CLOSE_SECONDS, Limits
from ruler.route.runtime.outlets import Outlets
from ruler.route.runtime.problems import Overloaded, RouterError, Stopped, Undeliverable, stopped
from ruler.route.runtime.status import RouterStatus

__all__ = ["Limits", "Overloaded", "Router", "RouterError", "RouterStatus", "RuleSource", "Stopped", "Undeliverable"]

logger = logging.getLogger("ruler.route.router")
T = TypeVar("T")


class RuleSource(Protocol):
    """Where rule sets come from that change while events are routed."""

    def current(self) -> RuleSet:
        """Return the rule set of now."""

    def changes(self) -> AsyncIterator[RuleSet]:
        """Yield each further rule set that has no errors; what has errors is reported by the source, not raised."""


class Router:
    """Routes events. Use it with ``async with`` on a running loop, or with ``with``, which brings a loop in a thread.

    ``targets`` are those that the program brings: a Target, or a function of one delivery. ``form`` is how events come
    (envelope.py), ``key`` a JSON Pointer to the key in them. ``make_target`` makes the other targets of a rule set.
    """

    def __init__(
        self,
        rules: RuleSet | RuleSource,
        targets: Mapping[str, Target | Callable[..., object]] | None = None,
        *,
        limits: Limits | None = None,
        form: str = "bare",
        key: str = "",
        make_target: Callable[[TargetSettings], Target] | None = None,
        random: Random | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        if form not in FORMS:
            raise RouterError(f'"{form}" is not a form of events', why=f"the forms are {', '.join(FORMS)}")
        if not isinstance(rules, RuleSet) and not hasattr(rules, "current"):
            raise _no_rule_set(rules)
        self.limits = limits or Limits()
        self._rules = rules
        self._rule_set = rules if isinstance(rules, RuleSet) else rules.current()
        self._form = form
        self._key_steps = _key_steps(key)
        self._targets = {name: _target_of(target) for name, target in (targets or {}).items()}
        self._make_target = make_target or _target_by_scheme
        self._random = random or Random()
        self._wall_clock = wall_clock
        self._budget = Budget(self.limits.max_events, self.limits.max_bytes)
        self.status = RouterStatus(self._budget)
        self._flight = Flight(self._budget, self.status, self._now_idle)
        self._feeds: dict[Feed, None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: LoopThread | None = None
        self._process = os.getpid()
        self._ending = threading.Lock()  # so that the loop goes on until it has run what other threads ask of it
        self._watching: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._is_urgent = False  # a stop that does not wait
        self._is_routing = False  # from the start until sends are cancelled
        self._check(self._rule_set)
        self._show(self._rule_set)

    # ----- events

    def plan(self, events: Sequence[Event]) -> list[Delivery]:
        """Return the deliveries that the rule set of now makes of events. Nothing is delivered."""
        return plan(events, self._rule_set, form=self._form, key_steps=self._key_steps).deliveries

    async def put(
        self,
        data: bytes,
        *,
        key: bytes | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        id: str = "",
        shed: bool = False,
    ) -> Receipt:
        """Route one event, and return when every target, or its dead letters, has answered.

        Waits for room in the budget; with ``shed``, Overloaded in place of waiting. Stopped when the router stops
        before that; Undeliverable when a target refuses for good and nothing takes dead letters. Who cancels this gives
        up the receipt, not the deliveries.
        """
        loop = self._own_loop("await asyncio.wrap_future(router.put_nowait(...))")
        event = self._event(data, key, headers, id)
        if not self._budget.try_take(1, len(data)):
            if shed:
                raise self._overloaded()
            await self._budget.take(1, len(data))
        future: asyncio.Future[Receipt] = loop.create_future()
        self._intake.append(Put(event, future), loop.call_soon)
        return await future

    def put_nowait(
        self, data: bytes, *, key: bytes | None = None, headers: Mapping[str, str] = NO_HEADERS, id: str = ""
    ) -> concurrent.futures.Future[Receipt]:
        """Route one event, from any thread, and return at once with a future of its receipt.

        Overloaded when there is no room for it: this never waits. The future cannot be cancelled.
        """
        loop = self._running_loop()
        event = self._event(data, key, headers, id)
        if not self._budget.try_take(1, len(data)):
            raise self._overloaded()
        future: concurrent.futures.Future[Receipt] = concurrent.futures.Future()
        future.set_running_or_notify_cancel()
        self._intake.append(Put(event, future), loop.call_soon_threadsafe)
        return future

    def put_sync(
        self,
        data: bytes,
        *,
        key: bytes | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        id: str = "",
        shed: bool = False,
        timeout: float | None = None,
    ) -> Receipt:
        """Route one event, from any thread but the router's, and return its receipt as ``put`` does.

        TimeoutError when that takes longer than ``timeout`` seconds; what was admitted is delivered all the same.
        """
        loop = self._running_loop()
        if _is_running_here(loop):
            what = "put_sync was called where the router itself runs, and would wait for ever"
            raise RouterError(what, why="it stops the loop that is to deliver", write="await router.put(...)")
        try:
            future = self.put_nowait(data, key=key, headers=headers, id=id)
        except Overloaded:
            if shed:
                raise
            future = self._ask(self.put(data, key=key, headers=headers, id=id))
        try:
            return future.result(timeout)
        except concurrent.futures.CancelledError:  # the loop has ended under it
            raise stopped() from None
        finally:
            future.cancel()  # nobody waits for room any longer

    async def run(self, source: Source) -> None:
        """Route the events of a source until it ends or the router stops; then all that was admitted is settled.

        Raises what the source raises, and Undeliverable when a target refuses for good and nothing takes dead letters.
        The source is closed. Several sources may run at once.
        """
        self._own_loop("async with Router(...), on the loop that awaits run")
        feed = Feed(source, self._intake.admit, self._budget, self.limits, self.status, self._outlets.unstuck)
        self._feeds[feed] = None
        try:
            await feed.run()
        finally:
            del self._feeds[feed]

    def change(self, rule_set: RuleSet) -> None:
        """Judge events by another rule set from the next batch on. RouterError, and no change, when it cannot be used.

        For any thread. What is queued stays; targets are made anew only where uri, options or timeout differ.
        """
        if not isinstance(rule_set, RuleSet):
            raise _no_rule_set(rule_set)
        loop = self._loop
        if loop is None or self.status.state == "stopped" or _is_running_here(loop):
            self._change(rule_set)
        else:
            self._ask(_called(self._change, rule_set)).result()

    # ----- start and stop

    async def __aenter__(self) -> Router:
        await self._start()
        return self

    async def __aexit__(self, kind: object, error: object, traceback: object) -> None:
        try:
            await self.stop()
        except asyncio.CancelledError:  # asked twice
            await self.stop(at_once=True)
            raise

    def __enter__(self) -> Router:
        self._thread = LoopThread("ruler-router", lambda: self.stop(at_once=True))
        try:
            self._thread.call(self._start())
        except BaseException:
            self._thread.close()
            raise
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        thread = self._thread
        assert thread is not None
        if os.getpid() != self._process:
            return  # the thread is in the process that this one was forked from, and so is what it does
        try:
            self._ask(self.stop()).result()
        except Stopped:  # the loop has ended by itself
            pass
        except KeyboardInterrupt:  # asked twice
            self._ask(self.stop(at_once=True)).result()
            raise
        finally:
            thread.close()

    async def _start(self) -> None:
        if self.status.state != "new":
            raise RouterError("the router was started before", why="a router runs once; make another one")
        self._loop = asyncio.get_running_loop()
        self._drained = asyncio.Event()
        self._outlets = Outlets(
            self._targets,
            self._make_target,
            self._flight,
            self._budget,
            self.status,
            self._random,
            self._wall_clock,
            self._broken,
        )
        self._outlets.change(self._rule_set)
        self._intake = Intake(
            self._planner(self._rule_set), self._outlets, self.limits, self._budget, self._flight, self.status
        )
        self.status.state = "running"
        self._is_routing = True
        if not isinstance(self._rules, RuleSet):
            self._watching = self._loop.create_task(self._watch(self._rules))

    async def stop(self, *, at_once: bool = False) -> None:
        """Take no more events, wait until what is in flight is settled, at most ``limits.drain_seconds``, and close.

        ``at_once`` does not wait, nor does a stop that waits already; what is not settled stays with its source.
        """
        if self.status.state in ("new", "stopped") or self._loop is None:
            self.status.state = "stopped"
            return
        self._check_loop(self._loop, "a with block, whose end stops the router")
        if self._stopping is None:
            self.status.state = "stopping"
            self._stopping = self._loop.create_task(self._stop())
        if at_once:
            self._is_urgent = True
            self._drained.set()
        await asyncio.shield(self._stopping)

    async def _stop(self) -> None:
        for feed in self._feeds:
            feed.end_reading()
        self._budget.refuse_waiting(stopped())
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching], timeout=CLOSE_SECONDS)  # a source may do what it likes with that
        self._intake.close()
        await self._drain()
        for feed in self._feeds:
            feed.give_up()
        self._is_routing = False
        self._outlets.halt()
        for put in self._flight.puts:
            put.error = stopped()
            put.answer("")
        for feed in list(self._feeds):
            await feed.ended.wait()
        await self._outlets.close()
        with self._ending:
            self.status.state = "stopped"

    async def _drain(self) -> None:
        """Wait until nothing is unsettled, or for as long as the limits say, or until the stop is to be at once."""
        try:
            async with asyncio.timeout(self.limits.drain_seconds):
                while self._flight.unsettled and not self._is_urgent:
                    self._drained.clear()
                    await self._drained.wait()
        except TimeoutError:
            logger.warning("stopped with events in flight", extra={"events": self._flight.unsettled})

    def _now_idle(self) -> None:
        if self._stopping is not None:
            self._drained.set()

    # ----- inside

    def _change(self, rule_set: RuleSet) -> None:
        self._check(rule_set)
        if self._is_routing:  # also while it stops: what came before the stop may not be planned yet
            self._outlets.change(rule_set)
            self._intake.planner = self._planner(rule_set)
        self._rule_set = rule_set
        self._show(rule_set)
        self.status.changes += 1

    def _planner(self, rule_set: RuleSet) -> Plans:
        return Planner(rule_set, form=self._form, key_steps=self._key_steps)

    def _show(self, rule_set: RuleSet) -> None:
        self.status.version, self.status.digest = rule_set.version, rule_set.digest

    def _check(self, rule_set: RuleSet) -> None:
        for name, settings in rule_set.targets.items():
            if not settings.uri and name not in self._targets:
                raise RouterError(
                    f'the target "{name}" has no uri, and the program brings none',
                    why="a target is one that the program gives to the router, or one that its uri names",
                    write=f'Router(rules, {{"{name}": ...}}), or "uri" in the target',
                )

    async def _watch(self, rules: RuleSource) -> None:
        """Follow the rule sets of a source."""
        try:
            async for rule_set in rules.changes():
                try:
                    self._change(rule_set)
                except RouterError as error:  # the set of before goes on, as for rules with errors
                    self.status.failed_changes += 1
                    logger.error("a rule set cannot be used: %s", error, extra={"version": rule_set.version})
        except Exception as error:  # of a plug-in, perhaps: the rules of now go on, and it is told
            self.status.failed_changes += 1
            logger.error("rules are no longer followed: %r", error, extra={"version": self._rule_set.version})

    def _broken(self, error: BaseException) -> None:
        """A bug of ours: nothing is lost by ending all that reads or waits."""
        logger.critical("routing has failed", exc_info=error)
        problem = RouterError(f"routing has failed: {error!r}", why="this is a bug in ruler")
        for feed in self._feeds:
            feed.fail(problem)
            feed.give_up()
        for put in list(self._flight.puts):
            put.error = problem
            put.answer("")

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """The loop of the router, which runs."""
        if os.getpid() != self._process:
            what = "the router was made in the process that this one was forked from"
            raise RouterError(what, why="a fork has no loop and no thread of it", write="Router(...) after the fork")
        if self.status.state == "running" and self._loop is not None:
            return self._loop
        if self.status.state == "new":
            raise RouterError("the router is not started", write="async with Router(...) as router: ...")
        raise stopped()

    def _own_loop(self, instead: str) -> asyncio.AbstractEventLoop:
        """The loop of the router, which is the one that calls this."""
        loop = self._running_loop()
        self._check_loop(loop, instead)
        return loop

    def _check_loop(self, loop: asyncio.AbstractEventLoop, instead: str) -> None:
        if asyncio.get_running_loop() is not loop:
            what = "this was awaited on another loop than the one that the router runs on"
            raise RouterError(what, why="what one loop does cannot be awaited on another one", write=instead)

    def _ask(self, coroutine: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Have the loop run a coroutine, from any other thread. Stopped when the router has stopped."""
        with self._ending:
            if self._loop is not None and self.status.state != "stopped":
                return asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        coroutine.close()
        raise stopped()

    def _event(self, data: bytes, key: bytes | None, headers: Mapping[str, str], id: str) -> Event:
        if not isinstance(data, bytes):
            write = "bytes(...)" if isinstance(data, bytearray | memoryview) else "json.dumps(...).encode()"
            raise TypeError(f"an event is bytes of JSON, not {type(data).__name__}; write {write}")
        if key is not None and not isinstance(key, bytes):  # another type would be another lane than that of its bytes
            raise TypeError(f"a key is bytes, not {type(key).__name__}; write str(...).encode()")
        return Event(data, key, headers, None, self._wall_clock(), id)

    def _overloaded(self) -> Overloaded:
        budget = self._budget
        budget.count_shed()
        return Overloaded(f"{budget.events:,} events and {budget.bytes:,} bytes are in flight, so there is no room")


def _no_rule_set(found: object) -> TypeError:
    write = "read_rule_set(path), or rule_set_of_mapping(...)"
    return TypeError(f"a router is given a RuleSet, or a source of them, not {type(found).__name__}; write {write}")


def _key_steps(key: str) -> tuple[Step, ...]:
    """The steps to the key of an event; RouterError where ``key`` is no pointer."""
    try:
        return pointer_steps(key)
    except ValueError as error:
        what = f'key = "{printable(key)}" is not a JSON Pointer'
        raise RouterError(what, why=str(error), write='key="/order/id", for example') from None


def _is_running_here(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether this is called on that loop."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:  # no loop runs in this thread
        return False


async def _called(function: Callable[[RuleSet], None], rule_set: RuleSet) -> None:
    function(rule_set)


def _target_of(target: Target | Callable[..., object]) -> Target:
    """A target as it is; a function becomes one."""
    if hasattr(target, "send"):
        return cast(Target, target)
    from ruler.route.targets import CallableTarget  # here, as a program that brings targets need not load these

    return CallableTarget(target)


def _target_by_scheme(settings: TargetSettings) -> Target:
    from ruler.route.schemes import target_of  # here, for the same reason

    return target_of(settings)
