"""A target that keeps what it gets, for tests and for trying out rules.

target = MemoryTarget()      Router(rules, {"ops": target})      target.data    [b'{"total": 12}', ...]
"""

from __future__ import annotations

from collections.abc import Sequence

from ruler.route.model import OK, Delivery, Outcome


class MemoryTarget:
    """Keeps deliveries in ``deliveries``, in the order they came; only the last ``most`` where that is given."""

    in_order = True

    def __init__(self, most: int | None = None) -> None:
        self.deliveries: list[Delivery] = []
        self.most = most
        self.is_closed = False

    @property
    def data(self) -> list[bytes]:
        """What was delivered, without what is known about it."""
        return [delivery.data for delivery in self.deliveries]

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        kept = self.deliveries
        kept += deliveries
        if self.most is not None and len(kept) > self.most:
            del kept[: len(kept) - self.most]
        return [OK] * len(deliveries)

    async def close(self) -> None:
        self.is_closed = True
