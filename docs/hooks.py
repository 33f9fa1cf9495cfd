"""Pages made from the code: cards, command line, results. The start page is the README."""

import base64
import json
import statistics
from pathlib import Path

from mkdocs.structure.files import File

from ferrion.core.units import figure
from ferrion.params.card import load, shipped
from ferrion.params.cite import bibliography
from ferrion.report import pilot
from ferrion.report.controller import drawing
from ferrion.report.pilot_quoted import quoted
from ferrion.report.pilot_summary import at_a_glance
from ferrion.report.pilot_winners import who_wins

ROOT = Path(__file__).parents[1]
EQUATIONS = (
    "ferroelectric",
    "ageing",
    "filament",
    "programming",
    "forming",
    "conduction",
    "recovery",
    "transistor",
    "nucleation",
    "between",
    "diffusive",
    "silver",
    "endurance",
    "threshold",
    "mosfet",
    "heat",
)
BENCHES = {
    "two-memory": "the first 1,000 samples from the initial weights, batch 1, medians of 7 runs. The machine is shared: another run of the same code gave"
    " 5.2 and 6.4 times torch and 13 and 16 times aihwkit on dense input, 17 and 16 and 51 and 36 times on MNIST",
    "neuron": "medians of 7 runs, of the peers 3; one thread unless said, compiling not counted. For all 1,000 neurons in one"
    " netlist ngspice took 1,450 s on this machine, once: 0.69 neuron ms/s",
    "crossbar": "medians of 7 runs, of the peer 3; both with as many threads as they take; ours over theirs is how many times faster."
    ' "Before it began" is after an array of 2 × 2: interpreter, libraries and compiled code',
    "spiking": "medians of 7 runs, of the large network 3, one thread, compiling not counted, all in one run while another job had the second core; for seconds, less than 1 x is"
    " faster. Of a training step at most 80 MB beyond imports were asked. numba's cache on disk is read without its compiler, which would take 38 MB and half a second more."
    " snnTorch reads any NIR file for steps of 0.1 ms, so at 1 ms it is ten times too slow",
    "sweep": "100 chips a run, medians of 3 runs, one and two workers in turn. Chips are independent and the loops compiled, so two workers can at most be twice as fast",
    "layers": "medians of 7 blocks of 40 batches, one thread, dense random input; ferrion and torch block by block in turn."
    " The aim was half of torch's speed with noise and converters."
    " Of a batch's 1.5 ms, products and the gradient take 0.55 as in torch, 150,000 conversions with their noise 0.3."
    " With wires, 228 effective matrices a transfer are most of the time",
}
ABLATIONS = {
    "deployed": ("ferrion lab ablate --data fashion-mnist --epochs 8 --chips 3", "Devices differ in how they were transferred: that is nearly all of the loss."),
    "deployed-in-two-slices": (
        "ferrion lab ablate --data fashion-mnist --epochs 8 --chips 3 --slices 2",
        "The second arrays hold what the first were read to lack, the spread of their transfers included: nearly all of the loss is gone, for twice the arrays.",
    ),
    "trained-on-chip": (
        "ferrion lab ablate --data fashion-mnist --epochs 8 --on-chip 5 --chips 1",
        "One chip a setting, so differences below half a point say nothing (10,000 test images: 0.35 points of standard error each;"
        " the same setting gave 85.0 to 85.3 with everything in runs that rounded otherwise). What learning on chip shows is that the"
        " spread of transfers, which costs 1.9 points when weights are deployed, is learned around.",
    ),
}
SPIKING = {
    "nmnist": "The first 1,000 training and the first 100 test recordings: a standard error of 3 to 4 points beside that over seeds. The deployed chip told 84 % for 0.53 uJ"
    " before its twin ended its training in short steps.",
    "ecg": "Classes N S V F of other patients than those trained on; 55 % are N, so the chip that learns alone tells no more beats than whoever always says N,"
    " but knows the other classes, too: see the mean over classes. What a vote counts in the loss, 0.2 and not 0.5, was chosen on six patients held out from"
    " training, where it won 19 points;"
    " with every patient held out once, in four folds, chips tell 93, 70, 81 and 44 % with 0.2, 57, 69, 82 and 59 with 0.5: no difference, as on the test (with 0.5 77.6 ±"
    " 3.4 % for 83 nJ; all that when the interval before a beat was told over the mean of the whole record). Patients differ more than nets do."
    " Tuning changes nothing; comparators at every tick lost five points. Of the runs of the pilot `ecg`: [there](pilots.md#ecg) is what else tells them.",
    "braille": "27 letters under twelve taxels, a fifth of 5,400 recordings held out, of the runs of the pilot `tactile`: [there](pilots.md#tactile) is what else reads them.",
    "fsdd": "Spoken digits of six speakers, 300 to test: a standard error of 2 to 3 points beside that over seeds. Deployed chips differ, 76 to 89 %, though their twins tell"
    " 90 to 94; the teacher without a clock brings all to 83 to 91. Trained in steps of 2.5 ms alone the hidden cells ran away on the chip, 17,300 spikes a digit, and it told 75 %"
    " for 1.8 uJ; with a penalty on fast cells in the same steps 80 % for 0.27; with the penalty in steps of half a millisecond 87 % for 0.17, where a vote counted 0.5 in the loss"
    " and tuning by comparators at every tick left 78. That it counts 0.2 here was chosen on recordings held out from training (two seeds: 80 with it, 76 with 0.5), and is no gain"
    " on the test (84 and not 87 %, within what chips differ, for 0.22 and not 0.17 uJ); the number of epochs was looked at likewise,"
    " the penalty's limit on one chip that lacked a speaker, on tests.",
    "new-class": "Five chips. The spiking chip is shown an example until it has told it rightly, 30 times at most (69 to 147 times for ten examples). One example"
    " teaches next to nothing else of its class and costs the others one point; two win 82 % of it on one chip, 18 on another and nothing on three; five 58 ± 24 %, for seven"
    " points; ten win 81 ± 7 % and cost eight and a half. With nets as they were before votes counted less in the loss, ten won 87 ± 20 % and cost 28 points; shown three times"
    " under the comparator rule, 81 for 23. Arrays on counts: counts in three parts of a recording, shown three times; ten win 77 ± 22 % and cost seven and a half points.",
    "new-user": "Five speakers left out, one a chip. All examples so far are shown three times, in turn. One example of each digit wins three points of the new voice for"
    " nothing, five win twelve and cost the others seven, ten win seventeen and cost eight. Arrays on counts win 22, from fifteen points below, and lose twelve of the others."
    " Trained in long steps alone, hidden cells ran away at every digit and one example, shown three times on end under the comparator rule, took the others from 74 to 17 %."
    " Rate and rounds were chosen on the sixth speaker. The step of arrays, a quarter of that with which they learned the rest, was looked at on these tests.",
    "bursts": "Five chips. Energy is of an event delivered: its read, spikes, and what it rewrites.",
    "rules": "Rates and swings of each rule were looked at on a sixth chip, a handful of settings, its test in sight."
    " [What it says](spiking.md#which-rule-maps-onto-the-hardware).",
    "neurobench": "Counted by NeuroBench 2.3 itself, on 100 samples of each test and the nets as they are deployed. A number that is no spike is a row with more than one event in"
    " a step of 2.5 ms; it also counts the steps, of which the chip, which follows events, knows nothing.",
    "hot-pixel": "One chip, 50 digits at each rate. Masked: the pixel's weights are 0 (its events still come), and devices at 0 are 1.3 % of full scale off;"
    " cut: it has none, and nothing is noisy.",
}
PAPERS = {
    "martemucci-2025": "five seeds; why rows miss is said in [fidelity](fidelity.md)",
    "zhao-2025": "2,000 cells; see [ion neurons](neurons.md)",
    "fu-2025": "100 cells, typical parameters",
}


