"""A file of dead letters as a source of a router, which plans for the router too.

In: dead letters, a planner of the rule set as it is now, marks. Out: events; for each its deliveries, chosen already;
a mark for each letter that is done; counts.

    letters -> (selected? not done before? leads somewhere?) -> batches -> router -> plan -> targets -> done -> marks

Always: a letter is marked when all of its deliveries were taken, by their targets or as new dead letters. What is kept
(choice.py says when) is counted, told, and not marked, so the next replay looks at it again. The file is only read.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ruler.route.dead_letters import time_text
from ruler.route.model import Delivery, Event, Position
from ruler.route.plan import Plan, Planner
from ruler.route.replay.choice import choose
from ruler.route.replay.letters import Found
from ruler.route.replay.marks import Mark, Marks
from ruler.route.router import Router
from ruler.route.rule_set import RuleSet

LINES_AT_A_TIME = 256  # between two turns of the loop


class Step(NamedTuple):
    """What becomes of one line."""

    found: Found
    deliveries: tuple[Delivery, ...] = ()
    why_kept: str = ""  # why it stays where it is; "" too for what was replayed before, or is for others


@dataclass(slots=True)
class Counts:
    """What became of the lines so far."""

    letters: int = 0  # that are replayed
    deliveries: Counter[str] = field(default_factory=Counter)  # of these letters, by target
    kept: Counter[str] = field(default_factory=Counter)  # letters that stay, by the reason
    before: int = 0  # letters that were replayed before
    others: int = 0  # letters for targets that were not asked for
    bad_lines: int = 0  # that are no dead letters
    is_at_end: bool = False


class Replay:
    """One replay. ``steps`` tells what would be done; as a source of a ReplayRouter it is done."""

    def __init__(
        self,
        letters: Iterable[Found],
        planner: Planner,
        marks: Marks,
        *,
        name: str,
        is_wanted: Callable[[str], bool] = lambda target: True,
        tell: Callable[[Step], None] = lambda step: None,
        wall_clock: Callable[[], float],
    ) -> None:
        self.name = name  # of the file
        self.rule_set = planner.rule_set
        self.counts = Counts()
        self._letters = letters
        self._planner = planner
        self._marks = marks
        self._is_wanted = is_wanted
        self._tell = tell  # of what is kept, and of lines that are no letters
        self._wall_clock = wall_clock
        self._chosen: dict[int, tuple[Delivery, ...]] = {}  # by the offset of the letter: given, and not planned
        self._open: deque[tuple[int, list[Mark]]] = deque()  # offsets that are given and not done, and their marks
        self._may_go_on = asyncio.Event()
        self._may_go_on.set()
        self._is_closed = False

    def steps(self) -> Iterator[Step]:
        """Yield what becomes of each line, in their order, and count it. OSError when the file cannot be read."""
        for found in self._letters:
            yield self._step(found)
        self.counts.is_at_end = True

    def _step(self, found: Found) -> Step:
        counts, letter = self.counts, found.letter
        if letter is None:
            counts.bad_lines += 1
            return Step(found, (), found.problem)
        if not letter.is_poison and not self._is_wanted(letter.target):
            counts.others += 1
            return Step(found)
        if not letter.is_poison and self._marks.take(found.hash, letter.target):
            counts.before += 1
            return Step(found)
        choice = choose(letter, self._planner)
        if choice.why_not:
            counts.kept[choice.why_not] += 1
            return Step(found, (), choice.why_not)
        wanted = [each for each in choice.deliveries if self._is_wanted(each.target)]
        left = tuple(wanted)
        if letter.is_poison:
            done = {target for target in {each.target for each in wanted} if self._marks.take(found.hash, target)}
            left = tuple(each for each in wanted if each.target not in done)
        if left:
            counts.letters += 1
            counts.deliveries.update(each.target for each in left)
        elif wanted:
            counts.before += 1
        else:
            counts.others += 1
        return Step(found, left)

    # ----- for the router, as its planner

    def plan(self, events: Iterable[Event]) -> Plan:
        """Return the deliveries that were chosen for these events."""
        plan = Plan()
        for event in events:
            assert event.position is not None
            deliveries = self._chosen.pop(event.position.offset)
            plan.deliveries += deliveries
            plan.counts.append(len(deliveries))
        return plan

    # ----- for the router, as its source

    async def batches(self, *, max_events: int, max_bytes: int) -> AsyncIterator[Sequence[Event]]:
        """Yield the events of the letters that are replayed."""
        batch: list[Event] = []
        size = 0
        for number, step in enumerate(self.steps(), 1):
            if step.why_kept:
                self._tell(step)
            if step.deliveries and step.found.letter is not None:
                batch.append(self._event(step))
                size += len(step.found.letter.data)
            if len(batch) >= max_events or size >= max_bytes or number % LINES_AT_A_TIME == 0:
                await self._may_go_on.wait()
                if self._is_closed:
                    return
                yield batch
                batch, size = [], 0
        await self._may_go_on.wait()
        if batch and not self._is_closed:
            yield batch

    def _event(self, step: Step) -> Event:
        found, letter = step.found, step.found.letter
        assert letter is not None
        self._chosen[found.offset] = step.deliveries
        ids = {delivery.target: delivery.id for delivery in step.deliveries}
        self._open.append((found.offset, [Mark(found.hash, target, own_id) for target, own_id in ids.items()]))
        return Event(letter.data, letter.key, position=Position(self.name, found.offset))

    def done(self, position: Position) -> None:
        """Mark the letter at this position, and all before it that were given. ReplayError when that fails."""
        marks: list[Mark] = []
        while self._open and self._open[0][0] <= position.offset:
            marks += self._open.popleft()[1]
        self._marks.add(marks, time_text(self._wall_clock()))

    async def pause(self) -> None:
        """Give no more events for now."""
        self._may_go_on.clear()

    async def resume(self) -> None:
        """Give events again."""
        self._may_go_on.set()

    async def close(self) -> None:
        """Give no more events. The marks stay open: who opened them closes them."""
        self._is_closed = True
        self._may_go_on.set()


class ReplayRouter(Router):
    """A router of one replay: what its letters hold goes to the targets that were chosen for it, and to no others."""

    def __init__(self, rule_set: RuleSet, replay: Replay, **options: object) -> None:
        self._replay = replay
        super().__init__(rule_set, **options)  # type: ignore[arg-type]

    def _planner(self, rule_set: RuleSet) -> Replay:
        return self._replay
