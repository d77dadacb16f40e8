"""Faults that are seeded on purpose, which the kit has to find."""

import pytest
from benchmarks.mutants import MUTANTS, Mutant
from benchmarks.property_tests import (
    cases_of_expressions,
    cases_of_row,
    draws_until,
    kit_objects,
)

from autograd_core import OPS

DRAWS = 300
RUNS = range(5)


@pytest.fixture(scope="module")
def expression_cases():
    """Draw the expressions that every wrong backward pass is tried on, once."""
    return cases_of_expressions(DRAWS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_a_seeded_fault_is_found(mutant: Mutant, expression_cases) -> None:
    """Among a few hundred draws of the kit's own strategies one shows the fault.

    Hypothesis draws constants that it finds in the loaded modules, so what is drawn is
    not the same after every change: the rarest faults get more than one run.
    """

    def is_found(run: int) -> bool:
        rows = mutant.row and cases_of_row(OPS[mutant.row], DRAWS, run)
        with mutant.seed():
            return draws_until(kit_objects, rows or expression_cases) is not None

    assert any(map(is_found, RUNS))


def test_the_faults_are_gone_when_their_context_ends(expression_cases) -> None:
    """Seeding a fault and taking it back leaves the engine as it was."""
    for mutant in MUTANTS:
        with mutant.seed():
            pass

    assert draws_until(kit_objects, expression_cases) is None
    assert draws_until(kit_objects, cases_of_row(OPS["tanh"], DRAWS)) is None
