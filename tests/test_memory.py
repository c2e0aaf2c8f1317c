"""Memory that rules no longer need is given back: by the dict of names, and by the process."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import require_native

from ruler import Matcher
from ruler.engine import choose_engine
from ruler.names import WORTH_REBUILDING

ROOT = Path(__file__).parent.parent
RULE = '{"a": ["x"]}'


def table_bytes(matcher: Matcher[int]) -> int:
    return sys.getsizeof(matcher._names.ids)


def test_the_dict_of_names_shrinks_as_they_go_and_keeps_their_order(engine: str) -> None:
    """CPython alone would keep the table of the largest size."""
    matcher: Matcher[int] = Matcher(dict.fromkeys(range(4096), RULE), engine=engine)
    view, full = matcher.rules, table_bytes(matcher)
    for name in range(4096):
        if name % 8:
            matcher.remove_rule(name)
    assert table_bytes(matcher) < full / 3
    matcher.add_rule(1, RULE)
    expected = [*range(0, 4096, 8), 1]
    assert expected == list(matcher) == list(view) == matcher.rules_for_event({"a": "x"})
    matcher._check()
    for name in expected:
        matcher.remove_rule(name)
    assert table_bytes(matcher) == sys.getsizeof({})
    matcher.add_rule(5, RULE)
    assert [5] == list(view) == list(matcher)


class Moody:
    """All have the same hash, so any two may be compared; ``mood`` answers then."""

    mood = staticmethod(lambda one, other: one is other)

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        return bool(Moody.mood(self, other))


def shrinking_soon(engine: str) -> tuple[Matcher[Moody], list[Moody]]:
    """A matcher that builds its dict anew when one more name is removed, and its names."""
    names = [Moody() for _ in range(4 * WORTH_REBUILDING)]
    matcher = Matcher(dict.fromkeys(names, RULE), engine=engine)
    for name in names[WORTH_REBUILDING:]:
        matcher.remove_rule(name)
    return matcher, names[:WORTH_REBUILDING]


def test_a_name_that_raises_while_the_dict_is_built_anew_changes_nothing(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The removal is refused as a whole, and works later."""
    matcher, names = shrinking_soon(engine)

    def refuse(one: object, other: object) -> bool:
        raise LookupError("no comparison")

    with monkeypatch.context() as patched:
        patched.setattr(Moody, "mood", refuse)  # the first name is found without a comparison
        with pytest.raises(LookupError):
            matcher.remove_rule(names[0])
    matcher._check()
    assert names == list(matcher)
    matcher.remove_rule(names[0])
    assert names[1:] == list(matcher) == matcher.rules_for_event({"a": "x"})


def test_names_that_turn_equal_while_the_dict_is_built_anew_stay_apart(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that changes its mind must not take the rule of another one with it."""
    matcher, names = shrinking_soon(engine)
    with monkeypatch.context() as patched:
        patched.setattr(Moody, "mood", lambda one, other: True)
        matcher.remove_rule(names[0])
    matcher._check()
    assert [id(name) for name in names[1:]] == [id(name) for name in matcher]


def test_a_draft_of_another_length_is_refused(engine: str) -> None:
    """An engine never reads behind what was written, and adds nothing then."""
    inner = choose_engine(engine)
    draft = inner.draft()
    draft.append(RULE, ())
    with pytest.raises(ValueError):
        inner.add([inner.reserve(), inner.reserve()], ["p", "q"], draft)
    with pytest.raises(ValueError):
        inner.replace(inner.reserve(), inner.draft())
    assert (0, 0) == (inner.changes, inner.stats()[0])


MEASURE = """
import gc, json
from ruler import Matcher

def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

COUNT = 100_000
rules = {f"rule {i}": f'{{"a": {{"b": ["value {i} of many"]}}}}' for i in range(COUNT)}
matcher = Matcher({"warm": '{"a": ["b"]}'}, engine="native")
matcher.remove_rule("warm")
before = resident()
matcher.add_rules(rules)
full = resident()
for name in rules:
    matcher.remove_rule(name)
print(json.dumps({"bytes a rule": (full - before) / COUNT, "times the start": resident() / before}))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked to give memory back")
def test_the_process_gives_back_what_many_rules_took() -> None:
    """As the system counts. The limits are loose, and both are passed when nothing is given back."""
    require_native()
    done = subprocess.run(
        [sys.executable, "-P", "-c", MEASURE], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert found["bytes a rule"] < 400
    assert found["times the start"] < 1.4
