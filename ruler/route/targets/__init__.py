"""Targets: where deliveries go.

    callable.py       a function of the program
    lines.py          JSON lines, appended to a file; line_file.py keeps its lines whole, threads.py writes them
    stdout.py         JSON lines, to standard output
    http.py           POST to an address: http_request.py makes what goes out, http_answer.py says what answers mean
    memory.py         a list, for tests

None of them knows what routes to it: each has ``send`` and ``close``, as ``ruler.route.Target`` describes. A target of
your own needs no more; ``ruler.route.schemes`` finds those that plug-ins bring, by the schemes of their URIs.
"""

from ruler.route.targets.callable import CallableTarget, RejectDelivery
from ruler.route.targets.http import HttpTarget
from ruler.route.targets.lines import LinesTarget
from ruler.route.targets.memory import MemoryTarget
from ruler.route.targets.stdout import StdoutTarget

__all__ = ["CallableTarget", "HttpTarget", "LinesTarget", "MemoryTarget", "RejectDelivery", "StdoutTarget"]
