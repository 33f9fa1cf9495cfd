"""Every pilot in its short form, in a process of its own: seconds. What must be compiled first is not told: run it twice.

python benchmarks/short_forms.py docs/results/short-forms.json [PILOT ...]     # of some alone, the others' lines are kept
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ferrion.core.files import write_text
from ferrion.pilots.study import PILOTS, known

COMMAND = (sys.executable, "-c", "from ferrion.cli.main import main; main()", "pilot")


def main() -> None:
    """One after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("names", nargs="*", default=list(PILOTS))
    asked = parser.parse_args()
    for name in asked.names:
        known(name)
    path = asked.path
    seconds = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name in asked.names:
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([*COMMAND, name, "--quick", "--out", folder], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds[name] = time.perf_counter() - start
        print(f"{name}: {seconds[name]:.0f} s", flush=True)
        write_text(path, json.dumps(seconds, indent=1) + "\n")


if __name__ == "__main__":
    main()
