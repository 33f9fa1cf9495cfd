"""Every pilot in its short form, in a process of its own: seconds, and most memory. What must be compiled first is not told: run it twice.

python benchmarks/short_forms.py docs/results/short-forms.json
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ferrion.core.files import write_text
from ferrion.pilots.study import PILOTS

COMMAND = (sys.executable, "-c", "from ferrion.cli.main import main; main()", "pilot")


def main() -> None:
    """One after another."""
    rows = []
    for name in PILOTS:
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([*COMMAND, name, "--quick", "--out", folder], check=True, capture_output=True)
        rows.append({"pilot": name, "wall_s": time.perf_counter() - start, "peak_MB": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024})
        print(f"{name}: {rows[-1]['wall_s']:.0f} s; most memory so far {rows[-1]['peak_MB']:.0f} MB", flush=True)
    write_text(Path(sys.argv[1]), json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
