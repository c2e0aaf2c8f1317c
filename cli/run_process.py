"""The process of ``ruler run``: from the first event to the summary, whatever signal comes.

    make targets and source -> serve health -> route, with rules watched -> stop: drain, record positions -> summary

A signal stops gracefully, a second one at once, and a third one ends the process where it stands. Nothing durable is
lost by any of them: a position is recorded only when everything up to it is delivered.

Always: what goes wrong is told with what, where, why and what to write, and the process ends with exit code 2; what was
delivered until then is recorded.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Mapping

from ruler.errors import RulerError, text_of
from ruler.findings import printable
from ruler.route.documents.config import place_problems
from ruler.route.logs import start_logging
from ruler.route.model import Source, Target
from ruler.route.options import shown_uri
from ruler.route.readiness import reasons_of
from ruler.route.router import Router, RuleSource
from ruler.route.rule_set import RuleSet, TargetSettings
from ruler.route.runtime.status import DRAINING, OPEN, PAUSED, PROBING, REMOVED, STUCK, RouterStatus
from ruler.route.schemes import target_of
from ruler_cli.closed_output import ClosedOutput
from ruler_cli.exit_codes import EXIT_CLOSED_PIPE, EXIT_FINE, EXIT_TROUBLE
from ruler_cli.run import RunPlan, make_all, tell_findings
from ruler_cli.run_rules import ConfigRules
from ruler_cli.run_status import END, ERROR, StatusLine, not_done, summary_record, summary_text, terminal_line
from ruler_cli.streams import write_message

EXIT_DEAD_LETTERS = 1
SIGNALLED = 128  # and the number of the signal
SECONDS_BETWEEN = 0.5  # two looks at the status
STOPS = ("SIGTERM", "SIGINT")
STATES = {  # of a target -> what is told when it comes to it
    OPEN: (logging.INFO, "the target goes on"),
    DRAINING: (logging.INFO, "the rules no longer name the target; what is left for it is sent"),
    REMOVED: (logging.INFO, "the target is removed, and nothing is left for it"),
    PAUSED: (logging.WARNING, "the brake of the target is on: too large a share of its deliveries failed"),
    PROBING: (logging.INFO, "the brake of the target lets one send try"),
    STUCK: (logging.WARNING, "dead letters are taken by nobody, so sources wait"),
}
logger = logging.getLogger("ruler.route.run")


def run_process(plan: RunPlan) -> int:
    """Run until the source ends or a signal comes; return the exit code."""
    return _Run(plan).run()


class _Run:
    """One run: what was made, what stopped it, and what is said of it."""

    def __init__(self, plan: RunPlan) -> None:
        self.plan = plan
        self.is_json = plan.options.log_format == "json"
        self.line: StatusLine | None = None if self.is_json else terminal_line(time.monotonic)
        self.made: dict[str, Target] = {}  # targets that the router has not taken yet
        self.rules: ConfigRules | None = None
        self.router: Router | None = None
        self.output = ClosedOutput()
        self.signals: list[int] = []  # in the order they came
        self.stopping: list[asyncio.Task[None]] = []
        self.states: dict[str, str] = {}  # of targets, as they were told last

    def run(self) -> int:
        handler = start_logging(self.write, self.plan.options.log_format)
        try:
            return asyncio.run(self._run())
        finally:
            logging.getLogger().removeHandler(handler)

    async def _run(self) -> int:
        source, self.made, problems = make_all(self.plan)
        try:
            if problems:
                tell_findings(place_problems(self.plan.config, problems), self.plan.options.format)
                return EXIT_TROUBLE
            assert source is not None  # since there are no problems
            for name, target in self.made.items():
                self.output.watched(name, target)
            return await self._route(source)
        except RulerError as error:
            self.complain(str(error))
            return EXIT_TROUBLE
        finally:
            for target in self.made.values():
                await target.close()

    async def _route(self, source: Source) -> int:
        plan = self.plan
        rules: RuleSet | RuleSource = plan.rule_set
        if not plan.options.once:
            rules = self.rules = ConfigRules(plan, self._count_bad_rules)
        settings = plan.config.source
        self.router = self.output.router = router = Router(
            rules, limits=plan.config.limits, form=settings.form, key=settings.key, make_target=self._make_target
        )
        async with contextlib.AsyncExitStack() as stack:
            address = await self._serve(stack, router.status)
            ending = await self._until_end(router, source, address)
        return self._end(router.status, ending)

    async def _until_end(self, router: Router, source: Source, address: str) -> str:
        """Route until the source ends, fails, or a signal comes. Return why it ended."""
        looking = None
        try:
            async with router:
                self._handle_signals(router)
                self._say_hello(router.status, address)
                looking = asyncio.create_task(self._look(router.status))
                await self._read(router, source)
        except RulerError as error:
            self.complain(str(error))
            return ERROR
        except Exception as error:  # of a source that a plug-in brings: any
            uri = shown_uri(self.plan.config.source.uri)
            why = "the source raised this; what it gave before is delivered, and its position recorded"
            self.complain(f"{uri}: {type(error).__name__}: {printable(text_of(error))}\n  why:   {why}")
            return ERROR
        finally:
            self._let_signals_be()
            if looking is not None:
                looking.cancel()
                await asyncio.wait([looking])
            await asyncio.gather(*self.stopping)
            await self.output.ended()
        return signal.Signals(self.signals[0]).name if self.signals else END

    async def _read(self, router: Router, source: Source) -> None:
        """Route the events of the source. When that fails, what could be delivered is: the stop need not wait again."""
        try:
            await router.run(source)
        except Exception:
            await router.stop(at_once=True)
            raise

    def _make_target(self, settings: TargetSettings) -> Target:
        """The target that was made at the start already; another one where the rules have changed since."""
        made = self.made.pop(settings.name, None) if settings == self.plan.rule_set.targets.get(settings.name) else None
        return self.output.watched(settings.name, target_of(settings)) if made is None else made

    # -- signals -------------------------------------------------------------------------------------------

    def _handle_signals(self, router: Router) -> None:
        loop = asyncio.get_running_loop()
        for name in STOPS:
            loop.add_signal_handler(getattr(signal, name), self._stop, router, getattr(signal, name))
        if self.rules is not None:
            loop.add_signal_handler(signal.SIGHUP, self._look_again, self.rules)

    def _let_signals_be(self) -> None:
        """Signals end the process from now on: nothing is left to be done for events."""
        loop = asyncio.get_running_loop()
        for name in (*STOPS, "SIGHUP"):
            loop.remove_signal_handler(getattr(signal, name))

    def _look_again(self, rules: ConfigRules) -> None:
        logger.info("SIGHUP: reading the rules again")
        rules.look_again()

    def _stop(self, router: Router, number: int) -> None:
        self.signals.append(number)
        name = signal.Signals(number).name
        if len(self.signals) > 2:
            os._exit(SIGNALLED + number)
        is_second = len(self.signals) == 2
        what = "stopping at once" if is_second else "stopping; another signal stops at once"
        logger.info("%s: %s", name, what, extra={"in_flight": router.status.in_flight_events})
        self.stopping.append(asyncio.create_task(router.stop(at_once=is_second)))

    # -- what is said --------------------------------------------------------------------------------------

    def write(self, text: str) -> None:
        """Write a message; the status line makes room for it."""
        if self.line is not None:
            self.line.erase()
        write_message(text)

    def complain(self, error: str) -> None:
        """Tell an error that ends the run."""
        if self.is_json:
            logger.error("%s", error)
        else:
            self.write(f"ruler run: {error}")

    def _say_hello(self, status: RouterStatus, address: str) -> None:
        extra = {"source": shown_uri(self.plan.config.source.uri), "version": status.version}
        logger.info("routing begins", extra=extra | ({"serve": address} if address else {}))

    def _count_bad_rules(self) -> None:
        if self.router is not None:
            self.router.status.failed_changes += 1

    async def _look(self, status: RouterStatus) -> None:
        """Show how things stand, again and again, and tell when a target is held or goes on."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN)
            for name, target in list(status.targets.items()):
                before = self.states.get(name, "open")
                if target.state != before:
                    self.states[name] = target.state
                    # Not why: what a target answers may repeat the event, and logs hold none. The summary says it.
                    logger.log(*STATES[target.state], extra={"target": name, "state": target.state})
            if self.line is not None:
                self.line.show(status)

    def _end(self, status: RouterStatus, ending: str) -> int:
        """Return the exit code; write the summary, unless it ends as its reader has gone."""
        if self.output.is_closed and ending != ERROR:
            return EXIT_CLOSED_PIPE
        durable = not self.plan.config.source.uri.lower().startswith("stdin")
        if self.is_json:
            logger.info("routing has ended", extra=summary_record(status, ending))
        else:
            self.write(summary_text(status, ending, is_durable=durable))
        if ending == ERROR:
            return EXIT_TROUBLE
        if self.signals and (not_done(status) or self.plan.options.once):
            return SIGNALLED + self.signals[0]
        dead = sum(each.dead_letters for each in status.targets.values()) + status.poison
        return EXIT_DEAD_LETTERS if dead and self.plan.options.once else EXIT_FINE

    # -- health --------------------------------------------------------------------------------------------

    async def _serve(self, stack: contextlib.AsyncExitStack, status: RouterStatus) -> str:
        """Serve health and metrics, if asked; return the address."""
        if self.plan.serve is None:
            return ""
        from ruler.route.health import HealthServer
        from ruler.route.metrics import metrics_text, registry_of

        registry = registry_of(lambda: status)
        server = HealthServer(
            self.plan.serve,
            facts=lambda: self._facts(status),
            reasons=lambda: reasons_of(status),
            metrics=lambda: metrics_text(registry),
        )
        address = await server.start()
        stack.push_async_callback(server.close)
        return address

    def _facts(self, status: RouterStatus) -> Mapping[str, object]:
        return {
            "state": status.state,
            "version": status.version,
            "digest": status.digest,
            "rules": "as read" if self.rules is None or self.rules.is_fine else "the changed ones have errors",
            "targets": {name: each.state for name, each in sorted(status.targets.items()) if each.state != REMOVED},
        }
