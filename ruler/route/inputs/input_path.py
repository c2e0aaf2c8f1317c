"""``input_path``: a target gets one value of the event, named by a path as EventBridge writes it.

In: a path. Out: steps, as slices.py takes them; ValueError when the text is no such path.

    "$.detail.items[0].price-list"  ->  detail, items, 0, price-list
    "$.resources[*]"                ->  resources, each

EventBridge knows a part of JSONPath: dot notation with letters, digits, dashes, underscores and slashes in names, array
indices, and wildcards. Brackets around names are not part of it. A path behind a wildcard gives the array of all values
found, as in the JSONPath library that is usual in Java.
Source: EventBridge user guide, "Input transformation" (note on JSON Path syntax); API reference, "InputTransformer":
a path has at most 256 characters, "JSON dot notation, not bracket notation".
"""

from __future__ import annotations

import re

from ruler.route.inputs.slices import EACH, Step, index_step, name_step

LONGEST_PATH = 256  # characters, as in EventBridge
_next_step = re.compile(r"\.(?:([A-Za-z0-9_/-]+)|(\*))|\[(?:(0|[1-9][0-9]{0,8})|(\*))\]").match


def path_steps(path: str) -> tuple[Step, ...]:
    """Return the steps of a path; ValueError says what is wrong with it.

    >>> path_steps("$"), len(path_steps("$.detail.items[0]"))
    ((), 3)
    """
    if len(path) > LONGEST_PATH:
        raise ValueError(f"a path has at most {LONGEST_PATH} characters")
    if not path.startswith("$"):
        raise ValueError("a path begins with $, the event")
    steps: list[Step] = []
    position = 1
    while position < len(path):
        found = _next_step(path, position)
        if found is None:
            raise ValueError(_wrong(path, position))
        name, each, index, each_element = found.groups()
        if name is not None:
            steps.append(name_step(name))
        elif index is not None:
            steps.append(index_step(int(index)))
        else:
            assert each or each_element
            steps.append(EACH)
        position = found.end()
    return tuple(steps)


def _wrong(path: str, position: int) -> str:
    rest = path[position : position + 20]
    if re.match(r"\[\s*['\"]", rest):
        return f"character {position + 1}: brackets hold an index or *; a name stands behind a dot"
    return (
        f"character {position + 1}: expected a dot and a name (letters, digits, -, _ and /), an index such as [0], "
        "or a wildcard, [*] or .*"
    )
