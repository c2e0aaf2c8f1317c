"""Replays dead letters: what could not be delivered then goes where the rules lead it now.

choice.py    a dead letter and a rule set -> deliveries, or why there are none
marks.py     which letters of a file are done, in a small file beside it
letters.py   the lines of a file of dead letters, up to where it ended at the start
source.py    all of these as a source of a router, which plans for it too
"""
