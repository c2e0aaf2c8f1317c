"""One file per kind of event, all seeded: the same arguments give the same bytes on every Python version.

``citylots``: many scalars in nested arrays, flat properties. ``eventbridge``: nested objects of 1-2 KB from
several sources. ``arrays``: one array of objects, of any length. ``examples``: the events in ``examples/``.
``draw`` is the only source of randomness.
"""
