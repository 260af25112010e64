"""Adding articles from the page, and the jobs that do it."""

from __future__ import annotations

import io
import json
from typing import IO, Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from index.errors import InputError
from web.api.jobs import download
from web.guard import may_write, require_write, writes
from web.jobs import Job
from web.problems import problem_of
from web.services import Services
from web.uploads import add_options, allow, sent_files
from web.words import phrase

RECENT_JOBS = 10
# Pasted text comes as a field of a form, which is held in memory.
MAX_PASTED_BYTES = 8 << 20
FIELDS = ("address", "title", "text", "source", "published")


def blueprint(services: Services) -> Blueprint:
    """The routes /add and /jobs/ID."""
    pages = Blueprint("add", __name__)
    pages.add_app_template_global(may_write, "may_add")
    jobs = services.jobs

    @pages.get("/add")
    @writes
    def form() -> BaseResponse:
        return _form(services, {})

    @pages.post("/add")
    @writes
    def hand_in() -> BaseResponse:
        allow(services.settings.max_upload_mb)
        request.max_form_memory_size = MAX_PASTED_BYTES
        given = {name: request.form.get(name, "").strip() for name in FIELDS}
        try:
            options = add_options(given["source"], given["published"], given["address"])
            job = jobs.hand_in("add", options, _sent(given))
        except InputError as error:
            return _form(services, given, error)
        return redirect(url_for("add.job", job_id=job.id), 303)

    @pages.get("/jobs/<job_id>")
    def job(job_id: str) -> str:
        found = jobs.get(job_id)
        results = jobs.results(job_id) if found.over else []
        return render_template("job.html", job=found, results=results, archive=services.qa.info())

    @pages.get("/jobs/<job_id>/results/<name>")
    def result(job_id: str, name: str) -> Response:
        return download(jobs, job_id, name)

    @pages.post("/jobs/<job_id>/cancel")
    def cancel(job_id: str) -> BaseResponse:
        _require_for(jobs.get(job_id))
        jobs.cancel(job_id)
        return redirect(url_for("add.job", job_id=job_id), 303)

    @pages.post("/jobs/<job_id>/delete")
    def delete(job_id: str) -> BaseResponse:
        _require_for(jobs.get(job_id))
        jobs.delete(job_id)
        return redirect(url_for("add.form") if may_write() else url_for("chat.home"), 303)

    return pages


def _form(services: Services, given: dict[str, str], error: InputError | None = None) -> BaseResponse:
    problem = problem_of(error) if error else None
    page: dict[str, Any] = {
        "given": {name: given.get(name, "") for name in FIELDS},
        "problem": problem,
        "archive": services.qa.info(),
        "jobs": services.jobs.page(RECENT_JOBS)[0],
        "most": services.settings.max_upload_mb,
    }
    return Response(render_template("add.html", **page), problem.status if problem else 200)


def _sent(given: dict[str, str]) -> list[tuple[str, IO[bytes]]]:
    """The files chosen and the text pasted, as a file. Raises InputError when there is neither, nor an address."""
    chosen = sent_files(needed=False)
    if not given["text"]:
        if given["title"]:
            raise InputError("The text is missing: there is only a title. Paste the article's words.", field="text")
        if not chosen and not given["address"]:
            raise InputError(phrase("add.nothing"), field="file")
        return chosen
    line = json.dumps({"title": given["title"] or None, "text": given["text"]}).encode()
    return [*chosen, ("pasted.jsonl", io.BytesIO(line))]


def _require_for(job: Job) -> None:
    if job.kind == "add":
        require_write()
