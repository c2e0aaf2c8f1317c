"""The config of ``ruler run``: what it means, and every error in it with its place, all in one go."""

from __future__ import annotations

from pathlib import Path

import pytest

from ruler.route import RuleSetError
from ruler.route.documents.config import Config, read_config
from ruler.route.documents.config_members import ServeSettings, SourceSettings, bytes_of
from ruler.route.runtime.limits import Limits

FULL = """\
dead_letter = "dead"

[source]
uri = "file:orders.jsonl"
position = "orders.position"
follow = false
form = "eventbridge"
key = "/detail/order-id"
options = { compressed = true }

[limits]
max_events = 2_000
max_bytes = "64MB"
batch_events = 100
batch_bytes = 1048576
drain = "1m"

[serve]
port = 9090
host = "::1"

[targets.ops]
uri = "file:ops.jsonl"

[targets.dead]
uri = "file:dead.jsonl"

[rules.big]
pattern.total = [{ numeric = [">", 1000] }]
targets = ["ops"]
"""
RULES = '{"rules": {"big": {"pattern": {"total": [1]}, "targets": ["ops"]}}}'


def config_of(directory: Path, text: str) -> Config:
    """The config that the text is."""
    path = directory / "config.toml"
    path.write_text(text, encoding="utf-8")
    return read_config(path)


def errors_of(directory: Path, text: str) -> list[str]:
    """The errors of the text: ``line:column: what``, as they are shown."""
    with pytest.raises(RuleSetError) as raised:
        config_of(directory, text)
    return [f"{each.line}:{each.column}: {each.message}" for each in raised.value.findings]


def test_one_file_is_settings_and_rule_set(tmp_path: Path) -> None:
    """Every member means what docs/cli.md says."""
    config = config_of(tmp_path, FULL)
    options = {"compressed": True, "position_file": "orders.position", "follow": False}
    assert SourceSettings("file:orders.jsonl", "eventbridge", "/detail/order-id", options) == config.source
    assert Limits(2000, 64_000_000, 100, 1_048_576, 60.0) == config.limits
    assert ServeSettings(9090, "::1") == config.serve
    assert (["big"], ["dead", "ops"]) == (list(config.rule_set.rules), list(config.rule_set.targets))
    assert (str(tmp_path / "config.toml"),) == config.paths


def test_without_tables_events_come_from_standard_input(tmp_path: Path) -> None:
    """All tables may be left out; nothing is served then."""
    config = config_of(tmp_path, "")
    assert SourceSettings("stdin:", "bare", "", {}) == config.source
    assert (Limits(), None) == (config.limits, config.serve)


def test_rules_may_stand_in_a_directory_beside_the_config(tmp_path: Path) -> None:
    """The directory is seen from the config; targets of the config are part of the same rule set."""
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes" / "shop.json").write_text(RULES)
    config = config_of(tmp_path, 'rules = "routes/"\ntargets.ops.uri = "file:ops.jsonl"\n')
    assert (["big"], ["ops"]) == (list(config.rule_set.rules), list(config.rule_set.targets))
    assert (str(tmp_path / "config.toml"), str(tmp_path / "routes") + "/") == config.paths


def test_errors_of_the_config_and_of_its_rules_are_told_together(tmp_path: Path) -> None:
    """Neither hides the other, also where the rules are no JSON at all."""
    text = 'rules = "rules.json"\n[limits]\ndrain = 30\n'
    (tmp_path / "rules.json").write_text(RULES)
    assert errors_of(tmp_path, text) == [
        "3:9: found the number 30, expected a duration",
        '1:59: no target is called "ops"',
    ]
    (tmp_path / "rules.json").write_text("{")
    first, second = errors_of(tmp_path, text)
    assert ("3:9: found the number 30, expected a duration", "1:2") == (first, second[:3])