def on_files(files, config):
    """Add the generated pages."""
    pages = {
        "index.md": start(),
        "cards.md": cards(),
        "cli.md": commands(),
        "reproduced.md": reproduced(),
        "speed.md": speed(),
        "spiking_results.md": learned(),
        "ablation.md": ablation(),
        "equations.md": "# Equations\n\nOne function an equation; every backend runs the same text.\n" + "".join(f"\n::: ferrion.physics.{name}\n" for name in EQUATIONS),
    }
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    files.append(File.generated(config, "controller.png", content=drawing()))
    for picture in pilot_pictures(config):
        files.append(picture)
    return files


def on_page_markdown(markdown, page, **_):
    """Tables and numbers of the pilots, and what a billion events took, where pages ask for them."""
    if page.file.src_uri == "spiking.md":
        return markdown.replace("<!-- a billion events -->", streamed()).replace("<!-- rules -->", rules())
    if page.file.src_uri != "pilots.md":
        return markdown
    found = {path.stem.removeprefix("pilot-"): json.loads(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "docs/results").glob("pilot-*.json"))}
    for name, result in found.items():
        note = f"{result['note']}. {result['seeds']} seeds: mean ± standard deviation.{took(result['runs'])}"
        markdown = markdown.replace(f"<!-- pilot {name} -->", f"{note}\n\n{pilot.markdown(result)}\n\n{drawn(name, result)}")
    markdown = markdown.replace("<!-- at a glance -->", at_a_glance(found)).replace("<!-- who wins -->", who_wins(found)).replace("<!-- short forms -->", quick())
    return quoted(markdown.replace("<!-- faults -->", faults(found)), found)


