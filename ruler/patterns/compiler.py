"""Compiles a rule into sub-rules; ``$or`` and ``$and`` expand here.

In: a rule's text, or a mapping that means one. Out: distinct SubRules; RuleError, the first in text order.

    {"$or": [{"a": [1]}, {"b": [2]}], "c": [3]}  ->  a = 1 and c = 3;  b = 2 and c = 3

Idea: members are read in text order over a list of sub-rules, at first one, empty. A clause is written into
all of them, over an earlier clause of the same path. A ``$or`` replaces the list by, branch after branch, the
list extended by that branch. While a ``$or`` is read, an error in a branch does not stop the others.
A ``$and`` (an extension) reads each branch over a list of its own, again one empty sub-rule, and replaces the list by
every pair of the two. What a branch adds stands apart from the paths of the leaves around it, so neither overrides.

Ordinary rules are first tried in a quicker way (quick.py), which gives these same sub-rules or nothing.

Always: no recursion (objects are generators on a stack of our own); never more sub-rules in memory than
twice the limit; a sub-rule that stands in a list is never changed, so lists share them.
Source: sections 2 to 4 and 13 of the semantics.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ruler.errors import Location, RuleError
from ruler.patterns.clauses import ClauseReader
from ruler.patterns.model import Clause, SubRule
from ruler.patterns.operators import operator_meant
from ruler.patterns.quick import quickly_compiled
from ruler.patterns.reader import Document, Node, document_from_mapping, read_document
from ruler.patterns.rewrites import both_or_either, fragment, quoted, short_quoted
from ruler.patterns.vocabulary import INNER_TYPES, PATTERN_TYPES, RESERVED_NAMES_IN_OR

# Errors kept for one rule. Hostile text can hold one in every four characters, each with a location
# a thousand steps long.
_MOST_ERRORS = 1000
_SCALARS = {"string", "number", "true", "false", "null"}
_JOINED = {"$or": "alternatives", "$and": "what must hold together"}  # what each joins


@dataclass(frozen=True)
class Limits:
    """What a rule may cost; a rule beyond it is refused with an error that names the limit."""

    max_paths: int = 256  # in one sub-rule
    max_sub_rules: int = 1024  # in one rule: the product of its $or
    extensions: bool = True  # whether those of section 13 are read; where not, no advice names them


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule's text and its sub-rules: distinct, in the order in which they first occur."""

    text: str
    sub_rules: tuple[SubRule, ...]


DEFAULT_LIMITS = Limits()


def compile_rule(
    rule: str | bytes | bytearray | memoryview | Mapping[str, object], *, limits: Limits = DEFAULT_LIMITS
) -> CompiledRule:
    """Return ``rule`` compiled; raises its first RuleError in text order.

    Cost: some microseconds a clause. A rule that is wrong or rare (quick.py) takes five times as long.

    >>> [sub_rule] = compile_rule('{"a": ["x"]}').sub_rules
    >>> sub_rule
    SubRule(clauses=frozenset({Clause(path='a', patterns=frozenset({Exact(value='x')}))}))
    """
    quick = quickly_compiled(rule, limits.max_paths, limits.max_sub_rules, extensions=limits.extensions)
    if quick is not None:
        return CompiledRule(*quick)
    document = document_of(rule)
    sub_rules, errors = compile_node(document, document.root, limits=limits)
    if errors:
        raise errors[0]
    return CompiledRule(document.text, sub_rules)


def compile_node(
    document: Document, node: Node, *, limits: Limits = DEFAULT_LIMITS
) -> tuple[tuple[SubRule, ...], list[RuleError]]:
    """Return the sub-rules of the rule ``node`` of ``document``, and every error in text order.

    With an error there are no sub-rules. Locations begin at ``node``; lines and columns
    count in the document. After 1000 errors the rest is left out.
    """
    return _Compiler(document, node, limits).compile()


