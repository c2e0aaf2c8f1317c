"""The process of ``ruler replay``: from the first letter to the summary, whatever signal comes.

    lock the marks -> make targets -> route the letters -> stop: drain, mark what is done -> summary

A signal stops gracefully, a second one at once, a third one ends the process where it stands; letters that were not
delivered are not marked, so the next replay delivers them.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import time

from ruler.errors import RulerError
from ruler.findings import Finding, Source
from ruler.route.documents.config import place_problems
from ruler.route.logs import start_logging
from ruler.route.model import Target
from ruler.route.options import Problem, SetupError
from ruler.route.replay.letters import Letters
from ruler.route.replay.marks import Marks
from ruler.route.replay.source import ReplayRouter
from ruler.route.router import Router
from ruler.route.rule_set import TargetSettings
from ruler.route.runtime.status import OPEN, RouterStatus
from ruler.route.schemes import target_of
from ruler_cli.closed_output import ClosedOutput
from ruler_cli.exit_codes import EXIT_CLOSED_PIPE, EXIT_FINE, EXIT_TROUBLE
from ruler_cli.replay import EXIT_NOT_ALL, Job
from ruler_cli.replay_text import Teller, is_all_fine, summary_record, summary_text
from ruler_cli.rule_options import tell
from ruler_cli.run_process import STATES
from ruler_cli.run_status import StatusLine, terminal_line
from ruler_cli.streams import write_message

SIGNALLED = 128  # and the number of the signal
SECONDS_BETWEEN = 0.5  # two looks at the status
logger = logging.getLogger("ruler.route.replay")
STOPS = (signal.SIGTERM, signal.SIGINT)


def replay_process(job: Job, letters: Letters, marks: Marks) -> int:
    """Replay until the letters end or a signal comes; return the exit code. ReplayError where marks cannot be kept."""
    marks.open()
    try:
        return _Process(job, letters, marks).run()
    finally:
        marks.close()


class _Process:
    """One replay: what was made, what stopped it, and what is said of it."""

    def __init__(self, job: Job, letters: Letters, marks: Marks) -> None:
        self.job = job
        self.form = job.options.format
        self.letters = letters
        self.line: StatusLine | None = None if self.form == "json" else terminal_line(time.monotonic)
        self.teller = Teller(job.options.name, self.form, write=self.write)
        self.replay = job.replay(letters, marks, self.teller.tell)
        self.made: dict[str, Target] = {}  # targets that the router has not taken yet
        self.output = ClosedOutput()
        self.signals: list[signal.Signals] = []
        self.stopping: list[asyncio.Task[None]] = []

    def run(self) -> int:
        handler = start_logging(self.write, self.form)
        handler.setLevel(logging.WARNING)
        try:
            return asyncio.run(self._run())
        finally:
            logging.getLogger().removeHandler(handler)

    async def _run(self) -> int:
        problems = self._make_targets()
        try:
            if problems:
                for finding in place_problems(self.job.config, problems):
                    tell(finding, self.form)
                return EXIT_TROUBLE
            return await self._route()
        finally:
            for target in self.made.values():
                await target.close()

    async def _route(self) -> int:
        router = ReplayRouter(
            self.job.rule_set, self.replay, limits=self.job.config.limits, make_target=self._make_target
        )
        self.output.router = router
        has_failed = False
        looking = asyncio.create_task(self._look(router.status))
        try:
            async with router:
                self._handle_signals(router)
                await router.run(self.replay)
        except OSError as error:
            has_failed = True
            source = Source(error.filename or self.replay.name, "")
            tell(Finding(source, "file-unreadable", error.strerror or str(error)), self.form)
        except RulerError as error:
            has_failed = True
            self.write(f"ruler replay: {error}")
        finally:
            looking.cancel()
            await asyncio.wait([looking])
            await asyncio.gather(*self.stopping)
            await self.output.ended()
            for number in STOPS:
                asyncio.get_running_loop().remove_signal_handler(number)
        return self._end(router.status, has_failed)

    # -- targets -------------------------------------------------------------------------------------------

    def _make_targets(self) -> list[Problem]:
        """Make every target; return the problems of those that cannot be made."""
        problems: list[Problem] = []
        for settings in self.job.rule_set.targets.values():
            try:
                self.made[settings.name] = self.output.watched(settings.name, target_of(settings))
            except SetupError as error:
                problems += error.problems
        return problems

    def _make_target(self, settings: TargetSettings) -> Target:
        return self.made.pop(settings.name)

    # -- signals -------------------------------------------------------------------------------------------

    def _handle_signals(self, router: Router) -> None:
        for number in STOPS:
            asyncio.get_running_loop().add_signal_handler(number, self._stop, router, number)

    def _stop(self, router: Router, number: signal.Signals) -> None:
        self.signals.append(number)
        if len(self.signals) > 2:
            os._exit(SIGNALLED + number)
        is_second = len(self.signals) == 2
        what = "stopping at once" if is_second else "stopping; another signal stops at once"
        self.write(f"ruler replay: {number.name}: {what}")
        self.stopping.append(asyncio.create_task(router.stop(at_once=is_second)))

    # -- what is said --------------------------------------------------------------------------------------

    def write(self, text: str) -> None:
        """Write a message; the status line makes room for it."""
        if self.line is not None:
            self.line.erase()
        write_message(text)

    async def _look(self, status: RouterStatus) -> None:
        """Show how things stand, again and again, and tell when a target is held."""
        states: dict[str, str] = {}
        while True:
            await asyncio.sleep(SECONDS_BETWEEN)
            for name, target in list(status.targets.items()):
                level, text = STATES[target.state]
                if target.state != states.get(name, OPEN):
                    logger.log(level, text, extra={"target": name})
                states[name] = target.state
            if self.line is not None:
                self.line.show(status)

    def _end(self, status: RouterStatus, has_failed: bool) -> int:
        """Return the exit code; write the summary, unless it ends as its reader has gone."""
        if self.output.is_closed and not has_failed:
            return EXIT_CLOSED_PIPE
        counts, not_selected = self.replay.counts, self.letters.not_selected
        is_whole = counts.is_at_end and status.events == status.settled
        stopped_by = self.signals[0].name if self.signals and not is_whole else ""
        if self.form == "json":
            self.write(json.dumps(summary_record(counts, not_selected, status)))
        else:
            self.write(summary_text(self.replay.name, counts, not_selected, status, stopped_by))
        if has_failed or counts.bad_lines:
            return EXIT_TROUBLE
        if stopped_by:
            return SIGNALLED + self.signals[0]
        return EXIT_FINE if is_all_fine(counts, status) else EXIT_NOT_ALL
