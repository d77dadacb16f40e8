"""A network whose loss turns nan, and the bug found in five commands.

The network shall tell eights from other digits. Its loss is written as in a textbook,
and its pixels were never scaled: it learns for a while, then the loss is nan, and from
there on so is everything. The debugger stops at the first number that is not finite,
walks down to what made it, and tries what would be if the logit were smaller. The cure
is the same loss, computed from the logit: it learns from the same images in the same
order.
"""

import argparse
import io
import math
from collections.abc import Callable
from statistics import fmean

import nn
from autograd_core import Value, log, mean, record_source, sigmoid, softplus
from autograd_core.debug import debug
from demos.datasets import load_digits

__all__ = ["COMMANDS", "cured_loss", "session", "textbook_loss", "train"]

BATCH, STEPS, RATE = 8, 300, 0.05
COMMANDS = ("until not isfinite(data)", "down", "down", "down", "set . 5")


def textbook_loss(logit: Value, is_eight: float) -> Value:
    """Return -t·log(p) - (1 - t)·log(1 - p), which is nan where p has become 1."""
    p = sigmoid(logit)
    return -(is_eight * log(p) + (1 - is_eight) * log(1 - p))


def cured_loss(logit: Value, is_eight: float) -> Value:
    """Return the same from the logit, log(1 + eᶻ) - t·z, where nothing is lost."""
    return softplus(logit) - is_eight * logit


def train(loss_of: Callable[[Value, float], Value]) -> tuple[list[float], Value]:
    """Train until the loss is not finite; return all losses and the last graph."""
    count = len(load_digits()[0])
    model = nn.MLP(64, [1], seed=0)
    optimizer = nn.SGD(model.parameters(), lr=RATE)
    losses: list[float] = []
    for step in range(STEPS):
        chosen = [(step * BATCH + i) % count for i in range(BATCH)]
        with record_source():
            loss = mean([loss_at(model, i, loss_of) for i in chosen])
        losses.append(loss.data)
        if not math.isfinite(loss.data):
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses, loss


def loss_at(model: nn.MLP, i: int, loss_of: Callable[[Value, float], Value]) -> Value:
    """Return the loss of an image whose pixels are 0 to 16, as they were scanned."""
    images, digits = load_digits()
    return loss_of(model([16 * pixel for pixel in images[i]]), float(digits[i] == 8))


def session(loss: Value) -> str:
    """Return what the debugger answers to the commands, as in a terminal."""
    answers = io.StringIO()
    typed = io.StringIO("".join(f"{command}\n" for command in (*COMMANDS, "quit")))
    debug(loss, variables={"loss": loss}, stdin=typed, stdout=answers)
    return answers.getvalue()


def report(name: str, losses: list[float]) -> None:
    """Print the means of the first and the last ten losses, and how it ended."""
    finite = [loss for loss in losses if math.isfinite(loss)]
    first, last = (fmean(ten) for ten in (finite[:10], finite[-10:]))
    ended = "" if len(finite) == len(losses) else f", then {losses[-1]}"
    print(f"{name}: {first:.2f} → {last:.2f} in {len(finite)} steps{ended}")


def main() -> None:
    """Train, hunt, cure."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    losses, loss = train(textbook_loss)
    report("textbook loss", losses)
    print("\nloss.debug()")
    print(session(loss))
    losses, _ = train(cured_loss)
    report("cured loss", losses)


if __name__ == "__main__":
    main()
