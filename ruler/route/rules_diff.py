"""What differs between two rule sets, in their rules and targets.

In: two rule sets. Out: a RuleSetDiff; ``str`` of it is for people, ``as_dict`` for programs.

    rules: 1 added, 1 changed
      + big
      ~ running
          targets: ops -> log, ops

Always: spelling and order are no difference, as in the digest; two rule sets of one digest differ at most in
descriptions and in a version that somebody named. What may be secret is not shown: of the options of a target only
their names, of an address of HTTP only the server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TypeVar

from ruler.findings import printable
from ruler.route.options import shown_uri
from ruler.route.rule_set import VERSION_DIGITS, Rule, RuleSet, TargetSettings, target_record

LONGEST_SHOWN = 100  # characters of a value, for people
SHOWN_BEFORE = 20  # characters of a long value before those that differ
DURATIONS = {"timeout", "retry.max_age", "retry.first_delay", "retry.max_delay", "brake.window", "brake.pause"}

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a rule or a target that differs. "" stands for what is not there; both are "" for what is secret."""

    name: str
    before: str
    after: str

    def __str__(self) -> str:
        if self.before == self.after:
            return self.name
        return f"{self.name}: {' -> '.join(_shown_beside(self.before, self.after))}"


@dataclass(frozen=True, slots=True)
class Changed:
    """A rule or a target that both rule sets have, and the members in which it differs."""

    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class PartsDiff:
    """What differs among the rules, or the targets. All in the order of their names."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Changed, ...]

    def lines(self, thing: str) -> list[str]:
        """Return the lines for people."""
        counts = {"added": len(self.added), "removed": len(self.removed), "changed": len(self.changed)}
        said = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
        lines = [f"{thing}: {said or 'the same'}"]
        lines += [f"  + {printable(name)}" for name in self.added]
        lines += [f"  - {printable(name)}" for name in self.removed]
        for each in self.changed:
            lines += [f"  ~ {printable(each.name)}", *(f"      {member}" for member in each.members)]
        return lines


@dataclass(frozen=True, slots=True)
class RuleSetDiff:
    """What differs between two rule sets."""

    rules: PartsDiff
    targets: PartsDiff
    dead_letter: tuple[str, str] | None  # before and after; None when it is the same
    version: tuple[str, str] | None = None  # as somebody named it, before and after; None when it is the same

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        nothing = PartsDiff((), (), ())
        return self.rules == self.targets == nothing and self.dead_letter is None and self.version is None

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)

    def __str__(self) -> str:
        lines = self.rules.lines("rules") + self.targets.lines("targets")
        for name, pair in (("dead_letter", self.dead_letter), ("version", self.version)):
            lines += [f"{name}: {' -> '.join(_shown_beside(*pair))}"] if pair is not None else []
        return "\n".join(lines)


def diff_rule_sets(old: RuleSet, new: RuleSet) -> RuleSetDiff:
    """Return what differs between two rule sets."""
    versions = _named_version(old), _named_version(new)
    return RuleSetDiff(
        _diff_parts(old.rules, new.rules, _members_of_rule),
        _diff_parts(old.targets, new.targets, _members_of_target),
        None if old.dead_letter == new.dead_letter else (old.dead_letter, new.dead_letter),
        None if versions[0] == versions[1] else versions,
    )


@dataclass(frozen=True, slots=True)
class _Value:
    """What is compared of a member, and what is shown of it."""

    compared: object
    text: str = field(compare=False)


_ABSENT = _Value(None, "")


def _diff_parts(
    old: Mapping[str, Part], new: Mapping[str, Part], members_of: Callable[[Part], Mapping[str, _Value]]
) -> PartsDiff:
    changed = []
    for name in sorted(old.keys() & new.keys()):
        before, after = members_of(old[name]), members_of(new[name])
        pairs = [(each, before.get(each, _ABSENT), after.get(each, _ABSENT)) for each in {**before, **after}]
        members = [Member(each, was.text, now.text) for each, was, now in pairs if was != now]
        wholes = {member.name for member in members}  # where all of it differs, the parts say nothing more
        members = [each for each in members if "." not in each.name or each.name.partition(".")[0] not in wholes]
        if members:
            changed.append(Changed(name, tuple(members)))
    return PartsDiff(tuple(sorted(new.keys() - old.keys())), tuple(sorted(old.keys() - new.keys())), tuple(changed))


def _members_of_rule(rule: Rule) -> dict[str, _Value]:
    shape = rule.input
    return {
        "pattern": _Value(rule.canonical, rule.canonical.decode().removeprefix("in order ")),
        "targets": _Value(rule.targets, ", ".join(rule.targets)),
        "input": _Value((shape.kind, shape.text), f"{shape.kind} {shape.text}".strip()),
        "tags": _Value(rule.tags, ", ".join(rule.tags)),
        "shadow": _Value(rule.is_shadow, "true" if rule.is_shadow else "false"),
        "arn": _Value(rule.arn, rule.arn),
        "description": _Value(rule.description, rule.description),
    }


def _members_of_target(target: TargetSettings) -> dict[str, _Value]:
    """The settings as a document has them: those inside others with a dot, such as ``retry.attempts``."""
    found: dict[str, _Value] = {}
    for name, value in target_record(target).items():
        inside = value if isinstance(value, Mapping) else {}
        for inner, each in inside.items():
            whole = f"{name}.{inner}"
            found[whole] = _Value((each,), "" if name == "options" else _setting_text(whole, each))
        if name == "brake":
            found[name] = _Value(bool(inside), "true" if inside else "false")
        elif not isinstance(value, Mapping):
            found[name] = _Value(value, _setting_text(name, value))
    found["uri"] = _Value(target.uri, shown_uri(target.uri) if target.uri else "")
    return found


def _setting_text(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.12g}" + ("s" if name in DURATIONS else "")
    return str(value)


def _named_version(rule_set: RuleSet) -> str:
    """The version that somebody named; "" where it only tells the content."""
    return "" if rule_set.version == rule_set.digest[:VERSION_DIGITS] else rule_set.version


def _shown_beside(before: str, after: str) -> tuple[str, str]:
    """Two values for people: long ones from where they differ."""
    start = 0
    if max(len(before), len(after)) > LONGEST_SHOWN:
        pairs = zip(before, after, strict=False)
        alike = next((place for place, pair in enumerate(pairs) if pair[0] != pair[1]), min(len(before), len(after)))
        start = max(0, alike - SHOWN_BEFORE)
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    shown = text[start : start + LONGEST_SHOWN]
    is_longer = start + len(shown) < len(text)
    return ("..." if start else "") + printable(shown) + ("..." if is_longer else "") or "none"
