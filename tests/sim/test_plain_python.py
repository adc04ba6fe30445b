"""The rules run as plain Python too, for debugging and coverage, and give the same numbers to the bit."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim import records
from sim.inputs.parameters import PARAMETER_DTYPE

HOUSE = Path(__file__).parents[2]

RUN = """
import hashlib, sys
import numpy as np
from benchmarks.parks import demand_driven, park_of
from sim.model import prepare, simulate
from sim.world import FIELDS
world = simulate(prepare(park_of(12, quarters=12, burn_in=8), 1), demand_driven(12))
for name in FIELDS:
    member = getattr(world, name)
    if not name.startswith("scratch"):
        parts = [member[field] for field in member.dtype.names] if member.dtype.names else [member]
        print(name, hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest())
"""


def printed(**environment: str) -> str:
    """Return what a fresh Python prints for a short run."""
    done = subprocess.run([sys.executable, "-c", RUN], cwd=HOUSE, env=os.environ | environment, capture_output=True,
                          text=True, check=True)
    return done.stdout


RECORDS = {name: kind for name, kind in vars(records).items() if isinstance(kind, np.dtype) and kind.names}


@pytest.mark.parametrize("name", [*RECORDS, "PARAMETER_DTYPE"])
def test_no_field_has_the_name_of_something_that_every_record_has(name):
    names = (RECORDS | {"PARAMETER_DTYPE": PARAMETER_DTYPE})[name].names
    assert not [field for field in names if hasattr(np.record, field)]


def test_a_run_is_the_same_without_compiling():
    assert printed(NUMBA_DISABLE_JIT="1") == printed() != ""
