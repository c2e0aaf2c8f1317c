"""What ``ruler replay`` says of letters: one by one where they stay, and all together at the end.

    dead.jsonl:3: kept: no rule leads it to ops now
    dead.jsonl:4: no dead letter: unexpected character

    ruler replay: dead.jsonl: 12 letters were replayed
      ops     10 delivered, 2 dead letters again
      kept    1: no rule leads it to ops now
      before  5 were replayed before

With the form "json" each of these is an object on one line. Always: what is in an event is not shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from ruler.findings import printable
from ruler.route.replay.source import Counts, Step
from ruler.route.runtime.status import RouterStatus, TargetStatus
from ruler.words import counted
from ruler_cli.streams import write_message

MOST_TOLD = 10  # letters one by one; all with the form "json"
MOST_REASONS = 10
NOTHING = TargetStatus()


class Teller:
    """Tells of letters that are kept and of lines that are no letters: the first ones, for people."""

    def __init__(
        self, name: str, form: str, most: int = MOST_TOLD, write: Callable[[str], None] = write_message
    ) -> None:
        self.name = name
        self._write = write
        self.form = form
        self.left = most

    def tell(self, step: Step) -> None:
        """Tell of one line."""
        if self.form == "json":
            self._write(json.dumps(_record(step)))
        elif self.left:
            self.left -= 1
            self._write(f"{printable(self.name)}:{step.found.number}: {_kept_text(step)}")


def _kept_text(step: Step) -> str:
    return printable(step.why_kept if step.found.letter is None else f"kept: {step.why_kept}")


def _record(step: Step) -> dict[str, object]:
    letter = step.found.letter
    outcome = "no-dead-letter" if letter is None else "kept"
    return {
        "line": step.found.number,
        "outcome": outcome,
        "target": (letter.target or None) if letter else None,
        "id": letter.id if letter else None,
        "reason": step.why_kept,
    }


# ----- dry runs


def dry_step(step: Step, name: str, form: str) -> str:
    """Return what would be delivered of one letter, a line for each target."""
    lines = []
    for each in step.deliveries:
        if form == "json":
            record = {"line": step.found.number, "outcome": "deliver", "target": each.target, "id": each.id}
            lines.append(json.dumps({**record, "rules": each.rules, "bytes": len(each.data)}))
        else:
            rules = printable(", ".join(each.rules))
            lines.append(f"{printable(name)}:{step.found.number}: to {printable(each.target)}, by {rules}")
    return "".join(f"{line}\n" for line in lines)


def dry_summary(counts: Counts, not_selected: int, form: str) -> str:
    """Return what would be done, all together."""
    if form == "json":
        return json.dumps(_counts_record(counts, not_selected)) + "\n"
    targets = ", ".join(f"{count:,} to {printable(name)}" for name, count in sorted(counts.deliveries.items()))
    word = "letter" if counts.letters == 1 else "letters"
    head = f"{counts.letters:,} {word} would be replayed" + (f": {targets}" if targets else "")
    return "".join(f"{line}\n" for line in [head, *_rows(_rest(counts, not_selected))])


# ----- the end


def summary_text(name: str, counts: Counts, not_selected: int, status: RouterStatus, stopped_by: str) -> str:
    """Return what became of the letters, for people. ``stopped_by`` is the signal that ended it early, or ""."""
    was = "letter was" if counts.letters == 1 else "letters were"
    how = f"; stopped by {stopped_by}, the next replay goes on from there" if stopped_by else ""
    head = f"ruler replay: {printable(name)}: {counts.letters:,} {was} replayed{how}"
    rows = [(printable(target), _target_text(target, counts, status)) for target in sorted(counts.deliveries)]
    return "\n".join([head, *_rows([*rows, *_rest(counts, not_selected)])])


def summary_record(counts: Counts, not_selected: int, status: RouterStatus) -> dict[str, object]:
    """Return the same for programs."""
    targets = {
        target: {"delivered": delivered, "dead_letters": dead, "not_done": left}
        for target in sorted(counts.deliveries)
        for delivered, dead, left in [_fates(target, counts, status)]
    }
    return {**_counts_record(counts, not_selected), "targets": targets}


def is_all_fine(counts: Counts, status: RouterStatus | None = None) -> bool:
    """Whether every letter that was asked for went where it was to go."""
    dead = 0 if status is None else sum(_fates(target, counts, status)[1] for target in counts.deliveries)
    return not counts.kept and not counts.bad_lines and not dead


def _fates(target: str, counts: Counts, status: RouterStatus) -> tuple[int, int, int]:
    """How many deliveries to a target were delivered, became dead letters again, and were not answered."""
    found = status.targets.get(target, NOTHING)
    dead, left = found.dead_letters, found.lag + found.undeliverable
    return max(0, counts.deliveries[target] - dead - left), dead, left


def _target_text(target: str, counts: Counts, status: RouterStatus) -> str:
    delivered, dead, left = _fates(target, counts, status)
    parts = [f"{delivered:,} delivered"]
    parts += [f"{counted(dead, 'dead letter')} again"] if dead else []
    parts += [f"{left:,} not done"] if left else []
    problem = status.targets.get(target, NOTHING).last_problem if dead or left else ""
    return ", ".join(parts) + (f" ({printable(problem)})" if problem else "")


def _rest(counts: Counts, not_selected: int) -> list[tuple[str, str]]:
    """What was not replayed."""
    rows = [("kept", f"{count:,}: {printable(why)}") for why, count in counts.kept.most_common(MOST_REASONS)]
    if len(counts.kept) > MOST_REASONS:
        rows.append(("kept", f"{sum(counts.kept.values()):,} in all, for {len(counts.kept):,} reasons"))
    for name, count, words in (
        ("before", counts.before, "replayed before"),
        ("others", counts.others + not_selected, "not asked for"),
        ("lines", counts.bad_lines, "no dead letters"),
    ):
        rows += [(name, f"{count:,} {words}")] if count else []
    return rows


def _rows(rows: list[tuple[str, str]]) -> list[str]:
    width = max((len(name) for name, _ in rows), default=0)
    return [f"  {name:{width}}  {text}" for name, text in rows]


def _counts_record(counts: Counts, not_selected: int) -> dict[str, object]:
    deliveries: Mapping[str, int] = dict(sorted(counts.deliveries.items()))
    return {
        "letters": counts.letters,
        "deliveries": deliveries,
        "kept": dict(counts.kept),
        "before": counts.before,
        "not_asked_for": counts.others + not_selected,
        "no_dead_letters": counts.bad_lines,
    }
