"""A simulation of routing with all that may go wrong, decided by one seed and checked against a ledger.

    families.py    prebuilt rule sets in several versions, and what each target must get of each kind of event
    schedule.py    a seed -> what happens: events, faults, changes of rules, crashes, stops
    fakes.py       sources and targets that fail as the schedule says
    ledger.py      what was sent, taken, answered and recorded; says what must not be
    books.py       what the ledger knows;  identity.py  what a delivery is;  sends.py  what a send must keep to
    world.py       lives of a router, one after the other, until all is settled
    life.py        one life: sources, producers and an operator at work with a router
    real.py        the router under test;  broken.py  the same with one thing broken in each
    plain.py       a router that is plain to see as correct: one event after the other
    __main__.py    python -m tests.route_simulation --seed N: replays one schedule with its trace

Idea: a life of a router runs on the virtual clock (tests/virtual_loop.py) and ends by a crash, a stop, or because all
is done. What survives it is what targets had taken, what sources had recorded, and what producers had been told. The
next life begins there. The ledger sees each of these as it happens, and holds it against what the oracle expects.

Always: a seed is the whole schedule; the same seed makes the same trace, whatever the process.
"""
