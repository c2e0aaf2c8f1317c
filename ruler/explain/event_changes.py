"""The smallest changes of an event after which a sub-rule should match it.

In: the values of an event as ``decode`` returns it, and a sub-rule. Out: changes, smallest first: edits that are data,
from which come both the text for people and the changed event.

    {"detail": {"total": 990}}, {"detail": {"total": [{"numeric": [">", 1000]}], "state": ["done"]}}
    ->  set /detail/total to 1001 (now 990); add "state": "done" to /detail

Always: the event given is not changed; what is not edited is shared with it. An edit never touches what it need not:
members keep their order, new ones come last. Whether the sub-rule then matches is for the caller to verify.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ruler.explain.accepted_values import MISSING, nearest_value
from ruler.explain.clause_changes import (
    MOST_SCANNED,
    MOST_SHOWN,
    Choices,
    Trail,
    Way,
    cheapest_plans,
    listed_edits,
    prefixes_of,
)
from ruler.explain.event_view import Container, Leaf, Place
from ruler.patterns.acceptance import Value, excluded_by, may_hold_without_value
from ruler.patterns.located import LocatedClause, LocatedSubRule
from ruler.patterns.mappings import text_from_mapping
from ruler.patterns.model import Absent, NoneOf, Pattern
from ruler.patterns.reader import MAX_DEPTH, shortened

MOST_REMOVALS = 100  # edits that make one path absent
MOST_NEAR = 5  # of those in elements that are chosen already, where there are more
MOST_HOSTS = 100  # objects and arrays in which a missing value may be put, for each clause
_TOP = Place(None, "")

# How large an edit is, beside setting a value: from 0, the same value in another case, to 1, a value of another type.
_ADD_ELEMENT = 0.4
_ADD_MEMBER = 1.1
_NEW_ELEMENT = 1.6
_ONE_LEVEL = 0.1  # for each object that is new
_MOST_LEVELS = 20
_REMOVE = 1.2
_PUT_IN_PLACE = 2.0  # of an empty object, of a value that stands in the way
_PUT_IN_PLACE_OF_OBJECT = 3.0
_WRAP_VALUE = 1.8
_WRAP = 4.0
_DOTTED = 5.0


@dataclass(frozen=True, slots=True)
class SetValue:
    """Put ``value`` where something stands now."""

    place: Place
    value: Any
    now: Any

    def __str__(self) -> str:
        return f"set {_named(self.place)} to {_shown(self.value)} (now {_shown(self.now)})"


@dataclass(frozen=True, slots=True)
class AddMember:
    """Put a new member last in an object."""

    place: Place  # the object
    name: str
    value: Any

    def __str__(self) -> str:
        return f"add {_shown(self.name)}: {_shown(self.value)} to {_named(self.place)}"


@dataclass(frozen=True, slots=True)
class AddElement:
    """Put a new element last in an array."""

    place: Place  # the array
    value: Any

    def __str__(self) -> str:
        return f"add {_shown(self.value)} to {_named(self.place)}"


@dataclass(frozen=True, slots=True)
class AddBeside:
    """Make an array of an object, or of a value, and after it other values."""

    place: Place  # the object or value
    values: tuple[Any, ...]

    def __str__(self) -> str:
        return f"put {_named(self.place)} into an array with {', '.join(map(_shown, self.values))} after it"


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a member or an element away."""

    place: Place
    now: Any

    def __str__(self) -> str:
        return f"remove {_named(self.place)} (now {_shown(self.now)})"


@dataclass(frozen=True, slots=True)
class Put:
    """A value at the end of names that are not there yet. Becomes one edit with others at the same place."""

    place: Place
    kind: str  # "member" of an object, "element" of an array, or "instead" of what is there
    names: tuple[str, ...]
    value: Value
    now: Any = None


_ORDER = (SetValue, (AddMember, AddElement), AddBeside, Remove)
_Host = tuple[Container, Put | SetValue | AddBeside, float]  # where a value can be put, how, and the weight of it
Edit = SetValue | AddMember | AddElement | AddBeside | Remove


@dataclass(frozen=True, slots=True)
class EventChange:
    """Edits that belong together."""

    edits: tuple[Edit, ...]
    cost: tuple[int, float]  # how many values are new, other or gone, and how large that is

    def __str__(self) -> str:
        return listed_edits(map(str, self.edits[:MOST_SHOWN]), len(self.edits))


