"""The local rules on hidden integers: after an event of a row, after a spike of a column, and at a tick of the teacher."""

import numpy as np

from ferrion.arrays.words import FULL_SCALE, LARGEST
from ferrion.core.compiled import compiled, inlined, merged
from ferrion.core.noise import Stream, fill_words
from ferrion.kernels.exponential import exponential
from ferrion.learning.hidden import ONE, move, steps_of

F4, I2, I4, I8, U4, U8 = np.float32, np.int16, np.int32, np.int64, np.uint32, np.uint64
STEPS = F4(FULL_SCALE) * ONE
"""A change of the full scale in units of 2^-24 step."""
FORGOTTEN = 1e-3
"""A trace below this counts as none."""
LONG = 30.0
"""Time constants after which no trace moves a weight: e^-30 of the full scale is less than any dither adds to."""
GROWN = 20.0
"""Time constants after which eligibilities are brought to the present."""


@inlined
def change(hidden, lsb_writes, stale, q, share, row_word, column_word, offset):
    """Move weight q by about `share` of the full scale; returns the unit capacitors that changed, or -1 where it was not rewritten."""
    steps = steps_of(F4(abs(share)) * STEPS, row_word, column_word)
    if steps == I4(0):
        return I8(-1)
    return I8(move(hidden, lsb_writes, stale, q, I2(-steps) if share < 0.0 else I2(steps), offset, I2(I2(LARGEST) - offset)))


@merged
def wait(synapses, q, share, t, tau):
    """Add a change to the eligibility of weight q."""
    synapses.waiting[q] += F4(share * exponential((t - synapses.since[0]) / tau))


@compiled
def present(synapses, t, tau):
    """Bring all eligibilities to t."""
    kept = F4(exponential(-(t - synapses.since[0]) / tau))
    for q in range(synapses.waiting.size):
        synapses.waiting[q] *= kept
    synapses.since[0] = t


