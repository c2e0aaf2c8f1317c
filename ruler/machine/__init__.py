"""The data plane: sub-rules in, events in, rule ids out. Pure Python and complete on its own.

Which module for what, in the order an event meets them:

- ``decode``: event text or an already decoded event -> a plain dict, or EventError.
- ``path_trie``: the paths that rules use; it decides what of an event is looked at.
- ``flatten``: dict -> the values at the used paths, with their array trails where those are asked for;
  ``straight_flatten`` writes a faster function that does the same for one path trie.
- ``value_matcher``: one per used path: a value -> the clauses it satisfies. It stands on ``numeric_ranges`` and on
  ``string_indexes``, which gives one face to ``prefixes``, ``wildcards`` and ``address_blocks``.
- ``name_state``: the trie of clauses whose final states hold rule ids.
- ``walk``: one event's trip through the name states, array trails left aside; ``trail_walk`` where a match depends on
  them, over ``trail_views``; ``consistency`` judges the few sub-rules that need every chosen value at once.
- ``build``: the Machine itself: adds and removes sub-rules. ``describe`` draws it, ``check`` proves its invariants.

Imports point one way; nothing here sees rule text.
"""
