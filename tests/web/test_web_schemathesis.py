"""What the API promises holds for requests that nobody thought of: good ones, bad ones and broken ones."""

from __future__ import annotations

import pytest
import schemathesis
from fake_archive import FakeQA
from hypothesis import HealthCheck, settings
from schemathesis.config import (
    ChecksConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)

from web.app import create_app
from web.settings import Settings

# What fits the schema can still ask of a source that the archive does not have: 422 says so.
CHECKS = ChecksConfig(positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=["2xx", "404", "422"]))
CONFIG = SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(checks=CHECKS)))
QA = FakeQA()
QA.articles["2ba09138db075ba1"] = QA.articles["hostile"]  # the article that the examples read
APP = create_app(Settings(rate_limit=""), QA)
API = schemathesis.openapi.from_wsgi("/api/openapi.json", APP, config=CONFIG)


@pytest.mark.slow
@API.parametrize()
@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_request_is_answered_as_the_description_says(case):
    case.call_and_validate()
