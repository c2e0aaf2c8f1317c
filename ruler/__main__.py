"""``python -m ruler`` is the command ``ruler``; the command line itself is the package ``ruler_cli``."""

from __future__ import annotations

import sys

try:
    from ruler_cli.main import console_entry
except ModuleNotFoundError as error:
    if error.name is None or not error.name.startswith("ruler_cli"):
        raise
    print(
        "ruler: the command line (package ruler_cli) is missing from this installation of ruler-events",
        file=sys.stderr,
    )
    sys.exit(2)

if __name__ == "__main__":
    sys.exit(console_entry())
