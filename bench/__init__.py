"""Measurements, and the seeded data they run on. Nothing here is installed with the library.

``python -m bench.data`` writes data, ``python -m bench.run`` measures the scenarios in ``scenarios/*.toml``,
``python -m bench.cli`` measures whole processes. ``bench/README.md`` says what each scenario stands for.
"""
