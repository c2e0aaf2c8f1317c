"""Reads what the AWS command line prints about rules, and filter policies and filter criteria by themselves.

    aws events list-rules, describe-rule            {"Rules": [{"Name": "orders", "EventPattern": "{...}"}]}
    aws sns get-subscription-attributes             {"Attributes": {"FilterPolicy": "{...}", "FilterPolicyScope": ...}}
    aws lambda get-event-source-mapping, list-...   {"EventSourceMappings": [{"UUID": ..., "FilterCriteria": {...}}]}
    aws pipes describe-pipe                         {"Name": ..., "SourceParameters": {"FilterCriteria": {...}}}

A rule is called by the Name, the UUID or the ARN that stands beside it, else as the file is.

Always: what is recognised here could not be read as rules by name: it has strings or arrays where these have rules.
Source: AWS CLI command reference.
"""

from __future__ import annotations

import os

from ruler.findings import Source
from ruler.patterns.reader import Document, Node
from ruler.rule_sources.named_rules import RuleSet
from ruler.rule_sources.rule_reader import members_of, string_of
from ruler.rule_sources.service_patterns import LAMBDA, PIPES, ServiceReader


def service_reader(source: Source, document: Document) -> ServiceOutputReader | None:
    """Return the reader of the form that the document has; None when it has none of these."""
    for reader in (ListedRulesReader, DescribedRuleReader, PolicyReader, MappingsReader, PipeReader, CriteriaReader):
        if reader.recognises(document.root):
            return reader(source, document)
    return None


class ServiceOutputReader(ServiceReader):
    """Reads a document of one of the forms here."""

    @classmethod
    def recognises(cls, root: Node) -> bool:
        """Whether the document has this form."""
        raise NotImplementedError

    def read(self) -> RuleSet:
        self.read_root(self.document.root)
        return self.found

    def read_root(self, root: Node) -> None:
        raise NotImplementedError

    def name_of(self, node: Node, *names: str, otherwise: str) -> str:
        """The first of the members ``names`` that is a string, else the name of the file without its suffix."""
        members = members_of(node)
        found = next((text for name in names if (text := string_of(members.get(name)))), "")
        file = os.path.splitext(os.path.basename(self.source.name))[0]
        return found or (otherwise if not file or file.startswith("<") else file)


class ListedRulesReader(ServiceOutputReader):
    """``{"Rules": [{"Name": ..., "EventPattern": "..."}]}``, or the list by itself. Schedules are passed over."""

    form = "rules as list-rules prints them"

    @classmethod
    def recognises(cls, root: Node) -> bool:
        rules = members_of(root).get("Rules")
        if rules is not None:
            return rules.kind == "array" and all(map(_is_listed_rule, rules.value))
        return root.kind == "array" and bool(root.value) and all(map(_is_listed_rule, root.value))

    def read_root(self, root: Node) -> None:
        rules = root if root.kind == "array" else members_of(root)["Rules"]
        for index, rule in enumerate(rules.value):
            members = members_of(rule)
            name = string_of(members.get("Name"))
            if not name and "EventPattern" in members:
                self.report(
                    "entry-name",
                    rule.start,
                    'this rule has no "Name"',
                    why="answers are names: they say which rules matched",
                    write='{"Name": "my-rule", "EventPattern": "{...}"}',
                )
            self.event_pattern(name, members.get("EventPattern"), label="" if name else f"[{index}]")


class DescribedRuleReader(ServiceOutputReader):
    """``{"Name": ..., "EventPattern": "..."}``."""

    form = "a rule as describe-rule prints it"

    @classmethod
    def recognises(cls, root: Node) -> bool:
        return _is_listed_rule(root)

    def read_root(self, root: Node) -> None:
        pattern = members_of(root).get("EventPattern")
        if pattern is None:
            self.report(
                "file-without-rules",
                root.start,
                f"this is {self.form}, and it has no pattern",
                why="a rule with a schedule accepts no events",
                write='a rule with "EventPattern"',
            )
        self.event_pattern(self.name_of(root, "Name", "Arn", otherwise="EventPattern"), pattern)


class PolicyReader(ServiceOutputReader):
    """``{"FilterPolicy": ..., "FilterPolicyScope": "MessageBody"}``, also as attributes of a subscription."""

    form = "a filter policy of SNS"

    @classmethod
    def recognises(cls, root: Node) -> bool:
        members = members_of(_attributes(root))
        return string_of(members.get("FilterPolicy")) != "" or string_of(members.get("FilterPolicyScope")) != ""

    def read_root(self, root: Node) -> None:
        holder = _attributes(root)
        self.filter_policy(self.name_of(holder, "SubscriptionArn", otherwise="FilterPolicy"), holder)


class MappingsReader(ServiceOutputReader):
    """``{"EventSourceMappings": [{"UUID": ..., "FilterCriteria": {...}}]}``."""

    form = "event source mappings of Lambda"

    @classmethod
    def recognises(cls, root: Node) -> bool:
        mappings = members_of(root).get("EventSourceMappings")
        return mappings is not None and mappings.kind == "array"

    def read_root(self, root: Node) -> None:
        for mapping in members_of(root)["EventSourceMappings"].value:
            name = self.name_of(mapping, "UUID", "FunctionArn", "FunctionName", otherwise="FilterCriteria")
            self.filter_criteria(name, members_of(mapping).get("FilterCriteria"), LAMBDA)


class PipeReader(ServiceOutputReader):
    """``{"Name": ..., "SourceParameters": {"FilterCriteria": {...}}}``."""

    form = "a pipe of EventBridge"

    @classmethod
    def recognises(cls, root: Node) -> bool:
        return _holds_filters(members_of(members_of(root).get("SourceParameters")).get("FilterCriteria"))

    def read_root(self, root: Node) -> None:
        criteria = members_of(members_of(root)["SourceParameters"])["FilterCriteria"]
        self.filter_criteria(self.name_of(root, "Name", "Arn", otherwise="FilterCriteria"), criteria, PIPES)


class CriteriaReader(ServiceOutputReader):
    """``{"Filters": [{"Pattern": "..."}]}``, also under "FilterCriteria", as of one event source mapping."""

    form = "filter criteria"

    @classmethod
    def recognises(cls, root: Node) -> bool:
        return _holds_filters(root) or _holds_filters(members_of(root).get("FilterCriteria"))

    def read_root(self, root: Node) -> None:
        name = self.name_of(root, "UUID", "FunctionArn", "FunctionName", otherwise="FilterCriteria")
        criteria = members_of(root).get("FilterCriteria")
        # By themselves they may be those of a pipe; beside a mapping they are Lambda's.
        self.filter_criteria(name, root if criteria is None else criteria, "" if criteria is None else LAMBDA)


def _is_listed_rule(node: Node) -> bool:
    members = members_of(node)
    pattern = members.get("EventPattern")
    if pattern is not None and (pattern.kind == "string" or string_of(members.get("Name"))):
        return True
    return bool(string_of(members.get("ScheduleExpression")) and string_of(members.get("Name")))


def _holds_filters(node: Node | None) -> bool:
    """Whether ``node`` is filter criteria with a filter that has a pattern."""
    filters = members_of(node).get("Filters")
    return (
        filters is not None and filters.kind == "array" and any("Pattern" in members_of(each) for each in filters.value)
    )


def _attributes(root: Node) -> Node:
    attributes = members_of(root).get("Attributes")
    return root if attributes is None or attributes.kind != "object" else attributes
