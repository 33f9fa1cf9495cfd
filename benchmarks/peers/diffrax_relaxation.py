"""diffrax on the relaxation neuron of the benchmark: Tsit5, a step of its own for every neuron. Usage: diffrax_relaxation.py NEURONS RUNS

The equations are those of ferrion.physics.threshold and ferrion.circuits.relaxation; this file runs alone, in an environment of its own.
"""

import json
import os
import sys
import time

os.environ["JAX_ENABLE_X64"] = "1"
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import diffrax
import jax
import jax.numpy as jnp
import numpy as np


def slope(t, y, v_in):
    """Microseconds and volts."""
    v, x = y
    g = 1e-8 * jnp.exp(9.210340371976184 * x)
    across = v / (1 + g * 1e3)
    share = jax.nn.sigmoid((jnp.abs(across) - (0.3 - 0.2 * x)) / 0.01)
    return ((v_in * jnp.clip(t / 0.1, 0.0, 1.0) - v) / 5e5 - across * g) / 100e-12 * 1e-6, 10 * share * (1 - x) - x / 10


def main() -> None:
    count, runs = int(sys.argv[1]), int(sys.argv[2])
    saved = diffrax.SaveAt(ts=jnp.linspace(0, 1000, 20001))
    steps = diffrax.PIDController(rtol=1e-6, atol=1e-8, jump_ts=jnp.array([0.1]))

    def one(v_in):
        start = (jnp.array(0.0), jnp.array(0.0))
        return diffrax.diffeqsolve(diffrax.ODETerm(slope), diffrax.Tsit5(), 0.0, 1000.0, 1e-3, start, args=v_in, saveat=saved, stepsize_controller=steps, max_steps=400000).ys[0]

    every = jax.jit(jax.vmap(one))
    inputs = jnp.linspace(0.5, 0.7, count) if count > 1 else jnp.array([0.6])
    start = time.perf_counter()
    v = np.asarray(every(inputs).block_until_ready())
    compiled = time.perf_counter() - start
    rates = []
    for _ in range(runs):
        start = time.perf_counter()
        every(inputs).block_until_ready()
        rates.append(count / (time.perf_counter() - start))
    spikes = []
    if count == 1:
        t, v = np.asarray(saved.subs.ts) * 1e-6, v[0]
        k = np.where((v[:-1] > 0.15) & (v[1:] <= 0.15))[0]
        spikes = [float(x) for x in t[k] + (v[k] - 0.15) / (v[k] - v[k + 1]) * (t[k + 1] - t[k])]
    note = f"Tsit5, rtol 1e-6, 20,001 saved points a neuron; first call {compiled:.1f} s not counted"
    sys.stdout.write(json.dumps({"tool": "diffrax", "version": diffrax.__version__, "rates": rates, "note": note, "spikes": spikes}) + "\n")


if __name__ == "__main__":
    main()
