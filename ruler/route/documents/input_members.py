"""Reads the input of a rule: what of an event its targets get.

    {"select": "/detail"}     {"input_path": "$.detail"}
    {"input_transformer": {"paths": {"state": "$.detail.state"}, "template": "{\"state\": <state>}"}}

The words of EventBridge mean the same: "InputPath", "InputTransformer", "InputPathsMap", "InputTemplate".
Always: one of the three, as in EventBridge; what is wrong in a pointer, path or template is told at its place.
"""

from __future__ import annotations

import orjson

from ruler.patterns.reader import Node
from ruler.route.documents.values import ValuesReader
from ruler.route.inputs.input_path import LONGEST_PATH, path_steps
from ruler.route.inputs.input_transformer import (
    LONGEST_NAME,
    MOST_PATHS,
    Template,
    TemplateError,
    is_name,
    template_of,
)
from ruler.route.inputs.select import pointer_steps
from ruler.route.inputs.slices import Step
from ruler.route.rule_set import WHOLE, Input
from ruler.rule_sources.members import Members, Steps

INPUT_MEMBERS = ("select", "input_path", "input_transformer")
TRANSFORMER_MEMBERS = ("paths", "template")
OTHER_SPELLINGS = {
    "InputPath": "input_path",
    "InputTransformer": "input_transformer",
    "InputPathsMap": "paths",
    "InputTemplate": "template",
}
INPUT_FORM = '{"select": "/detail"}'
INPUT_MEANING = "an input is one of select, a JSON Pointer; input_path, a path of EventBridge; input_transformer"
TRANSFORMER_FORM = '{"paths": {"state": "$.detail.state"}, "template": "{\\"state\\": <state>}"}'
NAME_MEANING = f"names of paths are of letters, digits, - and _, at most {LONGEST_NAME}, and do not begin with AWS"


