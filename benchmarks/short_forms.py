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
    path, rows = Path(sys.argv[1]), []
    for name in PILOTS:
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([*COMMAND, name, "--quick", "--out", folder], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        rows.append({"pilot": name, "wall_s": time.perf_counter() - start})
        print(f"{name}: {rows[-1]['wall_s']:.0f} s", flush=True)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    write_text(path, json.dumps({"pilots": rows, "peak_MB": most}, indent=1) + "\n")


if __name__ == "__main__":
    main()
