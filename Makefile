# make demo: the whole thing in a minute. make test: everything that can be wrong, checked.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --disable-pip-version-check --quiet --constraint constraints.txt

.PHONY: demo test lint docs pilots studies bench clean

demo: $(VENV)/installed
	rm -rf runs/demo
	$(BIN)/ferrion train --data digits --epochs 30 --out runs/demo
	@echo "open runs/demo/report.html"

test: $(VENV)/installed-dev
	$(BIN)/pytest

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/installed-dev
	$(BIN)/mkdocs build --strict --quiet

# Every number of docs/pilots anew: five seeds of nine pilots, most of a day on one core; goes on where it was stopped.
PILOTS := event-vision event-order event-gestures tactile ecg ecg-loop machine trigger continual
pilots: $(VENV)/installed-dev
	for name in $(PILOTS); do $(BIN)/ferrion pilot $$name --seeds 5 --out runs/pilot-$$name && $(BIN)/python docs/record.py runs/pilot-$$name/result.json || exit 1; done

# Every number of what the spiking chip learns anew, likewise.
STUDIES := nmnist braille fsdd ecg new-class new-user bursts hot-pixel rules neurobench
studies: $(VENV)/installed-dev
	for name in $(STUDIES); do $(BIN)/ferrion spiking $$name --seeds 5 --out runs/spiking-$$name && $(BIN)/python docs/record.py runs/spiking-$$name/result.json || exit 1; done

bench: $(VENV)/installed .venv-bench/installed
	$(BIN)/ferrion bench two-memory
	$(BIN)/ferrion bench neuron
	$(BIN)/ferrion bench crossbar
	$(BIN)/ferrion bench layers
	$(BIN)/ferrion bench spiking
	$(BIN)/ferrion bench sweep

$(VENV)/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP) --editable '.[dev]'
	touch $@

# aihwkit has no wheel for this Python: it is built here, which takes a quarter of an hour and needs a C++ compiler and
# OpenBLAS (Debian: libopenblas-dev); badcrossbar needs cairo (libcairo2-dev). What fails to install is left out, and the benchmark says so.
.venv-bench/installed: benchmarks/constraints.txt
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --constraint benchmarks/constraints.txt torch 'numpy<2.4' scipy protobuf requests 'cmake<4' ninja pybind11 scikit-build 'setuptools>=80' wheel mypy
	-.venv-bench/bin/pip install --quiet --constraint benchmarks/constraints.txt brian2 cython diffrax jax snntorch norse spikingjelly nest-simulator nir nirtorch
	-.venv-bench/bin/pip install --quiet badcrossbar
	-PATH="$(CURDIR)/.venv-bench/bin:$$PATH" .venv-bench/bin/pip install --quiet --no-deps --no-build-isolation aihwkit
	touch $@

clean:
	rm -rf $(VENV) .venv-bench runs site .pytest_cache .mypy_cache .ruff_cache