def expand(document: Document, node: Node, *, limits: Limits = DEFAULT_LIMITS) -> Expansion:
    """Return the sub-rules of the rule ``node`` of ``document`` with their places; raises its first RuleError.

    Unlike ``compile_node`` it keeps equal sub-rules apart.
    """
    compiler = _Compiler(document, node, limits)
    _, errors = compiler.compile()
    if errors:
        raise errors[0]
    sub_rules = [each.clauses() for each in compiler.sub_rules]
    return Expansion(sub_rules, compiler.branches, list(compiler.overwritten.values()))


def document_of(rule: object) -> Document:
    """Return the document of a rule in any form; raises RuleError when it is none."""
    if isinstance(rule, (str, bytes, bytearray, memoryview)):
        return read_document(rule)
    if isinstance(rule, Mapping):
        return document_from_mapping(rule)
    raise RuleError(
        "rule-not-object",
        f"found a value of type {type(rule).__name__}, expected a rule",
        why="a rule is JSON text (str or UTF-8 bytes) or a mapping such as dict",
        write='{"source": ["shop"]}, for example',
    )


Placed = tuple[Clause, Node]  # a clause, and the array that it was read from


@dataclass(frozen=True, slots=True)
class _SubRuleInMaking:
    """The clauses of the leaves in the scope that is read, by path, and beside them what its ``$and``s added."""

    leaves: dict[str, Placed]
    added: tuple[Placed, ...] = ()

    def __len__(self) -> int:
        return len(self.leaves) + len(self.added)

    def clauses(self) -> list[Placed]:
        return [*self.leaves.values(), *self.added]


@dataclass(frozen=True, slots=True)
class Expansion:
    """What the ``$or``s of a rule expand into, with the place of everything; for those who explain rules."""

    sub_rules: list[list[Placed]]  # in order, also equal ones; only ``$and`` gives one path several clauses
    branches: list[tuple[Node, ...]]  # of each sub-rule: the branches it is made of, outer ones first
    overwritten: list[tuple[str, Node, Node]]  # path, the array of a clause, and the later one that replaced it