class InputReader(ValuesReader):
    """Reads inputs. Gives WHOLE for one with errors, which are reported."""

    def input(self, members: Members, steps: Steps, arn: str) -> Input:
        """The input under "input" of a rule; ``arn`` is that of the rule."""
        node = members.get("input")
        if node is None:
            return WHOLE
        steps = (*steps, "input")
        if node.kind != "object":
            self.expected(node, steps, "an object", why=INPUT_MEANING, write=f'"input": {INPUT_FORM}')
            return WHOLE
        before = len(self.findings)
        given = self.members(_respelled(node), steps, INPUT_MEMBERS, "an input", INPUT_FORM)
        if len(self.findings) == before and len(given) != 1:
            what = " and ".join(given) + " in one input" if given else "this input is empty"
            self.report(
                "route-input", node.start, steps, what, why=INPUT_MEANING, write=f"one of them, such as {INPUT_FORM}"
            )
        if len(given) != 1:
            return WHOLE
        word, value = next(iter(given.items()))
        if word == "input_transformer":
            return self._transformer(value, (*steps, word), arn)
        return self._path(word, value, (*steps, word))

    def _path(self, word: str, node: Node, steps: Steps) -> Input:
        if node.kind != "string":
            write = f'"{word}": "{"/detail" if word == "select" else "$.detail"}"'
            self.expected(node, steps, "a string", why=INPUT_MEANING, write=write)
            return WHOLE
        try:
            found = pointer_steps(node.value) if word == "select" else path_steps(node.value)
        except ValueError as error:
            self._report_path(node, steps, word, str(error))
            return WHOLE
        return Input(word, node.value, found) if found else WHOLE

    def _report_path(self, node: Node, steps: Steps, word: str, why: str) -> None:
        thing, form = ("a JSON Pointer", "/detail/state") if word == "select" else ("a path", "$.detail.state")
        self.report(
            "route-path",
            node.start,
            steps,
            f"{self.text(node)} is not {thing}",
            why=why,
            write=f'"{form}", for example',
        )

    def _transformer(self, node: Node, steps: Steps, arn: str) -> Input:
        if node.kind != "object":
            why = "an input transformer is an object with paths and a template"
            self.expected(node, steps, "an object", why=why, write=f'"input_transformer": {TRANSFORMER_FORM}')
            return WHOLE
        before = len(self.findings)
        members = self.members(_respelled(node), steps, TRANSFORMER_MEMBERS, "an input transformer", TRANSFORMER_FORM)
        paths = self._paths(members.get("paths"), (*steps, "paths"))
        template = self._template(node, members.get("template"), steps, paths, arn)
        if template is None or len(self.findings) > before:
            return WHOLE
        path_texts = {name: value.value for name, _, value in members["paths"].value} if "paths" in members else {}
        text = orjson.dumps([path_texts, members["template"].value], option=orjson.OPT_SORT_KEYS).decode()
        return Input("input_transformer", text, template=template)

    def _paths(self, node: Node | None, steps: Steps) -> dict[str, tuple[Step, ...]]:
        """The steps of each path by name. A name whose path is not one leads to the event, so that it is known."""
        if node is None:
            return {}
        if node.kind != "object":
            why = "the paths of an input transformer are an object: names, and paths of EventBridge"
            self.expected(node, steps, "an object", why=why, write='"paths": {"state": "$.detail.state"}')
            return {}
        if len(node.value) > MOST_PATHS:
            what = f"found {len(node.value):,} paths"
            why = f"an input transformer has at most {MOST_PATHS} paths, as in EventBridge"
            self.report("route-input", node.start, steps, what, why=why, write="the paths that the template uses")
        found = {}
        for name, (start, value) in self.once(node, steps).items():
            if not is_name(name) or len(name) > LONGEST_NAME or name.upper().startswith("AWS"):
                what = f"{self.quoted(start)} cannot be the name of a path"
                self.report("route-input", start, (*steps, name), what, why=NAME_MEANING, write='"state", for example')
            found[name] = self._steps_of(value, (*steps, name))
        return found

    def _steps_of(self, node: Node, steps: Steps) -> tuple[Step, ...]:
        if node.kind != "string":
            why = f"a path of EventBridge is a string of at most {LONGEST_PATH} characters"
            self.expected(node, steps, "a path", why=why, write='"$.detail.state"')
            return ()
        try:
            return path_steps(node.value)
        except ValueError as error:
            self._report_path(node, steps, "input_path", str(error))
            return ()

    def _template(
        self, outer: Node, node: Node | None, steps: Steps, paths: dict[str, tuple[Step, ...]], arn: str
    ) -> Template | None:
        if node is None or node.kind != "string":
            why = "the template is a string, and says what the target gets"
            write = TRANSFORMER_FORM
            if node is None:
                what = 'this input transformer has no "template"'
                self.report("route-input", outer.start, steps, what, why=why, write=write)
            else:
                self.expected(node, (*steps, "template"), "a string", why=why, write=write)
            return None
        steps = (*steps, "template")
        try:
            template = template_of(node.value, paths)
        except TemplateError as error:
            start = self.offset_in_string(node, error.offset)
            self.report("route-template", start, steps, error.what, why=error.why, write=error.write)
            return None
        if template.names_arn and not arn:
            self.report(
                "route-template",
                node.start,
                steps,
                "the template has <aws.events.rule-arn>, and the rule has no ARN",
                why="an ARN is given by EventBridge; here the rule says it",
                write='"arn": "arn:aws:events:eu-west-1:123456789012:rule/my-rule" in the rule',
            )
        return template

    def offset_in_string(self, node: Node, offset: int) -> int:
        """Where the character ``offset`` of the string ``node`` stands in the document."""
        position = node.start + 1
        for _ in range(offset):
            if position >= node.end - 1:
                break
            position += _character_width(self.document.text, position)
        return min(position, node.end - 1)


def _character_width(text: str, position: int) -> int:
    """How many characters of a JSON text stand for the one character that begins at ``position`` of a string."""
    if text[position] != "\\":
        return 1
    if text[position + 1] != "u":
        return 2
    is_pair = text[position + 2 : position + 4].lower() in ("d8", "d9", "da", "db")
    return 12 if is_pair else 6


def _respelled(node: Node) -> Node:
    """The object with the members that have names of EventBridge under ours."""
    members = [(OTHER_SPELLINGS.get(name, name), start, value) for name, start, value in node.value]
    return Node(node.kind, members, node.start, node.end)
