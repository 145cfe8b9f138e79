"""Errors: their text has place, key and message, and no secret; several are one exception that can be pickled."""

import pickle

import pytest

from babelmill.transforms.errors import Collected, ConfigError, ConfigErrors


def test_the_text_of_an_error() -> None:
    assert str(ConfigError("a.b", "is wrong")) == "a.b: is wrong"
    assert str(ConfigError("", "is wrong", "--set")) == "--set: is wrong"
    assert str(ConfigError("a.b", "is wrong", "c.yaml:1:2")) == "c.yaml:1:2: a.b: is wrong"
    assert "HUSH" not in str(ConfigError("a", "gs://b/c?token=HUSH", "gs://me:HUSH@b/c.yaml:1:2"))


def test_several_are_one() -> None:
    first, second = ConfigError("a", "x", "c.yaml:1:2", ("1 | a", "  | ^")), ConfigError("b", "y")
    both = ConfigErrors([first, ConfigErrors([second])])
    assert both.errors == (first, second)
    assert str(both) == "c.yaml:1:2: a: x\nb: y"
    assert (both.key, both.message, both.place) == ("a", "x", "c.yaml:1:2")
    for error in (first, both):
        sent = pickle.loads(pickle.dumps(error))
        assert (type(sent), str(sent)) == (type(error), str(error))
        assert [one.excerpt for one in sent.errors] == [one.excerpt for one in error.errors]


def test_checks_are_made_after_one_that_failed() -> None:
    checks = Collected()
    checks.finish()
    for key in ("a", "b", "c"):
        with checks.check():
            if key != "b":
                raise ConfigError(key, "x")
    with pytest.raises(ConfigErrors, match="a: x\nc: x"):
        checks.finish()
    with pytest.raises(ValueError, match="other"), checks.check():
        raise ValueError("other")
    one = Collected()
    with one.check():
        raise ConfigErrors([ConfigError("a", "x")])
    with pytest.raises(ConfigError) as caught:
        one.finish()
    assert type(caught.value) is ConfigError