class _Compiler:
    """One compilation. A method that yields a reading asks ``run`` to do that one first."""

    def __init__(self, document: Document, rule: Node, limits: Limits) -> None:
        self.document = document
        self.rule = rule
        self.limits = limits
        self.clause_reader = ClauseReader(document, self.report, extensions=limits.extensions)
        self.problems: list[tuple[int, RuleError]] = []
        self.names: list[str] = []  # of the objects that are open
        self.sub_rules: list[_SubRuleInMaking] = [_SubRuleInMaking({})]
        self.branches: list[tuple[Node, ...]] = [()]  # of each sub-rule
        self.overwritten: dict[tuple[int, int], tuple[str, Node, Node]] = {}  # by the offsets of both arrays
        # Clauses read since the last `$or` or branch: written into all sub-rules at once.
        self.pending: dict[str, Placed] = {}
        self.finished_in_open_ors = 0  # sub-rules of the finished branches of every `$or` that is open
        self.outside = 1  # sub-rules outside the `$and` that is read, each of which it multiplies
        self.is_over_limit = False  # then nothing is expanded any more, only errors are looked for

    def compile(self) -> tuple[tuple[SubRule, ...], list[RuleError]]:
        if self.rule.kind != "object":
            self.report_not_object()
        else:
            self.run(self.object(self.rule, None))
            self.write_pending()
        if self.problems:
            self.problems.sort(key=lambda problem: problem[0])
            return (), [error for _, error in self.problems]
        # dict: distinct, in order.
        sub_rules = (SubRule(frozenset(clause for clause, _ in each.clauses())) for each in self.sub_rules)
        return tuple(dict.fromkeys(sub_rules)), []

    def run(self, reading: _Reading) -> None:
        """Run ``reading`` and what it yields, innermost first."""
        stack = [reading]
        while stack:
            inner = next(stack[-1], None)
            if inner is None:
                stack.pop()
            else:
                stack.append(inner)

    def object(self, node: Node, name: str | None) -> _Reading:
        """Read the members of an object. ``name`` is its own, None for the rule and for a branch."""
        if not node.value:
            self.report_empty_object(node, is_member=name is not None)
        if name is not None:
            self.names.append(name)
        paths: dict[str, str] = {}  # joined once per name, for members that repeat a name
        for member_name, name_start, value in node.value:
            kind = value.kind
            if kind == "object":
                if is_pattern_without_array(value, self.clause_reader):
                    self.report_pattern(member_name, value)
                else:
                    yield self.object(value, member_name)
            elif self.joins(member_name) and (kind != "array" or not value.value):
                self.report_not_branches(node, member_name, value)
            elif kind != "array":
                self.report_not_array(value)
            elif self.joins(member_name) and self.are_branches(member_name, value, name_start):
                yield self.alternatives(value) if member_name == "$or" else self.conjunction(value)
            elif (
                not self.joins(member_name)
                and joins_clauses(member_name, value)
                and not self.clause_reader.is_clause(value)
            ):
                self.report_joined(node, member_name, name_start, value)
            else:
                clause = self.clause_reader.patterns(value)
                if clause and not self.is_over_limit:
                    path = paths.get(member_name)
                    if path is None:
                        path = ".".join((*self.names, member_name))
                        paths[member_name] = path
                    self.add(Clause(path, clause), value)
        if name is not None:
            self.names.pop()

    def add(self, clause: Clause, node: Node) -> None:
        """Write ``clause`` into every sub-rule, over an earlier one of its path; soon, not now."""
        if clause.path in self.pending:
            self.note_overwritten(clause.path, self.pending[clause.path][1], node)
        self.pending[clause.path] = (clause, node)
        if len(self.pending) > self.limits.max_paths:
            self.report_paths(node)

    def write_pending(self) -> None:
        if not self.pending or self.is_over_limit:
            return
        written = self.pending
        for sub_rule in self.sub_rules:
            for path in written.keys() & sub_rule.leaves.keys():
                self.note_overwritten(path, sub_rule.leaves[path][1], written[path][1])
        self.sub_rules = [_SubRuleInMaking({**each.leaves, **written}, each.added) for each in self.sub_rules]
        longest = max(self.sub_rules, key=len)
        if len(longest) > self.limits.max_paths:
            # A dict keeps insertion order, so this is the first path beyond the limit, and it is pending.
            first_beyond = list(longest.leaves)[self.limits.max_paths - len(longest.added)]
            self.report_paths(self.pending[first_beyond][1])
        self.pending = {}

    def note_overwritten(self, path: str, earlier: Node, later: Node) -> None:
        self.overwritten[earlier.start, later.start] = (path, earlier, later)

    def alternatives(self, node: Node) -> _Reading:
        """Read the branches of a ``$or``, each over the sub-rules that stand before it."""
        self.write_pending()
        before, branches_before = self.sub_rules, self.branches
        after: list[_SubRuleInMaking] = []
        branches_after: list[tuple[Node, ...]] = []
        for branch in node.value:
            if branch.kind != "object":
                continue  # reported by is_or
            self.sub_rules = before
            self.branches = [(*branches, branch) for branches in branches_before]
            yield self.object(branch, None)
            self.write_pending()
            if self.outside * (self.finished_in_open_ors + len(self.sub_rules)) > self.limits.max_sub_rules:
                self.report_sub_rules(node)
            if not self.is_over_limit:
                after += self.sub_rules
                branches_after += self.branches
                self.finished_in_open_ors += len(self.sub_rules)
        self.finished_in_open_ors -= len(after)
        self.sub_rules = after
        self.branches = branches_after

    def conjunction(self, node: Node) -> _Reading:
        """Read the branches of a ``$and``, each in a scope of its own, and join them to what stands before."""
        self.write_pending()
        so_far, branches_so_far = self.sub_rules, self.branches
        finished, outside = self.finished_in_open_ors, self.outside
        for branch in node.value:
            if branch.kind != "object":
                continue  # reported by are_branches
            self.sub_rules, self.branches = [_SubRuleInMaking({})], [()]
            self.finished_in_open_ors, self.outside = 0, outside * max(1, len(so_far))
            yield self.object(branch, None)
            self.write_pending()
            if outside * (finished + len(so_far) * len(self.sub_rules)) > self.limits.max_sub_rules:
                self.report_sub_rules(node)
            if self.is_over_limit:
                continue
            pairs = [(one, other) for other in range(len(self.sub_rules)) for one in range(len(so_far))]
            branches_so_far = [(*branches_so_far[one], *self.branches[other]) for one, other in pairs]
            so_far = [
                _SubRuleInMaking(so_far[one].leaves, (*so_far[one].added, *self.sub_rules[other].clauses()))
                for one, other in pairs
            ]
            if max(map(len, so_far), default=0) > self.limits.max_paths:
                self.report_paths(node)
        self.finished_in_open_ors, self.outside = finished, outside
        if not self.is_over_limit:
            self.sub_rules, self.branches = so_far, branches_so_far

    def joins(self, name: str) -> bool:
        """Return whether a member of this name joins clauses, if its value is a list of branches."""
        return name == "$or" or (name == "$and" and self.limits.extensions)

    def are_branches(self, name: str, node: Node, name_start: int) -> bool:
        """Return whether the array of a member named ``$or`` or ``$and`` holds branches: section 4 of the semantics.

        Also True, with an error, when it was clearly meant to be: so its branches are read for more errors.
        """
        if are_branches(node):
            return True
        branches = node.value
        reserved = first_reserved_name(branches)
        if not any(map(_looks_like_branch, branches)) or self.clause_reader.is_clause(node):
            return False  # an ordinary name, and what is wrong with its clause is said there
        if len(branches) == 1:
            self.report_one_branch(name, node, name_start)
        for branch in branches:
            if branch.kind != "object":
                self.report_branch(name, branch)
        if len(branches) > 1 and reserved is not None:
            self.report_reserved(name, *reserved)
        return True

    # Errors. `report` is also the Report of the clause reader.

    def report(self, code: str, node: Node, what: str, *, why: str, write: str, at: int | None = None) -> None:
        """Note an error at ``node``; ``at`` is the offset to show, the beginning of ``node`` unless given."""
        if len(self.problems) == _MOST_ERRORS:
            return
        offset = node.start if at is None else at
        line, column = None, None
        if not self.document.is_from_mapping:
            line, column = self.document.line_and_column(offset)
        location = location_of(self.rule, node)
        error = RuleError(code, what, why=why, write=write, location=location, line=line, column=column)
        self.problems.append((offset, error))

    def report_not_object(self) -> None:
        self.report(
            "rule-not-object",
            self.rule,
            f"found {self.clause_reader.describe(self.rule)}, expected an object",
            why="a rule is one JSON object that names the paths it tests",
            write='{"source": ["shop"]}, for example',
        )

    def report_not_array(self, node: Node) -> None:
        source = fragment(self.document, node)
        self.report(
            "clause-not-array",
            node,
            f"found {self.clause_reader.describe(node)}, expected an array",
            why="a clause lists every value it accepts, even when there is one",
            write=f"[{source}]" if source is not None else "the same value in square brackets",
        )

    def report_pattern(self, name: str, node: Node) -> None:
        """Report a pattern that stands where the clause must: ``"a": {"prefix": "x"}``."""
        keyword, _, argument = node.value[0]
        clause = self.clause_reader.pattern_types[keyword].example
        if len(node.value) > 1:
            clauses = both_or_either(self.document, node.value)
            if clauses.startswith("{"):  # one of them is enough
                clauses = re.sub(r"\} alone: ", "}] alone: ", f"[{clauses}")
        elif (source := fragment(self.document, argument)) and self.clause_reader.compiles(keyword, argument):
            clauses = f'[{{"{keyword}": {source}}}]'
        elif keyword == "numeric" and argument.kind == "number":
            clauses = f'[{{"numeric": ["=", {self.document.source(argument)}]}}]'
        else:
            clauses = f"[{clause}], for example"
        write = f"{quoted(name)}: {clauses}" if len(name) <= 80 else clauses
        while argument.kind == "object":  # {"anything-but": {"prefix": "x"}}: show the innermost value
            keyword, _, argument = argument.value[0]
        source = fragment(self.document, argument)
        if len(node.value) == 1 and source is not None:
            write += f'; [{source}] here only for a field named "{keyword}"'
        self.report(
            "clause-not-array",
            argument,
            f"found {self.clause_reader.describe(argument)}, expected an array",
            why="a pattern stands in the array of a clause; without the array its name is that of a field",
            write=write,
        )

    def report_not_branches(self, parent: Node, joining: str, node: Node) -> None:
        # Names that the object does not test: a branch would overwrite its clause.
        taken = {name for name, _, _ in parent.value[:100]}
        names = [name for name in ("source", "detail-type", "account", "region") if name not in taken]
        first, second = [*names, "x", "y"][:2]
        value = fragment(self.document, node) if node.kind in _SCALARS else None
        values = [f"[{value}]", f"[{value}]"] if value is not None else ['["shop"]', '["order"]']
        self.report(
            "clause-empty" if node.kind == "array" else "clause-not-array",
            node,
            f"found {self.clause_reader.describe(node)}, expected an array of two or more branches",
            why=f'"{joining}" joins {_JOINED[joining]}, each an object with clauses of its own',
            write=f"[{{{quoted(first)}: {values[0]}}}, {{{quoted(second)}: {values[1]}}}], for example",
        )

    def report_joined(self, parent: Node, name: str, name_start: int, node: Node) -> None:
        """Report a name of other languages that joins clauses, once for all its branches."""
        if len(self.problems) == _MOST_ERRORS:
            return
        meaning = operator_meant(name)
        source = fragment(self.document, node)
        only = 'only "$or" and "$and" do' if self.limits.extensions else 'only "$or" does'
        what = f"{short_quoted(name)} joins no clauses, {only}"
        write = 'a rule with "$or" or with all clauses in one object'
        if meaning == "anything-but":
            write = (
                f'{self.example_of_not(node)}, and so on for each field; "not" over whole clauses cannot be expressed'
            )
        elif meaning == "all-of":
            write = self.all_in_one(parent, name, node)
            if self.limits.extensions and source is not None and self.compiles_alone(f'{{"$and": {source}}}'):
                write = f'"$and": {source}'
        elif meaning == "any-of":
            what = f'{short_quoted(name)} joins no clauses; did you mean "$or"?'
            write = 'the name "$or", with an array of two or more branches'
            one = source[1:-1].strip()[1:-1].strip() if source is not None else ""
            if len(node.value) == 1 and self.compiles_alone(f"{{{one}}}"):
                write = f"{one} in place of the whole {quoted(name)}, as there is one branch"
            elif source is not None and self.compiles_alone(f'{{"$or": {source}}}'):
                write = f'"$or": {source}'
        self.report(
            "unknown-pattern-type",
            node,
            what,
            why='"$or" and "$and" are the names that join clauses; every other name is a field'
            if self.limits.extensions
            else '"$or" is the one name that joins clauses; every other name is a field',
            write=write,
            at=name_start,
        )

    def compiles_alone(self, text: str) -> bool:
        """Return whether ``text``, which is short, is a rule."""
        try:
            compile_rule(text, limits=Limits(extensions=self.limits.extensions))
        except RuleError:
            return False
        return True

    def example_of_not(self, node: Node) -> str:
        """Return none-of, or anything-but without extensions, for the first clause in the branches ``node``."""
        keyword = "none-of" if self.limits.extensions else "anything-but"
        name, _, clause = node.value[0].value[0] if node.value[0].value else ("", 0, node)
        source = fragment(self.document, clause)
        if source is None or len(name) > 80 or not self.clause_reader.compiles(keyword, clause):
            return f'"source": [{{"{keyword}": ["shop"]}}]'
        return f'{quoted(name)}: [{{"{keyword}": {source}}}]'

    def all_in_one(self, parent: Node, joining: str, node: Node) -> str:
        """Return the clauses of all branches side by side, which is what a rule means by and."""
        if len(parent.value) > 100 or node.end - node.start > 400:
            return "all clauses in one object: a rule matches when all of them do"
        names = [name for name, _, _ in parent.value if name != joining]
        members = []
        for branch in node.value[:20]:
            names += [name for name, _, _ in branch.value]
            members.append((fragment(self.document, branch) or "")[1:-1].strip())
        if len(set(names)) < len(names):
            return "all clauses in one object; several clauses that must all hold on one field cannot be expressed"
        joined = ", ".join(members)
        if len(members) < len(node.value) or len(joined) > 200 or not self.compiles_alone(f"{{{joined}}}"):
            return "all clauses in one object: a rule matches when all of them do"
        return f"{joined} in place of the whole {quoted(joining)}: all clauses in one object must match"

    def report_empty_object(self, node: Node, *, is_member: bool) -> None:
        if node is self.rule:
            write = '{"source": [{"exists": true}, {"exists": false}]}, which accepts every event'
        elif is_member:
            write = '[{"exists": true}] for any value, or {"name": ["value"]} for a name inside'
        else:
            write = 'a branch with a clause, such as {"source": ["shop"]}, or no such branch'
        self.report(
            "object-empty",
            node,
            "the object is empty, expected at least one name",
            why="an object in a rule names the paths it tests; an empty one would test nothing",
            write=write,
        )

    def report_one_branch(self, name: str, node: Node, name_start: int) -> None:
        branch = fragment(self.document, node.value[0])
        clause = branch[1:-1].strip() if branch is not None else "the branch without its braces"
        self.report(
            f"{name[1:]}-one-branch",
            node,
            "one branch, expected two or more",
            why=f'"{name}" joins {_JOINED[name]}; a single one is an ordinary clause',
            write=f'{clause} in place of the whole "{name}"',
            at=name_start,
        )

    def report_branch(self, name: str, node: Node) -> None:
        self.report(
            f"{name[1:]}-branch-not-object",
            node,
            f"found {self.clause_reader.describe(node)} among the branches, expected an object",
            why=f'each branch of "{name}" is an object with clauses of its own',
            write='an object such as {"source": ["shop"]}',
        )

    def report_reserved(self, joining: str, name: str, node: Node, name_start: int) -> None:
        write = 'each branch as a rule of its own, under one rule name; outside "$or" the name is ordinary'
        if joining == "$and":
            write = 'the clause of this name outside "$and", where the name is ordinary'
        self.report(
            f"{joining[1:]}-reserved-name",
            node,
            f'{quoted(name)} may not be a name inside "{joining}"',
            why=f'inside "{joining}" the pattern types, and some words like them, are reserved',
            write=write,
            at=name_start,
        )

    def report_paths(self, node: Node) -> None:
        self.report(
            "too-many-paths",
            node,
            f"more than {self.limits.max_paths} paths in one sub-rule",
            why=f"a sub-rule may test {self.limits.max_paths} paths, unless the matcher is told otherwise",
            write="fewer clauses, or raise the limit: Matcher(max_paths=...)",
        )
        self.give_up_expansion()

    def report_sub_rules(self, node: Node) -> None:
        if self.is_over_limit:
            return
        self.report(
            "too-many-sub-rules",
            node,
            f"more than {self.limits.max_sub_rules} sub-rules",
            why='the branches of each "$or" multiply those of the others; '
            f"a rule may have {self.limits.max_sub_rules}, unless the matcher is told otherwise",
            write="several rules under one name, or raise the limit: Matcher(max_sub_rules=...)",
        )
        self.give_up_expansion()

    def give_up_expansion(self) -> None:
        self.is_over_limit = True
        self.sub_rules = []
        self.branches = []
        self.pending = {}


