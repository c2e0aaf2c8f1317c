"""An asyncio event loop on a virtual clock: waiting costs nothing, and the same program runs the same way each time.

    run_virtual(asyncio.sleep(3600))        returns at once, an hour later by loop.time()

In: coroutines that wait by asyncio alone (sleep, timeout, futures, queues, task groups). No sockets, no threads, no
signals; what would run in a thread (asyncio.to_thread) runs on the loop, one step later.

Idea: while callbacks are ready they run one by one, first come first served; when none is, the time jumps to the next
timer. When there is no timer either, nothing can ever happen again: Deadlock says which tasks wait, and where.

A crash is ``loop.crash_at = n`` (or ``loop.crash()`` within a callback): before the n-th callback the loop stops with
Crashed, and ``loop.drop()`` throws away all that was under way. What ``finally`` blocks do then is not part of the
crashed world; who simulates must not let it have effects.

Always: no step takes time; timers that are due at one time run in the order they were set.
"""

from __future__ import annotations

import asyncio
import heapq
import sys
import traceback
from asyncio import events
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")
MOST_STEPS = 10_000_000  # of one run; a program that never ends is stopped there


class Deadlock(AssertionError):
    """Nothing is ready and no timer is set, so that what is awaited can never come."""


class Endless(AssertionError):
    """The run has taken more steps than it may."""


class Crashed(Exception):
    """The loop has stopped where it was told to crash."""


