"""`ferrion stream` and `ferrion spiking` as a user calls them."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from ferrion.cli.main import app
from ferrion.core.errors import ConfigError, DataError, MissingDataError
from ferrion.workloads.streams.evt import HEADER, write_evt2

RUN = CliRunner()


@pytest.fixture
def recording(tmp_path):
    drawn = np.random.default_rng(0)
    t = np.sort(drawn.integers(0, 200_000, 3000))
    (tmp_path / "a.raw").write_bytes(HEADER + write_evt2(t, drawn.integers(0, 40, 3000), drawn.integers(0, 32, 3000), drawn.integers(0, 2, 3000)))
    return str(tmp_path / "a.raw")


def test_a_stream_is_told_in_numbers_that_add_up(recording, tmp_path):
    call = ["stream", recording, "--width", "32", "--height", "32", "--pool", "4", "--cells", "5", "--learn", "--out", str(tmp_path / "out"), "--json"]
    found = RUN.invoke(app, call, catch_exceptions=False)
    told = json.loads(found.stdout)
    assert told["events"] == 3000 == told["delivered"] + told["queued"] + told["dropped"] + told["late"] + told["outside"]
    assert told["outside"] > 0
    assert told["joules"] > 0
    again = json.loads(RUN.invoke(app, call, catch_exceptions=False).stdout)
    assert {key: value for key, value in again.items() if key not in ("wall_s", "peak_MB", "seconds", "spikes")} == {
        key: value for key, value in told.items() if key not in ("wall_s", "peak_MB", "seconds", "spikes")
    }
    assert json.loads((tmp_path / "out" / "result.json").read_text())["events"] == 3000


def test_ten_times_the_events_take_no_more_memory():
    """Through a pipe: three million events would take 48 MB if they were kept, as blocks hold them."""
    script, taken = Path(__file__).parents[2] / "benchmarks" / "event_pipe.py", []
    for events in (3e5, 3e6):
        with subprocess.Popen([sys.executable, script, str(events)], stdout=subprocess.PIPE) as pipe:
            call = [sys.executable, "-c", "from ferrion.cli.main import main; main()", "stream", "-", "--width", "34", "--height", "34", "--pool", "4", "--cells", "4", "--json"]
            told = json.loads(subprocess.run(call, stdin=pipe.stdout, capture_output=True, check=True).stdout)
        assert told["events"] == told["delivered"] == events
        taken.append(told["peak_MB"])
    assert taken[1] < taken[0] + 24.0


def test_a_file_that_is_cut_short_gives_what_it_has(recording, tmp_path):
    """Counts and state of what came before the cut, and then the error."""
    cut = tmp_path / "cut.raw"
    cut.write_bytes(Path(recording).read_bytes()[:-3])
    call = ["stream", str(cut), "--width", "32", "--height", "32", "--pool", "4", "--cells", "5", "--out", str(tmp_path / "out")]
    with pytest.raises(DataError, match="ends inside an event"):
        RUN.invoke(app, call, catch_exceptions=False)
    found = json.loads((tmp_path / "out" / "result.json").read_text())
    assert "ends inside an event" in found["broke"]
    assert 0 < found["events"] == found["delivered"] + found["queued"] + found["dropped"] + found["late"] + found["outside"]


def test_what_cannot_be_streamed_is_refused(recording):
    with pytest.raises(MissingDataError, match="no file"):
        RUN.invoke(app, ["stream", "nothing.raw"], catch_exceptions=False)
    with pytest.raises(ConfigError, match="no study"):
        RUN.invoke(app, ["spiking", "bogus"], catch_exceptions=False)
    assert RUN.invoke(app, ["stream", recording, "--cells", "0"]).exit_code == 2
