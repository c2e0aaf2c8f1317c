"""The command line of ruler, import name ``ruler_cli``; ``python -m ruler`` runs it too.

main.py        entry point: finds the command, turns every ending into an exit code
filter.py      ``ruler filter``: options -> rules -> inputs -> exit code
check.py       ``ruler check``: every error of the rules in files
arguments.py   argparse with fixed help texts
exit_codes.py  those that commands share
rule_files.py  rule files and patterns -> named rules, or problems
problems.py    a problem as text: place, source line, caret, advice
lines.py       an input -> blocks of lines
selection.py   a block of lines -> what is written; the only loop that runs per event
streams.py     standard output and standard error

It uses the public names of ``ruler``, a constant of ``ruler.machine``, why there is no native engine (``ruler.engine``)
and, to report every error with its place, ``ruler.patterns``.
"""
