"""The sense amplifier: is the window on the bit line above the reference?"""

import numpy as np
from scipy.special import ndtr

from ferrion.devices.fecap import Operation


def bit_error_rate(median_window: float, p: Operation) -> float:
    """Mean probability of a wrong bit over normal windows of this median [V], ones and zeros equally likely."""
    ones = ndtr((p.reference - median_window) / np.hypot(np.hypot(p.offset, p.noise), p.spread * median_window))
    zeros = ndtr(-p.reference / np.hypot(p.offset, p.noise))
    return float((ones + zeros) / 2.0)
