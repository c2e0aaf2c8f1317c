"""Loads the example rules and says how many example events each matches. Run from the project root."""

import json
from collections import Counter
from pathlib import Path

from ruler import Matcher

matcher = Matcher(json.loads(Path("examples/rules.json").read_bytes()))
matches: Counter[str] = Counter()
for line in Path("examples/events.jsonl").read_bytes().splitlines():
    matches.update(matcher.rules_for_event(line))
for name, count in matches.most_common():
    print(f"{count:4d}  {name}")
