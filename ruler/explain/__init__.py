"""Says why a rule matches an event or does not; nothing here runs unless it is asked for.

event_view.py   the values an event has at some paths, each with its place and its array elements
judge.py        asks the python engine about a few sub-rules and one event
"""
