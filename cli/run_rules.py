"""The rules of ``ruler run`` while it runs: read again when the files of the config change, and on SIGHUP.

    routes/shop.json is saved  ->  the config and the rules are read  ->  no errors: given to the router
                                                                          errors: told; the rules of before go on

How files are watched is told in ruler/route/rule_files.py. Always: what else stands in the config (source, limits,
serve) is read at the start only; that it changed is told.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from ruler.route import RuleSetError
from ruler.route.documents.config import Config
from ruler.route.rule_files import RuleFiles
from ruler.route.rule_set import RuleSet
from ruler_cli.run import RunPlan, read_part

logger = logging.getLogger("ruler.route.run")


class ConfigRules(RuleFiles):
    """The part of a config's rule set that is run, as its files change. ``on_bad`` is called when they hold errors."""

    def __init__(self, plan: RunPlan, on_bad: Callable[[], None]) -> None:
        super().__init__(plan.options.config, on_error=self._refuse)
        self.is_fine = True  # whether the files hold what is used
        self._plan = plan
        self._on_bad = on_bad
        self._told_settings = plan.config.settings

    def read(self) -> RuleSet:
        """Read the config and its rules again."""
        config, rule_set = read_part(self._plan.options)
        self.paths, self.examples = config.paths, config.examples
        self.is_fine = True
        self._tell_settings(config)
        return rule_set

    def _tell_settings(self, config: Config) -> None:
        if config.settings != self._told_settings:
            self._told_settings = config.settings
            logger.warning("source, limits or serve have changed in %s; that counts from the next start", config.path)

    def _refuse(self, error: RuleSetError) -> None:
        self.is_fine = False
        self._on_bad()
