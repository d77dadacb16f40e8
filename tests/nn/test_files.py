"""A model in a file comes back equal to the last bit, or not at all."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core.errors import OperandError, ShapeError


@given(st.lists(st.floats(), min_size=3, max_size=3))
def test_any_numbers_come_back_bit_for_bit(tmp_path_factory, floats):
    """What was saved is what is loaded, nan, infinities and -0.0 included."""
    path = tmp_path_factory.mktemp("models") / "model.json"
    one, other = nn.MLP(2, [1]), nn.MLP(2, [1])
    for parameter, number in zip(one.parameters(), floats, strict=True):
        parameter.data = number

    nn.save(one, path)
    nn.load(other, path)

    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        same_sign = math.copysign(1, a.data) == math.copysign(1, b.data)
        assert (a.data == b.data and same_sign) or (
            a.data != a.data and b.data != b.data
        )


def test_the_file_is_json_in_pytorchs_layout(tmp_path):
    """Any program can read it."""
    nn.save(nn.MLP(2, [3, 1], seed=0), tmp_path / "model.json")

    state = json.loads((tmp_path / "model.json").read_text())

    assert len(state["layers.0.weight"]) == 3
    assert list(tmp_path.iterdir()) == [tmp_path / "model.json"]


def test_an_unwritable_path_leaves_what_was_there(tmp_path):
    """A missing folder is named, and nothing is created."""
    with pytest.raises(OSError, match=r"a model to .*model\.json.*there is no folder"):
        nn.save(nn.MLP(2, [1]), tmp_path / "missing" / "model.json")

    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(OSError, match=r"cannot write .*folder'.*name a file"):
        nn.save(nn.MLP(2, [1]), folder)
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"layers.0.weight": [[1.0', "was it cut short"),
        ("", "was it cut short"),
        ("[1, 2]", "not a JSON object"),
        ("[" * 100_000, "does not hold a saved model"),
        ('{"layers.0.weight": [[1.0, 2.0]]}', "missing 'layers.0.bias'"),
    ],
)
def test_a_file_that_holds_no_model_is_refused(tmp_path, text, words):
    """The model keeps its numbers."""
    path = tmp_path / "model.json"
    path.write_text(text)
    model = nn.MLP(2, [1], seed=0)
    before = model.state_dict()

    with pytest.raises(ShapeError, match=words) as caught:
        nn.load(model, path)

    assert str(path) in str(caught.value)
    assert model.state_dict() == before


def test_bytes_that_are_no_text_are_refused(tmp_path):
    """A picture is no model."""
    path = tmp_path / "model.json"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")

    with pytest.raises(ShapeError, match=r"model\.json does not hold a saved model"):
        nn.load(nn.MLP(2, [1]), path)


def test_an_entry_without_numbers_is_refused_by_its_path(tmp_path):
    """The kind of error is the one of `load_state_dict`; the file is named."""
    path = tmp_path / "model.json"
    path.write_text('{"layers.0.weight": [[1.0, 2.0]], "layers.0.bias": ["x"]}')
    model = nn.MLP(2, [1], seed=0)
    before = model.state_dict()

    with pytest.raises(OperandError, match=r"model\.json holds another model .*'x'"):
        nn.load(model, path)

    assert model.state_dict() == before


@given(st.integers(0, 200))
def test_a_file_cut_anywhere_changes_nothing(tmp_path_factory, length):
    """Half a model is none."""
    path = tmp_path_factory.mktemp("models") / "model.json"
    nn.save(nn.MLP(2, [2, 1], seed=0), path)
    content = path.read_bytes()
    path.write_bytes(content[: min(length, len(content) - 1)])
    model = nn.MLP(2, [2, 1], seed=1)
    before = model.state_dict()

    with pytest.raises(ShapeError, match="was it cut short"):
        nn.load(model, path)

    assert model.state_dict() == before


def test_a_missing_file_is_named(tmp_path):
    """Loading what is not there is the usual error."""
    with pytest.raises(FileNotFoundError, match=r"absent\.json"):
        nn.load(nn.MLP(2, [1]), tmp_path / "absent.json")


def test_what_is_no_model_is_refused(tmp_path):
    """A state alone is not saved, and nothing is written."""
    path = tmp_path / "model.json"

    with pytest.raises(
        OperandError, match=r"save\(model, path\) takes a Module, not {}"
    ):
        nn.save({}, path)
    with pytest.raises(OperandError, match=r"load\(model, path\) takes a Module"):
        nn.load(path, path)

    assert not path.exists()