class VirtualLoop(asyncio.AbstractEventLoop):
    """The loop. ``steps`` counts the callbacks that have run, ``problems`` holds what nobody has handled."""

    def __init__(self, *, start: float = 0.0, most_steps: int = MOST_STEPS) -> None:
        self.steps = 0
        self.most_steps = most_steps
        self.crash_at: int | None = None  # the step before which the loop crashes
        self.problems: list[dict[str, Any]] = []  # what call_exception_handler was told
        self._time = start
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._timer_count = 0
        self._is_running = self._is_closed = self._is_stopping = self._is_dropped = False
        self._tasks: dict[asyncio.Task[Any], None] = {}  # those not done, in the order they were made
        self._generators: dict[int, AsyncGenerator[Any, Any]] = {}

    # ----- time and callbacks

    def time(self) -> float:
        """The virtual time, in seconds."""
        return self._time

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        """Run the callback as the next step after those that are ready."""
        self._check_open()
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """The same as call_soon: there are no threads."""
        return self.call_soon(callback, *args, context=context)

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Run the callback ``delay`` virtual seconds from now."""
        return self.call_at(self._time + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Run the callback at this virtual time."""
        self._check_open()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._timer_count += 1
        heapq.heappush(self._timers, (when, self._timer_count, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Timers that are cancelled stay in the heap until their time; asyncio calls this for each."""

    # ----- futures and tasks

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Coroutine[Any, Any, T], *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[T]:
        """A task of this loop, remembered until it is done."""
        if self._is_closed:
            coro.close()
            raise RuntimeError("the loop is closed")
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        self._tasks[task] = None
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)

    def run_in_executor(self, executor: object, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        """Run a function as the next step: a thread that is done in no time."""
        future: asyncio.Future[T] = self.create_future()
        self.call_soon(_run_into, future, func, args)
        return future

    # ----- running

    def run_until_complete(self, future: Any) -> Any:
        """Run until the coroutine or future is done; return its result. Deadlock, Endless or Crashed when it is not."""
        awaited: asyncio.Future[Any] = asyncio.ensure_future(future, loop=self)
        awaited.add_done_callback(self._stop_after)
        try:
            self.run_forever()
        except (Deadlock, Endless, Crashed):
            if isinstance(awaited, asyncio.Task):
                awaited._log_destroy_pending = False  # type: ignore[attr-defined]
            raise
        finally:
            awaited.remove_done_callback(self._stop_after)
        if not awaited.done():
            raise RuntimeError("the loop was stopped before what it was run for was done")
        return awaited.result()

    def _stop_after(self, awaited: asyncio.Future[Any]) -> None:
        self._is_stopping = True

    def run_forever(self) -> None:
        """Run until stop() is called."""
        self._check_open()
        before = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(firstiter=self._begin_generator, finalizer=self._end_generator)
        events._set_running_loop(self)
        self._is_running = True
        try:
            self._run_steps()
        finally:
            self._is_running = self._is_stopping = False
            events._set_running_loop(None)
            sys.set_asyncgen_hooks(*before)

    def _run_steps(self) -> None:
        ready = self._ready
        while not self._is_stopping:
            if self.crash_at is not None and self.steps >= self.crash_at:
                raise Crashed(f"crashed before step {self.steps + 1}, {self._time:.6f} s")
            if not ready:
                self._jump()
            handle = ready.popleft()
            if not handle._cancelled:  # type: ignore[attr-defined]
                self.steps += 1
                handle._run()  # type: ignore[attr-defined]
                if self.steps >= self.most_steps:
                    raise Endless(f"{self.steps:,} steps, {self._time:.6f} s, and no end\n{self.waiting()}")

    def _jump(self) -> None:
        """Go on to the time of the next timer; all timers of that time become ready."""
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heapq.heappop(timers)
        if not timers:
            raise Deadlock(f"nothing is ready and no timer is set, {self._time:.6f} s\n{self.waiting()}")
        self._time = max(self._time, timers[0][0])
        while timers and timers[0][0] <= self._time:
            self._ready.append(heapq.heappop(timers)[2])

    def waiting(self) -> str:
        """The tasks that are not done, one a line, and the place where each waits."""
        return "\n".join(f"  {task.get_name()} waits {_place_of(task)}" for task in self._tasks) or "  no task waits"

    def stop(self) -> None:
        """Let run_forever return after this step."""
        self._is_stopping = True

    def is_running(self) -> bool:
        return self._is_running

    def is_closed(self) -> bool:
        return self._is_closed

    def close(self) -> None:
        """Take no more callbacks."""
        if self._is_running:
            raise RuntimeError("a loop that runs cannot be closed")
        self._is_closed = True
        self._ready.clear()
        self._timers.clear()

    def _check_open(self) -> None:
        if self._is_closed and not self._is_dropped:
            raise RuntimeError("the loop is closed")

    # ----- crashing

    def crash(self) -> None:
        """Crash as soon as the step that calls this is over."""
        self.crash_at = self.steps

    def drop(self) -> None:
        """Throw away all that is under way, as a crash does, at once rather than when the garbage is collected."""
        self._is_dropped = True  # the callbacks that finally blocks ask for are taken, and never run
        self._is_closed = True
        for task in list(self._tasks):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            coroutine = task.get_coro()
            try:
                coroutine.close()  # type: ignore[union-attr]
            except BaseException:
                continue  # a finally block that awaits, or raises: the world it belongs to is gone
        self._tasks.clear()
        self._ready.clear()
        self._timers.clear()
        self._generators.clear()

    # ----- what asyncio asks of a loop

    def get_debug(self) -> bool:
        return False

    def set_debug(self, enabled: bool) -> None:
        """There is no debug mode."""

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what nobody has handled; run_virtual raises it."""
        if not self._is_dropped:
            self.problems.append(context)

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        self.call_exception_handler(context)

    def _begin_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        self._generators[id(generator)] = generator

    def _end_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        if not self._is_closed:
            self.create_task(generator.aclose())  # type: ignore[arg-type]

    async def shutdown_asyncgens(self) -> None:
        """Close the asynchronous generators that nobody has run to their end."""
        generators = list(self._generators.values())
        self._generators.clear()
        for generator in generators:
            await generator.aclose()

    async def shutdown_default_executor(self) -> None:
        """There are no threads."""


def run_virtual(coroutine: Coroutine[Any, Any, T], *, start: float = 0.0, most_steps: int = MOST_STEPS) -> T:
    """Run the coroutine on a virtual loop of its own; return its result.

    Tasks that it leaves behind are cancelled. AssertionError when an error was left unhandled by anyone.
    """
    loop = VirtualLoop(start=start, most_steps=most_steps)
    try:
        result: T = loop.run_until_complete(coroutine)
        _cancel_rest(loop)
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.drop()
    if loop.problems:
        raise AssertionError("nobody handled: " + "; ".join(map(_problem_text, loop.problems)))
    return result


def _cancel_rest(loop: VirtualLoop) -> None:
    rest = list(loop._tasks)
    for task in rest:
        task.cancel()
    if rest:
        loop.run_until_complete(asyncio.wait(rest))


def _run_into(future: asyncio.Future[T], func: Callable[..., T], args: tuple[Any, ...]) -> None:
    if future.cancelled():
        return
    try:
        future.set_result(func(*args))
    except Exception as error:  # it belongs to who awaits the future
        future.set_exception(error)


def _problem_text(problem: dict[str, Any]) -> str:
    error = problem.get("exception")
    shown = "".join(traceback.format_exception(error)) if error is not None else ""
    return f"{problem.get('message', '')} {shown}".strip()


def _place_of(task: asyncio.Task[Any]) -> str:
    """The function and line that the task stands at, from the outside in."""
    places = []
    awaited: Any = task.get_coro()
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "ag_frame", None)
        frame = frame or getattr(awaited, "gi_frame", None)
        if frame is not None:
            places.append(f"{frame.f_code.co_qualname} line {frame.f_lineno}")
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
    return "in " + ", in ".join(places) if places else "to begin"
