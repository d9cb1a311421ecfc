"""The whole site, started as ``make run`` starts it, on a data folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dispatch_site.embedded.paths import Layout
from tests.house.servers import MANAGE, processes_of
from tests.house.test_run import Site

#: A line of the demo accounts as the site prints them: address and password.
ACCOUNT = re.compile(r"(\S+@firstcall\.example)\s+(\S+)\s")


@contextmanager
def whole_site(folder: Path, **environment: str) -> Iterator[Site]:
    """A site with its sample network and nothing else; nothing of it is left afterwards."""
    var = folder / "var"
    var.mkdir()
    for step in [var, *var.parents]:
        if step.stat().st_uid == os.geteuid() and step != Path("/"):
            step.chmod(step.stat().st_mode | 0o111)
    running = Site(var, [sys.executable, str(MANAGE), "run"], **environment)
    try:
        running.wait_until_up()
        yield running
    finally:
        running.process.terminate()
        running.wait_until_gone()
        for process in processes_of(var):
            process.kill()
        shutil.rmtree(Layout.of(var).sockets, ignore_errors=True)