def event_changes(choices: Choices, sub_rule: LocatedSubRule) -> list[EventChange]:
    """Return changes of an event, smallest first, after which ``sub_rule`` should match.

    The view of ``choices`` has the paths of the sub-rule and those on the way to them.
    """
    counts = Counter(clause.path for clause in sub_rule.clauses)
    repeated = {path for path, count in counts.items() if count > 1}
    plans = cheapest_plans(sub_rule.clauses, _Ways(choices, repeated).of_clause, choices.effort)
    return [EventChange(_joined(plan.edits), plan.cost) for plan in plans]


# -- ways for a clause to hold


class _Ways:
    """The ways in which clauses can hold for one event."""

    def __init__(self, choices: Choices, repeated: set[str]) -> None:
        self.choices = choices
        self.repeated = repeated  # paths of several clauses, which may need a value each
        self.view = choices.view
        self.effort = choices.effort
        self.hosts: dict[int, list[_Host]] = {}  # by the identity of the clause
        self.by_element: dict[str, dict[tuple[Place, int], list[Container]]] = {}

    def of_clause(self, clause: LocatedClause, trail: Trail) -> Iterator[Way]:
        """Yield the ways of ``clause`` after ``trail``, as good as smallest first."""
        absent = self.absent(clause, trail) if may_hold_without_value(clause.patterns) else None
        if absent is not None and not absent.edits:
            yield absent
        for choice, joined in self.choices.consistent(clause, trail):
            if choice.is_accepted:
                yield Way(joined)
            elif choice.alternative is not None:
                yield Way(joined, (SetValue(choice.leaf.place, choice.value, choice.leaf.value),), choice.weight)
        if absent is not None and absent.edits:
            yield absent
        yield from self.additions(clause, trail)

    def absent(self, clause: LocatedClause, trail: Trail) -> Way | None:
        """Return the way that takes away every value that must not be there; None when there are too many."""
        ways = [
            self.without(clause, excluded_by(pattern), trail)
            for pattern in dict.fromkeys(clause.patterns)
            if isinstance(pattern, Absent | NoneOf)
        ]
        return min((way for way in ways if way is not None), key=lambda way: len(way.edits), default=None)

    def without(self, clause: LocatedClause, excluded: frozenset[Pattern], trail: Trail) -> Way | None:
        """Return the way that takes away the values that any of ``excluded`` accepts."""
        leaves = self.view.leaves.get(clause.path, [])
        if len(leaves) > self.effort.steps or not self.effort.spend(len(leaves) * (len(excluded) - 1)):
            return None
        offending = [
            leaf
            for leaf in leaves
            if any(self.choices.is_accepted(each, leaf.value) for each in excluded)
            and self.choices.joined(trail, leaf.element) is not None
        ]
        if len(offending) > MOST_SCANNED:
            return None
        in_arrays = Counter(leaf.place.parent for leaf in offending)
        places = dict.fromkeys(self.removable(leaf, in_arrays) for leaf in offending)
        if len(places) > MOST_REMOVALS:
            return None
        edits = tuple(Remove(place, node_at(self.view.event, place)) for place in places)
        return Way(trail, edits, _REMOVE * len(edits))

    def removable(self, leaf: Leaf, in_arrays: Counter[Place | None]) -> Place:
        """Return the place of ``leaf``, or of the array around it when that holds only values to take away."""
        place = leaf.place
        if not isinstance(place.step, int) or place.parent is None:
            return place
        array = node_at(self.view.event, place.parent)
        return place.parent if len(array) == in_arrays[place.parent] else place

    def additions(self, clause: LocatedClause, trail: Trail) -> Iterator[Way]:
        """Yield the ways that put a value where none is."""
        hosts = self.hosts_of(clause)
        near = self.hosts_near(clause, trail)
        for host, edit, weight in sorted([*near, *hosts], key=lambda each: each[2]) if near else hosts:
            joined = self.choices.joined(trail, host.element)
            if joined is None:
                continue
            if isinstance(edit, Put) and edit.kind == "element" and edit.names:
                end = len(node_at(self.view.event, host.place))
                if joined.get(host.place, end) != end:
                    continue
                joined = {**joined, host.place: end}
            yield Way(joined, (edit,), weight)

    def hosts_of(self, clause: LocatedClause) -> list[_Host]:
        """Return the first objects and arrays that can hold the value that ``clause`` lacks, best first."""
        hosts = self.hosts.get(id(clause))
        if hosts is None:
            hosts = self.with_edits(clause, self.containers_toward(clause.path))
            hosts += self.beside_values(clause)
            self.hosts[id(clause)] = sorted(hosts, key=lambda each: each[2])
        return self.hosts[id(clause)]

    def beside_values(self, clause: LocatedClause) -> list[_Host]:
        """Return the first values at the path of ``clause`` that can have another beside them, in a new array."""
        sample = self.sample(clause)
        if sample is None or clause.path not in self.repeated:
            return []
        return [
            (Container(leaf.path, "value", leaf.place, leaf.element), AddBeside(leaf.place, (sample[1],)), _WRAP_VALUE)
            for leaf in self.view.leaves.get(clause.path, [])[:MOST_HOSTS]
            if isinstance(leaf.place.step, str)
        ]

    def sample(self, clause: LocatedClause) -> tuple[float, Value] | None:
        """Return a value that ``clause`` accepts, where none is."""
        samples = (nearest_value(alternative, MISSING) for alternative in clause.alternatives)
        return next((sample for sample in samples if sample is not None), None)

    def hosts_near(self, clause: LocatedClause, trail: Trail) -> list[_Host]:
        """Return those in the elements of ``trail``, where there are too many for ``hosts_of`` to have them all."""
        found: list[tuple[Container, tuple[str, ...]]] = []
        for path in (clause.path, *prefixes_of(clause.path)):
            if len(self.view.containers.get(path, ())) > MOST_HOSTS and self.effort.spend(len(trail)):
                names = tuple(clause.path[len(path) + 1 :].split(".")) if path != clause.path else ()
                by_element = self.containers_by_element(path)
                lists = [by_element[pair] for pair in trail.items() if pair in by_element]
                found += [(each, names) for containers in lists[:MOST_NEAR] for each in containers[:MOST_NEAR]]
        self.effort.spend(10 * len(found))
        return self.with_edits(clause, found) if found else []

    def containers_by_element(self, path: str) -> dict[tuple[Place, int], list[Container]]:
        """Return the objects and arrays at ``path`` by the innermost array and index that they are in."""
        found = self.by_element.get(path)
        if found is None:
            found = self.by_element[path] = {}
            for container in self.view.containers[path]:
                if container.element is not None:
                    key = container.element.array, container.element.index
                    found.setdefault(key, []).append(container)
        return found

    def with_edits(self, clause: LocatedClause, containers: Iterable[tuple[Container, tuple[str, ...]]]) -> list[_Host]:
        """Return for each container, and the names from there on, the edits that put a value there."""
        sample = self.sample(clause)
        if sample is None:
            return []
        return [(host, *each) for host, names in containers for each in self.edits_in(host, names, sample[1])]

    def containers_toward(self, path: str) -> Iterator[tuple[Container, tuple[str, ...]]]:
        """Yield what stands at ``path`` or on the way to it, and the names from there on; the longest way first."""
        ends = [len(path), *(index for index in reversed(range(len(path))) if path[index] == ".")]
        count = 0
        for end in ends:
            containers = self.view.containers.get(path[:end])
            if containers:
                names = tuple(path[end + 1 :].split(".")) if end < len(path) else ()
                for container in containers[: MOST_HOSTS - count]:
                    yield container, names
                count += len(containers)
            if count >= MOST_HOSTS or not self.effort.spend(1 + end // 100):
                break
        yield Container("", "object", _TOP, None), tuple(path.split("."))

    def edits_in(
        self, host: Container, names: tuple[str, ...], value: Value
    ) -> Iterator[tuple[Put | SetValue | AddBeside, float]]:
        node = node_at(self.view.event, host.place)
        if node.__class__ is list:
            weight = _NEW_ELEMENT + _levels(names) if names else _ADD_ELEMENT
            yield Put(host.place, "element", names, value), weight
        elif not names:
            yield SetValue(host.place, value, node), _PUT_IN_PLACE_OF_OBJECT if node else _PUT_IN_PLACE
            yield AddBeside(host.place, (value,)), _WRAP
        else:
            if names[0] not in node:
                yield Put(host.place, "member", names, value), _ADD_MEMBER + _levels(names)
            elif len(names) > 1 and node[names[0]].__class__ not in (dict, list):
                place = Place(host.place, names[0])
                yield Put(place, "instead", names[1:], value, node[names[0]]), _PUT_IN_PLACE
            dotted = ".".join(names)
            if len(names) > 1 and dotted not in node:
                yield Put(host.place, "member", (dotted,), value), _DOTTED


def _levels(names: tuple[str, ...]) -> float:
    """Return the weight of new objects: more where fewer of the names are there already."""
    return _ONE_LEVEL * min(len(names), _MOST_LEVELS)


# -- edits


def _joined(edits: tuple[Any, ...]) -> tuple[Edit, ...]:
    """Return ``edits`` in which what is put into one new object is put there together."""
    joined: list[Edit] = []
    news: dict[tuple[Any, ...], dict[str, Any]] = {}
    puts: dict[tuple[Any, ...], Put] = {}
    beside: dict[tuple[Any, ...], tuple[Any, ...]] = {}  # values to put beside the same
    for edit in edits:
        if isinstance(edit, AddBeside):
            beside[edit.place.steps] = (*beside.get(edit.place.steps, ()), *edit.values)
    for edit in edits:
        if isinstance(edit, AddBeside):
            values = beside.pop(edit.place.steps, ())
            joined += [AddBeside(edit.place, values)] if values else []
        elif not isinstance(edit, Put):
            joined.append(edit)
        elif not edit.names:
            joined.append(AddElement(edit.place, edit.value))
        else:
            key = (edit.place.steps, edit.kind)
            puts.setdefault(key, edit)
            _put(news.setdefault(key, {}), edit.names, edit.value)
    # What is put in place of a value takes it away as well.
    joined = [edit for edit in joined if not isinstance(edit, Remove) or (edit.place.steps, "instead") not in puts]
    for key, new in news.items():
        put = puts[key]
        if put.kind == "member":
            joined += [AddMember(put.place, name, value) for name, value in new.items()]
        else:
            joined.append(AddElement(put.place, new) if put.kind == "element" else SetValue(put.place, new, put.now))
    # In an order in which each place is still what it was: elements of an array go from the last one on.
    by_kind = [[edit for edit in joined if isinstance(edit, kinds)] for kinds in _ORDER]
    return (*by_kind[0], *by_kind[1], *reversed(by_kind[2]), *reversed(by_kind[3]))


def _put(new: dict[str, Any], names: tuple[str, ...], value: Value) -> None:
    """Put ``value`` into an object of ours; under a name with dots where a value stands in the way."""
    for index, name in enumerate(names[:-1]):
        inner = new.setdefault(name, {})
        if inner.__class__ is not dict:
            new[".".join(names[index:])] = value
            return
        new = inner
    new[names[-1]] = [new[names[-1]], value] if names[-1] in new else value


def changed_event(event: dict[str, Any], change: EventChange) -> str | None:
    """Return the JSON text of ``event`` with ``change`` applied, None when the edits contradict each other."""
    copy = _Copy(event)
    try:
        held = [(edit, *copy.holder_and_step(edit)) for edit in change.edits]
        for edit, holder, step in held:
            _apply(edit, holder, step)
        return text_from_mapping(copy.top, MAX_DEPTH)
    except (KeyError, IndexError, TypeError, ValueError):  # ValueError: also RuleError, for one that nests too deep
        return None


def _apply(edit: Edit, holder: Any, step: Any) -> None:
    match edit:
        case AddElement():
            holder.append(edit.value)
        case AddBeside():
            holder[step] = [holder[step], *edit.values]
        case SetValue() | AddMember():
            if isinstance(edit, AddMember) and step in holder:
                raise KeyError(step)
            holder[step] = edit.value
        case Remove():
            del holder[step]


class _Copy:
    """An event of which only what is on the way to an edit is copied."""

    def __init__(self, event: dict[str, Any]) -> None:
        self.top = dict(event)
        self.ours = {id(self.top)}

    def holder_and_step(self, edit: Edit) -> tuple[Any, Any]:
        """Return the object or array, ours, that ``edit`` changes, and the name or index of what it changes there."""
        steps = edit.place.steps
        if isinstance(edit, AddMember):
            return self.at(steps), edit.name
        if isinstance(edit, AddElement):
            return self.at(steps), None
        return self.at(steps[:-1]), steps[-1]

    def at(self, steps: tuple[str | int, ...]) -> Any:
        node: Any = self.top
        for step in steps:
            inner = node[step]
            if id(inner) not in self.ours:
                inner = inner.copy()
                self.ours.add(id(inner))
                node[step] = inner
            node = inner
        return node


def node_at(event: dict[str, Any], place: Place) -> Any:
    """Return what stands at ``place``."""
    node: Any = event
    for step in place.steps:
        node = node[step]
    return node


# -- words


def _named(place: Place) -> str:
    return place.pointer or "the event"


def _shown(value: Any) -> str:
    """Return a value as JSON on one line, its middle left out when it is long."""
    if isinstance(value, str) and len(value) > 200:
        value = value[:100] + value[-100:]
    if value.__class__ in (dict, list):
        return shortened(text_from_mapping({"": value}, 2 * MAX_DEPTH)[len('{"": ') : -1])
    return shortened(json.dumps(value, ensure_ascii=False))
