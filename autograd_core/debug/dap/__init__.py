"""The debugger inside an editor, by the Debug Adapter Protocol.

`serve` waits for an editor such as VS Code, which then shows a graph as it shows a
program: the stack, variables, breakpoints, steps forwards and back. The protocol is
published at https://microsoft.github.io/debug-adapter-protocol/.
"""

from .server import DEFAULT_PORT, serve

__all__ = ["DEFAULT_PORT", "serve"]
