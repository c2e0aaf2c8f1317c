"""Reads what people write: documents of rule sets, and the config of a process, with every error at its place.

    document.py      a file, a directory, text or a mapping -> a RuleSet
    config.py        one file that is rule set and settings -> a Config; config_members.py reads its tables

Below: rule_members.py and, in it, target_members.py, input_members.py and values.py read one document, strictly;
toml_text.py makes JSON of TOML, with places; assemble.py puts documents together and judges what is only seen then;
examples.py runs the examples; pattern_text.py writes equal patterns alike, for the digest.
"""
