"""`ferrion lab resonance|sampling|random|tolerance`: noise as a resource, and how much of it is too much."""

from pathlib import Path
from typing import Annotated

import typer

from ferrion.cli.console import bar
from ferrion.cli.experiment import NEURON, Json, NeuronCard, Out, Seed, keep, numbers, positive
from ferrion.core.errors import ConfigError


def resonance(
    card: NeuronCard = NEURON,
    base: Annotated[float, typer.Option(help="Mean of the drive [V].")] = 0.4,
    swing: Annotated[float, typer.Option(help="Amplitude of the signal [V]: too weak to fire a neuron by itself.")] = 0.05,
    frequency: Annotated[float, typer.Option(help="Of the signal [Hz].")] = 2.0,
    periods: Annotated[int, typer.Option(help="Periods of the signal.")] = 8,
    noise: Annotated[str, typer.Option(help="Standard deviations of the added voltage noise [V], with commas.")] = "0,0.02,0.05,0.08,0.1,0.15,0.2,0.3,0.5,0.8,1.2",
    cells: Annotated[int, typer.Option(min=1, help="Neurons that listen together.")] = 32,
    seed: Seed = 0,
    out: Out = Path("runs/resonance"),
    json: Json = False,
) -> None:
    """Stochastic resonance: how well ion neurons follow a signal below their threshold, against added noise."""
    from ferrion.circuits.neuron import Neuron
    from ferrion.lab.resonance import resonance as experiment
    from ferrion.report.noise import resonance as shown

    found = experiment(Neuron.from_card(card), base, swing, frequency, periods, numbers("--noise", noise), cells, seed)
    lead = f"{found.attrs['title']} · {base:g} V + {swing:g} V sin(2π {frequency:g} Hz t), {periods} periods, {cells} cells, seed {seed}"
    keep("resonance", found, shown(found), lead, out, json, {"card": card, "cells": cells, "seed": seed})


def sampling(
    card: NeuronCard = NEURON,
    units: Annotated[int, typer.Option(help="Units of the Boltzmann machine, 2 to 8.")] = 5,
    strength: Annotated[float, typer.Option(min=0, help="Standard deviation of couplings and biases.")] = 1.0,
    sweeps: Annotated[int, typer.Option(min=100, max=100_000, help="Updates of every unit.")] = 5000,
    width: Annotated[str, typer.Option(help="Length of a pulse.")] = "50 ms",
    seed: Seed = 0,
    out: Out = Path("runs/sampling"),
    json: Json = False,
) -> None:
    """Sample a small Boltzmann machine with neuron noise; compare with the exact distribution and with ideal random numbers."""
    from ferrion.circuits.neuron import Neuron
    from ferrion.lab.sampling import drawn
    from ferrion.lab.sampling import sampling as experiment
    from ferrion.report.noise import sampling as shown

    with bar(f"{units} units, {sweeps} sweeps") as progress:
        progress.add_task("sampling", total=None)
        found = experiment(Neuron.from_card(card), drawn(units, strength, seed), positive("--width", width, "s"), sweeps, seed)
    lead = f"{found.attrs['title']} · {units} units, {sweeps:,} sweeps, pulses of {width}, seed {seed}"
    keep("sampling", found, shown(found), lead, out, json, {"card": card, "units": units, "sweeps": sweeps, "seed": seed})


def random(
    card: NeuronCard = NEURON,
    volts: Annotated[float, typer.Option(help="Height of the steps [V].")] = 0.8,
    window: Annotated[str, typer.Option(help="How long a trial waits for a spike.")] = "500 ms",
    clocks: Annotated[str, typer.Option(help="Periods of the counter whose parity is the bit, as shares of the delay's standard deviation, with commas.")] = "0.03,0.1,0.3,1",
    bits: Annotated[int, typer.Option(help="Bits of a sequence; the fifteen tests need a million.")] = 1_000_000,
    seed: Seed = 0,
    out: Out = Path("runs/random"),
    json: Json = False,
) -> None:
    """True-random-number quality of the switching delay: the fifteen tests of NIST SP 800-22, against how finely delays are counted."""
    from ferrion.circuits.neuron import Neuron
    from ferrion.lab.random_bits import quality
    from ferrion.report.noise import random_bits as shown

    shares = numbers("--clocks", clocks)
    if not (shares > 0).all():
        raise ConfigError(f"--clocks {clocks}: give shares above 0")
    with bar(f"{bits:,} bits") as progress:
        task = progress.add_task("tests", total=None)
        found = quality(
            Neuron.from_card(card), volts, positive("--window", window, "s"), shares, bits, seed, lambda done, total: progress.update(task, completed=done, total=total)
        )
    lead = f"{found.attrs['title']} · first spikes of one device after steps of {volts:g} V, {bits:,} bits a sequence, seed {seed}"
    keep("random", found, shown(found), lead, out, json, {"card": card, "bits": bits, "seed": seed})


def tolerance(
    data: Annotated[str, typer.Option(help="digits, mnist, fashion-mnist, ecg, or the path of an .npz file.")] = "digits",
    chip: Annotated[str, typer.Option(help="A chip card: a shipped name or a TOML file.")] = "leti-2025",
    hidden: Annotated[str, typer.Option(help="Sizes of the hidden layers.")] = "64",
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training set.")] = 10,
    noise: Annotated[str, typer.Option(help="Factors on the card's read noise, with commas.")] = "0,1,3,10,20,30,50,100,200",
    chips: Annotated[int, typer.Option(min=1, help="Chips a setting.")] = 5,
    seed: Seed = 0,
    out: Out = Path("runs/tolerance"),
    json: Json = False,
) -> None:
    """Accuracy of chips against their read noise, from none to too much, learned under it or not."""
    from ferrion.chip.chip import Chip
    from ferrion.cli.train import hidden_sizes
    from ferrion.report.noise import tolerance as shown
    from ferrion.workloads.data import load
    from ferrion.workloads.tolerance import tolerance as experiment

    factors, the_set = numbers("--noise", noise), load(data)
    with bar(f"{chips} chips at {factors.size} levels of noise") as progress:
        task = progress.add_task("trainings", total=chips * factors.size)
        found = experiment(Chip.from_card(chip), the_set, hidden_sizes(hidden), epochs, factors, chips, seed, lambda done: progress.update(task, completed=done))
    lead = f"{found.attrs['title']} · {the_set.name}, hidden layers {hidden}, {epochs} epochs, {chips} chips a setting, seeds from {seed}"
    keep("tolerance", found, shown(found), lead, out, json, {"chip": chip, "data": the_set.name, "chips": chips, "seed": seed})
