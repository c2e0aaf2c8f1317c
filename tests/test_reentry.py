"""Code that runs in the midst of a call and calls the matcher in turn: names, events, iterators, the garbage collector.

Each case runs in a process of its own, which ends itself when it has not come through in time: a deadlock fails, with
the places where its threads stand.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STUCK_SECONDS = 60  # many times what a case takes
TIMEOUT_SECONDS = STUCK_SECONDS + 30

PRELUDE = f"""
import contextlib, faulthandler, gc, sys, threading, time
from collections import UserDict
from ruler import EventError, Matcher, RulerError
faulthandler.dump_traceback_later({STUCK_SECONDS}, exit=True)
sys.setswitchinterval(1e-5)
THREADS = 3

class Name:
    '''Equal to its like; whatever stands in ``hook`` is called, once at a time, when it is hashed or compared.'''
    hook = None
    def __init__(self, key):
        self.key = key
    def run(self, what):
        hook, Name.hook = Name.hook, None
        if hook is not None:
            try:
                hook(what)
            finally:
                Name.hook = hook
    def __hash__(self):
        self.run("hash")
        return 1
    def __eq__(self, other):
        self.run("eq")
        return isinstance(other, Name) and self.key == other.key

@contextlib.contextmanager
def hooked(hook):
    Name.hook = hook
    try:
        yield
    finally:
        Name.hook = None

def in_threads(*works):
    failures = []
    def guarded(work):
        try:
            work()
        except BaseException as error:
            failures.append(error)
    threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
