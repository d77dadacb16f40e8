"""What makes `st.from_type(Value)` work: Hypothesis's entry point runs this module.

Hypothesis imports the modules of its entry points when it is itself imported, which
may be at the start of pytest, before coverage measures anything. If this module
imported autograd_core, every line that runs on import (each `def`, each row) would be
reported as never run. So it waits until somebody else imports `autograd_core.value`,
and registers the strategy then. It is in no package, since importing a module imports
its package first.

The finder that waits stays. To take it out of `sys.meta_path` while the import of
another thread walks that list could make that one skip a finder; and a `Value` made by
a reload is registered as well.
"""

import sys
from itertools import dropwhile
from types import ModuleType
from typing import Any

MODULE = "autograd_core.value"


def register(module: ModuleType) -> None:
    """Register the strategy of the module's Value, to be made when it is asked for."""
    from hypothesis import strategies as st

    def values_of(_: type) -> Any:
        from autograd_core.testing.strategies import values

        return values()

    if hasattr(module, "Value"):
        st.register_type_strategy(module.Value, values_of)


class Finder:
    """Finds the module as the finders behind this one do, with a `Loader`."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return the module's spec, its loader wrapped; None for other modules."""
        if name != MODULE:
            return None
        for finder in list(dropwhile(lambda finder: finder is not self, sys.meta_path)):
            find: Any = finder is not self and getattr(finder, "find_spec", None)
            spec = find and find(name, path, target)
            if spec:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = Loader(spec.loader)
                return spec
        return None


class Loader:
    """The module's own loader in all but this: what it has run, it registers."""

    def __init__(self, own: Any) -> None:
        self.own = own

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "own"), name)

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own loader back, run it, and register."""
        module.__loader__ = self.own
        if module.__spec__ is not None:
            module.__spec__.loader = self.own
        self.own.exec_module(module)
        register(module)


sys.meta_path.insert(0, Finder())
if MODULE in sys.modules:
    register(sys.modules[MODULE])
