"""Reads rules from wherever they stand, as rules that know their names and places.

``read_rule_file`` reads a path, ``rules_of_text`` the content of a file, ``rule_of_pattern`` an argument of
the command line. Each gives a RuleSet: NamedRules, and the findings that are not of one rule. ``add_rules`` adds
rules to a matcher.
"""

from ruler.rule_sources.rule_file import (
    STANDARD_INPUT,
    NamedRule,
    RuleSet,
    add_rules,
    read_rule_file,
    rule_of_pattern,
    rules_of_text,
    text_of,
)

__all__ = [
    "STANDARD_INPUT",
    "NamedRule",
    "RuleSet",
    "add_rules",
    "read_rule_file",
    "rule_of_pattern",
    "rules_of_text",
    "text_of",
]
