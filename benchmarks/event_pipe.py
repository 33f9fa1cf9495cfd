"""So many random camera events as EVT 2.0 on standard output, half a million a second of their own time.

python event_pipe.py 1e9 | ferrion stream - --width 34 --height 34 --pool 4 --cells 4 --out DIR
"""

import sys

import numpy as np

from ferrion.workloads.streams.evt import HEADER, write_evt2

PIXELS, BLOCK, LONGEST = 34, 1 << 20, 5
left, now, out, drawn = int(float(sys.argv[1])), 0, sys.stdout.buffer, np.random.default_rng(0)
x, y, p = (drawn.integers(0, most, BLOCK) for most in (PIXELS, PIXELS, 2))
times = np.cumsum(drawn.integers(0, LONGEST, BLOCK))
out.write(HEADER)
while left:
    count, turn = min(BLOCK, left), int(drawn.integers(0, BLOCK))
    out.write(write_evt2(now + times[:count], np.roll(x, turn)[:count], np.roll(y, -turn)[:count], p[:count]))
    now, left = now + int(times[count - 1]), left - count