def test_rules_that_are_not_there_are_told_where_they_are_named(tmp_path: Path) -> None:
    """A path that leads to nothing, and one that is empty."""
    assert errors_of(tmp_path, 'rules = "routs/"') == ['1:9: there is no file and no directory "routs/"']
    assert errors_of(tmp_path, 'rules = ""') == ["1:9: found an empty string"]
    assert errors_of(tmp_path, "rules = 5") == ["1:9: found the number 5, expected an object"]


def test_every_error_of_the_tables_stands_at_its_place(tmp_path: Path) -> None:
    """Mistakes in four tables are told in one go, in the order of the text."""
    text = """\
[source]
uri = "orders.jsonl"
folow = true
key = "detail"
form = "eventbrdge"
position = 5

[limits]
max_events = 0
max_bytes = "64 mega"
batch_bytes = "0B"
drain = 30

[serve]
prot = 99999
host = ""

[sorce]
uri = "file:x"
"""
    assert errors_of(tmp_path, text) == [
        '2:7: "orders.jsonl" has no scheme',
        '3:1: "folow" is not a member of [source]; did you mean "follow"?',
        '4:7: "detail" is not a JSON Pointer',
        '5:8: found the string "eventbrdge", '
        'expected "bare" or "eventbridge" or "put-events" or "cloudevents" or "auto"',
        "6:12: found the number 5, expected a string that is not empty",
        "9:14: found the number 0, expected a whole number from 1 to 10,000,000",
        '10:13: found the string "64 mega", expected a size',
        '11:15: found the string "0B", expected a size from 1 byte to 1,099,511,627,776',
        "12:9: found the number 30, expected a duration",
        '15:1: "prot" is not a member of [serve]; did you mean "port"?',
        "15:8: found the number 99999, expected a whole number from 0 to 65,535",
        '16:8: found the string "", expected a string that is not empty',
        '18:2: "sorce" is not a member of a config; did you mean "source"?',
    ]


def test_an_error_says_what_where_why_and_what_to_write(tmp_path: Path) -> None:
    """As people see it."""
    with pytest.raises(RuleSetError) as raised:
        config_of(tmp_path, "[source]\nposition = 'a'\n")
    assert f"{tmp_path}/config.toml:" in str(raised.value)
    assert str(raised.value).splitlines()[1:] == [
        "    [source]",
        "    ^",
        "  why:   the URI says what the source is: its scheme, and where it stands",
        '  write: uri = "file:orders.jsonl"',
    ]


def test_a_table_that_is_none_is_told(tmp_path: Path) -> None:
    """Each table is a table."""
    assert errors_of(tmp_path, 'source = "file:x"\nlimits = 5\nserve = 9090\n') == [
        '1:10: found the string "file:x", expected a table',
        "2:10: found the number 5, expected a table",
        "3:9: found the number 9090, expected a table",
    ]
    assert errors_of(tmp_path, "[serve]\nhost = '::1'\n[source]\nuri = 'file:x'\noptions = 5\n") == [
        '1:1: there is no "port"',
        "5:11: found the number 5, expected a table",
    ]


def test_no_more_is_fetched_at_a_time_than_may_be_in_flight(tmp_path: Path) -> None:
    """A low limit lowers what is left out; what is written beyond it is an error."""
    assert Limits(max_events=10, batch_events=10) == config_of(tmp_path, "limits.max_events = 10").limits
    text = "[limits]\nmax_events = 10\nbatch_events = 11\n"
    assert errors_of(tmp_path, text) == ["3:16: batch_events is 11 and max_events is 10"]


def test_a_directory_is_no_config(tmp_path: Path) -> None:
    """It holds a rule set, at most; a missing file is told too."""
    with pytest.raises(RuleSetError, match="is a directory; a config is one file"):
        read_config(tmp_path)
    with pytest.raises(RuleSetError, match="No such file or directory"):
        read_config(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "size"),
    [("1B", 1), ("2 kB", 2000), ("1.5MiB", 1_572_864), ("1gb", 10**9), ("1", None), ("-1B", None), ("1TB", None)],
)
def test_sizes_have_units(text: str, size: int | None) -> None:
    """Of ten and of two; a number without a unit is written as a number."""
    assert bytes_of(text) == size
