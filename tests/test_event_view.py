"""An event view has the values, trails and places that the semantics give an event."""

from __future__ import annotations

import json
from typing import Any

import oracle
import strategies
from hypothesis import given

from ruler.explain.event_view import Leaf, view_event
from ruler.machine.decode import decode


def follow(event: Any, leaf: Leaf) -> Any:
    """What stands at the place of ``leaf``."""
    for step in leaf.place.steps:
        event = event[step]
    return event


@given(strategies.events)
def test_a_view_has_the_fields_of_the_oracle(text: str) -> None:
    """Every path asked for has its values, in order, with trails that agree, at places where they stand."""
    expected = oracle.fields(text)
    paths = {path for path, _, _ in expected}
    view = view_event(decode(text), paths)
    assert paths == set(view.leaves)
    for path in paths:
        found = view.leaves[path]
        # By identity: 1, 1.0 and true are equal in Python.
        assert [repr(value) for each, value, _ in expected if each == path] == [repr(leaf.value) for leaf in found]
        trails = [trail for each, _, trail in expected if each == path]
        assert [sorted(trail.values()) for trail in trails] == [
            sorted(leaf.element.indexes.values()) if leaf.element else [] for leaf in found
        ]
        assert all(follow(view.event, leaf) is leaf.value for leaf in found)


def test_trails_pointers_and_containers() -> None:
    """A scalar directly inside an array is not tied to it; names are escaped in pointers."""
    event = {"a": [{"x": 1}, {"x": [2, []]}], "b/c": {"~": {}}}
    view = view_event(event, ["a.x", "b/c.~", "a"])
    assert [(leaf.value, leaf.place.pointer) for leaf in view.leaves["a.x"]] == [(1, "/a/0/x"), (2, "/a/1/x/0")]
    trails = [leaf.element and list(leaf.element.indexes.values()) for leaf in view.leaves["a.x"]]
    assert trails == [[0], [1]]
    shown = {path: [(c.kind, c.place.pointer) for c in found] for path, found in view.containers.items()}
    assert shown == {
        "a": [("array", "/a"), ("object", "/a/0"), ("object", "/a/1")],
        "a.x": [("array", "/a/1/x"), ("empty array", "/a/1/x/1")],
        "b/c.~": [("empty object", "/b~1c/~0")],
    }


def test_deep_and_wide_events_cost_no_more_than_their_length() -> None:
    """A thousand levels above ten thousand values: places are shared, paths that nobody asked for are not built."""
    wide = {f"n{index}": index for index in range(10_000)}
    text = '{"a":' * 1000 + json.dumps(wide) + "}" * 1000
    path = "a." * 1000 + "n7"
    view = view_event(decode(text), [path])
    assert [leaf.value for leaf in view.leaves[path]] == [7]


def test_a_path_of_many_dots_costs_no_more_than_its_length() -> None:
    """Its prefixes are not kept: there are 200,000, with twenty thousand million characters."""
    path = "a" + "." * 200_000
    assert [leaf.value for leaf in view_event({path: 1}, [path]).leaves[path]] == [1]
    assert view_event({"a": {"": 1}}, [path]).leaves == {}
