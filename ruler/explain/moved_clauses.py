"""A clause whose path the event does not have, written for the path that was probably meant.

In: a clause of a rule with places, and a path of the event. Out: the member of the rule's text to write in its place.

    "state": ["running"], path detail.state  ->  "detail": {"state": ["running"]}
    "user": [{"exists": true}], path user.id ->  "user": {"id": [{"exists": true}]}
    "State": ["on"], path detail.state       ->  "state", in place of the name

Always: one member changes, or one name around it; where neither can say it, None. That it helps is for the caller to
verify.
"""

from __future__ import annotations

from dataclasses import dataclass

from ruler.errors import Location
from ruler.patterns.compiler import location_of
from ruler.patterns.located import LocatedClause, LocatedRule
from ruler.patterns.reader import Node
from ruler.patterns.rewrites import quoted

_MOST_NAMES = 8  # nested in each other; a longer path is written as one name with dots, which means the same


@dataclass(frozen=True, slots=True)
class _Member:
    """A member of an object of a rule: the clause, or an object around it."""

    parent: Node  # the object
    name: str
    name_start: int
    path: str  # of the member: "detail.state"
    location: Location


@dataclass(frozen=True, slots=True)
class MovedClause:
    """A clause that is to test ``path``."""

    clause: LocatedClause
    path: str

    def rewritten(self, rule: LocatedRule) -> tuple[Node, Location, str] | None:
        """Return a part of the rule's text, as a node, where it is, and the text to write in its place."""
        members = _members_to(rule.node, self.clause.node)
        for member in reversed(members):
            renamed = self._renamed(member)
            if renamed is not None:
                end = member.name_start + len(_name_as_written(rule, member))
                return Node("name", None, member.name_start, end), member.location, quoted(renamed)
        return self._nested(rule, members[-1])

    def _renamed(self, member: _Member) -> str | None:
        """Return the name after which the clause tests the wanted path, all other names as they are."""
        before, after = member.path[: len(member.path) - len(member.name)], self.clause.path[len(member.path) :]
        is_between = self.path.startswith(before) and self.path.endswith(after)
        name = self.path[len(before) : len(self.path) - len(after)] if is_between else ""
        return name if name and name.count(".") == member.name.count(".") else None

    def _nested(self, rule: LocatedRule, member: _Member) -> tuple[Node, Location, str] | None:
        before = member.path[: len(member.path) - len(member.name)]
        if not self.path.startswith(before):
            return None
        names = self.path[len(before) :].split(".")
        taken = {name for name, start, _ in member.parent.value if start != member.name_start}
        if "." in member.name or names[0] in taken or len(names) > _MOST_NAMES:
            names = [".".join(names)]
        text = rule.text(self.clause.node)
        for inner in reversed(names[1:]):
            text = f"{{{quoted(inner)}: {text}}}"
        node = Node("member", None, member.name_start, self.clause.node.end)
        return node, member.location, f"{quoted(names[0])}: {text}"


def _members_to(rule: Node, array: Node) -> list[_Member]:
    """Return the members that lead to ``array``, outermost first."""
    members: list[_Member] = []
    current, path = rule, ""
    while current is not array:
        if current.kind == "array":  # the branches of "$or", whose names continue the path around it
            current = next(each for each in reversed(current.value) if each.start <= array.start)
            continue
        name, name_start, value = next(each for each in reversed(current.value) if each[1] < array.start)
        if value.kind == "object" or value is array:
            path = f"{path}.{name}" if members else name
            members.append(_Member(current, name, name_start, path, location_of(rule, value)))
        current = value
    return members


def _name_as_written(rule: LocatedRule, member: _Member) -> str:
    text = rule.document.text
    end = member.name_start + 1
    while text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    return text[member.name_start : end + 1]
