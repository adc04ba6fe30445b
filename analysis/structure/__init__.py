"""Alternatives to the main parts of the model, and which conclusions survive which of them.

A *structure* is the model with one part replaced by what a critic would put there. Every structure is run on the same
seeds and with the same strategies as the model as it is, and with a twin of its own (:mod:`analysis.structure.running`).
A *conclusion* is a statement about strategies that is decided in the model as it is; under each structure it holds, cannot
be decided, or turns round (:mod:`analysis.structure.survival`).
"""

from analysis.structure.running import AS_IT_IS, STRUCTURES, Structure, run_structures
from analysis.structure.survival import Conclusion, Survival, Under, effects_table, survival

__all__ = ["AS_IT_IS", "STRUCTURES", "Conclusion", "Structure", "Survival", "Under", "effects_table", "run_structures",
           "survival"]  # fmt: skip
