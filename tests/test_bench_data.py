"""The data that measurements and examples stand on: always the same bytes, in the promised shape."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from bench.check import load_oracle
from bench.data import EXAMPLE_EVENTS, GENERATORS, event_lines, example_lines, main
from bench.generators.draw import Draw
from bench.generators.processes import PATHS
from bench.rules import HITS, KINDS, rule_set
from bench.scenario import ScenarioError, load_scenario, scenario_files, write_counts
from ruler import Matcher, RuleError
from ruler.patterns.compiler import Limits, compile_rule

ROOT = Path(__file__).resolve().parent.parent

PROPERTIES = [
    "MAPBLKLOT",
    "BLKLOT",
    "BLOCK_NUM",
    "LOT_NUM",
    "FROM_ST",
    "TO_ST",
    "STREET",
    "ST_TYPE",
    "ODD_EVEN",
]
HASHES = {
    "citylots": "f2ed60130e1972086a84ec63e074bb8ea21af21eb6a91313ba728dc805be8ba5",
    "eventbridge": "4a2bdf7f8c894ca2b615bddf9e333689ee6c728ae1eece1f152688bf83322513",
    "processes": "5dd6d300f87c79dbc3ba9907de31d88f03909248a33699842cfc1dea827d1c78",
    "arrays": "1137e829c01a682093c41cbd8a69519e3e98c1efd289b360af483f82fd603dda",
    "batches": "202e0a79cf23ed4dade0075900a0aac325cc865c2d21cc3592efbd5fadf1d6e6",
    "runs": "7728cf1eb01073edf030941accd3c2d0713a217a8ec9c611c973173cabcf01c2",
}
OTHER_PATTERN_TYPES = ("suffix", "wildcard", "numeric", "anything-but", "equals-ignore-case", "exists", "cidr")
EXAMPLE_ROW = re.compile(r"^\| `([^`]+)` \| .+ \| (\d+) \|$", re.MULTILINE)


def digest(lines: Iterable[bytes]) -> str:
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def lots(count: int, **options: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in GENERATORS["citylots"](count, 1, **options)]


@pytest.mark.parametrize("generator", sorted(GENERATORS))
def test_default_seed_gives_the_same_bytes_for_ever(generator: str) -> None:
    """Counts in scenario files and published figures depend on it."""
    assert HASHES[generator] == digest(GENERATORS[generator](1000, 1))


@pytest.mark.parametrize("generator", sorted(GENERATORS))
def test_a_longer_run_begins_with_the_shorter_one(generator: str) -> None:
    """``--count`` cuts the stream and changes nothing else; another seed gives other events."""
    longer = list(GENERATORS[generator](60, 1))
    assert longer[:25] == list(GENERATORS[generator](25, 1))
    assert len(longer) == 60
    assert longer != list(GENERATORS[generator](60, 2))


def test_draw_uses_only_the_stable_methods_of_random() -> None:
    """The first numbers of seed 1 are those of the Mersenne Twister, on every version."""
    assert Draw(1).fraction() == 0.13436424411240122
    assert Draw(1).hexadecimal(8) == "2265b1f5"


def test_a_lot_has_the_shape_of_the_original() -> None:
    """Names in order, string values, a closed ring near San Francisco."""
    for lot in lots(500):
        assert list(lot) == ["type", "properties", "geometry"]
        assert list(lot["properties"]) == PROPERTIES
        assert {type(value) for value in lot["properties"].values()} <= {str, type(None)}
        assert lot["properties"]["ODD_EVEN"] in ("O", "E")
        polygons = lot["geometry"]["coordinates"]
        ring = polygons[0] if lot["geometry"]["type"] == "Polygon" else polygons[0][0]
        assert ring[0] == ring[-1]
        assert len(ring) >= 5
        assert all(-122.6 < x < -122.3 and 37.6 < y < 37.9 and z == 0.0 for x, y, z in ring)


def test_lots_are_written_compactly() -> None:
    """No blank between tokens, as in the original."""
    line = next(GENERATORS["citylots"](1, 1))
    assert line.startswith(b'{"type":"Feature","properties":{"MAPBLKLOT":"')
    assert b'},"geometry":{"type":"' in line


def test_lots_show_every_variety() -> None:
    """Nulls, shared outlines, letters in lot numbers and several polygons all occur."""
    all_lots = lots(5000)
    for name in ("FROM_ST", "TO_ST", "STREET", "ST_TYPE"):
        assert any(lot["properties"][name] is None for lot in all_lots)
    assert any(lot["properties"]["BLKLOT"] != lot["properties"]["MAPBLKLOT"] for lot in all_lots)
    assert any(lot["properties"]["BLKLOT"][-1].isalpha() for lot in all_lots)
    assert {lot["geometry"]["type"] for lot in all_lots} == {"Polygon", "MultiPolygon"}
    assert len({lot["properties"]["STREET"] for lot in all_lots}) > 150


def test_a_lot_has_830_bytes_on_average() -> None:
    """Within 2%, over enough lines that the long outlines even out."""
    sizes = [len(line) for line in GENERATORS["citylots"](40_000, 1)]
    assert 830 * 0.98 <= sum(sizes) / len(sizes) <= 830 * 1.02


def test_numbers_variant_differs_only_in_type() -> None:
    """``--numbers`` draws the same lots."""
    for plain, numbered in zip(lots(200), lots(200, numbers=True), strict=True):
        assert plain["geometry"] == numbered["geometry"]
        assert plain["properties"]["STREET"] == numbered["properties"]["STREET"]
        assert isinstance(numbered["properties"]["LOT_NUM"], int)


def test_points_variant_differs_only_in_form() -> None:
    """``--points`` writes the same coordinates as objects."""
    for plain, pointed in zip(lots(50), lots(50, points=True), strict=True):
        if plain["geometry"]["type"] == "Polygon":
            as_lists = [[p["x"], p["y"], p["z"]] for p in pointed["geometry"]["coordinates"][0]]
            assert plain["geometry"]["coordinates"][0] == as_lists


def test_bus_events_are_nested_and_of_one_to_two_kilobytes() -> None:
    """Several sources, all with the same envelope."""
    lines = list(GENERATORS["eventbridge"](1000, 1))
    events = [json.loads(line) for line in lines]
    assert 1000 <= sum(map(len, lines)) / len(lines) <= 2000
    assert {"aws.ec2", "aws.s3", "aws.iam", "aws.health", "shop", "shop.b2b"} == {e["source"] for e in events}
    assert all(len(event["account"]) == 12 and event["time"] >= "2026-11-16" for event in events)


def test_bus_events_with_their_request_have_two_kilobytes() -> None:
    """The request comes last in the detail; the rest is drawn as without it."""
    lines = list(GENERATORS["eventbridge"](1000, 1, context=True))
    assert 1800 <= sum(map(len, lines)) / len(lines) <= 2200
    assert all(list(json.loads(line)["detail"])[-1] == "request" for line in lines)


def test_process_starts_have_two_and_a_half_kilobytes() -> None:
    """Five texts each, which fill most of the event."""
    lines = list(GENERATORS["processes"](1000, 1))
    assert 2400 <= sum(map(len, lines)) / len(lines) <= 2700
    assert all(isinstance(json.loads(line)["detail"][path], str) for line in lines for path in PATHS)


def test_array_placement_says_where_the_pair_stands() -> None:
    """The pair stands in every element, in the last only, or in none."""

    def pairs(placement: str) -> list[bool]:
        event = json.loads(next(GENERATORS["arrays"](1, 1, elements=7, placement=placement)))
        return [item["sku"] == "wanted" and item["state"] == "ready" for item in event["items"]]

    assert pairs("every") == [True] * 7
    assert pairs("last") == [False] * 6 + [True]
    assert pairs("none") == [False] * 7


def test_array_shapes_hold_the_elements_they_promise() -> None:
    """Scalars in one array, objects in two, objects three arrays deep."""

    def event(shape: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(next(GENERATORS["arrays"](1, 1, elements=27, shape=shape)))
        return found

    assert [isinstance(item, str) for item in event("scalars")["items"]] == [True] * 27
    assert len(event("siblings")["items"]) == len(event("siblings")["returns"]) == 27
    assert all(item["state"] != "ready" for item in event("siblings")["returns"])
    boxes = [box for item in event("nested")["items"] for box in item["boxes"]]
    assert [len(box["things"]) for box in boxes] == [3] * 9


@pytest.mark.parametrize("kilobytes", [1, 2, 14, 250])
def test_a_batch_has_the_size_it_promises(kilobytes: int) -> None:
    """At most so many thousand bytes, and at most one entry less; what sums the batch up stands behind the entries."""
    for line in GENERATORS["batches"](20, 1, kilobytes=kilobytes):
        assert 1000 * kilobytes - 400 <= len(line) <= 1000 * kilobytes
        detail = json.loads(line)["detail"]
        assert list(detail)[-2:] == ["entries", "summary"]
        assert len(detail["entries"]) >= 2 * kilobytes


def test_batches_are_of_three_kinds() -> None:
    """Stock, orders and logs; an entry of a kind has the same names in all events."""
    events = [json.loads(line) for line in GENERATORS["batches"](60, 1)]
    assert {"shop.inventory", "shop.orders", "shop.logs"} == {event["source"] for event in events}
    shapes = {(event["source"], tuple(entry)) for event in events for entry in event["detail"]["entries"]}
    assert len(shapes) == 3


def test_a_text_of_runs_is_nearly_all_one_letter() -> None:
    """It begins with that letter, ends with two others, and is as long as asked for."""
    for line in GENERATORS["runs"](50, 1, letters=120):
        text = json.loads(line)["detail"]["text"]
        assert len(text) == 120
        assert text.startswith("a")
        assert not set(text[-2:]) & {"a"}
        assert text.count("a") >= 100


def test_command_writes_one_line_per_event(tmp_path: Path) -> None:
    """Every line ends, the last one too."""
    file = tmp_path / "new" / "lots.jsonl"
    assert main(["citylots", "--count", "7", "--seed", "3", "-o", str(file)]) == 0
    assert file.read_bytes().splitlines() == list(GENERATORS["citylots"](7, 3))
    assert file.read_bytes().endswith(b"\n")


def test_committed_example_events_are_fresh() -> None:
    """``python -m bench.data examples`` would change nothing."""
    assert EXAMPLE_EVENTS.read_bytes() == b"".join(line + b"\n" for line in example_lines())
    assert EXAMPLE_EVENTS.stat().st_size < 500_000


def example_rules() -> dict[str, Any]:
    """The rules of both example files, by name."""
    rules: dict[str, Any] = json.loads((ROOT / "examples" / "rules.json").read_bytes())
    for each in json.loads((ROOT / "examples" / "rules-list.json").read_bytes()):
        rules[each["name"]] = each.get("rule") or each["pattern"]
    return rules


def test_counts_in_examples_readme_are_true() -> None:
    """Every rule is listed with the number of events the oracle says it matches; never none, never all."""
    matches = load_oracle()
    events = EXAMPLE_EVENTS.read_text(encoding="utf-8").split("\n")[:-1]
    listed = EXAMPLE_ROW.findall((ROOT / "examples" / "README.md").read_text(encoding="utf-8"))
    counted = {
        name: sum(matches(json.dumps(rule), event) for event in events) for name, rule in example_rules().items()
    }
    assert counted == {name: int(number) for name, number in listed}
    assert all(0 < count < len(events) for count in counted.values())


def test_example_rules_use_every_matcher() -> None:
    """A reader finds each pattern type, in each of its forms, at least once."""
    text = json.dumps(list(example_rules().values()))
    plain = ["exactly", "prefix", "suffix", "equals-ignore-case", "wildcard", "numeric", "exists", "cidr"]
    inside = [f'"anything-but": {{"{kind}"' for kind in ("prefix", "suffix", "equals-ignore-case", "wildcard")]
    folded = [f'"{kind}": {{"equals-ignore-case"' for kind in ("prefix", "suffix")]
    signs = [f'"numeric": ["{sign}"' for sign in ("=", "<", "<=", ">", ">=")]
    lists = ['"anything-but": "', '"anything-but": ["', '"anything-but": 0', '"anything-but": [2']
    literals = ["[true]", "[false]", "[null]", '{"exists": true}', '{"exists": false}', '"$or"']
    for part in [f'{{"{name}": ' for name in plain] + inside + folded + signs + lists + literals:
        assert part in text


@pytest.mark.parametrize("file", scenario_files(), ids=lambda file: file.stem)
def test_scenario_file_is_well_formed(file: Path) -> None:
    """It loads, and full mode measures all of it; where answers count, something matches somewhere."""
    scenario = load_scenario(file)
    assert list(scenario.variants) == scenario.variants_in("full")
    if scenario.measure != "commands":
        assert any(variant.matches["full"] > 0 for variant in scenario.variants)


@pytest.mark.parametrize("file", scenario_files(["growth-*", "extension-*"]), ids=lambda file: file.stem)
def test_sizes_of_a_growth_scenario_match_the_same(file: Path) -> None:
    """From ten rules on, where all that match are there; all are compared with the smallest of these sizes."""
    variants = [each for each in load_scenario(file).variants if each.rules["count"] >= HITS]
    assert len({each.matches["full"] for each in variants}) == 1
    assert {each.baseline for each in variants} == {None, variants[0].name}


@pytest.mark.parametrize("file", scenario_files(["extension-*"]), ids=lambda file: file.stem)
def test_a_thousand_rules_of_an_extension_may_cost_ten_times_ten_rules(file: Path) -> None:
    """The goal of both engines in both modes, at four sizes; the rules need the extension, all on one path or two."""
    scenario = load_scenario(file)
    assert [each.rules["count"] for each in scenario.variants] == [10, 100, 1000, 10_000]
    assert ["10 rules", "1000 rules"] == [each.name for each in scenario.variants_in("quick")]
    [thousand] = [each for each in scenario.variants if each.name == "1000 rules"]
    assert {engine: thousand.goals[engine] for engine in ("native", "python")} == {
        engine: {"times the first": ("at most", 10)} for engine in ("native", "python")
    }
    assert {"native", "python"} <= set(thousand.engines["quick"])
    for text in rule_set({**scenario.variants[0].rules, "count": 30}).values():
        with pytest.raises(RuleError):
            compile_rule(text, limits=Limits(extensions=False))


@pytest.mark.parametrize("file", scenario_files(["extension-*"]), ids=lambda file: file.stem)
def test_peers_that_lack_an_extension_are_told_to(file: Path) -> None:
    """Every peer of the full mode is measured or says why not; the quick mode needs none of them."""
    for variant in load_scenario(file).variants:
        assert {"event-ruler", "quamina", "quamina-rs"} <= set(variant.engines["full"])
        assert set(variant.engines["quick"]) - {"native", "python"} <= set(variant.cannot)
        assert "event-ruler" in variant.cannot


def test_scenario_without_expected_count_is_refused(tmp_path: Path) -> None:
    """A time without a checked answer means nothing; counts can be filled in afterwards."""
    file = tmp_path / "mixed.toml"
    text = next(iter(scenario_files(["mixed"]))).read_text(encoding="utf-8")
    file.write_text(re.sub(r"(?m)^matches = .*\n", "", text), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"mixed.toml: 10 rules: matches must give the expected total"):
        load_scenario(file)
    scenario = load_scenario(file, counts_required=False)
    write_counts(file, {variant.name: {"quick": 1, "full": 2} for variant in scenario.variants})
    assert all(variant.matches == {"quick": 1, "full": 2} for variant in load_scenario(file).variants)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_smaller_rule_set_is_the_beginning_of_a_larger_one(kind: str) -> None:
    """So that sizes differ in the added rules only; the added ones are not all alike."""
    large = list(rule_set({"kind": kind, "count": 200, "seed": 1}).items())
    assert large[:20] == list(rule_set({"kind": kind, "count": 20, "seed": 1}).items())
    assert len({text for _, text in islice(large, HITS, None)}) > 150


@pytest.mark.parametrize("kind", sorted(kind for kind in KINDS if kind.startswith(("growth-", "extension-"))))
def test_only_the_first_rules_of_a_growth_kind_match(kind: str) -> None:
    """Else a larger set would find more, and its cost would not be that of its size."""
    scenario = load_scenario(next(iter(scenario_files([kind]))))
    arguments = {**scenario.variants[0].events, "count": 5000}
    found = list(Matcher(rule_set({"kind": kind, "count": 300, "seed": 1})).rules_for_events(event_lines(**arguments)))
    hits = 2 * HITS if "mixed" in kind else HITS
    assert {int(name.rsplit("-", 1)[1]) for names in found for name in names} <= set(range(hits))
    assert any(found)


def test_rules_of_several_variants_can_be_taken_together() -> None:
    """The combination of kinds is made of all fourteen, in the order in which it names them."""
    scenario = load_scenario(next(iter(scenario_files(["kinds"]))))
    lists = {each.name: list(each.rules.get("list", [])) for each in scenario.variants}
    combination = next(each for each in scenario.variants if each.name == "combination")
    names = combination.rules["variants"]
    assert [text for name in names for text in lists[name]] == list(rule_set(combination.rules).values())
    assert len(names) == 14
    assert all(len(lists[name]) == 5 for name in names)


def counted(kind: str, count: int, lines: list[bytes]) -> list[int]:
    """How many rules of a kind match each event."""
    return list(map(len, Matcher(rule_set({"kind": kind, "count": count, "seed": 1})).rules_for_events(lines)))


def test_hard_kinds_match_as_many_as_they_promise() -> None:
    """Nearly all, half, or few of the rules, event by event."""
    lots_of_numbers = list(GENERATORS["citylots"](200, 1, numbers=True))
    assert min(counted("all-but-one-street", 1000, lots_of_numbers)) > 970
    assert 300 < median(counted("wide-ranges", 1000, lots_of_numbers)) < 800
    assert 1 <= median(counted("narrow-ranges", 10_000, lots_of_numbers)) <= 10
    assert max(counted("one-account-left", 1000, list(GENERATORS["eventbridge"](200, 1)))) < 40
    assert 5 < median(counted("stars", 1000, list(GENERATORS["runs"](200, 1)))) < 30
    plain_lots = list(GENERATORS["citylots"](2000, 1))
    for kind in ("alike-but-the-last", "own-first"):
        assert 0 < sum(counted(kind, 1000, plain_lots)) < 600


def test_stars_match_as_the_oracle_says() -> None:
    """On short texts: on those that are measured, trying every way takes the oracle for ever."""
    matches = load_oracle()
    rules = rule_set({"kind": "stars", "count": 200, "seed": 1})
    lines = list(GENERATORS["runs"](40, 1, letters=16))
    found = list(Matcher(rules).rules_for_events(lines))
    wanted = [[name for name, text in rules.items() if matches(text, line.decode())] for line in lines]
    assert wanted == found
    assert sum(map(len, wanted)) > 20


def test_rules_of_batches_look_before_behind_and_inside_the_entries() -> None:
    """Each third of the rules matches some event, so none of the three is measured in vain."""
    lines = list(GENERATORS["batches"](2000, 1))
    names = Matcher(rule_set({"kind": "batches", "count": 99, "seed": 1})).rules_for_events(lines)
    assert {0, 1, 2} == {int(name.rsplit("-", 1)[1]) % 3 for found in names for name in found}


def test_plain_rules_hold_exact_values_and_prefixes_only() -> None:
    """Every Python peer knows these two."""
    text = json.dumps(list(rule_set({"kind": "plain", "count": 500, "seed": 1}).values()))
    assert {"prefix"} == {word for word in ("prefix", *OTHER_PATTERN_TYPES) if f'{{\\"{word}\\":' in text}
