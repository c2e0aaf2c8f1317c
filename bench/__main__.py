"""``python -m bench [OPTIONS]`` measures; ``python -m bench compare A B`` and ``python -m bench page`` use results."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from bench import compare, page, run

COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {"compare": compare.main, "page": page.main}


def main(arguments: Sequence[str]) -> int:
    """Without the name of a command, measure."""
    if arguments and arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]](arguments[1:])
    return run.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
