"""A request costs as much on a large graph as on a small one."""

import time

import pytest

from autograd_core import Value, record_source
from autograd_core.debug.dap.arguments import Arguments
from autograd_core.debug.dap.client import Client
from autograd_core.debug.dap.inspecting import INSPECTING, Inspection
from autograd_core.debug.dap.moving import MOVING, Motion
from autograd_core.debug.dap.program import Program
from autograd_core.debug.dap.wire import Json, Wire

SMALL, LARGE = 300, 60_000
TOP = {"threadId": 1, "levels": 20}


class Desk:
    """A program, what a client sees of it, and what the client is sent."""

    def __init__(self, root: Value) -> None:
        self.sent: list[bytes] = []
        client = Client(Wire(None, self.sent.append))  # which nobody reads from
        self.client, self.program = client, Program(__file__, root, {})
        self.inspection = Inspection(self.program, client)
        self.motion = Motion(self.program, client)

    def ask(self, command: str, **arguments: object) -> Json | None:
        """Answer a request, and do what comes after."""
        given = Arguments(command, arguments)
        if command in INSPECTING:
            return INSPECTING[command](self.inspection, given)
        body = MOVING[command](self.motion, given)
        self.client.do_what_was_left()
        return body

    def look(self) -> None:
        """Ask for what an editor asks for at each stop."""
        (frame, *_) = self.ask("stackTrace", **TOP)["stackFrames"]
        for scope in self.ask("scopes", frameId=frame["id"])["scopes"]:
            reference = scope["variablesReference"]
            self.ask("variables", variablesReference=reference, start=0, count=100)


def chain(length: int) -> Value:
    """Return the end of a chain of operations, each on a line of its own."""
    with record_source():
        x = y = Value(1.0)
        for _ in range(length):
            y = y + x
    return y


def sums(length: int) -> Value:
    """Return the sum of many leaves, one after another."""
    with record_source():
        y = Value(0.0)
        for i in range(length):
            y = y + Value(float(i))
    return y


def cost(desk: Desk, *moves: str) -> float:
    """Return the shortest time that some moves and looks took."""
    times = []
    for _ in range(7):
        start = time.perf_counter()
        for move in moves:
            desk.ask(move, threadId=1)
            desk.look()
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.parametrize("make", [chain, sums])
@pytest.mark.parametrize("end", ["start", "end"])
def test_a_step_costs_the_same_on_any_graph(make, end):
    """A graph 200 times as large may take a few times as long, not 200 times."""
    costs = []
    for length in (SMALL, LARGE):
        desk = Desk(make(length))
        if end == "end":
            desk.ask("continue")
        desk.look()  # names are looked up once
        moves = ("stepIn", "stepBack") if end == "start" else ("stepBack", "stepIn")
        costs.append(cost(desk, *moves))

    assert costs[1] < 20 * costs[0]


def test_a_deep_stack_comes_in_parts():
    """Of a chain of 60,000 frames a client gets as many as it asks for."""
    desk = Desk(chain(LARGE))
    desk.ask("stepIn")
    first = desk.ask("stackTrace", threadId=1)
    last = desk.ask("stackTrace", threadId=1, startFrame=LARGE - 5, levels=20)

    assert len(first["stackFrames"]) == 1000 < first["totalFrames"]
    assert len(last["stackFrames"]) == 5
    assert last["totalFrames"] == LARGE


def test_breakpoints_cost_the_same_on_any_graph():
    """Lines are found once; to set a breakpoint on one then takes no walk."""
    costs = []
    for length in (SMALL, LARGE):
        desk = Desk(sums(length))
        source = {"path": __file__}

        def mark(desk=desk, source=source) -> float:
            start = time.perf_counter()
            desk.ask("breakpointLocations", source=source, line=60, endLine=70)
            desk.ask("setBreakpoints", source=source, breakpoints=[{"line": 1}])
            return time.perf_counter() - start

        mark()
        costs.append(min(mark() for _ in range(7)))

    assert costs[1] < 20 * costs[0]
