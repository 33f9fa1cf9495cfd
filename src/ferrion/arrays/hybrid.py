"""The hybrid array, device by device: every FeCAP of every bit, both memristors of every weight.

State in, state out; all draws are counter-based on (weight, step), so the order of work does not matter.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.words import FECAPS_PER_WEIGHT, LEVEL_MASK, LEVEL_SHIFT, MAGNITUDE_BITS, SIGN, STEPS_PER_LEVEL, TOP_LEVEL, UNITS
from ferrion.circuits.transfer_line import Mismatch, line_conductance
from ferrion.core.compiled import compiled, inlined
from ferrion.core.errors import CardError
from ferrion.core.noise import MASK, SHIFT, Stream, gauss, normals, philox
from ferrion.devices.fecap import Operation
from ferrion.devices.memristor import draw_limits
from ferrion.kernels.cpu import scalar
from ferrion.params.card import Card
from ferrion.physics import ageing, ferroelectric, filament
from ferrion.physics.ageing import Ageing
from ferrion.physics.ferroelectric import Capacitor, Switching
from ferrion.physics.filament import Filament
from ferrion.physics.transistor import Transistor

F4, U4, U8 = np.float32, np.uint32, np.uint64
REFRESH = 256
"""Reversals between two looks at a capacitor's condition; over them its window moves by 0.2 % at most."""
CERTAIN = 6.7
"""A sense decision further than this many standard deviations from the threshold is not drawn: no draw reaches it (1e-11)."""
UPDATE, TRANSFER = U8(0), U8(16)
"""What a bit is sensed for: the reads of an update and of a transfer at one step are two reads."""

wake_up, fatigue = scalar(ageing.wake_up), scalar(ageing.fatigue)
reset_conductance, programmed = scalar(filament.reset_conductance), scalar(filament.programmed)


class Cells(NamedTuple):
    """State of the devices behind `weights` weights."""

    word: NDArray[np.int16]
    strength: NDArray[np.float32]
    """Window of each FeCAP as a share of the median: (weights, 16)."""
    window: NDArray[np.float32]
    """Strength times wake-up and fatigue, as of the last multiple of `REFRESH` reversals: (weights, 16)."""
    reversals: NDArray[np.uint32]
    """Polarisation reversals of each FeCAP since wake-up: (weights, 16)."""
    line: NDArray[np.int32]
    """The line each weight stands on."""
    offset: NDArray[np.float32]
    """Sense amplifier offset [V] of each line."""
    conductance: NDArray[np.float32]
    """G+ and G- [S]: (weights, 2)."""
    cycles: NDArray[np.uint32]
    """Programming operations of each memristor: (weights, 2)."""
    limit: NDArray[np.float32]
    """Programming operations each memristor lasts: (weights, 2)."""
    v_shift: NDArray[np.float32]
    """Threshold shift [V] of each access transistor: (weights, 2)."""


class DeviceParams(NamedTuple):
    """Everything the devices of a hybrid array obey."""

    ageing: Ageing
    operation: Operation
    filament: Filament
    access: Transistor
    charge: float
    """Charge [C] one median capacitor gives when a 1 is read, fully woken."""
    c_line: float
    c_film: float
    g_span: float
    """Conductance [S] between both ends of the scale: the top level's less the high-resistance state's."""


def device_params(fecap: Card, memristor: Card, transfer: Card) -> DeviceParams:
    """Join the cards of an array."""
    switching, capacitor = fecap.fill("switching", Switching), fecap.fill("capacitor", Capacitor)
    operation, fill = fecap.fill("operation", Operation), memristor.fill("filament", Filament)
    access = transfer.fill("access", Transistor)
    if access.v_full <= access.v_th or fill.v_set <= 0.0:
        raise CardError(
            f"cards {transfer.name} and {memristor.name}: v_full must be above v_th, and v_set above 0; they are {access.v_full:g} V, {access.v_th:g} V, {fill.v_set:g} V"
        )
    f = float(ferroelectric.switched_fraction(operation.t_write, operation.v_write, 0.0, switching))
    return DeviceParams(
        ageing=fecap.fill("ageing", Ageing),
        operation=operation,
        filament=fill,
        access=access,
        charge=float(ferroelectric.released_charge(f / (2.0 - f), capacitor)),
        c_line=capacitor.c_line,
        c_film=float(ferroelectric.film_capacitance(capacitor)),
        g_span=float(filament.set_conductance(access.i_full, fill)) - fill.g_off,
    )


def draw_cells(line: NDArray[np.integer[Any]], seed: int, p: DeviceParams, memristor: Card, transfer: Card) -> Cells:
    """The devices of one chip whose weight q stands on line line[q]: all FeCAPs at 0, all memristors in the high-resistance state."""
    mismatch, weights = transfer.fill("mismatch", Mismatch), line.size
    strength = 1.0 + p.operation.spread * normals(seed, Stream.FECAP_SPREAD, 0, weights * FECAPS_PER_WEIGHT)
    cells = Cells(
        word=np.zeros(weights, np.int16),
        strength=np.maximum(strength, 0.0).astype(F4).reshape(weights, FECAPS_PER_WEIGHT),
        window=np.zeros((weights, FECAPS_PER_WEIGHT), F4),
        reversals=np.zeros((weights, FECAPS_PER_WEIGHT), U4),
        line=line.astype(np.int32),
        offset=(p.operation.offset * normals(seed, Stream.FECAP_SPREAD, 1, int(line.max()) + 1)).astype(F4),
        conductance=np.full((weights, 2), p.filament.g_off, F4),
        cycles=np.zeros((weights, 2), U4),
        limit=draw_limits(2 * weights, seed, memristor).astype(F4).reshape(weights, 2),
        v_shift=(mismatch.v_th * normals(seed, Stream.MEMRISTOR_SPREAD, 2, 2 * weights)).astype(F4).reshape(weights, 2),
    )
    refresh_all(cells, p)
    return cells


