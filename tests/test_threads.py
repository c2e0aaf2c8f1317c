"""Many threads match while one adds, removes and replaces: each answer is one the matcher could give at rest.

Every test is bounded by a number of edits, not by a clock, and switches threads as often as Python can.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ruler import Matcher

READER_COUNT = 3
EDIT_COUNT = 200
JOIN_SECONDS = 60

EVENT = '{"a":"x","b":[{"c":1,"d":2},{"c":3}],"n":7}'


@pytest.fixture(autouse=True)
def switch_often() -> Iterator[None]:
    """Let threads interrupt each other between nearly any two steps."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def read_while(edit: Callable[[int], None], read: Callable[[], None], edit_count: int = EDIT_COUNT) -> None:
    """Run ``read`` over and over in several threads while this one calls ``edit(0)``, ``edit(1)``, ...

    Raises what any reader raised. The readers get a turn after each edit, and many in the middle of one.
    """
    stop = threading.Event()
    failures: list[BaseException] = []
    started = threading.Barrier(READER_COUNT + 1)

    def reader() -> None:
        try:
            started.wait(JOIN_SECONDS)
            while not stop.is_set():
                read()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=reader, daemon=True) for _ in range(READER_COUNT)]
    for thread in threads:
        thread.start()
    try:
        started.wait(JOIN_SECONDS)
        for step in range(edit_count):
            edit(step)
            time.sleep(0)
            if failures:
                break
    finally:
        stop.set()
        for thread in threads:
            thread.join(JOIN_SECONDS)
    assert not any(thread.is_alive() for thread in threads)
    if failures:
        raise failures[0]


def test_a_rule_that_stays_is_always_reported(engine: str) -> None:
    """While others with the same paths, clauses and patterns come and go, and share every state with it."""
    matcher: Matcher[str] = Matcher({"stays": '{"a":["x"],"b":{"c":[1],"d":[2]}}'}, engine=engine)
    passing = [
        '{"a":["x"]}',
        '{"a":["x"],"b":{"c":[1]}}',
        '{"a":["x"],"b":{"c":[1],"d":[2]},"n":[7]}',
        '{"a":[{"prefix":"x"},{"anything-but":"y"}],"b":{"c":[{"numeric":[">",0]}]}}',
        '{"a":["x"],"b":{"c":[1],"d":[2]}}',
        '{"z":[{"exists":false}],"a":[{"wildcard":"*x*"}]}',
    ]

    def edit(step: int) -> None:
        name = f"passing-{step % 9}"
        if name in matcher:
            matcher.remove_rule(name)
        else:
            matcher.add_rule(name, passing[step % len(passing)])

    def read() -> None:
        assert "stays" in matcher.rules_for_event(EVENT)
        assert matcher.matches_any(EVENT)

    read_while(edit, read, edit_count=EDIT_COUNT * 2)
    matcher._check()


def test_a_rule_replaced_by_its_equal_is_never_missed(engine: str) -> None:
    """Two ``$or`` branches, one of which matches, replaced by the same two the other way round."""
    spellings = [
        '{"$or":[{"a":["x"],"n":[7]},{"b":{"c":[9]}}]}',
        '{"$or":[{"b":{"c":[9]}},{"n":[{"numeric":[">",6]}],"a":["x"]}]}',
    ]
    matcher: Matcher[str] = Matcher({"r": spellings[0]}, engine=engine)

    def edit(step: int) -> None:
        matcher.replace_rule("r", spellings[(step + 1) % 2])

    def read() -> None:
        assert matcher.rules_for_event(EVENT) == ["r"]

    read_while(edit, read)
    matcher._check()


def test_replacing_between_versions_that_both_match_never_misses(engine: str) -> None:
    """The versions have no path, pattern or state in common."""
    versions = ['{"a":["x"]}', '{"n":[7]}', '{"b":{"d":[2]}}', '{"z":[{"exists":false}]}']
    matcher: Matcher[str] = Matcher({"first": '{"a":["x"]}', "r": versions[0]}, engine=engine)

    def edit(step: int) -> None:
        matcher.replace_rule("r", versions[(step + 1) % len(versions)])

    def read() -> None:
        assert matcher.rules_for_event(EVENT) == ["first", "r"]

    read_while(edit, read)
    matcher._check()


