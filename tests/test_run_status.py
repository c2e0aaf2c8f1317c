"""What ``ruler run`` says of a router: the line on a terminal, and the summary."""

from __future__ import annotations

from ruler.route.runtime.budget import Budget
from ruler.route.runtime.status import PAUSED, RouterStatus, TargetStatus
from ruler_cli.run_status import END, StatusLine, not_done, status_text, summary_text


def status_of(events: int, settled: int) -> RouterStatus:
    """A router of which so many events came in and so many are settled."""
    status = RouterStatus(Budget(1000, 1000))
    status.events = status.matched = events
    status.settled = settled
    return status


def test_the_line_tells_what_lags_and_why() -> None:
    """The targets that lag most, and the state of those that are held."""
    status = status_of(2500, 2400)
    status.poison = 1
    status.targets = {
        "fine": TargetStatus(delivered=2000),
        "slow\x1b": TargetStatus(PAUSED, delivered=300, retried=40, dead_letters=2, lag=100),
    }
    assert status_text(status, 1250.4) == (
        "2,500 events, 1,250 a second, 2,300 delivered, 40 tried again, 3 dead letters, 0 in flight, "
        "slow\\u001b lags by 100 (paused)"
    )


def test_the_line_fits_the_terminal_and_is_taken_away_once() -> None:
    """It never breaks, or it could not be written over; what is not shown need not be erased."""
    written: list[str] = []
    times = iter([0.0, 2.0])
    line = StatusLine(written.append, lambda: next(times), lambda: 30)
    line.erase()
    line.show(status_of(10, 10))
    line.erase()
    line.erase()
    assert ["\r\x1b[K10 events, 5 a second, 0 deli", "\r\x1b[K"] == written


def test_the_summary_names_what_is_not_done() -> None:
    """Open events and those that nobody took; and whether the next start reads them again."""
    status = status_of(10, 8)
    status.undeliverable = 1
    assert 3 == not_done(status)
    said = summary_text(status, "SIGTERM", is_durable=True)
    assert said.splitlines()[0] == (
        "ruler run: stopped by SIGTERM; 10 events came in, 3 of them not done: "
        "the next start reads on from the first of them"
    )
    assert "the source cannot give them again" in summary_text(status, END, is_durable=False)


def test_the_summary_of_nothing_says_so() -> None:
    """No event, and one event."""
    assert summary_text(status_of(0, 0), END, is_durable=True).startswith(
        "ruler run: the source has ended; no event came in\n"
    )
    assert "; 1 event came in and is done\n" in summary_text(status_of(1, 1), END, is_durable=True)
