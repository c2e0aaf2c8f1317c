"""Measurements, and the seeded data they run on. Nothing here is installed with the library.

``python -m bench`` measures the scenarios in ``scenarios/*.toml``; ``python -m bench compare`` and
``python -m bench page`` use what it wrote; ``python -m bench.data`` writes data. ``bench/README.md`` says what each
scenario stands for.
"""
