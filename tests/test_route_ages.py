"""The age of the oldest delivery that is not answered, whatever order they are answered in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ruler.route.model import Delivery, Event, Route
from ruler.route.runtime.ages import Ages
from ruler.route.runtime.flight import Batch, Entry

DELIVERY = Delivery(Event(b"{}"), Route("ops", ("r",)), b"{}")


def entries_of(count: int) -> list[Entry]:
    """Entries of a batch of their own."""
    batch = Batch([1] * count, [2] * count, "1", None)
    return [(batch, place, DELIVERY, None) for place in range(count)]


@given(
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=6),
    picks=st.lists(st.integers(0, 10_000), min_size=24, max_size=24),
)
def test_the_oldest_is_the_oldest_that_is_left(sizes: list[int], picks: list[int]) -> None:
    """After each answer, in any order, it is the time of the first batch that has an entry left."""
    ages = Ages()
    left: list[tuple[float, Entry]] = []
    for now, size in enumerate(sizes):
        entries = entries_of(size)
        ages.add(entries, float(now))
        left += [(float(now), entry) for entry in entries]
    for pick in picks[: len(left)]:
        assert min(left, key=lambda each: each[0])[0] == ages.oldest_at
        _, entry = left.pop(pick % len(left))
        ages.remove([entry])
    assert ages.oldest_at is None


def test_a_dead_letter_beside_its_batch_counts_with_it() -> None:
    """An entry that comes later to a target which the batch came to before is as old as the batch."""
    ages = Ages()
    first, second = entries_of(2)
    ages.add([first], 1.0)
    ages.add([second], 5.0)
    ages.remove([first])
    assert ages.oldest_at == 1.0
    ages.remove([second])
    assert ages.oldest_at is None
