from dataclasses import asdict
from pathlib import Path

import pytest

from index.errors import SettingsError
from qa.question import MAX_QUESTION_CHARS
from web.settings import SETTINGS, Settings, load_settings


def test_defaults_without_environment():
    assert load_settings({}) == Settings()
    assert load_settings({"HOME": "/root"}) == Settings()


def test_a_question_may_not_be_allowed_longer_than_the_engine_reads():
    limit = next(setting for setting in SETTINGS if setting.name == "max_question_chars")
    assert limit.most == limit.default == MAX_QUESTION_CHARS


def test_every_setting_has_help_and_a_variable():
    assert all(setting.help.endswith(".") for setting in SETTINGS)
    assert {setting.variable for setting in SETTINGS} >= {"BACKISSUE_ARCHIVE", "BACKISSUE_MAX_QUESTION_CHARS"}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_read_from_the_environment_in_its_type(setting):
    text = "17" if setting.type is int and setting.least <= 17 <= setting.most else "some-thing"
    if setting.type is bool:
        text = str(not setting.default)
    if setting.type is int and text != "17":
        text = str(setting.least)
    if setting.name == "overlap_sentences":
        text = "3"
    value = getattr(load_settings({setting.variable: text}), setting.name)
    assert isinstance(value, setting.type)
    assert str(value) == text


def test_command_line_wins_over_environment_and_none_is_not_given():
    environ = {"BACKISSUE_PORT": "9000", "BACKISSUE_ARCHIVE": "from-env"}
    settings = load_settings(environ, {"port": 0, "archive": None})
    assert settings.port == 0
    assert settings.archive == Path("from-env")


def test_home_folder_is_expanded(monkeypatch):
    monkeypatch.setenv("HOME", "/home/reader")
    assert load_settings({"BACKISSUE_ARCHIVE": "~/news"}).archive == Path("/home/reader/news")


def test_empty_variable_counts_as_not_set_unless_empty_says_something():
    assert load_settings({"BACKISSUE_PORT": "", "BACKISSUE_TOKEN": ""}) == Settings()
    assert load_settings({"BACKISSUE_RATE_LIMIT": ""}).rate_limit == ""


@pytest.mark.parametrize(("word", "value"), [("yes", True), ("ON", True), ("1", True), ("no", False), ("false", False)])
def test_yes_and_no(word, value):
    assert load_settings({"BACKISSUE_ALLOW_ADD": word}).allow_add is value


def test_settings_can_be_given_again_as_they_are():
    settings = Settings(allow_add=False, rate_limit="", token="bki_x", max_concurrent=3)
    assert load_settings({}, asdict(settings)) == settings


def test_the_token_is_not_shown_with_the_settings():
    assert "bki_secret" not in repr(Settings(token="bki_secret"))


@pytest.mark.parametrize(
    ("environ", "overrides", "words"),
    [
        ({"BACKISSUE_PROT": "1"}, {}, "Did you mean 'BACKISSUE_PORT'"),
        ({"BACKISSUE_port": "1"}, {}, "Did you mean 'BACKISSUE_PORT'"),
        ({}, {"archve": "x"}, "Did you mean 'archive'"),
        ({"BACKISSUE_PORT": "eighty"}, {}, "BACKISSUE_PORT must be a whole number"),
        ({"BACKISSUE_PORT": "70000"}, {}, "BACKISSUE_PORT must be between 0 and 65535"),
        ({}, {"passages": 0}, "passages must be between 1 and 50"),
        ({"BACKISSUE_ARCHIVE": "  "}, {}, "BACKISSUE_ARCHIVE must not be empty"),
        ({}, {"host": ""}, "host must not be empty"),
        ({"BACKISSUE_ALLOW_ADD": "maybe"}, {}, "BACKISSUE_ALLOW_ADD must be yes or no"),
    ],
)
def test_what_cannot_be_stops_with_a_hint(environ, overrides, words):
    with pytest.raises(SettingsError, match=words):
        load_settings(environ, overrides)
