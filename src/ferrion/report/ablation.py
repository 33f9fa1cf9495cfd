"""An ablation as lines for the terminal and as a page with bars."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from ferrion.report import plots
from ferrion.report.figures import figures_page
from ferrion.reproduce.figure import Row
from ferrion.workloads.ablation import Ablation, spread


def rows(found: Ablation) -> list[Row]:
    """Accuracies [%], and points lost to each part alone and won back without it, chip by chip."""

    def row(quantity: str, shares: Sequence[float], unit: str = "%") -> Row:
        deviation = spread(tuple(shares))
        return Row(quantity=quantity, unit=unit, simulated=100 * statistics.mean(shares), spread=None if deviation is None else 100 * deviation, source="simulated")

    table = [row("float", (found.digital,)), row("rounded to the chip's levels", found.levels), row("with everything", found.everything)]
    for loss in found.parts:
        lost = [levels - alone for levels, alone in zip(found.levels, loss.alone, strict=True)]
        won = [without - everything for without, everything in zip(loss.without, found.everything, strict=True)]
        table += [row(f"{loss.part}: lost to it alone, beside the levels", lost, "points"), row(f"{loss.part}: won back when it alone is taken away", won, "points")]
    return table


def lines(found: Ablation) -> list[str]:
    """One line a figure."""
    return [f"{row.quantity}: {row.simulated:.2f}" + ("" if row.spread is None else f" ± {row.spread:.2f}") + f" {row.unit}" for row in rows(found)]


def ablation_page(found: Ablation, result: Mapping[str, Any]) -> str:
    """The page as HTML."""
    how = f"trained on chip for {result['on_chip_epochs']} epochs in every setting" if result["on_chip_epochs"] else "float weights written and transferred"
    lead = f"{result['model']} on {result['data']} · {result['chip']}, {result['chips']} chips a setting, {how}; spread from chip to chip"
    bars = [("float", (found.digital,)), ("levels only", found.levels)]
    bars += [(f"levels + {loss.part}", loss.alone) for loss in found.parts] + [(f"all but {loss.part}", loss.without) for loss in found.parts]
    bars.append(("everything", found.everything))
    return figures_page("What each imperfection costs", lead, rows(found), (), (("Test accuracy, setting by setting", plots.accuracy_bars(bars)),))
