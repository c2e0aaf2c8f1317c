"""Finds what is wrong or suspicious in rules: every error, and warnings that catch real mistakes.

    check.py       the way in: rules in any form -> findings        registry.py  every warning: code, summary, fix
    rule.py        one rule under check, and how a warning is made    apply.py     fixes -> the text with them
    error_fixes.py fixes of errors, where one is certain

One module for each group of warnings: names.py, addresses.py, wildcards.py with wildcard_complexity.py,
pattern_types.py, object_paths.py; meaning.py says what clauses and branches mean. Each takes a rule that
compiles and yields Findings; none changes anything.
"""
