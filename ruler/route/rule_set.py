"""A rule set: rules, the targets they lead to, and a digest of all that decides what is delivered where.

In: targets and rules, as the reader of documents makes them. Out: a RuleSet, which never changes; another version is
another RuleSet, and who routes swaps one reference.

    targets  ops: {uri: https://..., order: key}         rules  ec2-running: {pattern: {...}, targets: [ops]}
    digest        b3c5..., the same for every document that means the same, however it is spelled and ordered
    rules_digest  0a7e..., of what decides what is delivered: the rules, without the settings of targets

Always: rules and targets stand in the order of their names, so that two documents with one digest behave the same. A
part of a rule set has the digests of the whole: the ids of its deliveries are those that the whole would make.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import translate
from hashlib import blake2b
from types import MappingProxyType

import orjson

from ruler.dialects.names import DEFAULT_DIALECT
from ruler.matcher import Matcher
from ruler.route.inputs.input_transformer import Template
from ruler.route.inputs.slices import Step

DIGEST_BYTES = 16
VERSION_DIGITS = 12  # of the digest, where the document names no version
NO_OPTIONS: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """How often and how long a delivery is tried, and how long to wait in between. In seconds."""

    attempts: int = 8  # the first one included
    max_age: float = 300.0  # since the first attempt
    first_delay: float = 0.2  # the longest wait before the second attempt; it doubles with each
    max_delay: float = 30.0


@dataclass(frozen=True, slots=True)
class BrakeSettings:
    """When a target pauses in place of going on to fail: so that a topic is not emptied into dead letters.

    It pauses when, of at least ``least`` deliveries that ended within ``window`` seconds, more than ``share`` ended
    badly. After ``pause`` seconds one send tries whether it may go on.
    """

    share: float = 0.5  # above 0 and below 1
    window: float = 60.0
    least: int = 20
    pause: float = 30.0


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """One target of a rule set, as the document describes it."""

    name: str
    uri: str = ""  # "" for a target that the program brings itself
    order: str = "none"  # or "key"
    rate: float | None = None  # deliveries a second; None for no limit
    burst: int | None = None  # deliveries at once after a pause; None where there is no rate
    concurrency: int = 16  # sends at one time
    batch: int = 100  # deliveries in one send, at most
    timeout: float = 30.0  # seconds for one send
    retry: RetrySettings = RetrySettings()
    brake: BrakeSettings | None = BrakeSettings()  # None for a target that never pauses
    dead_letter: str = ""  # the target that takes what this one does not; "" for none
    options: Mapping[str, object] = field(
        default_factory=lambda: NO_OPTIONS
    )  # for the kind of target that the URI names


@dataclass(frozen=True, slots=True)
class Input:
    """What of an event a rule's targets get: all of it, the value that ``steps`` lead to, or a filled template."""

    kind: str = "whole"  # or "select", "input_path", "input_transformer"
    text: str = ""  # the pointer or the path, or the template with its paths: the same text means the same input
    steps: tuple[Step, ...] = ()
    template: Template | None = None

    @property
    def is_of_rule(self) -> bool:
        """Whether two rules with this input make different bytes: the template names the rule."""
        return self.template is not None and self.template.names_rule


