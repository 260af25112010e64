"""What the API promises holds for requests that nobody thought of: good ones, bad ones and broken ones."""

from __future__ import annotations

import pytest
import schemathesis
from fake_archive import STORIES, FakeQA
from hypothesis import HealthCheck, settings
from qa_fakes import engine, open_archive
from schemathesis.config import (
    ChecksConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
    SimpleCheckConfig,
)

from web.app import create_app
from web.settings import Settings

CHECKS = ChecksConfig(
    # What fits the schema can still ask of a source that the archive does not have: 422 says so.
    positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=["2xx", "404", "422"]),
    # /feedback/export is a /feedback/ID too as far as Flask can see, which adds the methods of that.
    allow_header_conformance=SimpleCheckConfig(enabled=False),
)
CONFIG = SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(checks=CHECKS)))


# The description is the same whatever engine stands behind it.
API = schemathesis.openapi.from_wsgi("/api/openapi.json", create_app(Settings(), FakeQA()), config=CONFIG)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The application over the engine and an archive of a few articles, found by a made-up encoder."""
    records = [
        {"title": title, "source": source, "published": published and published.isoformat(), "url": url, "text": text}
        for _, title, source, published, url, text, _ in STORIES
    ]
    with open_archive(tmp_path_factory.mktemp("api") / "archive", records) as archive:
        yield create_app(Settings(rate_limit=""), engine(archive))


@pytest.mark.slow
@API.parametrize()
@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_request_is_answered_as_the_description_says(case, served):
    case.call_and_validate(app=served)
