"""A server's application over a real archive of made-up articles, with its worker: no model, no server."""

import time
from contextlib import contextmanager

from qa_fakes import HARBOUR, engine, open_archive

from web.app import create_app
from web.settings import Settings
from web.store import Store
from web.work import EXTENSION

PATIENCE = 60


@contextmanager
def opened(folder, records=HARBOUR, **settings):
    """The application; give `working(app)` to have its jobs done."""
    with open_archive(folder / "archive", records) as archive:
        yield create_app(Settings(**settings), engine(archive), store=Store(folder / "archive" / "service"))


def working(app):
    """Within it, the jobs of the application are done."""
    return app.extensions[EXTENSION].running()


def archive_of(app):
    return app.extensions[EXTENSION].qa.archive


def until(client, job, *states):
    """The job once it is in one of these states."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = client.get(f"/api/v1/jobs/{job['id']}").get_json()
        if found["state"] in states:
            return found
        time.sleep(0.05)
    raise AssertionError(f"the job stays {found['state']}: {found}")


def over(client, job):
    return until(client, job, "done", "failed", "cancelled")
