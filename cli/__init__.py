"""The command line of ruler, import name ``ruler_cli``; ``python -m ruler`` runs it too.

main.py        entry point: finds the command, turns every ending into an exit code
filter.py      ``ruler filter``: options -> rules -> inputs -> exit code
check.py       ``ruler check``: every error of the rules in files
rule_options.py  ``-r`` and ``-e``, the rules of every command
test.py        ``ruler test``: test files -> how their tests went
test_event_pattern.py  ``ruler test-event-pattern``, as the AWS command of that name
pytest_plugin.py  what pytest imports where ruler is installed
colour.py      colour on terminals
arguments.py   argparse with fixed help texts
exit_codes.py  those that commands share
lines.py       an input -> blocks of lines
selection.py   a block of lines -> what is written; the only loop that runs per event
streams.py     standard output and standard error

What a command does that a program may want too stands in ``ruler`` (rule files, findings); here is what is about
arguments, streams and terminals.
"""
