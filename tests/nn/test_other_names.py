"""Who comes from PyTorch is told what a thing is called here."""

import re

import pytest

import autograd_core
import nn
from nn.other_names import OTHER_NAMES


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_a_name_of_pytorchs_is_answered_with_the_name_here(name):
    """It is in neither package, and all names in the answer are."""
    with pytest.raises(AttributeError, match=f"^nn has no '{name}': ") as caught:
        getattr(nn, name)

    assert not hasattr(nn, name)
    for package, found in re.findall(r"(nn|autograd_core)\.(\w+)", str(caught.value)):
        assert hasattr({"nn": nn, "autograd_core": autograd_core}[package], found)


def test_an_activation_that_is_answered_with_a_row_has_one():
    """The row is found by the name in the answer."""
    for name, answer in OTHER_NAMES.items():
        if answer.startswith("write the row's name"):
            assert (
                nn.Activation(answer.split('"')[1]).row.name
                == name.replace("LeakyReLU", "leaky_relu").lower()
            )


def test_any_other_name_is_missing_as_usual():
    """As from every module, so that `hasattr` and `from nn import` work."""
    with pytest.raises(AttributeError, match=r"^module 'nn' has no attribute 'Foo'$"):
        _ = nn.Foo
    assert not hasattr(nn, "__wrapped__")
