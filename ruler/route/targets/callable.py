"""A target that is a function of the program. It gets one delivery, and says what became of it.

    def page(delivery): ...          Router(rules, {"pager": page})
    async def page(delivery): ...    CallableTarget(page)

| the function                             | the outcome                                       |
|------------------------------------------|---------------------------------------------------|
| returns None or True                     | Ok                                                |
| returns Ok, Retry(after) or Reject(why)  | that one                                          |
| raises RejectDelivery(why)               | Reject, for code that has no way to return        |
| raises anything else                     | Retry, with the exception as its reason           |
| returns anything else                    | Reject, and the reason says what may be returned  |

An async function is called for all deliveries of a batch at once. A sync one runs in a thread, so that it cannot block
the loop; one thread takes a whole batch, one delivery after the other. There are as many threads as sends at one time
(``concurrency``).

Always: a batch holds one delivery of a key at most where order matters, so none waits for another in it. A thread
cannot be stopped: when a send takes too long, the function goes on, and what it does may be done again.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Sequence

from ruler.errors import RulerError, text_of
from ruler.findings import printable
from ruler.route.model import OK, Delivery, Ok, Outcome, Reject, Retry
from ruler.route.targets.threads import Threads

MOST_THREADS = 64  # of one target; they are started as sends need them
LONGEST_REASON = 500  # characters

SyncFunction = Callable[[Delivery], object]
AsyncFunction = Callable[[Delivery], Awaitable[object]]


class RejectDelivery(RulerError):
    """Raised by the function of a CallableTarget: the delivery will never be taken. ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CallableTarget:
    """A function that gets deliveries; the module says what its answers mean."""

    def __init__(self, function: SyncFunction | AsyncFunction) -> None:
        if not callable(function):
            raise TypeError(f"a target is a function or has send() and close(); this one is {type(function).__name__}")
        self.function = function
        self.name = name_of(function)
        self.is_async = _is_async(function)
        self._threads: Threads | None = None

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        if not self.is_async:
            if self._threads is None:
                self._threads = Threads(MOST_THREADS, f"ruler {self.name}")
            return await self._threads.run(self._call_each, deliveries)
        if len(deliveries) == 1:
            return [await self._await(deliveries[0])]
        return await asyncio.gather(*map(self._await, deliveries))

    async def close(self) -> None:
        """Wait for the calls that have begun."""
        threads, self._threads = self._threads, None
        if threads is not None:
            await threads.close()

    async def _await(self, delivery: Delivery) -> Outcome:
        try:
            answer = self.function(delivery)
            return self._outcome(await answer if inspect.isawaitable(answer) else answer)
        except Exception as error:
            return self._failure(error)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return Retry(reason=f"{self.name}: what it waited for was cancelled")  # its own affair, not ours

    def _call_each(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        return [self._call(delivery) for delivery in deliveries]

    def _call(self, delivery: Delivery) -> Outcome:
        try:
            return self._outcome(self.function(delivery))
        except (Exception, SystemExit) as error:  # sys.exit ends a thread, and not the program
            return self._failure(error)

    def _outcome(self, answer: object) -> Outcome:
        if answer is None or answer is True:
            return OK
        if isinstance(answer, Ok | Retry | Reject):
            return answer
        kind = repr(answer) if isinstance(answer, bool) else f"a value of type {type(answer).__name__}"
        if isinstance(answer, Coroutine):
            answer.close()  # nobody will await it
            return Reject(f"{self.name} returned a coroutine; an async function is written with async def")
        return Reject(f"{self.name} returned {kind}; it may return None, True, Ok, Retry or Reject")

    def _failure(self, error: BaseException) -> Outcome:
        if isinstance(error, RejectDelivery):
            return Reject(error.reason)
        return Retry(reason=printable(f"{self.name}: {type(error).__name__}: {text_of(error)}"[:LONGEST_REASON]))


def _is_async(function: Callable[..., object]) -> bool:
    """Whether calling gives a coroutine: for functions, their partials, methods, and objects that can be called."""
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def name_of(function: object) -> str:
    """What messages call a function.

    >>> name_of(name_of), name_of(functools.partial(print, "x"))
    ('name_of', 'print')
    """
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__qualname__", type(function).__name__))
