"""What people said of answers, and the question file that it makes."""

from __future__ import annotations

import json

from flask import Blueprint, Response
from pydantic import BaseModel

from web.api.operations import operation
from web.api.wire import Paging, body, only_parameters, paging, reply
from web.asking import AskError, FieldError, parse_ask, validated
from web.feedback import Feedback, FeedbackRequest, Judged
from web.services import Services

LINES = "application/x-ndjson"


class FeedbackList(BaseModel):
    """Judgements, the latest first; `total` counts all there are."""

    feedback: tuple[Feedback, ...]
    total: int


def blueprint(services: Services) -> Blueprint:
    """The routes under /api/v1/feedback."""
    api = Blueprint("api_feedback", __name__, url_prefix="/api/v1/feedback")
    judgements = services.judgements

    @api.post("")
    @operation(
        "Judge an answer",
        tag="Feedback",
        request=FeedbackRequest,
        response=Feedback,
        status=201,
        errors=(404,),
    )
    def create_feedback() -> Response:
        """Whether an answer, or one citation of it, is right; and, in `better`, which words of an article answer the
        question. All words are taken from the articles: `shown.text` must be what stands there."""
        only_parameters()
        data = body()
        if not isinstance(data, dict) or "asked" not in data:
            raise AskError([FieldError("asked", "The field asked is missing: the question that was asked.")])
        asked = parse_ask(data["asked"], services.settings)
        if not asked.question.strip():
            raise AskError([FieldError("asked.question", "The question is empty: nothing was judged.")])
        judged = validated(Judged, {name: value for name, value in data.items() if name != "asked"})
        return reply(judgements.add(asked, judged, services.qa), 201)

    @api.get("")
    @operation("List feedback", tag="Feedback", response=FeedbackList, query=Paging)
    def list_feedback() -> Response:
        """The latest first."""
        page = paging()
        found, total = judgements.page(page.limit, page.offset)
        return reply(FeedbackList(feedback=tuple(found), total=total))

    @api.get("/export")
    @operation("Export feedback", tag="Feedback", response={LINES: {"type": "string"}})
    def export_feedback() -> Response:
        """The questions judged, with what is right for each, as JSON lines that `backissue evaluate` reads. Of
        contradictory judgements the latest counts."""
        only_parameters()
        lines = (json.dumps(line, ensure_ascii=False) + "\n" for line in judgements.questions())
        headers = {"Content-Disposition": 'attachment; filename="feedback.jsonl"'}
        return Response("".join(lines), headers=headers, content_type=LINES)

    @api.delete("/<feedback_id>")
    @operation("Take feedback back", tag="Feedback", status=204)
    def delete_feedback(feedback_id: str) -> tuple[str, int]:
        """As if it had never been given."""
        only_parameters()
        judgements.delete(feedback_id)
        return "", 204

    return api
