"""Routing: rules to targets. Which event goes where is decided here; the pure part, without any I/O but reading files.

rule_set.py           what a rule set is: rules, targets, a digest of its content
document.py           the document of a rule set (JSON, TOML, Python objects) -> a RuleSet, or every error in it
target_members.py     the members of a target            rule_members.py   those of a rule
input_members.py      those of an input                  values.py         durations, counts, names: read strictly
examples.py           runs the examples of rules         toml_text.py      TOML as the JSON that it means, with places
model.py              Event, Delivery, the outcomes of deliveries, what a target and a source are
envelope.py           the forms that events come in -> Event
select.py, input_path.py, input_transformer.py: what of an event a target gets; slices.py: the parts of a JSON text
plan.py               events and a rule set -> deliveries
rules_diff.py         two rule sets, and events -> what would be delivered otherwise
"""
