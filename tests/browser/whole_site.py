"""The whole site, started as ``make run`` starts it, on a data folder of its own."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.house.servers import MANAGE, data_folder
from tests.house.test_run import Site

#: A line of the demo accounts as the site prints them: address and password.
ACCOUNT = re.compile(r"(\S+@firstcall\.example)\s+(\S+)\s")


@contextmanager
def whole_site(**environment: str) -> Iterator[Site]:
    """A site with its sample network and nothing else; nothing of it is left afterwards."""
    with data_folder() as folder:
        running = Site(folder, [sys.executable, str(MANAGE), "run"], **environment)
        try:
            running.wait_until_up()
            yield running
        finally:
            running.process.terminate()
            running.wait_until_gone()