_Reading = Iterator["_Reading"]


def first_reserved_name(branches: list[Node]) -> tuple[str, Node, int] | None:
    """Return the first reserved name in ``branches``, as (name, its value, its offset), or None.

    Names are looked for in objects inside objects. Arrays end the search: what stands in them are
    patterns, or the branches of another ``$or``, which is judged by itself.
    """
    waiting = [branch for branch in reversed(branches) if branch.kind == "object"]
    while waiting:
        node = waiting.pop()
        inner = []
        for name, name_start, value in node.value:
            if name in RESERVED_NAMES_IN_OR:
                return name, value, name_start
            if value.kind == "object":
                inner.append(value)
        waiting.extend(reversed(inner))
    return None


def are_branches(node: Node) -> bool:
    """Return whether the value of ``$or`` or ``$and`` joins branches: section 4 of the semantics."""
    branches = node.value if node.kind == "array" else []
    is_several = len(branches) >= 2 and all(branch.kind == "object" for branch in branches)
    return is_several and first_reserved_name(branches) is None


def _looks_like_branch(node: Node) -> bool:
    """Return whether an element of a ``$or`` was meant as a branch: a name in it holds a clause."""
    if node.kind != "object":
        return False
    return any(
        value.kind in ("array", "object") and (name not in PATTERN_TYPES or _is_clause_of_strings(name, value))
        for name, _, value in node.value
    )


