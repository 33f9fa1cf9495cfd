"""The command line as other programs use it: JSON, exit codes, resuming after a kill."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import asdict

import numpy as np
import pytest
from rich.console import Console

from ferrion.cli.bench import table_of
from ferrion.workloads.bench import timing

COMMAND = [sys.executable, "-c", "from ferrion.cli.main import main; main()"]
TRAIN_KEYS = {
    "data", "chip", "seed", "epochs", "transfer_every", "fidelity", "accuracy", "float_accuracy", "energy_J", "latency_s",
    "writes", "samples_per_s", "wall_s", "arrays", "provenance", "out",
}  # fmt: skip


def ferrion(*arguments, code=0):
    done = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done


def test_train_then_infer(tmp_path):
    out = tmp_path / "run"
    done = ferrion("train", "--epochs", 2, "--hidden", "32", "--out", out, "--json")
    result = json.loads(done.stdout)
    assert set(result) >= TRAIN_KEYS
    assert set(result["writes"]) == {"fecap", "memristor"}
    assert {"result.json", "report.html", "checkpoint.safetensors", "cards"} <= {file.name for file in out.iterdir()}
    page = (out / "report.html").read_text()
    assert "Martemucci2025" in page
    assert "Traceback" not in done.stderr
    answer = json.loads(ferrion("infer", out, "--json").stdout)
    assert answer["samples"] == 359
    assert answer["accuracy"] == pytest.approx(result["accuracy"], abs=0.03)
    old = json.loads(ferrion("infer", out, "--after", "10 years", "--temperature", "125", "--json").stdout)
    assert old["after_s"] == pytest.approx(10 * 365.25 * 86400)
    assert old["accuracy"] < answer["accuracy"]
    assert "write a number and a unit" in " ".join(ferrion("infer", out, "--after", "long", code=2).stderr.split())


def test_an_interrupted_run_stops_soon_and_keeps_its_checkpoint(tmp_path):
    command = [*COMMAND, "train", "--epochs", "3000", "--fidelity", "device", "--out", str(tmp_path / "run")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=heed_interrupts)
    try:
        while not (tmp_path / "run" / "checkpoint.safetensors").exists() and process.poll() is None:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    finally:
        process.kill()


def heed_interrupts():
    """A suite that runs in the background is started with interrupts ignored, and its children would be, too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_several_chips(tmp_path):
    done = ferrion("train", "--epochs", 1, "--hidden", "16", "--chips", 2, "--out", tmp_path / "run", "--json")
    assert [result["seed"] for result in json.loads(done.stdout)["chips"]] == [0, 1]


def test_a_killed_run_resumes_to_the_same_chip(tmp_path):
    arguments = ["train", "--epochs", "60", "--hidden", "32", "--fidelity", "device", "--json"]
    whole = json.loads(ferrion(*arguments, "--out", tmp_path / "whole").stdout)
    out = tmp_path / "killed"
    patient = [*COMMAND[:-1], "import ferrion.workloads.trial as t; t.SAVE_SECONDS = 0.0; " + COMMAND[-1]]
    process = subprocess.Popen([*patient, *arguments, "--out", str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (out / "checkpoint.safetensors").exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (out / "result.json").exists()
    resumed = json.loads(ferrion(*arguments, "--out", out).stdout)
    for key in ("accuracy", "accuracies", "losses", "ledger", "worn", "energy_J"):
        assert resumed[key] == whole[key], key


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--data", "none.npz"], "no file none.npz"),
        (["train", "--data", "minst"], "give digits"),
        (["train", "--chip", "leti-2026"], "did you mean 'leti-2025'"),
        (["train", "--epochs", "0"], "epochs = 0"),
        (["train", "--chips", "0"], "--chips 0"),
        (["train", "--hidden", "a,b"], "give integers"),
        (["train", "--fidelity", "perfect"], "behavioural or device"),
        (["train", "--device", "cuda"], "give --device cpu"),
        (["train", "--rule", "mine"], "published, refined"),
        (["train", "--epochs", "two"], "valid integer"),
        (["infer", "nowhere"], "train first"),
        (["train", "--data", "[/x].npz"], "no file [/x].npz"),
        (["train", "--chip", "[access]"], "no card '[access]'"),
        (["train", "--transfer-every", "99999999999999999999"], "transfer_every"),
        (["train", "--out", __file__], "a file stands there"),
        (["infer", "nowhere", "--after", "nan s"], "not finite"),
        (["neuron", "train", "--width", "1 V"], "cannot be read as a quantity in s"),
        (["neuron", "step", "--volts", "nan"], "not finite"),
        (["neuron", "bogus"], "no protocol and no file"),
        (["neuron", "--out", __file__], "a file stands there"),
        (["reproduce", "fu-2025", "--out", __file__], "a file stands there"),
        (["reproduce", "nobody"], "there are martemucci-2025"),
        (["bench", "nothing"], "there are two-memory, neuron, crossbar"),
        (["cards", "nothing"], "shipped cards"),
        (["data", "fetch", "ecg"], "can. MIT-BIH"),
    ],
)
def test_bad_arguments_exit_2_and_say_what_to_type(arguments, message):
    done = ferrion(*arguments, code=2)
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_two_runs_do_not_share_a_folder(tmp_path):
    from ferrion.cli.console import alone_in

    with alone_in(tmp_path):
        done = ferrion("train", "--out", tmp_path, code=2)
        assert "another run" in done.stderr
    with alone_in(tmp_path):
        assert (tmp_path / ".lock").exists()