def faults(found) -> str:
    """What streams with faults came to, of every pilot."""
    lines = ["| pilot | fault | score [%] | counted |", "|---|---|---|---|"]
    for name, result in found.items():
        for own in result["faults"]:
            lines.append(f"| {name} | {own['fault']} | {100 * own['share']:.0f} | {pilot.counted(own)} |")
    return "\n".join(lines)


def took(runs) -> str:
    """How long a seed took, where it was kept."""
    minutes = sorted({round(run["wall_s"] / 60.0) for run in runs if "wall_s" in run})
    if not minutes:
        return ""
    least, most = minutes[0], minutes[-1]
    return f" A seed took {f'{least} to {most}' if least < most else most} minute{'s' if most > 1 else ''}, beside one or two other jobs on two cores."


def quick() -> str:
    """Seconds of the short forms, by the last run of `benchmarks/short_forms.py`."""
    seconds = json.loads((ROOT / "docs/results/short-forms.json").read_text(encoding="utf-8"))
    return ", ".join(f"{name} {own:.0f}" for name, own in seconds.items()) + " s (`benchmarks/short_forms.py`, another job beside it on two cores)"


def streamed() -> str:
    """Of the last run of `benchmarks/event_pipe.py 1e9`."""
    found = json.loads((ROOT / "docs/results/stream-billion.json").read_text(encoding="utf-8"))
    return (
        f"{found['events']:,} events through a pipe took {found['wall_s']:,.0f} s and {found['peak_MB']:.0f} MB: {found['delivered']:,} delivered, {found['queued']:,} queued,"
        f" {found['dropped'] + found['late'] + found['outside']:,} lost, {found['spikes']:,} spikes"
    )