WHOLE = Input()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a rule set."""

    name: str
    text: str  # of the pattern, as JSON
    canonical: bytes  # the pattern in the one spelling that equal patterns share
    targets: tuple[str, ...] = ()  # in the order of their names
    input: Input = WHOLE
    tags: tuple[str, ...] = ()
    is_shadow: bool = False  # matches and is counted, and delivers nothing
    arn: str = ""  # what <aws.events.rule-arn> stands for
    description: str = ""


class RuleSet:
    """Rules and targets that belong together. ``digest`` tells their content, ``version`` is what people call it.

    ``rules_digest`` is that of the rules alone: ids of deliveries are made of it, so that they stay when a target is
    only to get the same more slowly.
    """

    __slots__ = ("dead_letter", "digest", "matcher", "rules", "rules_digest", "targets", "version", "whole")

    rules: Mapping[str, Rule]
    targets: Mapping[str, TargetSettings]
    version: str
    digest: str
    rules_digest: str
    dead_letter: str  # the target that takes events that are none; "" for none
    matcher: Matcher[str]  # holds the rules under their names, held to its dialect; nobody changes it
    whole: RuleSet | None  # the rule set that this one is a part of

    def __init__(
        self,
        rules: Iterable[Rule],
        targets: Iterable[TargetSettings],
        *,
        version: str = "",
        dead_letter: str = "",
        matcher: Matcher[str] | None = None,
        engine: str = "auto",
    ) -> None:
        self._set("rules", MappingProxyType({rule.name: rule for rule in sorted(rules, key=lambda rule: rule.name)}))
        in_order = sorted(targets, key=lambda target: target.name)
        self._set("targets", MappingProxyType({target.name: target for target in in_order}))
        self._set("dead_letter", dead_letter)
        self._set("digest", _digest(self))
        self._set("rules_digest", _rules_digest(self))
        self._set("version", version or self.digest[:VERSION_DIGITS])
        self._set("matcher", matcher if matcher is not None else matcher_of(self.rules.values(), engine))
        self._set("whole", None)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a rule set does not change; another version is another rule set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a rule set does not change; another version is another rule set")

    def __repr__(self) -> str:
        return f"<RuleSet {self.version}: {len(self.rules)} rules, {len(self.targets)} targets>"

    def part(self, pattern: str) -> RuleSet:
        """Return the part of this rule set whose targets have names like ``pattern``, a glob: ``ops-*``.

        Rules that lead to none of them are left out. Targets for dead letters are kept, and get nothing else. The
        digests and the version are those of the whole. ValueError when no target has such a name.
        """
        is_like: Callable[[str], object] = re.compile(translate(pattern)).match
        kept = {name for name in self.targets if is_like(name)}
        if not kept:
            raise ValueError(f"no target is called {pattern}; there are {', '.join(self.targets) or 'none'}")
        rules = [
            replace(rule, targets=tuple(name for name in rule.targets if name in kept)) for rule in self.rules.values()
        ]
        kept_rules = [rule for rule in rules if rule.targets]
        part = RuleSet(
            kept_rules,
            _with_dead_letters(self, kept),
            version=self.version,
            dead_letter=self.dead_letter,
            matcher=matcher_of(kept_rules, self.matcher.engine, self.matcher.dialect),
        )
        part._set("digest", self.digest)
        part._set("rules_digest", self.rules_digest)
        part._set("whole", self)
        return part


def matcher_of(rules: Iterable[Rule], engine: str = "auto", dialect: str = DEFAULT_DIALECT) -> Matcher[str]:
    """Return a matcher that holds the rules, which have no errors, under their names, in this order."""
    return Matcher({rule.name: rule.text for rule in rules}, engine=engine, dialect=dialect)


def _with_dead_letters(rule_set: RuleSet, names: set[str]) -> list[TargetSettings]:
    """The targets of these names, and those that their dead letters go to."""
    kept: set[str] = set()
    waiting = [*names, *([rule_set.dead_letter] if rule_set.dead_letter else [])]
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept.add(name)
            dead_letter = rule_set.targets[name].dead_letter
            waiting += [dead_letter] if dead_letter else []
    return [rule_set.targets[name] for name in kept]


def _digest(rule_set: RuleSet) -> str:
    """The digest of all that decides what is delivered, where and how; not of names of versions, nor descriptions."""
    hasher = blake2b(digest_size=DIGEST_BYTES)
    for rule in rule_set.rules.values():
        written = [rule.name, rule.targets, [rule.input.kind, rule.input.text], rule.tags, rule.is_shadow, rule.arn]
        _add(hasher.update, b"rule", orjson.dumps(written), rule.canonical)
    for target in rule_set.targets.values():
        _add(hasher.update, b"target", orjson.dumps(target_record(target), option=orjson.OPT_SORT_KEYS))
    _add(hasher.update, b"dead_letter", rule_set.dead_letter.encode())
    return hasher.hexdigest()


def _rules_digest(rule_set: RuleSet) -> str:
    """The digest of all that decides what is delivered to which name; tags do not, nor what a target is set to."""
    hasher = blake2b(digest_size=DIGEST_BYTES)
    for rule in rule_set.rules.values():
        written = [rule.name, rule.targets, [rule.input.kind, rule.input.text], rule.is_shadow, rule.arn]
        _add(hasher.update, b"rule", orjson.dumps(written), rule.canonical)
    return hasher.hexdigest()


def target_record(target: TargetSettings) -> dict[str, object]:
    """Return the settings of a target by name, those inside them too, with numbers that are equal written alike."""
    record: dict[str, object] = {each.name: getattr(target, each.name) for each in fields(target)}
    record["retry"] = {each.name: float(getattr(target.retry, each.name)) for each in fields(target.retry)}
    brake = target.brake
    record["brake"] = None if brake is None else {each.name: float(getattr(brake, each.name)) for each in fields(brake)}
    record["options"] = dict(target.options)
    record["rate"] = None if target.rate is None else float(target.rate)
    record["timeout"] = float(target.timeout)
    return record


def _add(update: Callable[[bytes], None], *parts: bytes) -> None:
    for part in parts:
        update(b"%d\0" % len(part))
        update(part)