@compiled
def rewarded(seed, net, k, value, offset, synapses, counts, words, column_words):
    """A reward reaches tile k: every weight changes by `value` times its eligibility, which stands at the present. Returns how many weights were rewritten."""
    columns, touched, written = net.columns[k], 0, 0
    hidden, lsb_writes, stale, waiting = synapses.hidden, synapses.lsb_writes, synapses.stale, synapses.waiting
    draw(seed, Stream.ROW_DITHER, counts, words, net.rows[k])
    fill_words(seed, U8(Stream.COLUMN_DITHER), U8(counts.serial[0]), column_words[: (columns + 3) // 4 * 4])
    for i in range(net.rows[k]):
        for j in range(columns):
            q = net.weights[k] + i * columns + j
            if waiting[q] != F4(0):
                units = change(hidden, lsb_writes, stale, q, value * waiting[q], words[i], column_words[j], offset)
                if units >= 0:
                    touched, written = touched + 1, written + units
    counts.traces[k] += net.rows[k] * columns
    counts.fecap_writes[k] += written
    counts.updates[k] += touched
    return touched


@compiled
def draw(seed, stream, counts, words, size):
    """Fill `words` with the draws of the next update, for `size` weights and one more; returns that one."""
    counts.serial[0] += 1
    fill_words(seed, U8(stream), U8(counts.serial[0]), words[: (size + 4) // 4 * 4])
    return words[size]


@inlined
def own_traces(rule):
    """Of a row or column that is heard of: one, or two for triplets."""
    return 2 if rule.a_plus3 > 0.0 or rule.a_minus3 > 0.0 else 1


@merged
def after_event(seed, net, k, row, t, rule, offset, synapses, traces, counts, words):
    """Row `row` of tile k had an event at t: depression, then the row's traces rise. Returns how many weights were rewritten."""
    line, first, columns = net.lines[k] + row, net.cells[net.target[k]], net.columns[k]
    x2 = traces.x2[line] * exponential(-(t - traces.x_time[line]) / rule.tau_x)
    amplitude, touched, waited = rule.a_minus + rule.a_minus3 * x2, 0, 0
    counts.traces[k] += own_traces(rule)
    if rule.tau_e > 0.0 and t - synapses.since[0] > GROWN * rule.tau_e:
        present(synapses, t, rule.tau_e)
    if amplitude > 0.0:
        counts.traces[k] += columns
        word, start, written = draw(seed, Stream.ROW_DITHER, counts, words, columns), net.weights[k] + row * columns, 0
        hidden, lsb_writes, stale, y1s, y_time, tau, waits = synapses.hidden, synapses.lsb_writes, synapses.stale, traces.y1, traces.y_time, rule.tau_minus, rule.tau_e > 0.0
        for j in range(columns):
            since = t - y_time[first + j]
            if y1s[first + j] > 0.0 and since < LONG * tau:
                share = -amplitude * y1s[first + j] * exponential(-since / tau)
                if waits:
                    wait(synapses, start + j, share, t, rule.tau_e)
                    waited += 1
                else:
                    units = change(hidden, lsb_writes, stale, start + j, share, word, words[j], offset)
                    if units >= 0:
                        touched, written = touched + 1, written + units
        counts.fecap_writes[k] += written
        counts.traces[k] += waited
    counts.updates[k] += touched
    traces.x1[line] = traces.x1[line] * exponential(-(t - traces.x_time[line]) / rule.tau_plus) + 1.0
    traces.x2[line], traces.x_time[line] = x2 + 1.0, t
    return touched


@merged
def after_spike(seed, net, k, cell, t, rule, offset, synapses, traces, counts, words):
    """Column `cell` of tile k fired at t: potentiation. Returns how many weights were rewritten. `fired` must follow once all tiles are done."""
    number, columns, rows, lines = net.cells[net.target[k]] + cell, net.columns[k], net.rows[k], net.lines[k]
    y2 = traces.y2[number] * exponential(-(t - traces.y_time[number]) / rule.tau_y)
    amplitude, touched, waited = rule.a_plus + rule.a_plus3 * y2, 0, 0
    counts.traces[k] += own_traces(rule)
    if rule.tau_e > 0.0 and t - synapses.since[0] > GROWN * rule.tau_e:
        present(synapses, t, rule.tau_e)
    if amplitude > 0.0:
        counts.traces[k] += rows
        word, start, written = draw(seed, Stream.COLUMN_DITHER, counts, words, rows), net.weights[k] + cell, 0
        hidden, lsb_writes, stale, x1s, x_time, tau, waits = synapses.hidden, synapses.lsb_writes, synapses.stale, traces.x1, traces.x_time, rule.tau_plus, rule.tau_e > 0.0
        for i in range(rows):
            since = t - x_time[lines + i]
            if x1s[lines + i] > 0.0 and since < LONG * tau:
                share = amplitude * x1s[lines + i] * exponential(-since / tau)
                if waits:
                    wait(synapses, start + i * columns, share, t, rule.tau_e)
                    waited += 1
                else:
                    units = change(hidden, lsb_writes, stale, start + i * columns, share, word, words[i], offset)
                    if units >= 0:
                        touched, written = touched + 1, written + units
        counts.fecap_writes[k] += written
        counts.traces[k] += waited
    counts.updates[k] += touched
    return touched


@merged
def fired(traces, number, t, rule):
    """The traces of a cell that fired at t rise."""
    since = t - traces.y_time[number]
    traces.y1[number] = traces.y1[number] * exponential(-since / rule.tau_minus) + 1.0
    traces.y2[number] = traces.y2[number] * exponential(-since / rule.tau_y) + 1.0
    traces.y_time[number] = t
    traces.ticked[number] += 1


@merged
def traced(k, traces, counts, line, t, tau):
    """Bring the first trace of a row of tile k to t and let it rise: all that a teacher needs."""
    counts.traces[k] += 1
    traces.x1[line] = traces.x1[line] * exponential(-(t - traces.x_time[line]) / tau) + 1.0
    traces.x_time[line] = t


@compiled
def standing(net, population, label, each, t, tau, traces):
    """Votes of the output cells, spikes that fade with tau, for class `label`; the most that another has; and which one that is, -1 where none has any."""
    first, last = net.cells[population], net.cells[population + 1]
    right, best, rival = 0.0, 0.0, -1
    for start in range(first, last, each):
        votes, number = 0.0, (start - first) // each
        for cell in range(start, start + each):
            votes += traces.y2[cell] * exponential(-(t - traces.y_time[cell]) / tau)
        if number == label:
            right = votes
        elif votes > best:
            best, rival = votes, number
    return right, best, rival


@compiled
def output_errors(net, population, label, rival, each, teacher, somata, traces):
    """Spikes wanted in a tick less those fired, wanted of the `each` cells of class `label` alone; or what comparators say of the nodes; or who is behind whom."""
    for cell in range(net.cells[population], net.cells[population + 1]):
        number = (cell - net.cells[population]) // each
        right = number == label
        if teacher.rival:
            traces.error[cell] = 1.0 if right else (-1.0 if number == rival else 0.0)
        elif teacher.above == 0.0:
            traces.error[cell] = (teacher.wanted * teacher.tick if right else 0.0) - traces.ticked[cell]
        elif right:
            traces.error[cell] = 1.0 if somata.node[cell] < teacher.above else 0.0
        else:
            traces.error[cell] = -1.0 if somata.node[cell] > teacher.below else 0.0


@compiled
def hidden_errors(net, k, teacher, v_n, somata, synapses, traces, counts):
    """Errors of the cells that feed tile k: those of its columns, read backwards, where the node lies near the threshold."""
    first, target, columns, driven = net.cells[net.source[k]], net.cells[net.target[k]], net.columns[k], 0
    for j in range(columns):
        driven += traces.error[target + j] != 0.0
    if driven == 0:
        traces.error[first : first + net.rows[k]] = 0.0
        return
    counts.backward[k] += driven
    counts.looks[k] += 1
    for i in range(net.rows[k]):
        total = 0.0
        if abs(somata.node[first + i] - (v_n + somata.shift[first + i])) < teacher.window:
            for j in range(columns):
                total += synapses.analogue[net.weights[k] + i * columns + j] * traces.error[target + j]
        traces.error[first + i] = total


@compiled
def teach(seed, net, k, t, teacher, offset, synapses, traces, counts, words, column_words):
    """One tick on tile k: every weight moves by rate * error * trace. Returns how many weights were rewritten."""
    first, columns, lines, touched, written = net.cells[net.target[k]], net.columns[k], net.lines[k], 0, 0
    hidden, lsb_writes, stale, errors = synapses.hidden, synapses.lsb_writes, synapses.stale, traces.error
    active = False
    for j in range(columns):
        active |= traces.error[first + j] != 0.0
    if not active:
        return 0
    counts.traces[k] += net.rows[k]
    draw(seed, Stream.ROW_DITHER, counts, words, net.rows[k])
    fill_words(seed, U8(Stream.COLUMN_DITHER), U8(counts.serial[0]), column_words[: (columns + 3) // 4 * 4])
    for i in range(net.rows[k]):
        x1 = traces.x1[lines + i]
        if x1 > FORGOTTEN:
            x1 *= exponential(-(t - traces.x_time[lines + i]) / teacher.tau)
            if x1 > FORGOTTEN:
                for j in range(columns):
                    share = teacher.rate * x1 * errors[first + j]
                    if share != 0.0:
                        units = change(hidden, lsb_writes, stale, net.weights[k] + i * columns + j, share, words[i], column_words[j], offset)
                        if units >= 0:
                            touched, written = touched + 1, written + units
    counts.fecap_writes[k] += written
    counts.updates[k] += touched
    return touched
