"""Where events come from: sources, which a Router runs.

    lines.py      the lines of a file, from where the last process came to; it is followed when it grows and is renamed
    stdin.py      the lines of standard input; nothing is durable
    memory.py     events that are in memory already

Below lines.py: growing_file.py reads one open file, line_cutter.py cuts what it reads, position_file.py keeps how far
it is done, recorder.py writes that now and then, renamed_files.py finds what had the name before.
"""

from ruler.route.sources.errors import SourceError
from ruler.route.sources.lines import LinesSource
from ruler.route.sources.memory import MemorySource
from ruler.route.sources.stdin import StdinSource

__all__ = ["LinesSource", "MemorySource", "SourceError", "StdinSource"]
