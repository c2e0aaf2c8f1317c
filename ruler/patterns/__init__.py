"""The control plane: a rule's text becomes sub-rules, or an error that says what to write instead.

Use ``compiler`` to compile a rule; everything else here serves it:

- ``reader``       JSON text or a mapping -> nodes that know where they stand in the text
- ``mappings``     a mapping -> the JSON text it means
- ``compiler``     nodes -> sub-rules; ``$or`` expands here
- ``clauses``      the array of one clause -> patterns
- ``numeric``, ``cidr``, ``wildcards``  the arguments of these pattern types
- ``report``       how these say what is wrong
- ``rewrites``     what an error proposes to write instead
- ``operators``    the operators of other rule languages, and what to write for them
- ``vocabulary``   the table of pattern types: drives the compiler, the docs and "did you mean"
- ``model``        what comes out: one frozen dataclass per pattern type, Clause, SubRule

``numbers``, ``folding`` and ``addresses`` define when two numbers, strings and addresses are the same; the
machine uses them for events, so that both sides of a comparison are always read by one function.
"""
