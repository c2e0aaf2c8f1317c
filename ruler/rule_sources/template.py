"""Reads the event patterns of a CloudFormation or SAM template.

    {"Resources": {"Orders": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["shop"]}}}}}

gives the rule "Orders". A rule is called as its resource is; one of an event of a function is called
"Function.Event". Read are AWS::Events::Rule and AWS::Events::Archive (EventPattern), AWS::Pipes::Pipe and
AWS::Lambda::EventSourceMapping (FilterCriteria), AWS::SNS::Subscription (FilterPolicy), and the Events of
AWS::Serverless::Function and AWS::Serverless::StateMachine.

Always: other resources are passed over; a pattern with an intrinsic function is reported, as nobody knows its value.
Source: AWS CloudFormation template reference; AWS Serverless Application Model specification.
"""

from __future__ import annotations

from ruler.patterns.reader import Node
from ruler.rule_sources.named_rules import RuleSet
from ruler.rule_sources.rule_reader import members_of, string_of
from ruler.rule_sources.service_patterns import LAMBDA, PIPES, ServiceReader

HOLD_EVENT_PATTERNS = ("AWS::Events::Rule", "AWS::Events::Archive")
HOLD_EVENTS = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
EVENTS_WITH_PATTERN = ("EventBridgeRule", "CloudWatchEvent")
SERVERLESS = "AWS::Serverless"


def is_template(root: Node) -> bool:
    """Whether ``root`` has resources of which one at least has a type. No rule has such a member."""
    return any(
        string_of(members_of(each).get("Type")) for each in members_of(members_of(root).get("Resources")).values()
    )


class TemplateReader(ServiceReader):
    """Reads one template."""

    form = "a CloudFormation template"
    has_functions = True

    def read(self) -> RuleSet:
        resources = self._each_once(members_of(self.document.root)["Resources"])
        kinds = {name: string_of(members_of(node).get("Type")) for name, node in resources.items()}
        if any(kind.startswith(SERVERLESS) for kind in kinds.values()):
            self.found.form = "a SAM template"
        for name, node in resources.items():
            self._resource(name, kinds[name], members_of(node).get("Properties"))
        if not self.found.rules and not self.found.findings:
            self.report(
                "file-without-rules",
                self.document.root.start,
                f"this is {self.found.form}, and no pattern stands in its resources",
                why="read are rules and archives of EventBridge, pipes, event source mappings, subscriptions of SNS, "
                "and events of serverless functions",
                write='{"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {...}}}, for example',
            )
        return self.found

    def _each_once(self, node: Node) -> dict[str, Node]:
        """The resources or events in ``node`` by name; reports a name that stands twice."""
        first_starts: dict[str, int] = {}
        for name, name_start, _ in node.value if node.kind == "object" else ():
            if name in first_starts:
                self.report_name_twice(name_start, first_starts[name], "another name")
            first_starts.setdefault(name, name_start)
        return members_of(node)

    def _resource(self, name: str, kind: str, properties: Node | None) -> None:
        if properties is None:
            return
        members = members_of(properties)
        if kind in HOLD_EVENT_PATTERNS:
            self.event_pattern(name, members.get("EventPattern"))
        elif kind == "AWS::Pipes::Pipe":
            self.filter_criteria(name, members_of(members.get("SourceParameters")).get("FilterCriteria"), PIPES)
        elif kind == "AWS::Lambda::EventSourceMapping":
            self.filter_criteria(name, members.get("FilterCriteria"), LAMBDA)
        elif kind == "AWS::SNS::Subscription":
            self.filter_policy(name, properties)
        elif kind in HOLD_EVENTS:
            events = members.get("Events")
            for event_name, event in self._each_once(events).items() if events is not None else ():
                self._event(f"{name}.{event_name}", event)

    def _event(self, name: str, event: Node) -> None:
        """Read an event of a function: one of an event bus, of a topic, or of a queue or stream with filters."""
        members = members_of(event)
        properties = members.get("Properties")
        kind = string_of(members.get("Type"))
        if properties is None:
            return
        if kind in EVENTS_WITH_PATTERN:
            self.event_pattern(name, members_of(properties).get("Pattern"))
        elif kind == "SNS":
            self.filter_policy(name, properties)
        else:
            self.filter_criteria(name, members_of(properties).get("FilterCriteria"), LAMBDA)
