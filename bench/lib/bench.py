"""What the parts of the benchmark are given: a scratch folder, servers, and the report that they fill."""

import shutil
import tempfile
from pathlib import Path

from . import places, servers
from .report import Report


class Bench:
    def __init__(self, effort):
        self.effort = effort
        self.folder = Path(tempfile.mkdtemp(prefix="btp-release-bench-"))
        self.report = Report()
        self.running = []
        self._places = None

    def runs(self, usual):
        """How often to run something; `--effort` makes it more or less."""
        return max(2, round(usual * self.effort))

    def place(self, key):
        return self.places()[key]

    def places(self):
        """The registries, which are started when they are first needed."""
        if self._places is None:
            self._places, started = places.start(self.folder)
            self.running += reversed(started)
        return self._places

    def github(self, delay=0, limits=None):
        """A new stand-in for GitHub. It lives until the end, or until it is stopped."""
        github = servers.GitHub(self.scratch("github"), delay, limits)
        self.running.append(github)
        return github

    def scratch(self, name):
        """An empty folder."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))

    def close(self):
        for server in reversed(self.running):
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
