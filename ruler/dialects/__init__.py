"""What each service of AWS accepts of the rule language, as data with sources, and what it would refuse of a rule.

    model.py   the rows there are (operators, limits, facts) and what a dialect says of each
    *.toml     one file for each dialect: every row, with its source, or marked unknown
    load.py    dialect("sns-body") -> a Dialect
    forms.py   an element of a clause -> its operator, as it is written
    measures.py  a rule -> what limits count in it
    judge.py   a rule and a dialect -> what is refused, and what nobody knows

Always: what no public page settles is UNKNOWN. It is neither allowed nor refused, and is reported as what it is.
"""
