"""Compares what was taken with the oracle: the claims that routing makes, judged from outside.

In: the lines with their oracle, the ledgers, and what was seen at each crash. Out: a Report.

    nothing missing      each target, or its dead letters, has every event that the oracle says
    nothing unexpected   and no other one; a dead letter holds the line byte for byte
    order                of one key, first deliveries stand in the order of the file
    done means taken     what stands before the recorded position had been taken when the process was killed
    few repeated         what is taken twice was in flight at a crash, or its answer came too late or not at all

Always: a claim that does not hold is told with the number of the first line that shows it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.crashes.ledgers import Ledger, Took
from bench.crashes.workload import ARCHIVE, DEAD, HOOK, Line

GIVEN_UP = ("attempts", "age")  # codes of dead letters that are no fault of the event


@dataclass(frozen=True, slots=True)
class Crash:
    """What was there when the process had been killed."""

    done_offset: int  # where the recorded position says to go on
    sizes: Mapping[str, int]  # bytes of each ledger


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may be taken twice."""

    after_crash: int  # events, after each crash of the router
    after_death: int = 0  # events, after each death of the sink: those it had not answered


@dataclass(slots=True)
class Report:
    """What was found. ``wrong`` is empty when all claims hold."""

    wrong: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    def claim(self, what: str, numbers: Iterable[int]) -> None:
        """Note the lines for which a claim does not hold, if there are any."""
        found = sorted(numbers)
        if found:
            self.wrong.append(f"{what}: {len(found):,} lines, the first is {found[0]}")


def check(
    lines: Sequence[Line],
    ledgers: Mapping[str, Ledger],
    crashes: Sequence[Crash],
    deaths: Sequence[int],
    bounds: Bounds,
) -> Report:
    """Judge a run that has ended. ``deaths``: bytes of the hook's ledger at each death of the sink."""
    report = Report()
    for name, ledger in ledgers.items():
        if ledger.unreadable:
            report.wrong.append(f"{name}: {ledger.unreadable} lines that nobody can read")
    given_up = _check_letters(report, lines, ledgers[DEAD].took)
    for target in (HOOK, ARCHIVE):
        expected = {line.number for line in lines if target in line.targets}
        taken = {each.number for each in ledgers[target].took}
        report.claim(f"{target}: missing", expected - taken - given_up)
        report.claim(f"{target}: unexpected", taken - expected)
        _check_order(report, target, lines, ledgers[target].took)
        report.figures[f"{target} expected"] = len(expected)
        report.figures[f"{target} taken"] = len(taken)
    _check_ids(report, ledgers[HOOK].took)
    _check_crashes(report, lines, ledgers, crashes)
    _check_repeats(report, lines, ledgers, crashes, deaths, bounds)
    late = sum(each.is_late for each in ledgers[HOOK].took)
    report.figures["requests failed or stalled"] = ledgers[HOOK].others + late
    return report


def _check_letters(report: Report, lines: Sequence[Line], letters: Sequence[Took]) -> set[int]:
    """Judge the dead letters; returns the lines that the hook's retries were used up for."""
    expected = {(line.number, target) for line in lines for target in line.letters}
    found = {(each.number, each.letter_of) for each in letters if each.code not in GIVEN_UP}
    given_up = {each.number for each in letters if each.code in GIVEN_UP}
    report.claim("dead letters: missing", [number for number, _ in expected - found])
    report.claim("dead letters: unexpected", [number for number, _ in found - expected])
    data = {line.number: line.data for line in lines}
    changed = [each.number for each in letters if each.data != data.get(each.number)]
    report.claim("dead letters: other bytes than the line has", changed)
    report.figures["dead letters expected"] = len(expected)
    report.figures["dead letters taken"] = len({(each.number, each.letter_of) for each in letters})
    report.figures["retries used up"] = len(given_up)
    return given_up


def _check_order(report: Report, target: str, lines: Sequence[Line], took: Sequence[Took]) -> None:
    """First deliveries with one key: in the order of the file."""
    seen: set[int] = set()
    highest: dict[str, int] = {}
    wrong = []
    for each in took:
        if each.number in seen or not 0 <= each.number < len(lines):
            continue
        seen.add(each.number)
        key = lines[each.number].key
        if each.number < highest.get(key, -1):
            wrong.append(each.number)
        highest[key] = max(each.number, highest.get(key, -1))
    report.claim(f"{target}: after a later one of its key", wrong)