@inlined
def first_unit(bit):
    """Index of the first capacitor of a bit: bits 0..6 take one each, bit 7 two, bit 8 four, the sign (9) one."""
    return bit if bit <= 7 else (9 if bit == 8 else 13)


@inlined
def refresh(cells, q, unit, p):
    """Bring the window of one capacitor up to date with its reversals."""
    cycles = p.operation.wake_up + 0.5 * float(cells.reversals[q, unit])
    cells.window[q, unit] = float(cells.strength[q, unit]) * wake_up(cycles, p.ageing) * fatigue(cycles, p.ageing)


@compiled
def refresh_all(cells, p):
    """`refresh` of every capacitor."""
    for q in range(cells.word.size):
        for unit in range(FECAPS_PER_WEIGHT):
            refresh(cells, q, unit, p)


@inlined
def released(cells, q, bit):
    """Charge of the capacitors of one bit when a 1 is read, in units of one median capacitor."""
    total = 0.0
    for unit in range(first_unit(bit), first_unit(bit) + UNITS[bit]):
        total += float(cells.window[q, unit])
    return total


@inlined
def draws_of(seed, stream, step, q, use):
    """Four random words of weight q at `step`; `use`, below 256, tells draws of one step apart."""
    return philox(seed & MASK, seed >> SHIFT, U8(q), U8(stream), step & MASK, ((step >> SHIFT) << U8(8)) | use)


@inlined
def sensed(seed, step, cells, q, bit, purpose, p):
    """Decision of the sense amplifier on one bit; the bit itself is not yet disturbed."""
    window = 0.0
    if (cells.word[q] >> bit) & 1:
        window = released(cells, q, bit) * p.charge / (p.c_line + UNITS[bit] * p.c_film)
    margin = window + float(cells.offset[cells.line[q]]) - p.operation.reference
    if abs(margin) < CERTAIN * p.operation.noise:
        draws = draws_of(seed, Stream.SENSE, step, q, U8(bit) | purpose)
        margin += p.operation.noise * gauss(draws[0], draws[1])[0]
    return margin > 0.0


@inlined
def reverse(cells, q, bits, p):
    """Age by one reversal every capacitor of every bit that is set in `bits`."""
    for bit in range(UNITS.size):
        if (bits >> bit) & 1:
            for unit in range(first_unit(bit), first_unit(bit) + UNITS[bit]):
                cells.reversals[q, unit] += U4(1)
                if cells.reversals[q, unit] % U4(REFRESH) == U4(0):
                    refresh(cells, q, unit, p)


@inlined
def read_word(seed, step, cells, q, p):
    """Read the ten bits destructively: returns the word as sensed; every capacitor is left at 0."""
    seen = 0
    for bit in range(UNITS.size):
        if sensed(seed, step, cells, q, bit, UPDATE, p):
            seen |= 1 << bit
    reverse(cells, q, cells.word[q], p)
    cells.word[q] = 0
    return seen


@inlined
def write_word(cells, q, word, p):
    """Write a word over capacitors that hold 0."""
    cells.word[q] = word
    reverse(cells, q, word, p)


@compiled
def transfer_weight(seed, step, cells, q, p):
    """Read sign and three most significant bits, put them back as sensed, RESET both memristors and SET one through the line.

    Returns (G+ - G-) as a share of the full scale.
    """
    charge, seen = 0.0, 0
    for bit in range(LEVEL_SHIFT, UNITS.size):
        if sensed(seed, step, cells, q, bit, TRANSFER, p):
            seen |= 1 << bit
        if bit < MAGNITUDE_BITS and (cells.word[q] >> bit) & 1:
            charge += released(cells, q, bit)
    minus = (seen & SIGN) != 0
    reverse(cells, q, cells.word[q] & LEVEL_MASK, p)
    reverse(cells, q, seen, p)
    cells.word[q] = (cells.word[q] & (STEPS_PER_LEVEL - 1)) | seen
    draws = draws_of(seed, Stream.SET, step, q, U8(0))
    resets, sets = gauss(draws[0], draws[1]), gauss(draws[2], draws[3])
    for side in range(2):
        cells.cycles[q, side] += U4(1)
        conductance = reset_conductance(resets[side], p.filament)
        if side == int(minus) and charge > 0.0 and float(cells.cycles[q, side]) <= float(cells.limit[q, side]):
            aimed = line_conductance(charge / TOP_LEVEL, float(cells.v_shift[q, side]), p.access, p.filament)
            conductance = programmed(aimed, sets[0], p.filament)
        cells.conductance[q, side] = conductance
    return (float(cells.conductance[q, 0]) - float(cells.conductance[q, 1])) / p.g_span


@compiled
def transfer_all(seed, step, cells, p):
    """`transfer_weight` of every weight."""
    weights = np.empty(cells.word.size)
    for q in range(cells.word.size):
        weights[q] = transfer_weight(seed, step, cells, q, p)
    return weights
