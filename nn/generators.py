"""Where random generators stand, in lists and numbers that JSON can hold.

A `random.Random` is a state and a rule for the next one: put back into a state, it
draws the same numbers again. What resumes training bit for bit therefore keeps the
states of all generators that training draws from: those that order the data, those that
modules such as `Dropout` hold, and the one behind the functions of `random`.
"""

import random
from random import Random
from typing import Any

from autograd_core.errors import ShapeError

from .module import Module
from .optimizers.states import checked_keys

__all__ = ["Generators", "generator_state", "set_generator_state"]


def generator_state(generator: Any) -> list[Any]:
    """Return where a generator stands: the kind of state, its words, and the rest.

    >>> one, other = Random(1), Random(2)
    >>> set_generator_state(other, generator_state(one), "other")
    >>> one.random() == other.random()
    True
    """
    version, words, rest = generator.getstate()
    return [version, list(words), rest]


def set_generator_state(generator: Any, state: Any, where: str) -> None:
    """Put a generator where another one stood; `where` is its name in a message."""
    try:
        version, words, rest = state
        generator.setstate((version, tuple(words), rest))
    except (TypeError, ValueError, OverflowError) as error:
        raise ShapeError(
            f"{where} takes the state of a random.Random; the state has {state!r:.60}: "
            f"{error}"
        ) from None


class Generators:
    """The generators of a model's modules, by their paths, and that of `random`.

    >>> from nn.layers import Dropout
    >>> generators = Generators(Dropout(0.5, seed=0))
    >>> list(generators.state_dict())
    ['random.random()', 'random']
    """

    def __init__(self, model: Module) -> None:
        """Find them in the attributes of the modules."""
        self._named: dict[str, Any] = {"random.random()": random}
        for path, module in model.named_modules():
            for name, attribute in vars(module).items():
                if isinstance(attribute, Random):
                    self._named[f"{path}.{name}" if path else name] = attribute

    def state_dict(self) -> dict[str, Any]:
        """Return the state of each generator."""
        return {name: generator_state(held) for name, held in self._named.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put each generator where it stood; on an error some may have moved."""
        checked_keys(state, list(self._named), "the generators' state")
        for name, held in self._named.items():
            set_generator_state(held, state[name], f"the generator {name!r}")