def test_replacing_between_versions_that_exclude_each_other_answers_one(engine: str) -> None:
    """Of two events of which each version matches one, no reader sees an answer that is neither version's."""
    versions = ['{"a":["x"],"n":[7]}', '{"a":["y"],"n":[7]}']
    matcher: Matcher[str] = Matcher({"r": versions[0], "n": '{"n":[7]}'}, engine=engine)

    def edit(step: int) -> None:
        matcher.replace_rule("r", versions[(step + 1) % 2])

    def read() -> None:
        assert matcher.rules_for_event('{"a":"x","n":7}') in (["n"], ["r", "n"])
        assert matcher.rules_for_event('{"a":"y","n":7}') in (["n"], ["r", "n"])

    read_while(edit, read)


def test_names_added_together_appear_together(engine: str) -> None:
    """``add_rules`` is one change: each answer is that of the machine before or after it."""
    matcher: Matcher[str] = Matcher(engine=engine)
    together = {"p": '{"a":["x"]}', "q": '{"n":[7]}', "r": '{"b":{"c":[1],"d":[2]}}'}

    def edit(step: int) -> None:
        matcher.add_rules(together)
        for name in together:
            matcher.remove_rule(name)

    allowed = [[], ["p", "q", "r"], ["q", "r"], ["r"]]  # adding is one change, the three removals are three

    def read() -> None:
        assert matcher.rules_for_event(EVENT) in allowed

    read_while(edit, read, edit_count=EDIT_COUNT // 2)
    assert len(matcher) == 0
    assert Matcher(engine=engine).describe() == matcher.describe()


def test_a_rule_added_under_an_old_name_never_hides_it(engine: str) -> None:
    """Adding a second rule to a name, then removing and adding the name again."""
    matcher: Matcher[str] = Matcher({"r": '{"a":["x"]}'}, engine=engine)

    def edit(step: int) -> None:
        matcher.add_rule("r", f'{{"a":["x"],"n":[{step}]}}')
        matcher.replace_rule("r", '{"a":["x"]}')

    def read() -> None:
        assert matcher.rules_for_event(EVENT) == ["r"]

    read_while(edit, read, edit_count=EDIT_COUNT // 2)
    assert Matcher({"r": '{"a":["x"]}'}, engine=engine).describe() == matcher.describe()


def test_a_refused_change_is_never_seen(engine: str) -> None:
    """Half of an ``add_rules`` that is refused, its good half, reaches no reader."""
    matcher: Matcher[str] = Matcher({"r": '{"a":["x"]}'}, engine=engine)

    def edit(step: int) -> None:
        with pytest.raises(ValueError, match="expected"):
            matcher.add_rules({"good": '{"n":[7]}', "bad": '{"n":7}'})

    def read() -> None:
        assert matcher.rules_for_event(EVENT) == ["r"]
        assert "good" not in matcher

    read_while(edit, read)


def test_several_threads_may_edit_at_once(engine: str) -> None:
    """Edits from several threads are one after the other: nothing is lost, nothing is left over."""
    matcher: Matcher[str] = Matcher(engine=engine)
    failures: list[BaseException] = []

    def editor(own: int) -> None:
        try:
            for step in range(60):
                name = f"{own}-{step}"
                matcher.add_rule(name, f'{{"a":["x",{step}],"n":[{{"numeric":[">",{own}]}}]}}')
                assert name in matcher.rules_for_event(EVENT)
                if step % 3:
                    matcher.remove_rule(name)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=editor, args=(own,), daemon=True) for own in range(READER_COUNT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(JOIN_SECONDS)
    assert not failures
    assert len(matcher) == READER_COUNT * 20
    matcher._check()
    assert set(matcher) == set(matcher.rules_for_event(EVENT))


def test_views_can_be_read_while_rules_change(engine: str) -> None:
    """``rules``, iteration, ``len``, ``in``, ``stats`` and ``describe`` do not fail beside edits."""
    matcher: Matcher[str] = Matcher({"stays": '{"a":["x"]}'}, engine=engine)

    def edit(step: int) -> None:
        matcher.add_rule(f"p{step}", f'{{"a":["x"],"n":[{step}]}}')
        if step >= 20:
            matcher.remove_rule(f"p{step - 20}")

    def read() -> None:
        assert "stays" in matcher
        assert "stays" in list(matcher)
        assert "stays" in list(matcher.rules)
        assert matcher.rules["stays"]
        assert len(matcher) >= 1
        matcher.stats()
        matcher.describe()

    read_while(edit, read, edit_count=EDIT_COUNT // 2)
