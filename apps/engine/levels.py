"""Holding paths level where free ones cannot be told apart.

Two initiatives in the same units leave, with free paths, the level of each undetermined as soon as both run. If they began
at least MINIMUM_GAP periods apart, the first one's own stretch tells them apart once its effect is taken as level after a
while: the first choice is free for FREE_PERIODS and level after, the last is level throughout. It costs a letter.
"""

from collections.abc import Sequence

import numpy as np

from .arrays import any_along
from .estimation import mean_loading
from .joint import JointDesign, build_design, pseudo_inverse
from .panel import KpiPanel
from .separability import separate
from .treatment import Spell

MINIMUM_GAP = 5
FREE_PERIODS = 4
_STEPS = ((0, FREE_PERIODS), (0,))


def separable_design(panel: KpiPanel, spells: Sequence[Spell], aside: Sequence[bool]) -> JointDesign:
    """The design with free paths, or with the paths of those initiatives held level that are else inseparable.

    Raises NotIdentified like `joint.build_design`.
    """
    design = build_design(panel, spells, aside)
    levels: dict[int, Sequence[int]] = {}
    for edges in _STEPS:
        held = {index: edges for group in _groups(design) for index in group if _apart(design, index, group)}
        if not held:
            return design
        levels |= held
        design = build_design(panel, spells, aside, levels)
    return design


def _groups(design: JointDesign) -> tuple[tuple[int, ...], ...]:
    """The initiatives whose means the columns do not determine."""
    _, null = pseudo_inverse(design.matrix.T @ design.matrix)
    loadings = np.array([mean_loading(design, index) for index in range(len(design.spells))])
    return separate(loadings, null, None, [1.0] * len(loadings), design.counted).groups


def _apart(design: JointDesign, index: int, group: Sequence[int]) -> bool:
    """Whether at least MINIMUM_GAP periods hold cells of only one of the two, for each other one of the group."""
    counted = design.counted
    gaps = [int(any_along(counted[index] ^ counted[other], 0).sum()) for other in group if other != index]
    return min(gaps) >= MINIMUM_GAP
