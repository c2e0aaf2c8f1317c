"""Entry point of the command line: finds the command and turns every ending into an exit code.

The first argument is a command or a question (``--help``, ``--version``);
anything else is already an argument of ``filter``. Endings:

    0, 1, 2   what the command says; 2 also for wrong arguments and for errors of our own
    130       interrupted, quietly
    141       nobody reads the output any more (128 + SIGPIPE), quietly

Nothing heavy is imported at the top, so that an interrupt while the library loads is quiet too.
Always: nothing is buffered (streams.py), so the process may end at any moment.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence

from ruler_cli.exit_codes import EXIT_CLOSED_PIPE, EXIT_FINE, EXIT_TROUBLE

EXIT_INTERRUPTED = 130

HELP = """\
usage: ruler [filter] (-r FILE | -e JSON)... [options] [FILE...]
       ruler COMMAND [options] [FILE...]

Select JSON events, one on each line, with rules as Amazon EventBridge has them.

commands:
  filter       write the lines that match any rule; the default, its name may be left out
  check        show every error of the rules in files, and warnings of likely mistakes
  explain      say why events match rules, or do not, and what would make them
  test         run the tests kept beside rules
  coverage     count what each rule, branch and alternative matched
  test-event-pattern
               whether one event matches one pattern, as the AWS command of that name
  run          route events from a source to targets, as rules in a config say
  replay       deliver dead letters again, to where rules lead them now
  rules        'rules diff': what differs between two rule sets

  -h, --help   show this text; 'ruler COMMAND --help' shows all options
  --version    show the version and the engine that matches events

examples:
  ruler -e '{"source": ["aws.s3"]}' events.jsonl
  ruler -r rules.json -o names events.jsonl
  ruler check rules.json
  ruler explain -r rules.json event.json

exit codes: 0 a line was selected, nothing was found, all tests passed; 1 no line,
findings, failures; 2 trouble. Each command's help says it exactly.
"""

# Command -> module and function that runs it; loaded when asked for.
COMMANDS = {
    "filter": ("ruler_cli.filter", "run_filter"),
    "check": ("ruler_cli.check", "run_check"),
    "explain": ("ruler_cli.explain", "run_explain"),
    "test": ("ruler_cli.test", "run_test"),
    "coverage": ("ruler_cli.coverage", "run_coverage"),
    "test-event-pattern": ("ruler_cli.test_event_pattern", "run_test_event_pattern"),
    "run": ("ruler_cli.run", "run_run"),
    "replay": ("ruler_cli.replay", "run_replay"),
    "rules": ("ruler_cli.rules", "run_rules"),
}


def console_entry() -> int:
    """Run the command line on ``sys.argv``; return its exit code. No error comes out as a traceback."""
    _end_at_once_when_interrupted()
    try:
        return run(sys.argv[1:])
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return EXIT_CLOSED_PIPE
    except SystemExit as ending:  # argparse: --help, or arguments it refuses
        return ending.code if isinstance(ending.code, int) else EXIT_FINE
    except Exception as error:
        return _last_words(error)


def _end_at_once_when_interrupted() -> None:
    """Let an interrupt end the process where it stands, unless the caller had interrupts ignored.

    No exception: a compiled module that is interrupted while it loads can crash on one (4 of 60 runs
    that were interrupted in their first 0.12 s did). Nothing is lost, because nothing is buffered.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(EXIT_INTERRUPTED))


def run(arguments: Sequence[str]) -> int:
    """Run the command that ``arguments`` (without the program's name) ask for; return its exit code."""
    first = arguments[0] if arguments else ""
    if first in ("-h", "--help"):
        return _write(HELP)
    if first == "--version":
        if arguments[1:]:
            from ruler_cli.arguments import refuse

            refuse("ruler", f'--version stands alone, found "{arguments[1]}" after it')
        return _write(version())
    if first in COMMANDS:
        module, function = COMMANDS[first]
        command: Callable[[Sequence[str]], int] = getattr(importlib.import_module(module), function)
        return command(arguments[1:])
    from ruler_cli.filter import run_filter

    return run_filter(arguments, is_named=False)


def version() -> str:
    """``ruler 0.1.0 (engine: python)``, and a line on why it is not native where that failed at installation."""
    from ruler import Matcher, __version__
    from ruler.engine import why_pure

    text = f"ruler {__version__} (engine: {Matcher().engine})\n"
    reason = why_pure()
    return f"{text}native engine not installed: {reason}\n" if reason else text


def _write(text: str) -> int:
    from ruler_cli.streams import write_output

    write_output(text.encode())
    return EXIT_FINE


def _last_words(error: Exception) -> int:
    """Say in one line what nobody handled; RULER_DEBUG=1 shows where it came from."""
    if os.environ.get("RULER_DEBUG"):
        import traceback

        traceback.print_exc()
        return EXIT_TROUBLE
    from ruler.errors import EngineError
    from ruler.findings import printable
    from ruler_cli.streams import OutputError, write_message

    try:
        if isinstance(error, (OutputError, EngineError)):
            write_message(f"ruler: {printable(str(error))}")
        else:
            words = printable(f"{type(error).__name__}: {error}")
            write_message(f"ruler: an error in ruler itself: {words} (RULER_DEBUG=1 shows where)")
    except BrokenPipeError:
        return EXIT_CLOSED_PIPE
    return EXIT_TROUBLE
