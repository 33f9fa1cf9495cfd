"""Keep what pilots and studies found as the records of these pages: python docs/record.py runs/pilot-*/result.json runs/spiking-*/result.json

The first seed is kept whole; of the others of a pilot the columns, of a study all but long lists, which nobody draws.
"""

import json
import sys
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
LONG = 10
"""Entries of a list beyond which it is drawn at most."""


def record(result):
    """What is kept of a result."""
    first, *others = result["runs"]
    lean = columns if "pilot" in result else short
    return {**result, "runs": [first, *map(lean, others)]}


def columns(run):
    """Of a seed of a pilot."""
    return {key: run[key] for key in ("seed", "wall_s", "sources", "columns") if key in run}


def short(found):
    """Without long lists."""
    return {key: short(value) if isinstance(value, dict) else value for key, value in found.items() if not isinstance(value, list) or len(value) <= LONG}


if __name__ == "__main__":
    for found in sys.argv[1:]:
        kept = record(json.loads(Path(found).read_text(encoding="utf-8")))
        path = RESULTS / (f"pilot-{kept['pilot']}.json" if "pilot" in kept else f"spiking-{kept['study']}.json")
        path.with_suffix(".part").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        path.with_suffix(".part").replace(path)
