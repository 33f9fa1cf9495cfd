"""Sweeps: points where they belong, trials that are the same bits anywhere, a store that loses nothing, figures with known answers."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import xarray as xr
import zarr

from ferrion.chip.changed import changed
from ferrion.chip.chip import Chip
from ferrion.core.errors import CardError, CheckpointError, ConfigError, DataError, MissingDataError
from ferrion.learning.training import Plan
from ferrion.workloads.sweep.design import Design, parted, points, unit_cube
from ferrion.workloads.sweep.factors import Choices, Normal, Range
from ferrion.workloads.sweep.file import Bound, read_sweep
from ferrion.workloads.sweep.found import _indices, meets, sensitivities, yields
from ferrion.workloads.sweep.places import here, on_cluster
from ferrion.workloads.sweep.sweep import Sweep
from ferrion.workloads.sweep.trial import OUTCOMES
from ferrion.workloads.trial import train

SMALL = """
[sweep]
chips = 3
seed = 5
[settings]
hidden = [8]
epochs = 1
[vary]
transfer_every = [10, 100]
memristor.filament.read_noise = [0.0, 0.05]
[spec]
accuracy = {least = 0.5}
"""


def sweep_of(folder, text: str = SMALL) -> Sweep:
    path = folder / "sweep.toml"
    path.write_text(text)
    return Sweep.of(read_sweep(path))


def gone(sweep: Sweep, path, workers: int = 2) -> xr.Dataset:
    store = sweep.store(path)
    sweep.go(store, partial(here, workers=workers), lambda _: None)
    return store.read()


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[Sweep, xr.Dataset]:
    folder = tmp_path_factory.mktemp("whole")
    sweep = sweep_of(folder)
    return sweep, gone(sweep, folder / "sweep.zarr", 1)


def test_a_grid_is_every_combination_on_the_same_chips(whole):
    sweep, found = whole
    combinations = set(itertools.product((10, 100), (0.0, 0.05), (5, 6, 7)))
    assert {(trial.values["transfer_every"], trial.values["memristor.filament.read_noise"], trial.seed) for trial in sweep.trials} == combinations
    assert found["seed"].to_numpy().tolist() == [5, 6, 7] * 4


def test_a_trial_is_the_chip_trained_alone(whole, chip, digits):
    _sweep, found = whole
    plan = Plan(sizes=(64, 8, 10), chip=changed(chip, {"memristor.filament.read_noise": 0.05}, "test"), epochs=1, transfer_every=100, seed=6)
    alone = train(plan, digits)
    row = found.isel(trial=10)
    assert (row["transfer_every"], row["memristor.filament.read_noise"], row["seed"]) == (100, 0.05, 6)
    assert float(row["accuracy"]) == alone.accuracies[-1]
    assert float(row["loss"]) == alone.losses[-1]


def test_the_number_of_workers_changes_no_bit(whole, tmp_path):
    sweep, found = whole
    xr.testing.assert_identical(found, gone(sweep, tmp_path / "sweep.zarr", 2))


def test_any_trial_can_be_replayed_alone_bit_for_bit(whole, tmp_path):
    sweep, _ = whole
    gone(sweep, tmp_path / "sweep.zarr")
    store = sweep.store(tmp_path / "sweep.zarr")
    assert sweep.again(store, 7)[1]
    store.write(7, [0.5] * len(OUTCOMES))
    assert not sweep.again(store, 7)[1]


def test_what_is_finished_is_not_run_again(whole, tmp_path):
    sweep, found = whole
    ran = []

    def stops(work, trials):
        for trial, own in here(work, trials, 1):
            ran.append(trial.number)
            yield trial, own
            if len(ran) == 5:
                raise KeyboardInterrupt

    store = sweep.store(tmp_path / "sweep.zarr")
    with pytest.raises(KeyboardInterrupt):
        sweep.go(store, stops, lambda _: None)
    assert int(store.done().sum()) == 5
    sweep.go(sweep.store(tmp_path / "sweep.zarr"), stops, lambda _: None)
    assert sorted(ran) == list(range(12))
    xr.testing.assert_identical(sweep.store(tmp_path / "sweep.zarr").read(), found)


def test_a_killed_sweep_goes_on(whole, tmp_path):
    _, found = whole
    (tmp_path / "sweep.toml").write_text(SMALL)
    command = [sys.executable, "-c", "from ferrion.cli.main import main; main()", "sweep", str(tmp_path / "sweep.toml"), "--out", str(tmp_path / "out"), "--workers", "1", "--json"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    outcomes = tmp_path / "out" / "sweep.zarr" / "outcomes"
    while running.poll() is None and len(list(outcomes.glob("*.0"))) < 2:
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.wait()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert result["kept"] >= 2
    assert result["kept"] + result["run"] == 12
    with xr.open_zarr(tmp_path / "out" / "sweep.zarr", consolidated=False, chunks=None) as opened:
        again = opened["outcomes"].to_numpy()
    assert np.array_equal(again[:, 1], found["accuracy"].to_numpy())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_lost_worker_loses_no_trial_and_repeats_none_in_the_store(whole, tmp_path):
    from distributed import LocalCluster

    _sweep, found = whole
    many = sweep_of(tmp_path, SMALL.replace("chips = 3", "chips = 40"))
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50) as cluster:
        written = []

        def killing(work, trials):
            for trial, own in on_cluster(work, trials, cluster.scheduler_address):
                written.append(trial.number)
                yield trial, own
                if len(written) == 20:
                    os.kill(cluster.workers[0].pid, signal.SIGKILL)

        store = many.store(tmp_path / "sweep.zarr")
        many.go(store, killing, lambda _: None)
    assert sorted(written) == list(range(160))
    assert store.refused == {}
    some = store.read().isel(trial=[40 * k + chip for k in range(4) for chip in range(3)])
    assert np.array_equal(some["accuracy"], found["accuracy"])


def test_a_refused_trial_says_why_and_the_others_go_on(whole, tmp_path):
    sweep, _found = whole

    def refusing(work, trials):
        return ((trial, "too hot" if trial.number == 3 else own) for trial, own in here(work, trials, 1))

    store = sweep.store(tmp_path / "sweep.zarr")
    sweep.go(store, refusing, lambda _: None)
    assert store.refused == {"3": "too hot"}
    assert np.flatnonzero(np.isnan(store.read()["accuracy"].to_numpy())).tolist() == [3]
    assert yields(store.read(), {"accuracy": Bound(least=0.0)}, sweep.points, 3, True)[0][1:3] == (11, 12)
    with pytest.raises(ConfigError, match="too hot"):
        sweep.again(store, 3)


def test_a_store_of_another_sweep_is_refused(whole, tmp_path):
    sweep, _ = whole
    sweep.store(tmp_path / "sweep.zarr")
    with pytest.raises(CheckpointError, match="another file"):
        sweep_of(tmp_path, SMALL.replace("epochs = 1", "epochs = 2")).store(tmp_path / "sweep.zarr")
    zarr.open_group(str(tmp_path / "sweep.zarr"), mode="r+", zarr_format=2).attrs.clear()
    with pytest.raises(CheckpointError, match="no store"):
        sweep.store(tmp_path / "sweep.zarr")


def test_a_latin_hypercube_has_one_point_in_every_slice():
    cube = unit_cube(Design.LATIN_HYPERCUBE, 4, 50, 1)
    for column in cube.T:
        assert sorted((column * 50).astype(int)) == list(range(50))


def test_sobol_points_fill_every_dyadic_box():
    boxes = (unit_cube(Design.SOBOL, 2, 64, 3) * 8).astype(int)
    assert len({tuple(box) for box in boxes}) == 64


def test_sobol_indices_of_ishigami_are_the_known_ones():
    """Ishigami and Homma 1990, a = 7, b = 0.1: first order 0.3139, 0.4424, 0; total 0.5576, 0.4424, 0.2437."""
    x = 2 * np.pi * unit_cube(Design.SENSITIVITY, 3, 4096, 0) - np.pi
    values = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    assert _indices(parted(values, 3)) == pytest.approx(np.array([[0.3139, 0.4424, 0.0], [0.5576, 0.4424, 0.2437]]), abs=0.02)


def test_intervals_of_sensitivities_hold_the_known_index():
    """y = 3 a + b, chips without effect: shares 0.9 and 0.1."""
    u = unit_cube(Design.SENSITIVITY, 2, 256, 1)
    y = np.repeat(3 * u[:, 0] + u[:, 1], 2) + np.tile([0.1, -0.1], len(u))
    blank = np.full(len(y), np.nan)
    found = xr.Dataset({name: ("trial", y if name == "accuracy" else blank) for name in OUTCOMES})
    a, b = sensitivities(found, ["a", "b"], 2, 0)
    assert a.first_interval[0] <= 0.9 <= a.first_interval[1]
    assert b.total_interval[0] <= 0.1 <= b.total_interval[1]


def test_one_factor_is_enough_for_an_index():
    u = unit_cube(Design.SENSITIVITY, 1, 64, 0)
    assert _indices(parted(u[:, 0] ** 2, 1)) == pytest.approx(np.ones((2, 1)), abs=0.05)


def test_the_same_chips_at_several_points_have_no_common_interval(whole):
    sweep, found = whole
    together, *each = yields(found, {"accuracy": Bound(least=0.0)}, sweep.points, 3, False)
    assert (together.met, together.of, together.low, together.high) == (12, 12, None, None)
    assert [own.of for own in each] == [3, 3, 3, 3]


def test_a_machine_with_other_data_stops_the_sweep_and_refuses_no_trial(whole, tmp_path):
    sweep, _ = whole
    store = sweep.store(tmp_path / "sweep.zarr")
    other = replace(sweep, work=replace(sweep.work, fingerprint="another"))
    with pytest.raises(DataError, match="are not those"):
        other.go(store, partial(here, workers=1), lambda _: None)
    assert not store.done().any()
    assert store.refused == {}


def test_a_trial_that_was_refused_by_mistake_can_be_done(whole, tmp_path):
    sweep, _ = whole
    store = sweep.store(tmp_path / "sweep.zarr")
    store.refuse(2, "a mistake")
    store.write(2, [0.5] * len(OUTCOMES))
    assert store.refused == {}


def test_a_damaged_store_is_refused(whole, tmp_path):
    sweep, _ = whole
    sweep.store(tmp_path / "sweep.zarr").write(0, [0.5] * len(OUTCOMES))
    (tmp_path / "sweep.zarr" / "outcomes" / "0.0").write_bytes(b"")
    with pytest.raises(CheckpointError, match="delete it"):
        sweep.store(tmp_path / "sweep.zarr")
    (tmp_path / "file.zarr").write_text("no folder")
    with pytest.raises(CheckpointError, match="no store"):
        sweep.store(tmp_path / "file.zarr")


def test_factors_have_the_distributions_they_say():
    u = (np.arange(100_000) + 0.5) / 100_000
    even, wide, normal = Range(**{"from": 2, "to": 6}), Range(**{"from": 1, "to": 100, "log": True}), Normal(mean=3, deviation=2)
    assert np.mean(even.at(u, "")) == pytest.approx(4)
    assert np.median(wide.at(u, "")) == pytest.approx(10, rel=1e-3)
    assert (np.mean(normal.at(u, "")), np.std(normal.at(u, ""))) == pytest.approx((3, 2), rel=1e-3)
    assert Range(**{"from": "1 ms", "to": "3 ms"}).at(np.array([0.5]), "s") == pytest.approx([2e-3])
    assert Choices(values=("a", "b")).at(np.array([0.2, 0.7]), None) == ["a", "b"]


def test_whole_settings_are_drawn_as_whole_numbers(tmp_path):
    text = '[sweep]\ndesign = "latin-hypercube"\npoints = 6\n[settings]\nhidden = [4]\n[vary]\ntransfer_every = {from = 10, to = 1000, log = true}\n'
    drawn = [trial.values["transfer_every"] for trial in sweep_of(tmp_path, text).trials]
    assert all(isinstance(own, int) for own in drawn)
    assert len(set(drawn)) == 6


def test_the_interval_of_a_yield_is_exact():
    """0 of n: the upper end is 1 - 0.025^(1/n) (Clopper and Pearson 1934)."""
    found = xr.Dataset({name: ("trial", np.zeros(20)) for name in OUTCOMES})
    ((_, met, of, low, high),) = yields(found, {"accuracy": Bound(least=0.5)}, [{}], 20, True)
    assert (met, of, low) == (0, 20, 0.0)
    assert high == pytest.approx(1 - 0.025 ** (1 / 20))
    assert meets(found, {"accuracy": Bound(most=0.0)}).all()


def test_a_changed_number_is_assumed_and_reads_back(chip, tmp_path):
    faster = changed(chip, {"fecap.operation.t_write": "20 ns", "memristor.filament.read_noise": 0.02}, "test")
    number = faster.parts["fecap"].sections["operation"]["t_write"]
    assert (number.how, number.provenance) == ("typical", "assumed")
    for role, own in faster.parts.items():
        (tmp_path / f"{own.name}.toml").write_text(own.text)
        assert Chip.from_card(chip.name).parts[role].name == own.name
    (tmp_path / "leti-2025.toml").write_text(chip.card.text)
    assert Chip.from_card(tmp_path / "leti-2025.toml").devices == faster.devices
    assert faster.devices != chip.devices
    assert replace(faster, parts=chip.parts).devices == chip.devices


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sweep]\nchip = 3\n", "sweep.chip.*string"),
        ("[sweep]\nchisp = 3\n", "did you mean chip"),
        ("[sweep]\n[vary]\ntransfer_evry = [1]\n", "did you mean transfer_every"),
        ("[sweep]\n[vary]\nmemristor.filament.read_noisy = [1]\n", "did you mean 'read_noise'"),
        ("[sweep]\n[vary]\nmemristor.filament = [1]\n", "ROLE.SECTION.KEY"),
        ("[sweep]\n[vary]\ntransfer_every = []\n", "vary.transfer_every.*at least 1"),
        ("[sweep]\n[vary]\ntransfer_every = [0]\n", "transfer_every = 0"),
        ("[sweep]\n[vary]\nrule = ['best']\n", "best"),
        ("[sweep]\ndesign = 'sobol'\npoints = 4\n[vary]\nepochs = {from = 5, to = 1}\n", "not below"),
        ("[sweep]\ndesign = 'sobol'\npoints = 4\n[vary]\nfecap.operation.t_write = {from = '2 us', to = '1 us'}\n", "not below"),
        ("[sweep]\ndesign = 'sobol'\npoints = 4\n[vary]\nfecap.operation.t_write = {from = '0 s', to = '1 us', log = true}\n", "above 0"),
        ("[sweep]\ndesign = 'sobol'\npoints = 4\n[vary]\nmemristor.filament.read_noise = {mean = 0.1, deviation = -0.1}\n", "above 0"),
        ("[sweep]\ndesign = 'sobol'\npoints = 64\n[vary]\nmemristor.filament.read_noise = {mean = 0.1, deviation = 0.1}\n", "0 or more"),
        ("[sweep]\n[vary]\nmemristor.filament.read_noise = [nan]\n", "no finite number"),
        ("[sweep]\n[vary]\nmemristor.filament.read_noise = [-0.1]\n", "0 or more"),
        ("[sweep]\n[vary]\nmemristor.filament.read_noise = [true]\n", "no finite number"),
        ("[sweep]\n[vary]\nmemristor.filament.read_noise = [[0.1, 0.2]]\n", "no finite number"),
        ("[sweep]\n[vary]\nmemristor.filament.v_set = [0.0]\n", "v_set above 0"),
        ("[sweep]\n[vary]\ntransfer.access.v_full = ['0.1 V']\n", "above v_th"),
        ("[sweep]\n[vary]\ntransfer_every = [2.5]\n", "transfer_every = 2.5"),
        ("[sweep]\n[vary]\ntransfer_every = [nan]\n", "transfer_every = nan"),
        ("[sweep]\n[vary]\nhidden = [[-5]]\n", "each 1 or more"),
        ("[sweep]\n[vary]\nconverters.adc.bits = [1, 8]\n", "does not read the converters"),
        ("[sweep]\n[vary]\nchip.geometry.columns_per_adc = [16.9]\n", "whole number"),
        ("[sweep]\n[spec]\nfloat_accuracy = {least = 0.5}\n", "float_twin = true"),
        ("[sweep]\n[vary]\nepochs = {from = 1, to = 5}\n", "a grid needs lists"),
        ("[sweep]\ndesign = 'sobol'\npoints = 6\n[vary]\nepochs = {from = 1, to = 5}\n", "power of two"),
        ("[sweep]\ndesign = 'sobol'\n[vary]\nepochs = {from = 1, to = 5}\n", "points = N"),
        ("[sweep]\npoints = 5\n", "every combination"),
        ("[sweep]\n[vary]\nfecap.operation.t_write = ['5 mV']\n", "5 mV"),
        ("[sweep]\n[spec]\naccurcy = {least = 1}\n", "accuracy"),
        ("[sweep]\n[spec]\naccuracy = {}\n", "least"),
        ("[sweep]\nchips = nan\n", "chips"),
        ("[swee", "not TOML"),
    ],
)
def test_bad_files_are_refused_before_anything_runs(text, message, tmp_path):
    with pytest.raises((ConfigError, CardError), match=f"(?s){message}"):
        sweep_of(tmp_path, text)


def test_a_missing_file_and_an_absent_scheduler_are_said(whole, tmp_path):
    sweep, _ = whole
    with pytest.raises(MissingDataError, match="no file"):
        read_sweep(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="no Dask scheduler"):
        next(on_cluster(sweep.work, list(sweep.trials), "tcp://127.0.0.1:1"))


def test_one_point_needs_no_factor():
    assert points({}, {}, Design.GRID, 0, 0) == [{}]
