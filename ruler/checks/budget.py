"""A budget for questions whose answer could take too long: steps are spent, and when none are left nothing is said.

Rules are untrusted text, and whether patterns accept everything is a hard question for hostile ones. So every search
spends steps, and one that runs out of them ends in Undecided, which means: no warning.

    budget = Budget(2); budget.spend(1); budget.spend(1); budget.spend(1)  ->  Undecided

Always: the same rule spends the same steps, on every machine.
"""

from __future__ import annotations

# One step is about a tenth of a microsecond to one microsecond; a rule whose questions take them all, half a second.
STEPS_OF_RULE = 500_000
STEPS_OF_QUESTION = 150_000
STATES_OF_QUESTION = 20_000  # products of the patterns' states that one search visits


class Undecided(Exception):
    """The budget is spent, or the question has no known way to an answer."""


class Budget:
    """Steps that may still be taken."""

    def __init__(self, steps: int = STEPS_OF_RULE) -> None:
        self.steps = steps
        self.floor = 0  # of the question that is being asked

    def begin_question(self) -> None:
        """Let what follows spend the share of one question."""
        self.floor = max(0, self.steps - STEPS_OF_QUESTION)

    def spend(self, steps: int) -> None:
        """Take ``steps``; Undecided when they are not there."""
        self.steps -= steps
        if self.steps < self.floor:
            self.steps = max(self.steps, 0)
            raise Undecided
