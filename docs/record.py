"""Keep what pilots found as the records of these pages, the first seed whole, of the others the columns: python docs/record.py runs/pilot-*/result.json"""

import json
import sys
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def record(result):
    """What is kept of a result."""
    first, *others = result["runs"]
    return {**result, "runs": [first, *({"seed": run["seed"], "columns": run["columns"]} for run in others)]}


if __name__ == "__main__":
    for found in sys.argv[1:]:
        kept = record(json.loads(Path(found).read_text(encoding="utf-8")))
        path = RESULTS / f"pilot-{kept['pilot']}.json"
        path.with_suffix(".part").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        path.with_suffix(".part").replace(path)
