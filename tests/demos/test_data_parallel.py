"""Training on eight simulated devices: the same numbers as on one, and the engine's."""

import json
import re
import subprocess
import sys

import pytest

import nn
from demos import data_parallel, datasets
from demos.data_parallel import Run, batches, by_engine, difference, loss, traced

# In a process of its own: JAX takes the number of devices before its first array only.
SCRIPT = """
import json
from demos import data_parallel as demo

jax, program = demo.required_jax(), demo.traced()
runs = {n: demo.by_jax(jax, program, 1, n) for n in (8, 1)}
apart, everywhere = demo.placed(jax, 8)
batch = demo.arrays(jax, next(demo.batches(1)), apart)
bias = demo.arrays(jax, [0.0] * 10, everywhere)
print(json.dumps({
    "runs": {n: run._asdict() for n, run in runs.items()},
    "sums": [demo.sums_across(jax, program, n) for n in (8, 1)],
    "images": [list(s.data.shape) for s in batch.images.addressable_shards],
    "biases": [list(s.data.shape) for s in bias.addressable_shards],
    "devices": len({s.device for s in batch.images.addressable_shards}),
    "dtype": str(batch.images.dtype),
}))
"""


def python(*arguments):
    """Return what an interpreter does with these arguments."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def found():
    """Train for one epoch on eight devices, and on one."""
    pytest.importorskip("jax", reason="pip install 'autograd-core[jax]'")
    done = python("-c", SCRIPT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def engine():
    """Train for one epoch with scalar nodes."""
    return by_engine(1)


# --- the numbers --------------------------------------------------------------------
def test_eight_devices_and_one_agree_to_twelve_digits(found):
    """Losses and parameters differ by rounding only: sums are ordered differently."""
    mesh, one = (Run(**found["runs"][n]) for n in ("8", "1"))

    losses, parameters = difference(mesh, one)
    assert losses <= 1e-12
    assert parameters <= 1e-12


def test_the_engine_takes_the_same_steps(found, engine):
    """What JAX computes is what the scalar nodes compute, to twelve digits."""
    losses, parameters = difference(Run(**found["runs"]["8"]), engine)
    assert losses <= 1e-12
    assert parameters <= 1e-12


def test_the_network_learns(engine):
    """One epoch brings the loss from about log 10 to below two thirds of it."""
    assert len(engine.losses) == 11
    assert 2.0 < engine.losses[0] < 2.6
    assert engine.losses[-1] < engine.losses[0] / 1.5


def test_each_device_has_its_share_of_the_images_and_all_parameters(found):
    """128 images are 16 for each of 8; the parameters are everywhere."""
    assert found["devices"] == 8
    assert found["images"] == [[16, 64]] * 8
    assert found["biases"] == [[10]] * 8
    assert found["dtype"] == "float64"


def test_only_several_devices_add_up_across_devices(found):
    """The gradients of the parts are summed where there are parts."""
    several, one = found["sums"]
    assert several >= 1
    assert one == 0


# --- the parts ----------------------------------------------------------------------
def test_the_traced_loss_is_the_networks_cross_entropy():
    """The program of one image gives what the model and its loss give for others."""
    program, model = traced(), data_parallel.network()
    images, digits = datasets.load_digits()
    parameters = model.state_dict()

    for image, digit in list(zip(images, digits, strict=True))[:5]:
        wanted = nn.cross_entropy(model(image), digit)
        shares = data_parallel.one_hot(digit)
        assert program(parameters, image, shares) == pytest.approx(wanted.data, 1e-13)
        seated = loss(parameters, image, shares)
        assert seated.data == pytest.approx(wanted.data, 1e-13)
    assert program.code.guards == []


def test_batches_are_of_images_to_learn_from_in_a_new_order_each_epoch():
    """No image is held out, none comes twice in an epoch; the order is the seed's."""
    images, _ = datasets.load_digits()
    kept, _ = datasets.split(len(images), share=0.2, seed=0)
    allowed = {tuple(images[i]) for i in kept}

    found = list(batches(2))

    assert [len(batch.images) for batch in found] == [128] * 22
    assert {tuple(x) for batch in found for x in batch.images} <= allowed
    assert found[0].images != found[11].images
    assert list(batches(1)) == found[:11]
    assert all(sum(shares) == 1.0 for shares in found[0].shares)


def test_the_difference_is_the_largest_of_losses_and_parameters():
    """One loss 1 % off, one weight off by 3: both are found."""
    start = data_parallel.network().state_dict()
    moved = data_parallel.network().state_dict()
    moved["layers.1.bias"][4] += 3.0

    losses, parameters = difference(Run([1.01, 2.0], moved), Run([1.0, 2.0], start))

    assert losses == pytest.approx(0.01)
    assert parameters == 3.0


# --- the command --------------------------------------------------------------------
def test_the_demo_tells_the_agreement():
    """Its table has three columns of one loss, and it says how close they are."""
    pytest.importorskip("jax", reason="pip install 'autograd-core[jax]'")
    done = python("-m", "demos.data_parallel", "--epochs", "1")

    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^ +\d+ +([\d.]+) +([\d.]+) +([\d.]+)$", done.stdout, re.M)
    assert len(rows) == 11
    for row in rows:
        numbers = [float(x) for x in row]
        assert numbers == pytest.approx([numbers[0]] * 3, rel=1e-12)
    assert re.search(r"8 devices and 1 device: losses within \de-1\d", done.stdout)
    assert re.search(r"Held-out accuracy after 11 steps: \d\d\.\d%", done.stdout)


def test_without_jax_the_extra_is_named():
    """The message tells what to install, before anything is computed."""
    hidden = "import sys; sys.modules['jax'] = None; sys.argv = ['demo']; "
    done = python("-c", f"{hidden}from demos.data_parallel import main; main()")

    assert done.returncode == 0, done.stderr
    assert "pip install 'autograd-core[jax]'" in done.stdout
    assert "step" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--epochs", "0"], "--epochs takes a count from 1 up, not 0"),
        (["--epochs", "many"], "invalid int value: 'many'"),
    ],
)
def test_wrong_options_end_with_a_message(arguments, words):
    """The command ends at once, with the option and the reason."""
    done = python("-m", "demos.data_parallel", *arguments)

    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