def is_pattern_without_array(node: Node, reader: ClauseReader | None = None) -> bool:
    """Return whether an object in a rule was meant as a pattern: pattern types with values that are no arrays.

    Such values are errors in any case, so no rule that is right is refused here.
    """
    pattern_types = PATTERN_TYPES if reader is None else reader.pattern_types
    members = node.value
    if not members or any(name not in pattern_types for name, _, _ in members):
        return False
    kinds = {value.kind for _, _, value in members}
    if kinds == {"object"} and len(members) == 1:
        name, _, inner = members[0]
        allowed = (INNER_TYPES if reader is None else reader.inner_types).get(name, ())
        return len(inner.value) == 1 and inner.value[0][0] in allowed and inner.value[0][2].kind in _SCALARS
    return kinds <= _SCALARS


def joins_clauses(name: str, node: Node) -> bool:
    """Return whether the array of a member was meant as the branches of another language's ``$or``."""
    if name == "$or" or not all(branch.kind == "object" for branch in node.value):
        return False
    is_joining = name.startswith("$") or operator_meant(name) in ("any-of", "all-of", "anything-but")
    return is_joining and any(map(_looks_like_branch, node.value))


def _is_clause_of_strings(name: str, value: Node) -> bool:
    """Return whether ``"prefix": ["x"]`` must be a clause, as no list can stand after that pattern type."""
    return value.kind == "array" and name not in ("all-of", "anything-but", "none-of", "numeric") and bool(value.value)


def location_of(rule: Node, node: Node) -> Location:
    """Return the names and indexes that lead from ``rule`` to ``node``.

    Found from offsets, which is why reading a rule without errors needs not keep track of locations.
    """
    steps: list[str | int] = []
    current = rule
    while current is not node:
        if current.kind == "array":
            index = bisect_right(current.value, node.start, key=lambda child: child.start) - 1
            steps.append(index)
            current = current.value[index]
        else:
            index = bisect_right(current.value, node.start, key=lambda member: member[1]) - 1
            steps.append(current.value[index][0])
            current = current.value[index][2]
    return tuple(steps)


def location_at(root: Node, offset: int) -> Location:
    """Return the names and indexes that lead to the innermost value that ``offset`` is in, or in whose name it is."""
    steps: list[str | int] = []
    current = root
    while current.kind in ("array", "object"):
        is_array = current.kind == "array"
        index = bisect_right(current.value, offset, key=lambda child: child.start if is_array else child[1]) - 1
        if index < 0:
            break
        child = current.value[index] if is_array else current.value[index][2]
        if offset >= child.end:
            break
        steps.append(index if is_array else current.value[index][0])
        current = child
    return tuple(steps)