"""

CASES: dict[str, str] = {
    "a name matches, looks and copies whenever it is hashed or compared": """
        matcher = Matcher({Name(i): {"a": [1]} for i in range(5)})
        asked = {"hash": 0, "eq": 0}
        def hook(what):
            asked[what] += 1
            matcher.rules_for_event({"a": 1})
            matcher.rules_for_event('{"a":1}')
            matcher.select_lines(b'{"a":1}')
            list(matcher.rules_for_events(['{"a":1}'] * 300, threads=2))
            matcher.stats(), matcher.describe(), len(matcher), list(matcher)
            matcher.copy()
        with hooked(hook):
            for i in range(4, 8):
                matcher.add_rules({Name(i): {"b": [1]}, Name(i + 1): {"a": [1]}})
                matcher.replace_rule(Name(i), {"a": [2]})
                assert Name(i) in matcher
                matcher.remove_rule(Name(i))
        assert asked["hash"] >= 4 * 6 and asked["eq"] >= 4 * 5, asked
        assert [name.key for name in matcher.rules_for_event({"a": 1})] == [0, 1, 2, 3, 8]
        matcher._check()
    """,
    "a name changes the rules whenever it is hashed or compared": """
        matcher = Matcher({Name(i): {"a": [1]} for i in range(5)})
        done, refused = 0, 0
        def hook(what):
            global done, refused
            try:
                matcher.add_rule(f"own{done}", {"a": [1]})
                if done % 2:
                    matcher.replace_rule(f"own{done}", {"b": [1]})
                if done > 3:
                    matcher.remove_rule(f"own{done - 3}")
                done += 1
            except RuntimeError as error:
                assert "in the midst of a change" in str(error)
                refused += 1
        with hooked(hook):
            for i in range(3, 9):
                matcher.add_rules({Name(i): {"b": [1]}, f"text{i}": {"a": [1]}, Name(i + 1): {"a": [1]}})
                matcher._check()
                matcher.replace_rule(Name(i), {"a": [2]})
                matcher._check()
                assert Name(i) in matcher
                matcher.remove_rule(Name(i))
                matcher._check()
        assert done > 10 and refused > 10
        texts = {name: texts for name, texts in matcher.rules.items()}
        assert matcher.rules_for_event({"a": 1}) == [name for name in texts if texts[name] == ('{"a": [1]}',)]
    """,
    "a name that changes the rules while it is compared stops the change": """
        changes = {
            "add": lambda matcher: matcher.add_rule(Name(2), {"a": [1]}),
            "add several": lambda matcher: matcher.add_rules({"new": {"a": [1]}, Name(2): {"a": [1]}, "x": {"a": [1]}}),
            "remove": lambda matcher: matcher.remove_rule(Name(2)),
            "replace": lambda matcher: matcher.replace_rule(Name(2), {"a": [1], "b": [1]}),
        }
        stopped = 0
        for change in changes.values():
            for other in changes.values():
                for at in range(10):
                    matcher = Matcher({Name(i): {"a": [1]} for i in range(2 + at % 2)} | {"last": {"a": [1]}})
                    before = list(matcher), matcher.describe()
                    turn = 0
                    def hook(what):
                        global turn
                        turn += 1
                        if turn == at // 2 + 1 and what == "eq":
                            other(matcher)
                    with hooked(hook):
                        try:
                            change(matcher)
                        except RuntimeError:
                            stopped += 1
                            assert before == (list(matcher), matcher.describe())
                        except KeyError:
                            assert at % 2 == 0
                    matcher._check()
                    assert matcher.rules_for_event({"a": 1, "b": 1}) == list(matcher)
        assert stopped > 30
    """,
    "a name raises at any step": """
        class Own(Exception):
            pass
        raised, left_by = 0, set()
        for at in range(120):
            matcher = Matcher({Name(i): {"a": [1]} for i in range(4)})
            left = at
            def hook(what):
                global left, raised
                left -= 1
                if left < 0:
                    raised += 1
                    raise Own
            with hooked(hook), contextlib.suppress(Own):
                matcher.add_rules({Name(2): {"b": [1]}, Name(5): {"a": [1]}, Name(6): {"a": [1]}})
                matcher.remove_rule(Name(5))
                matcher.replace_rule(Name(6), {"a": [2]})
                matcher.remove_rule(Name(1))
            matcher._check()
            keys = [name.key for name in matcher.rules_for_event({"a": 1})]
            left_by.add(tuple(keys))
        assert 30 < raised < 120, raised  # and at last all goes through
        assert left_by == {(0, 1, 2, 3), (0, 1, 2, 3, 5, 6), (0, 1, 2, 3, 6), (0, 2, 3)}, left_by
    """,
    "others match while a name waits in its comparison": """
        matcher = Matcher({Name(i): {"a": [1]} for i in range(3)})
        waiting, matched = threading.Event(), threading.Event()
        def hook(what):
            waiting.set()
            matched.wait()
        def match():
            waiting.wait()
            Name.hook = None
            assert len(matcher.rules_for_event('{"a":1}')) == len(matcher.rules_for_event({"a": 1})) == 3
            assert [3] * 600 == [len(found) for found in matcher.rules_for_events(['{"a":1}'] * 600, threads=2)]
            assert matcher.select_lines(b'{"a":1}').selected == 1
            matched.set()
        name = Name(9)
        def add():
            with hooked(hook):
                matcher.add_rule(name, {"a": [1]})
        in_threads(add, match)
        assert len(matcher.rules_for_event({"a": 1})) == 4
    """,
    "names that sleep, in threads that add, remove and match": """
        matcher = Matcher({"stays": {"a": [1]}})
        class Slow(Name):
            def run(self, what):
                time.sleep(0.0001)
        def edit(own):
            for turn in range(8):
                matcher.add_rules({Slow((own, turn)): {"a": [1]}, Slow((own, -turn - 1)): {"a": [1]}})
                matcher.remove_rule(Slow((own, turn)))
        done = threading.Event()
        def edit_all():
            try:
                in_threads(*(lambda own=own: edit(own) for own in range(2)))
            finally:
                done.set()
        def match():
            while not done.is_set():
                for event in ({"a": 1}, '{"a":1}', b'{"a":1,"b":"%s"}' % (b"x" * 20_000)):
                    assert matcher.rules_for_event(event)[0] == "stays"
                for found in matcher.rules_for_events(['{"a":1}'] * 200, threads=2):
                    assert found[0] == "stays"
        in_threads(edit_all, match, match)
        assert len(matcher) == len(matcher.rules_for_event({"a": 1})) == 17
        matcher._check()
    """,
    "names whose last reference is the matcher's change it as they go": """
        matcher = Matcher({"stays": {"a": [1]}})
        gone = []
        class Last(Name):
            def __del__(self):
                gone.append(self.key)
                matcher.add_rule(f"after {self.key}", {"a": [1]})
                assert "stays" in matcher.rules_for_event('{"a":1}')
        for i in range(20):
            matcher.add_rule(Last(i), {"a": [1]})
            matcher.add_rule(Last(i), {"b": [1]})   # the second name is forgotten at once
            matcher.replace_rule(Last(i), {"c": [1]})
            matcher.remove_rule(Last(i))
        assert len(gone) >= 20
        assert len(matcher) == 21
        matcher._check()
    """,
    "an iterator of events changes the matcher": """
        for threads in (1, 2, 3):
            for count in (1, 5, 300, 2000):
                matcher = Matcher({"stays": {"a": [1]}})
                def events():
                    for i in range(count):
                        matcher.add_rules({i: {"a": [1]}, -i - 1: {"a": [1]}})
                        if i > 3:
                            matcher.remove_rule(i - 2)
                            matcher.remove_rule(1 - i)
                        yield '{"a":1}' if i % 3 else {"a": 1}
                found = list(matcher.rules_for_events(events(), threads=threads))
                assert len(found) == count
                for names in found:
                    assert names[0] == "stays"
                    if threads == 1:
                        assert 3 <= len(names) <= 11
                matcher._check()
    """,
    "an iterator of events asks for its own answers": """
        for threads in (1, 2):
            matcher = Matcher({"r": {"a": [1]}})
            outcomes = []
            def events():
                for i in range(5):
                    try:
                        outcomes.append(next(answers))
                    except (RuntimeError, ValueError) as error:  # what a generator says, too
                        outcomes.append(type(error))
                    yield '{"a":1}'
            answers = matcher.rules_for_events(events(), threads=threads)
            assert list(answers) == [["r"]] * 5
            refusal = RuntimeError if matcher.engine == "native" else ValueError
            assert [refusal] * 5 == outcomes
    """,
    "an event changes the matcher as it is read": """
        matcher = Matcher({"stays": {"a": [1]}})
        turn = 0
        class Event(UserDict):
            def items(self):
                global turn
                turn += 1
                matcher.add_rule(turn, {"a": [1]})
                if turn > 5:
                    matcher.remove_rule(turn - 5)
                assert len(matcher.rules_for_event(Event2({"a": 1}))) > 1
                return super().items()
        class Event2(UserDict):
            pass
        for threads in (1, 2):
            events = [Event({"a": 1}), {"a": 1, "b": Event({"b": 1})}, "{}"] * 200
            for found in matcher.rules_for_events(events, threads=threads):
                assert found[:1] in (["stays"], [])
        assert turn == 800
        matcher._check()
    """,
    "an event that changes the matcher changes no answer of its portion": """
        class Event(UserDict):
            def items(self):
                matcher.add_rule("new", {"a": [1]})
                return super().items()
        for threads in (1, 2, 3):
            for place in (0, 70, 200):
                matcher = Matcher({"old": {"a": [1]}})
                events = ['{"a":1}'] * 256  # no more than a portion of one thread
                events[place] = Event({"a": 1})
                found = list(matcher.rules_for_events(events, threads=threads))
                behind = ["old"] if matcher.engine == "native" else ["old", "new"]  # python reads one event at a time
                assert [["old"]] * place == found[:place]
                assert [behind] * (255 - place) == found[place + 1:]
                assert ["old", "new"] == matcher.rules_for_event('{"a":1}')
    """,
    "a process forks between two answers, and an iterator is dropped half-way": """
        import os
        matcher = Matcher({"old": {"a": [1]}})
        for threads in (1, 2, 3):
            for given in (['{"a":1}'] * 10_000, iter(['{"a":1}'] * 10_000)):
                answers = matcher.rules_for_events(given, threads=threads)
                assert ["old"] == next(answers)
                child = os.fork()
                if child == 0:
                    matcher.add_rule("new", {"b": [1]})
                    assert [["old"]] * 9_999 == list(answers)
                    os._exit(0)
                assert (child, 0) == os.waitpid(child, 0)
                assert [["old"]] * 4_000 == [next(answers) for _ in range(4_000)]
                del answers
        matcher._check()
    """,
    "the garbage collector changes the matcher at any moment": """
        matcher = Matcher({"stays": {"a": [1], "b": [{"anything-but": "x"}]}})
        turn, collecting = 0, False
        class Cycle:
            def __init__(self):
                self.own = self
            def __del__(self):
                global turn, collecting
                if collecting or matcher is None:
                    return
                collecting = True
                turn += 1
                with contextlib.suppress(RuntimeError):  # in the midst of a change
                    matcher.add_rule(turn, {"a": [1]})
                    if len(matcher) > 5:
                        matcher.remove_rule(list(matcher)[1])
                collecting = False
        events = [
            '{"a":1,"b":"y"}', b'{"a":1,"b":2}', {"a": 1, "b": "y"}, {"a": 1, "b": "\\ud800"}, {"\\ud800": 1},
            {"a": 2**70}, {"a": -2**64, "b": [1]}, {"a": float("nan")}, {"a": {1}}, {1: 1}, {"a": (1, 2), "b": 1},
            {"a": 10**400}, {"a": [1, [2]], "b": []},
            '{"a":1,"b":"y"', '{"a":"\\\\ud800"}', b"\\xff", None, {"b": [{"c": [{}, {}]}] * 3, "b.c": 1},
            b'{"a":1,"b":1,"c":"%s"}' % (b"x" * 20_000),
        ]
        calls = [lambda event=event: matcher.rules_for_event(event) for event in events]
        calls += [lambda event=event: matcher.matches_any(event) for event in events]
        calls += [
            lambda: list(matcher.rules_for_events(['{"a":1,"b":"y"}'] * 70)),
            lambda: list(matcher.rules_for_events(iter([{"a": 1, "b": "y"}] * 70), threads=2)),
            lambda: matcher.select_lines(b'{"a":1,"b":1}\\n{"a":2}\\n' * 40 + b"{"),
            lambda: matcher.stats(), lambda: matcher.describe(), lambda: matcher.copy(),
            lambda: list(matcher.rules.items()), lambda: matcher._check(),
            lambda: matcher.add_rules({"own": {"a": [1]}, "own 2": {"b": [1]}}),
            lambda: matcher.replace_rule("stays", {"a": [1], "b": [{"anything-but": "z"}]}),
            lambda: matcher.remove_rule("own"), lambda: matcher.add_rules({"own 3": {"b": [1]}, "own 4": {"b": 1}}),
        ]
        gc.disable()
        for call in calls:
            for allocations in range(40):  # so many until the collector runs, wherever in the call that is
                Cycle()
                gc.set_threshold(gc.get_count()[0] + allocations, 1000, 1000)
                gc.enable()
                try:
                    call()
                except RulerError:
                    pass
                gc.disable()
        assert turn > 100
        matcher._check()
    """,
    "a finalizer in the midst of a change finds the rules before it or those after it": """
        first = {"p": {"a": [1], "b": [2]}, "q": {"a": [1]}, "r": {"c": [3, 4], "b": [2]}}
        event = '{"a":1,"b":2,"c":3}'
        several = {f"new {i}": {"$or": [{"a": [1], "b": [2, i + 5]}, {"c": [{"prefix": "x"}]}]} for i in range(20)}
        changes = [
            lambda: matcher.add_rules({**several, "p": {"b": [2]}}),
            lambda: matcher.add_rules({"own": {"a": [1]}, "own 2": {"b": [2]}}),
            lambda: matcher.replace_rule("r", {"b": [2, 3], "a": [1]}),
            lambda: matcher.replace_rule("p", {"a": [7]}),
            lambda: matcher.remove_rule("r"),
        ]
        class Cycle:
            def __init__(self):
                self.own = self
            def __del__(self):
                answers.append(matcher.rules_for_event(event))
                answers.append([name for name in matcher.rules_for_event(event) if matcher.matches_any(event)])
        gc.disable()
        befores, afters = 0, 0
        for change in changes:
            for allocations in [*range(60), *range(60, 3000, 15)]:
                matcher, answers = Matcher(first), []
                before = matcher.rules_for_event(event)
                Cycle()
                gc.set_threshold(gc.get_count()[0] + allocations, 1000, 1000)
                gc.enable()
                change()
                assert gc.isenabled()
                gc.disable()
                after = matcher.rules_for_event(event)
                for answer in answers:
                    assert answer in (before, after), answer
                    befores, afters = befores + (answer == before), afters + (answer == after)
                answers = []
                gc.collect()
                matcher._check()
                matcher.replace_rule("q", {"c": [3]})
                assert not gc.isenabled()  # who found it off left it off
        assert befores > 100 and afters > (20 if matcher.engine == "python" else 0), (befores, afters)
    """,
    "batches in several threads while rules come and go": """
        together = {"p": {"a": [1]}, "q": {"b": [1]}, "r": {"c": {"d": [1]}}}
        matcher = Matcher({"stays": {"a": [1]}})
        done = threading.Event()
        def edit():
            try:
                for turn in range(60):
                    matcher.add_rules(together)
                    for name in together:
                        matcher.replace_rule(name, {"c": {"d": [1]}})
                    for name in together:
                        matcher.remove_rule(name)
            finally:
                done.set()
        text = '{"a":1,"b":1,"c":{"d":1}}'
        long = '{"a":1,"b":1,"c":{"d":1},"pad":"%s"}' % ("x" * 20_000)
        allowed = [[], ["p", "q", "r"], ["q", "r"], ["r"]]
        def match(threads):
            while not done.is_set():
                for found in matcher.rules_for_events([text] * 500 + [long], threads=threads):
                    assert found[0] == "stays" and found[1:] in allowed, found
        def match_decoded():
            while not done.is_set():
                found = matcher.rules_for_event({"a": 1, "b": 1, "c": {"d": 1}})
                assert found[0] == "stays" and found[1:] in allowed, found
                assert matcher.rules_for_event(long)[1:] in allowed
        in_threads(edit, lambda: match(1), lambda: match(2), match_decoded)
        assert list(matcher) == ["stays"]
        assert matcher.describe() == Matcher({"stays": {"a": [1]}}).describe()
        matcher._check()
    """,
}


@pytest.mark.parametrize("name", CASES)
def test_code_in_the_midst_of_a_call_neither_blocks_nor_breaks_the_matcher(engine: str, name: str) -> None:
    """It comes to its end in time, and the matcher is sound."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", PRELUDE + textwrap.dedent(CASES[name])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
