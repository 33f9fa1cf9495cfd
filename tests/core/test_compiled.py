"""Functions read from disk, without what numba needs to compile."""

import json
import os
import subprocess
import sys

SCRIPT = """
import json, sys
import numpy as np
from ferrion.core.compiled import compiled

@compiled
def doubled(values, limit):
    if len(values) > limit:
        raise ValueError("too many")
    out = np.empty_like(values)
    for k in range(len(values)):
        out[k] = 2 * values[k] / (k % 2)
    return out, [1, 2]

@compiled
def product(a, b):
    return (a @ b).sum() + doubled(np.ones(2), 5)[0][1]

both = doubled(np.array([1.0, 3.0]), 5)
try:
    doubled(np.ones(9), 5)
except ValueError as why:
    refused = str(why)
reading = "numba.np.arraymath" not in sys.modules
compiled_then = product(np.eye(2, dtype=sys.argv[1]), np.ones((2, 3), sys.argv[1]))
print(json.dumps({"values": [str(x) for x in both[0]], "more": both[1], "refused": refused, "reading": reading, "then": compiled_then}))
"""


def test_a_kept_function_is_read_without_the_compiler_and_others_are_compiled_after_it(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    runs = []
    for kind in ("float64", "float32"):
        done = subprocess.run(
            [sys.executable, tmp_path / "script.py", kind], env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}, capture_output=True, text=True, check=True
        )
        runs.append(json.loads(done.stdout))
    first, again = runs
    assert first == {"values": ["inf", "6.0"], "more": [1, 2], "refused": "too many", "reading": False, "then": 8.0}
    assert again == {**first, "reading": True}


def test_an_edited_function_is_compiled_anew(tmp_path):
    found = []
    for factor in (2, 3):
        (tmp_path / "script.py").write_text(f"from ferrion.core.compiled import compiled\n@compiled\ndef f(x):\n    return {factor} * x\nprint(f(5))\n")
        os.utime(tmp_path / "script.py", (factor, factor))
        env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        found.append(subprocess.run([sys.executable, tmp_path / "script.py"], env=env, capture_output=True, text=True, check=True).stdout.strip())
    assert found == ["10", "15"]


def test_a_command_that_ran_before_compiles_nothing(tmp_path):
    """Neither loops nor the equations they are made of."""
    call = "import sys\nfrom ferrion.cli.main import app\napp(sys.argv[1:], standalone_mode=False)\nprint('numba.np.arraymath' in sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", call, "neuron", "--json", "--out", tmp_path / "neuron"]
    *_, again = (subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(2))
    assert again.stderr.splitlines()[-1] == "False"
