"""The names that the demos learn from: what is shipped, and what a reader may bring."""

import gzip
import string
from collections import Counter

import pytest

from demos.datasets import DATA, load_names, read_names


def test_the_names_are_the_published_ones():
    """4,275 women's names and 1,219 men's, 331 of them both, as the lists count."""
    names, lists = load_names()

    assert Counter(lists) == {"f": 4275 - 331, "m": 1219 - 331, "fm": 331}
    assert len(names) == len(lists) == 4275 + 1219 - 331
    place = dict(zip(names, lists, strict=True))
    assert [place[name] for name in ("alona", "alonso")] == ["f", "m"]
    assert place["james"] == place["mary"] == "fm"


def test_each_name_stands_once_in_order_and_in_small_letters():
    """So that a run depends on the seed alone, and 26 letters are enough."""
    names, _ = load_names()

    assert names == sorted(set(names))
    assert set("".join(names)) == set(string.ascii_lowercase)
    assert (min(map(len, names)), max(map(len, names))) == (2, 11)


def test_the_file_of_names_can_be_made_again():
    """Its header has neither a time nor a file's name, and its lines end alike."""
    packed = (DATA / "names.csv.gz").read_bytes()

    assert packed[3:8] == bytes(5)  # no flags, so no name; the time 0
    text = gzip.decompress(packed).decode("ascii")
    assert text.count("\n") == 5163
    assert "\r" not in text


def test_names_of_ones_own_may_be_in_any_letters(tmp_path):
    """Blank lines, blanks at the ends and a byte-order mark are no part of them."""
    path = tmp_path / "names.txt"
    path.write_text("\ufeff Zoë \n\n\tBjörn\r\nÅsa", encoding="utf-8")

    assert read_names(path) == ["Zoë", "Björn", "Åsa"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot read .*: No such file"),
        (b"", "is empty; take one name a line"),
        (b"\n \n", "is empty; take one name a line"),
        (b"\x1f\x8b\xff", "no UTF-8 text; take one name a line"),
        (b"ann\nb\x00b\n", r"has a name that cannot be printed, 'b\\x00b'"),
    ],
)
def test_a_file_that_has_no_names_is_refused(tmp_path, content, words):
    """The message names the file and what it should hold."""
    path = tmp_path / "names.txt"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ValueError, match=rf"names\.txt.*{words}|{words}") as caught:
        read_names(path)

    assert str(path) in str(caught.value)
