"""Reads rules from wherever they stand, as rules that know their names and places.

``read_rule_file`` reads a path (``read_rule_files`` keeps the files of a directory apart), ``rules_of_text`` the
content of a file, ``rule_of_pattern`` an argument of the command line. Each gives a RuleSet: NamedRules, and the
findings that are not of one rule. ``add_rules`` adds rules to a matcher.

files.py: files and directories. read.py: recognises the form of a text. One module for each form: rule_file.py,
json_lines.py, template.py, service_output.py; yaml_text.py makes JSON of YAML, so that any form may be YAML. placed.py:
text that stands in the source in another way, such as in a string. members.py: the members of objects, strictly,
for documents that hold more than rules.
"""

from ruler.rule_sources.files import STANDARD_INPUT, read_rule_file, read_rule_files
from ruler.rule_sources.named_rules import NamedRule, RuleSet, TakesRules, add_rules, text_of, within_limits
from ruler.rule_sources.placed import fix_in_source, is_editable
from ruler.rule_sources.read import read_again, rule_of_pattern, rules_of_text

__all__ = [
    "STANDARD_INPUT",
    "NamedRule",
    "RuleSet",
    "TakesRules",
    "add_rules",
    "fix_in_source",
    "is_editable",
    "read_again",
    "read_rule_file",
    "read_rule_files",
    "rule_of_pattern",
    "rules_of_text",
    "text_of",
    "within_limits",
]