def rules() -> str:
    """What each local rule makes of hand gestures, and what it costs."""
    found = {row["what"]: row for row in json.loads((ROOT / "docs/results/spiking-rules.json").read_text(encoding="utf-8"))["table"]}
    names, heads = (list(dict.fromkeys(what.split(": ")[k] for what in found)) for k in (0, 1))
    lines = [f"| rule | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for name in names:
        cells = [found[f"{name}: {head}"] for head in heads]
        lines.append(f"| {name} | {' | '.join('–' if own['mean'] is None else spread(own) for own in cells)} |")
    return "\n".join(lines)


def spread(row) -> str:
    """Mean to two digits, standard deviation to one."""
    mean = figure(float(f"{row['mean']:.2g}"))
    return mean if not row["deviation"] else f"{mean} ± {figure(float(format(row['deviation'], '.1g')))}"


def drawn(name, result) -> str:
    """Of its first seed: learning, or what is watched, and the rest folded away."""
    titles = [title for title, _ in pilot.pictures(result["runs"][0])]
    first = next(k for k, title in enumerate(titles) if title.startswith(("Watching", "Learning on")))
    lines = [
        f"![{titles[first]}](pilot-{name}-{first}.png)",
        "",
        f'??? note "{len(titles) - 1} more pictures of the first seed: {", ".join(titles[:first] + titles[first + 1 :])}"',
        "",
    ]
    lines += [f"    ![{title}](pilot-{name}-{k}.png)\n" for k, title in enumerate(titles) if k != first]
    return "\n".join(lines) + "\n"


def pilot_pictures(config):
    """All of the first seed of each pilot."""
    for path in sorted((ROOT / "docs/results").glob("pilot-*.json")):
        run = json.loads(path.read_text(encoding="utf-8"))["runs"][0]
        for k, (_, picture) in enumerate(pilot.pictures(run)):
            yield File.generated(config, f"{path.stem}-{k}.png", content=base64.b64decode(picture))


def start() -> str:
    """The README with its links as they are from here."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("docs/results/bench-two-memory.json", "speed.md").replace("docs/", "")
    return text.replace("[CONTRIBUTING](CONTRIBUTING.md)", "CONTRIBUTING").replace("([CITATION.cff](CITATION.cff))", "(CITATION.cff)")


def cards() -> str:
    """Every card as a table, then the bibliography."""
    lines = ["# Every number and its source", ""]
    for name in shipped():
        card = load(name)
        lines += [f"## {name}", "", card.title, "", "| number | value | known as | source | note |", "|---|---|---|---|---|"]
        lines += [f"| {s}.{k} | {n.value:g} {n.unit} | {n.how.value} | {n.source}, {n.where} | {n.note} |" for s, k, n in card.numbers()]
        lines.append("")
    lines += ["## Sources", "", *(f"- **{source.key}**: {source.short} {source.link}" for source in bibliography().values())]
    return "\n".join(lines)


def commands() -> str:
    """The help of every command."""
    import typer

    from ferrion.cli.main import app

    group = typer.main.get_command(app)
    context = typer.Context(group, info_name="ferrion")
    lines = ["# Command line", ""]
    every = [(name, command) for name, command in group.commands.items() if not hasattr(command, "commands")]
    every += [(f"{name} {own}", command) for name, part in group.commands.items() for own, command in getattr(part, "commands", {}).items()]
    for name, command in every:
        with typer.Context(command, info_name=f"ferrion {name}", parent=context) as inner:
            lines += [f"## ferrion {name}", "", "```text", command.get_help(inner), "```", ""]
    return "\n".join(lines)


def reproduced() -> str:
    """The rows of the last full reproductions."""
    lines = ["# Published beside simulated", "", "What `ferrion reproduce` printed; the spread is a standard deviation over seeds or cells.", ""]
    for name, note in PAPERS.items():
        lines += [f"## {name}", "", f"{note[0].upper()}{note[1:]}.", "", *_rows(name), ""]
    return "\n".join(lines)


def learned() -> str:
    """The last runs of `ferrion spiking`."""
    lines = [
        "# What the spiking chip learns",
        "",
        "What `ferrion spiking` printed, mean ± standard deviation over seeds; a seed is a chip, its initial weights and an order of examples."
        " Seconds to a decision are known in hindsight only ([what that means](spiking.md#three-ways-to-learn)).",
        "",
    ]
    for name, remark in SPIKING.items():
        found = json.loads((ROOT / f"docs/results/spiking-{name}.json").read_text(encoding="utf-8"))
        lines += [f"## {name}", "", f"`ferrion spiking {name} --seeds {found['seeds']}`.{took(found['runs'])} {remark}", "", "| | mean | ± |", "|---|---|---|"]
        lines += [f"| {row['what']} | {_told(row['mean'])} | {_told(row['deviation'])} |" for row in found["table"]]
        lines.append("")
    return "\n".join(lines)


def _told(value: float | None) -> str:
    return "" if value is None else figure(value)


def ablation() -> str:
    """The last ablations of the small convolutional net on Fashion-MNIST."""
    lines = ["# What each imperfection costs", "", "The default model of `ferrion lab ablate`, two convolutions and a linear layer, on Fashion-MNIST (20,000 training images),", ""]
    lines += ["mean ± standard deviation over chips; lost beside the rounding to levels, won back beside everything else.", ""]
    for name, (command, remark) in ABLATIONS.items():
        found = json.loads((ROOT / f"docs/results/ablation-{name}.json").read_text(encoding="utf-8"))
        lines += [
            f"## {name}",
            "",
            f"`{command}`: float {100 * found['float_accuracy']:.2f} %, levels only {percent(found['levels'])}, everything {percent(found['everything'])}.",
            "",
        ]
        lines += ["| imperfection | lost to it alone [points] | won back without it [points] |", "|---|---|---|"]
        for part in found["parts"]:
            lost = percent(levels - alone for levels, alone in zip(found["levels"], part["alone"], strict=True))
            won = percent(without - everything for without, everything in zip(part["without"], found["everything"], strict=True))
            lines.append(f"| {part['part']} | {lost} | {won} |")
        lines += ["", remark, ""]
    return "\n".join(lines)


def percent(accuracies) -> str:
    """Mean and standard deviation over chips of shares, in hundredths."""
    values = [100 * accuracy for accuracy in accuracies]
    return f"{statistics.mean(values):.2f}" + (f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else "")


def _rows(name: str) -> list[str]:
    found = json.loads((ROOT / f"docs/results/{name}.json").read_text(encoding="utf-8"))
    verdict = {True: "ok", False: "**misses**", None: ""}
    lines = ["| quantity | published | simulated | spread | tolerance | | known as | source |", "|---|---|---|---|---|---|---|---|"]
    for row in found["rows"]:
        published = "" if row["published"] is None else f"{figure(row['published'])} {row['unit']}"
        spread = "" if row["spread"] is None else f"{row['spread']:.2g}"
        tolerance = "" if row["tolerance"] is None else f"{row['tolerance']:g}"
        cells = (row["quantity"], published, f"{figure(row['simulated'])} {row['unit']}", spread, tolerance, verdict[row["ok"]], row["how"], row["source"])
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def speed() -> str:
    """The rows of the last benchmarks."""
    lines = ["# Speed", ""]
    for name, note in BENCHES.items():
        found = json.loads((ROOT / f"docs/results/bench-{name}.json").read_text(encoding="utf-8"))
        lines += [f"## {name}", "", f"What `ferrion bench {name}` printed on {found['machine']}: {note}.", ""]
        lines += ["| work | tool | median | ours over theirs | note |", "|---|---|---|---|---|"]
        for row in found["rows"]:
            ratio = "" if row["ours_over_theirs"] is None else f"{row['ours_over_theirs']:.1f} x"
            lines.append(f"| {row['work']} | {row['tool']} {row['version']} | {figure(row['median'])} {row['unit']} | {ratio} | {row['note']} |")
        lines.append("")
    return "\n".join(lines)
