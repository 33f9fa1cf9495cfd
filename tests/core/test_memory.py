"""A process is told its own peak."""

import subprocess
import sys

import numpy as np

from ferrion.core.memory import peak


def test_a_process_does_not_inherit_the_peak_of_the_one_that_started_it():
    held = np.ones(50_000_000)
    assert peak() > 8e-6 * held.size
    done = subprocess.run([sys.executable, "-c", "from ferrion.core.memory import peak; print(peak())"], capture_output=True, text=True, check=True)
    assert 1.0 < float(done.stdout) < 4e-6 * held.size
