"""The ion neuron as a SPICE netlist: the equations of `physics.nucleation` as behavioural sources, without noise.

Each state is a capacitor of 1 uF whose voltage is its value. The filament nucleates when the integrated rate reaches 1; the latch that keeps
it nucleated until the voltage over it falls below the hold voltage moves within a nanosecond. Runs in ngspice 39 or later.
"""

from ferrion.circuits.drive import Drive
from ferrion.circuits.neuron import Neuron
from ferrion.physics.nucleation import thermal_voltage

EDGE = 1e-9
"""Rise time [s] of a jump of the drive, and of the latch."""
RATE = "(V(p,n) > 0 ? (SUPPLY + SUPPLYR*(V(r)+V(m))) / (1 + exp(min((VN - KAPPA*(V(r)+V(m)) - V(p,n))/VT, 500))) : 0)"


def above(difference: str, edge: str = "1e-4") -> str:
    """1 where `difference` is above 0, 0 below, over an `edge` that steps can follow."""
    return f"(1/(1 + exp(-max(-500, min(500, ({difference})/{edge})))))"


MEMRISTOR = f"""* diffusive memristor: p, n, and for plots the states f (filament), r (residue), m (remnant), h (integrated rate), k (nucleated)
.subckt diffusive p n f r m h k
Bmem p n I = V(p,n)*GOFF*exp(ln(GON/GOFF)*V(f))
Ck k 0 1u IC=0
Bk 0 k I = 1u/TLATCH*({above("V(h)-1+2*V(k)", "1e-5")}*{above("V(p,n)-VHOLD-0.01*(1-V(k))", "1e-5")}*(1-V(k)) - {above("VHOLD-V(p,n)+0.01*(1-V(k))", "1e-5")}*V(k))
Ch h 0 1u IC=0
Bh 0 h I = 1u*((1-V(k))*{RATE} - {above("V(k)-0.5")}*V(h)/TFORM)
Cf f 0 1u IC=0
Bf 0 f I = 1u*(V(k)-V(f))*(V(k)/TFORM + (1-V(k))/TDISS)
Cr r 0 1u IC=0
Br 0 r I = 1u*((1-V(k))*(CHI*max(V(p,n),0) - GAMMA*V(r)) + V(k)*(1-V(r))*V(f)/TFORM)
Cm m 0 1u IC=0
Bm 0 m I = 1u*(V(k)*(REMNANT-V(m))*V(f)/TFORM - (1-V(k))*GAMMAM*V(m))
.ends
"""


def neuron_netlist(neuron: Neuron, drive: Drive, sample: float, most: float, traces: str) -> str:
    """A netlist that runs `neuron`, its card's own device, through `drive`, with steps of `most` [s] at most.

    ngspice -b writes time, gate voltage, residue, drain voltage and latch every `sample` [s] to the file `traces`.
    """
    p, stage = neuron.memristor, neuron.stage
    parameters = {
        "VN": p.v_n,
        "KAPPA": p.kappa,
        "VT": thermal_voltage(neuron.temperature, p),
        "SUPPLY": p.supply,
        "SUPPLYR": p.supply_residue,
        "CHI": p.chi,
        "GAMMA": p.gamma,
        "REMNANT": p.remnant,
        "GAMMAM": p.gamma_m,
        "VHOLD": p.v_hold,
        "TFORM": p.t_form,
        "TDISS": p.t_dissolve,
        "TLATCH": EDGE,
        "GON": p.g_on,
        "GOFF": p.g_off,
    }
    lines = [
        f"* 1M1T1R ion neuron, card {neuron.card.name}",
        ".param " + " ".join(f"{name}={value:.12g}" for name, value in parameters.items()),
        MEMRISTOR.rstrip(),
        f"Vin in 0 PWL({_points(drive)})",
        "X1 in g f r m h k diffusive",
        f"Cg g 0 {neuron.gate.c_gate:.12g} IC=0",
        f"Rc g 0 {neuron.gate.r_control:.12g}",
        f".model out NMOS level=1 vto={stage.v_th:.12g} kp={2 * stage.gain:.12g} lambda=0",
        "M1 d g 0 0 out W=1u L=1u",
        f"Rl d vdd {stage.r_load:.12g}",
        f"Vdd vdd 0 {stage.v_dd:.12g}",
        ".options reltol=1e-5 trtol=1 abstol=1e-15 vntol=1e-7 chgtol=1e-18 method=trap",
        ".control",
        "set wr_singlescale",
        f"tran {sample:.12g} {drive.duration:.12g} 0 {most:.12g} uic",
        "linearize v(g) v(r) v(d) v(k)",
        f"wrdata {traces} v(g) v(r) v(d) v(k)",
        "quit 0",
        ".endc",
        ".end",
    ]
    return "\n".join(lines) + "\n"


def _points(drive: Drive) -> str:
    points = []
    for begin, end, volts, slope in zip(drive.edges[:-1], drive.edges[1:], drive.start, drive.slope, strict=True):
        points += [f"{begin + (EDGE if begin > 0 else 0):.12g} {volts:.12g}", f"{end:.12g} {volts + slope * (end - begin):.12g}"]
    return " ".join(points)
