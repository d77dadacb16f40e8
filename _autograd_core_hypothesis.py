"""What makes `st.from_type(Value)` work: Hypothesis's entry point loads this module.

Hypothesis loads it while it is itself imported, which may be at the start of pytest,
before coverage measures anything. If this module imported autograd_core, every line
that runs on import (each `def`, each row) would be reported as never run. So it waits
until somebody else imports `autograd_core.value`, and registers the strategy then. It
is in no package, since importing a module imports its package first.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

MODULE = "autograd_core.value"


def register(node: type) -> None:
    """Register the strategy of `Value`, to be made when it is asked for."""
    try:
        from hypothesis import strategies as st
    except ModuleNotFoundError:  # something else loaded this: nobody will ask
        return

    def strategy_of(_: type) -> Any:
        from autograd_core.testing import values

        return values()

    st.register_type_strategy(node, strategy_of)


class Finder:
    """Finds the module where Python does, and has it register once it has run.

    It stays in `sys.meta_path`: to take it out while another thread imports could make
    that thread skip a finder, and the `Value` of a reload is registered too.
    """

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of the one module, None for all others."""
        spec = PathFinder.find_spec(name, path, target) if name == MODULE else None
        loader: Any = spec and spec.loader
        if loader:
            run = loader.exec_module

            def run_and_register(module: ModuleType) -> None:
                run(module)
                register(module.Value)

            loader.exec_module = run_and_register
        return spec


sys.meta_path.insert(0, Finder)
already: Any = sys.modules.get(MODULE)
if hasattr(already, "Value"):
    register(already.Value)
