"""Jobs: adding many articles, asking a file of questions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request, send_file
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.exceptions import UnsupportedMediaType

from index.errors import FilterError
from web.api.operations import operation
from web.api.wire import Paging, only_parameters, paging, reply
from web.asking import validated
from web.guard import require_write
from web.jobs import AddOptions, EvaluateOptions, Job, Jobs, Kind, ResultFile
from web.services import Services
from web.uploads import MULTIPART, add_options, allow, evaluate_options, sent_files

LINES = ("application/x-ndjson", "application/jsonl", "application/json")
NAMES: dict[Kind, str] = {"add": "articles.jsonl", "evaluate": "questions.jsonl"}
# Reports and articles' words are shown by nobody but whoever downloads them: no page of this server's origin.
DOWNLOAD_HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}


class JobParameters(BaseModel):
    """What is to be done with the files."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind = Field(description="`add` adds articles, `evaluate` asks questions and scores the answers.")
    address: str | None = Field(
        default=None,
        max_length=2000,
        description="Of a job that adds: a page, a feed or a file on the web, instead of files or besides them.",
    )
    source: str | None = Field(default=None, max_length=10_000, description="Source of articles that do not say.")
    published: str | None = Field(
        default=None, max_length=100, description="Date of articles that do not say, such as 2017-11-03."
    )
    group: str | None = Field(
        default=None, max_length=200, description="Figures also by the value of this field of the question file."
    )


class JobList(BaseModel):
    """Jobs, the latest first; `total` counts all there are."""

    jobs: tuple[Job, ...]
    total: int


class ResultList(BaseModel):
    """The files that a job wrote."""

    results: tuple[ResultFile, ...]


FORM: dict[str, Any] = JobParameters.model_json_schema()
FORM["properties"]["file"] = {
    "type": "array",
    "items": {"type": "string", "contentMediaType": "application/octet-stream"},
    "description": "The files: articles as `backissue add` reads them, or questions as `backissue evaluate` does. "
    "At least one, unless there is an address.",
}
FORM["required"] = ["kind"]
CONTENT: dict[str, Any] = {MULTIPART: FORM, **{media: {"type": "string"} for media in LINES[:2]}}


def blueprint(services: Services) -> Blueprint:
    """The routes under /api/v1/jobs."""
    api = Blueprint("api_jobs", __name__, url_prefix="/api/v1/jobs")
    jobs = services.jobs

    @api.post("")
    @operation(
        "Hand in a job",
        tag="Jobs",
        request=CONTENT,
        response=Job,
        status=202,
        query=JobParameters,
        headers={"Location": "The job's address."},
    )
    def create_job() -> Response:
        """Send files as a form, with the parameters in it or in the query; or JSON lines as the body, with the
        parameters in the query; or no body, and the `address` of what is to be added. Of the kind `add`, this changes
        the archive, and needs a token that may. Only public addresses are fetched."""
        allow(services.settings.max_upload_mb)
        form = request.mimetype == MULTIPART
        empty = not request.content_length and "Transfer-Encoding" not in request.headers
        bare = empty and ("address" in request.args or not request.mimetype)
        if not form and not bare and request.mimetype not in LINES:
            raise UnsupportedMediaType
        wanted = _parameters(form)
        if wanted.kind == "add":
            require_write()
        options = _options(wanted)
        of_form = form or bare
        files = sent_files(needed=not wanted.address) if of_form else [(NAMES[wanted.kind], request.stream)]
        job = jobs.hand_in(wanted.kind, options, files)
        response = reply(job, 202)
        response.headers["Location"] = f"/api/v1/jobs/{job.id}"
        return response

    @api.get("")
    @operation("List jobs", tag="Jobs", response=JobList, query=Paging)
    def list_jobs() -> Response:
        """The latest first."""
        page = paging()
        found, total = jobs.page(page.limit, page.offset)
        return reply(JobList(jobs=tuple(found), total=total))

    @api.get("/<job_id>")
    @operation("Follow a job", tag="Jobs", response=Job)
    def get_job(job_id: str) -> Response:
        """Its state and progress; once it is done, the report on the articles or the figures."""
        only_parameters()
        return reply(jobs.get(job_id))

    @api.get("/<job_id>/results")
    @operation("List a job's results", tag="Jobs", response=ResultList)
    def list_results(job_id: str) -> Response:
        """Of questions: predictions.jsonl, metrics.json, report.html and more, complete once the job is done; of
        articles: rejects.jsonl, where there are rejects."""
        only_parameters()
        return reply(ResultList(results=tuple(jobs.results(job_id))))

    @api.get("/<job_id>/results/<name>")
    @operation("Download a result", tag="Jobs", response={"application/octet-stream": {"type": "string"}})
    def get_result(job_id: str, name: str) -> Response:
        """The file as it is, to be saved."""
        only_parameters()
        return download(jobs, job_id, name)

    @api.post("/<job_id>/cancel")
    @operation("Cancel a job", tag="Jobs", response=Job, errors=(409,))
    def cancel_job(job_id: str) -> Response:
        """One that waits or runs. Articles that were indexed by then stay; those only read are taken back."""
        only_parameters()
        _require_for(jobs.get(job_id))
        return reply(jobs.cancel(job_id))

    @api.delete("/<job_id>")
    @operation("Delete a job", tag="Jobs", status=204, errors=(409,))
    def delete_job(job_id: str) -> tuple[str, int]:
        """One that is over, with its files. Articles that it added stay."""
        only_parameters()
        _require_for(jobs.get(job_id))
        jobs.delete(job_id)
        return "", 204

    return api


def download(jobs: Jobs, job_id: str, name: str) -> Response:
    """A result as a file to be saved, whatever is in it."""
    path = jobs.result(job_id, name)
    response = send_file(path.resolve(), "application/octet-stream", as_attachment=True, download_name=path.name)
    response.headers.update(DOWNLOAD_HEADERS)
    return response


def _require_for(job: Job) -> None:
    if job.kind == "add":
        require_write()


def _parameters(form: bool) -> JobParameters:
    """From the address, and from the form where there is one."""
    only_parameters(JobParameters.model_fields)
    given = request.args.to_dict()
    for name, values in request.form.lists() if form else ():
        if len(values) > 1 or name in given:
            raise FilterError(f"{name[:64]} is given more than once.", field=name)
        given[name] = values[0]
    return validated(JobParameters, given)


def _options(wanted: JobParameters) -> AddOptions | EvaluateOptions:
    """Raises FilterError for what the kind of job has no use for."""
    idle = ("group",) if wanted.kind == "add" else ("address", "source", "published")
    for name in idle:
        if getattr(wanted, name) is not None:
            raise FilterError(f"A job of the kind {wanted.kind} does not take {name}. Leave it out.", field=name)
    if wanted.kind == "add":
        return add_options(wanted.source, wanted.published, wanted.address)
    return evaluate_options(wanted.group)