def _check_ids(report: Report, took: Sequence[Took]) -> None:
    """A delivery has one id however often it is made, and shares it with no other."""
    ids: dict[int, str] = {}
    changed = [each.number for each in took if ids.setdefault(each.number, each.id) != each.id]
    report.claim("hook: another id when delivered again", changed)
    counts = Counter(ids.values())
    report.claim("hook: an id of two deliveries", [number for number, one in ids.items() if counts[one] > 1])


def _check_crashes(
    report: Report, lines: Sequence[Line], ledgers: Mapping[str, Ledger], crashes: Sequence[Crash]
) -> None:
    """What stands before the position of a crash had been taken by then."""
    firsts = {name: _firsts(ledger.took) for name, ledger in ledgers.items()}
    early: set[int] = set()
    for crash in crashes:
        for line in lines[: bisect_left(lines, crash.done_offset, key=lambda line: line.offset)]:
            for name in (*line.targets, *(DEAD for _ in line.letters)):
                if firsts[name].get(line.number, 0) >= crash.sizes[name]:
                    early.add(line.number)
    report.claim("done before it was taken", early)
    report.figures["crashes"] = len(crashes)


def _check_repeats(
    report: Report,
    lines: Sequence[Line],
    ledgers: Mapping[str, Ledger],
    crashes: Sequence[Crash],
    deaths: Sequence[int],
    bounds: Bounds,
) -> None:
    """Each repeat has a cause: a crash while it was in flight, an answer that came late, a death of the sink."""
    after_crash: Counter[int] = Counter()  # by crash: repeats, of all targets
    events_after: dict[int, set[int]] = {}  # by crash: the lines they are of
    after_death: Counter[int] = Counter()
    late = 0
    without_cause = []
    for name, ledger in ledgers.items():
        moments = [crash.sizes[name] for crash in crashes]
        before: dict[tuple[int, str], Took] = {}
        for each in ledger.took:
            earlier = before.get((each.number, each.letter_of))
            before[each.number, each.letter_of] = each
            if earlier is None:
                continue
            crash = _crash_between(moments, earlier.at, each.at, crashes, lines[each.number].offset)
            death = bisect_right(deaths, each.at) - 1 if name == HOOK else -1
            if crash is not None:
                after_crash[crash] += 1
                events_after.setdefault(crash, set()).add(each.number)
            elif death >= 0 and deaths[death] > earlier.at:
                after_death[death] += 1
            elif earlier.is_late or each.attempt > earlier.attempt:  # as on a machine that is busy
                late += 1
            else:
                without_cause.append(each.number)
    report.claim("taken twice for no reason", without_cause)
    report.figures["repeated after crashes"] = after_crash.total()
    report.figures["most lines repeated after one crash"] = max(map(len, events_after.values()), default=0)
    report.figures["repeated because the answer was late"] = late
    report.figures["repeated because the sink died"] = after_death.total()
    for what, counts, bound in (
        ("crash", [len(numbers) for numbers in events_after.values()], bounds.after_crash),
        ("death of the sink", list(after_death.values()), bounds.after_death),
    ):
        if max(counts, default=0) > bound:
            report.wrong.append(f"{max(counts):,} events repeated after one {what}, expected at most {bound:,}")


def _crash_between(
    moments: Sequence[int], earlier: int, later: int, crashes: Sequence[Crash], offset: int
) -> int | None:
    """The last crash between two bytes of a ledger at which the line was not done yet."""
    for crash in range(bisect_right(moments, later) - 1, -1, -1):
        if moments[crash] <= earlier:
            return None
        if crashes[crash].done_offset <= offset:
            return crash
    return None


def _firsts(took: Sequence[Took]) -> dict[int, int]:
    """Where each event stands first in a ledger."""
    firsts: dict[int, int] = {}
    for each in took:
        firsts.setdefault(each.number, each.at)
    return firsts
