"""Tests of rules, kept in files beside them: events that must match, and events that must not.

model.py         one test, and a file of them
search.py        paths -> test files
read.py          a test file -> tests with their places, or every error in it
run.py           a test -> its outcome: passed, or why it failed
text.py          outcomes for people
tap.py           outcomes as TAP, the Test Anything Protocol
junit.py         outcomes as JUnit XML
pytest_items.py  outcomes as pytest has them; the only module that imports pytest
"""
