"""Patterns as AWS services take them: event patterns, filter policies, and filter criteria, under whatever holds them.

    "FilterPolicy": {"store": ["shop"]}, "FilterPolicyScope": "MessageBody"
    "FilterCriteria": {"Filters": [{"Pattern": "{\\"body\\": {\\"size\\": [5]}}"}]}

Always: the filters of one criteria are alternatives, so they are rules with one name. Without filters there is no rule.
Source: "Amazon EventBridge event patterns", "Amazon SNS subscription filter policies" and "Control which events Lambda
sends to your function" in the guides of these services.
"""

from __future__ import annotations

from ruler.patterns.reader import Node
from ruler.rule_sources.rule_reader import RuleReader, is_function, members_of, string_of

EVENT_BUS, PIPES, LAMBDA = "eventbridge", "eventbridge-pipes", "lambda"
SCOPES = {"MessageAttributes": "sns-attributes", "MessageBody": "sns-body"}
FILTERS_FORM = '{"Filters": [{"Pattern": "{\\"source\\": [\\"shop\\"]}"}]}'


class ServiceReader(RuleReader):
    """Reads patterns where a service has them."""

    def event_pattern(self, name: str, node: Node | None, label: str = "") -> None:
        if node is not None and node.kind != "null":
            self.add_pattern(name, node, dialect=EVENT_BUS, label=label)

    def filter_policy(self, name: str, holder: Node, label: str = "") -> None:
        """Read the members FilterPolicy and FilterPolicyScope of ``holder``."""
        members = members_of(holder)
        policy, scope = members.get("FilterPolicy"), members.get("FilterPolicyScope")
        dialect = SCOPES["MessageAttributes"]
        if scope is not None and self.has_functions and is_function(scope):
            dialect = ""
        elif scope is not None:
            dialect = SCOPES.get(string_of(scope), "")
            if not dialect:
                self.report(
                    "rule-scope-unknown",
                    scope.start,
                    f"found {self.describe(scope)} as the scope of a filter policy",
                    why="a filter policy tests the attributes of messages or their body",
                    write='"MessageAttributes" or "MessageBody"',
                )
        if policy is not None and policy.kind != "null":
            self.add_pattern(name, policy, dialect=dialect, label=label)

    def filter_criteria(self, name: str, criteria: Node | None, dialect: str) -> None:
        """Read the patterns of filter criteria, which are alternatives."""
        if criteria is None or criteria.kind == "null":
            return
        filters = members_of(criteria).get("Filters")
        if is_function(criteria) or (filters is not None and is_function(filters)):
            self.add_pattern(name, criteria, dialect=dialect)  # which says that it cannot be resolved
        elif criteria.kind != "object":
            self._report_filters(criteria, "as filter criteria, expected an object")
        elif filters is not None and filters.kind != "array":
            self._report_filters(filters, "as the filters, expected an array")
        else:
            for each in filters.value if filters is not None else ():
                self._filter(name, each, dialect)

    def _filter(self, name: str, node: Node, dialect: str) -> None:
        pattern = members_of(node).get("Pattern")
        if is_function(node):
            self.add_pattern(name, node, dialect=dialect)
        elif pattern is None:
            self._report_filters(node, 'as a filter, expected an object with a "Pattern"')
        else:
            self.add_pattern(name, pattern, dialect=dialect)

    def _report_filters(self, node: Node, expected: str) -> None:
        self.report(
            "rule-not-object",
            node.start,
            f"found {self.describe(node)} {expected}",
            why="filter criteria list filters, each with its pattern",
            write=FILTERS_FORM,
        )
