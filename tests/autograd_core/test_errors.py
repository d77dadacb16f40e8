"""Errors: each is also the builtin that a caller would catch."""

import pytest

from autograd_core import errors
from autograd_core.errors import MissingExtraError, UnknownNameError, quoted

BUILTINS = (ValueError, TypeError, ImportError, OSError, UserWarning)
CLASSES = [
    thing
    for thing in vars(errors).values()
    if isinstance(thing, type) and issubclass(thing, Exception)
]


@pytest.mark.parametrize("kind", CLASSES)
def test_errors_are_builtin_errors_too(kind: type[Exception]) -> None:
    """Somebody who does not know the project catches what Python taught them."""
    assert issubclass(kind, BUILTINS)
    assert kind.__doc__
    assert kind.__name__ in errors.__all__


def test_an_unknown_name_is_answered_by_near_ones() -> None:
    """The message names the kind, what was asked, and what was perhaps meant."""
    error = UnknownNameError("activation", "rleu", ["tanh", "relu"])

    assert str(error) == "no activation is called 'rleu'; did you mean 'relu'?"


def test_an_unknown_name_without_a_near_one_is_answered_by_all() -> None:
    """Where nothing is near, the message lists what there is, sorted."""
    error = UnknownNameError("loss", 3, ["mse", "huber"])

    assert str(error) == "no loss is called 3; known: 'huber', 'mse'"


def test_a_missing_extra_names_the_command() -> None:
    """The message ends with what to type."""
    error = MissingExtraError("plots need numpy", "arrays")

    assert str(error).startswith("plots need numpy, which is not installed")
    assert str(error).endswith("pip install 'autograd-core[arrays]'")


def test_quoted_names() -> None:
    """Names in a message are quoted and divided by commas."""
    assert quoted(["a", "b"]) == "'a', 'b'"
    assert quoted([]) == ""
