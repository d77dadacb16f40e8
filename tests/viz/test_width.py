"""The estimated width of a text."""

from viz.width import width


def test_width_of_an_empty_text_is_zero() -> None:
    """No text takes no room, and more text takes more."""
    assert width("", 10) == 0
    assert width("ab", 10) > width("a", 10) > 0