def test_a_full_disk_is_an_error_and_leaves_nothing_half_written(tmp_path):
    """The limit on file sizes stands in for the disk."""
    limited = [*COMMAND[:-1], "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); " + COMMAND[-1]]
    out = tmp_path / "run"
    done = subprocess.run([*limited, "train", "--epochs", "1", "--hidden", "16", "--out", str(out)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (out / "result.json").exists()
    assert not (out / "checkpoint.safetensors").exists()
    assert not [file for file in out.iterdir() if file.name.startswith(".checkpoint")]


def test_an_npz_trains(tmp_path):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300)
    np.savez(tmp_path / "mine.npz", x=rng.random((300, 5)) + np.eye(3, 5)[y], y=y)
    result = json.loads(ferrion("train", "--data", tmp_path / "mine.npz", "--epochs", 20, "--hidden", "16", "--out", tmp_path / "o", "--json").stdout)
    assert result["accuracy"] > 0.8


def test_a_neuron_leaves_its_page_traces_netlist_and_spikes(tmp_path):
    import xarray

    out = tmp_path / "o"
    found = json.loads(ferrion("neuron", "step", "--volts", 1.0, "--duration", "40 ms", "--cells", 3, "--out", out, "--spice", tmp_path / "n.cir", "--json").stdout)
    assert found == json.loads((out / "result.json").read_text())
    traces = xarray.load_dataset(out / "traces.nc", engine="scipy")
    for number, spikes in enumerate(found["spikes_s"]):
        kept = traces["spike_time"].to_numpy()[number]
        assert spikes == list(kept[np.isfinite(kept)])
    assert sum(map(len, found["spikes_s"])) > 3
    assert "data:image/png" in (out / "neuron.html").read_text()
    assert ".subckt diffusive" in (tmp_path / "n.cir").read_text()


def test_cards_and_sources():
    assert "leti-2025" in json.loads(ferrion("cards", "--json").stdout)["cards"]
    numbers = json.loads(ferrion("cards", "fecap-martemucci2025", "--json").stdout)["numbers"]
    assert all(number["source"] and number["how"] for number in numbers)
    keys = {source["key"] for source in json.loads(ferrion("cite", "--json").stdout)["sources"]}
    assert {"Martemucci2025", "Wan2022"} <= keys


def test_help_is_quick_because_nothing_heavy_is_imported():
    probe = "import sys, ferrion.cli.main\nprint([m for m in ('torch', 'numba', 'sklearn', 'matplotlib', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_a_benchmark_prints_short_times_as_they_are():
    console = Console(width=200)
    with console.capture() as screen:
        console.print(table_of({"name": "crossbar", "machine": "this", "rows": [asdict(timing("512 x 512", [0.0712, 0.08, 0.09], unit="s"))]}))
    assert "0.0712" in screen.get()
