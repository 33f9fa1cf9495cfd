"""Maximum likelihood of a law's parameters, how well they are known, and how well they foretell what was held out."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, get_type_hints

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor

from ferrion.core.errors import ConfigError, FitError
from ferrion.core.noise import Stream, permutation, words
from ferrion.core.units import from_text
from ferrion.lab.law import Check, Domain, Law, Parameters
from ferrion.lab.table import Table
from ferrion.params.card import Card

Floats = NDArray[np.float64]
Tails = Callable[[Tensor], Tensor]
STEP = 1e-4
"""Step of the differences of slopes that give the curvature, on the scales of a fit."""
FEWEST, FAILING, GROUPS = 40, 0.1, 4
"""Least number of refits, the share of them that may not converge (they are left out), and the least number of groups that are redrawn."""
FLAT, NEAR = 1e-6, 0.01
"""Largest slope of the mean cost at which a fit has converged; or farthest distance of the minimum, by a step of Newton, in standard errors."""
UNKNOWN = 3.0
"""Standard error of the logarithm (or logit) of a parameter from which on the measurements do not determine it: a factor of 20."""
SINGULAR = 1e-11
"""Least curvature in any direction, as a share of the largest, each parameter in units of its own standard error."""
NORMAL_95, OUTER = 1.959964, (0.025, 0.975)
FREEDOM, CORE = 4.0, 0.8310034937777916
"""Degrees of freedom of Student's density, and its scale at which normal measurements keep their standard deviation (most likely scale of unit normals)."""


def gaussian(z: Tensor) -> Tensor:
    """-ln of the density of a unit normal, without its constant."""
    return 0.5 * z**2


def student(z: Tensor) -> Tensor:
    """-ln of Student's density of 4 degrees of freedom, without its constant: single outliers pull little, and sigma is that of the others."""
    return 0.5 * (FREEDOM + 1.0) * torch.log(1.0 + z**2 / (FREEDOM * CORE**2))


class Known(NamedTuple):
    """One fitted parameter, in the SI unit of its card."""

    section: str
    name: str
    unit: str
    value: float
    low: float
    high: float
    """Ends of the 95 % interval."""


@dataclass(frozen=True)
class Fit:
    """What a fit found."""

    known: tuple[Known, ...]
    correlations: Floats
    """(parameters, parameters), on the scales of the fit."""
    fitted: int
    held: int
    """Rows fitted, and held out."""
    cost_fitted: float
    cost_held: float
    cost_card: float
    """Mean -ln likelihood a row: of the fitted rows, of those held out, and of those by the card the fit began from."""
    scatter: float
    """Standard deviation of the held-out rows in units of what the law expects: 1 if it is right. NaN where some are only known to lie beyond."""
    clustered: bool
    """Whether rows that were measured together were taken as independent: intervals are then too narrow."""
    checks: tuple[Check, ...]
    """Of the held-out rows."""
    parameters: Parameters

    @property
    def off(self) -> tuple[float, float]:
        """Root mean square over all checks of predicted over measured - 1, and of the fitted half's own figure over measured - 1; NaN where there are too few rows to check."""
        checks = [check for check in self.checks if check.measured != 0]
        if not checks:
            return float("nan"), float("nan")
        measured, predicted, twin = (np.array([getattr(check, name) for check in checks]) for name in ("measured", "predicted", "twin"))
        return float(np.sqrt(np.mean((predicted / measured - 1) ** 2))), float(np.sqrt(np.mean((twin / measured - 1) ** 2)))


def places(law: Law) -> dict[str, tuple[str, str]]:
    """Section and unit of every parameter of a law's sections."""
    sections = [*law.sections.items(), *((section, type(own)) for section, own in law.nuisance.items())]
    return {name: (section, hint.__metadata__[0]) for section, kind in sections for name, hint in get_type_hints(kind, include_extras=True).items()}


def quantities(law: Law, texts: Mapping[str, str]) -> dict[str, float]:
    """Parameters as a user writes them ("10 ms") in SI floats; raises ConfigError for a name or a unit that the law does not have."""
    known = places(law)
    for name in texts:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise ConfigError(f"--fix {name}: {f'did you mean {near[0]!r}?' if near else f'there are {chr(44).join(known)}'}")
    return {name: from_text(text, known[name][1] if known[name][1] != "1" else "dimensionless") for name, text in texts.items()}


@dataclass(frozen=True)
class Fitter:
    """One law, the card it begins from, and which of its parameters are free; `fixed` replaces numbers of the card."""

    law: Law
    card: Card
    free: tuple[str, ...]
    fixed: Mapping[str, float]
    tails: Tails = gaussian

    def __post_init__(self) -> None:
        for name in self.free:
            if name not in self.law.free:
                raise ConfigError(f"--free {name}: this model can fit {', '.join(self.law.free)}")
        if len(set(self.free)) < len(self.free):
            raise ConfigError(f"--free {','.join(self.free)}: name each parameter once")
        for name, value in self.fixed.items():
            if not self.law.free.get(name, Domain.REAL).holds(value):
                raise ConfigError(f"--fix {name}={value:g}: give a number {self.law.free[name].value}")
            if name in self.free:
                raise ConfigError(f"{name} is both free and fixed: leave it out of --free or of --fix")

    def places(self) -> dict[str, tuple[str, str]]:
        """Every parameter's section and unit."""
        return places(self.law)

    def base(self) -> Parameters:
        """The card's numbers, with those that are fixed otherwise."""
        return self._with({section: self.card.fill(section, kind) for section, kind in self.law.sections.items()} | dict(self.law.nuisance), self.fixed)

    def _with(self, parameters: Parameters, values: Mapping[str, Any]) -> Parameters:
        found, places = dict(parameters), self.places()
        for name, value in values.items():
            found[places[name][0]] = found[places[name][0]]._replace(**{name: value})
        return found

    def cost(self, table: Table, parameters: Parameters) -> float:
        """Mean -ln likelihood a row."""
        return float(self._cost(_tensors(table), parameters))

    def _cost(self, columns: Mapping[str, Tensor], parameters: Parameters) -> Tensor:
        z, log_sigma, outlived = self.law.parted(columns, parameters)
        seen = self.tails(z) + log_sigma
        return (seen if outlived is None else torch.where(outlived, -torch.special.log_ndtr(-z), seen)).mean()

    def _domains(self) -> list[Domain]:
        return [self.law.free[name] for name in self.free]

    def _parameters(self, scaled: Tensor) -> Parameters:
        return self._with(self.base(), {name: domain.parameter(own) for name, domain, own in zip(self.free, self._domains(), scaled, strict=True)})

    def begin(self, table: Table) -> Tensor:
        """Where a fit begins, on its own scales."""
        base = self.base()
        start = self.law.start(table, base)
        places = self.places()
        values = [start.get(name, getattr(base[places[name][0]], name)) for name in self.free]
        return torch.stack([domain.scaled(torch.tensor(value, dtype=torch.float64)) for domain, value in zip(self._domains(), values, strict=True)])

    def solve(self, table: Table, scaled: Tensor) -> tuple[Tensor, Floats]:
        """The most likely parameters, on their scales, and the curvature of the whole cost there. Raises FitError when it is not found."""
        columns = _tensors(table)

        def cost(at: Tensor) -> Tensor:
            return self._cost(columns, self._parameters(at))

        def slope(at: Tensor) -> Tensor:
            return torch.autograd.functional.jacobian(cost, at)

        def curvature(at: Tensor) -> Tensor:
            steps = STEP * torch.diag(torch.clamp(at.abs(), min=1.0))
            rows = torch.stack([(slope(at + step) - slope(at - step)) / (2.0 * step.sum()) for step in steps])
            return 0.5 * (rows + rows.T)

        try:
            found = minimize(
                lambda at: float(cost(torch.from_numpy(at))),
                scaled.numpy(),
                method="trust-exact",
                jac=lambda at: slope(torch.from_numpy(at)).numpy(),
                hess=lambda at: curvature(torch.from_numpy(at)).numpy(),
                options={"maxiter": 500, "gtol": 0.1 * FLAT},
            )
        except ValueError as problem:
            raise FitError(f"the fit of {', '.join(self.free)} met numbers that are not finite ({problem}): begin from another --card, or fix some with --fix") from problem
        at = torch.from_numpy(found.x)
        left, bend = slope(at).numpy(), len(table) * curvature(at).numpy()
        if not (np.isfinite(found.fun) and (abs(left).max() < FLAT or _distance(len(table) * left, bend) < NEAR)):
            raise FitError(
                f"the fit of {', '.join(self.free)} did not converge ({found.message}; slope {abs(left).max():.1e}): "
                "fix some with --fix, fit fewer with --free, or look at the data"
            )
        return at, bend


def fit(fitter: Fitter, table: Table, seed: int = 0, bootstrap: int = 0) -> Fit:
    """Fit one half of `table`, drawn group by group by `seed`, and check on the other.

    bootstrap: refits to groups drawn with replacement, for the intervals; 0: Laplace's, from the curvature of the likelihood, which takes rows as
    independent. Raises FitError when rows are too few, the data leave parameters open (named), or the fit does not converge.
    """
    if 0 < bootstrap < FEWEST:
        raise ConfigError(f"--bootstrap {bootstrap}: give 0 (none), or {FEWEST} refits or more for ends of an interval")
    one, other = _parts(fitter, table, seed, bootstrap)
    scaled, curvature = fitter.solve(one, fitter.begin(one))
    covariance = _covariance(fitter, curvature, len(one))
    errors = np.sqrt(np.diag(covariance))
    ends = scaled.numpy() + NORMAL_95 * np.outer([-1.0, 1.0], errors)
    correlations = covariance / np.outer(errors, errors)
    if bootstrap:
        refits = _bootstrapped(fitter, one, scaled, bootstrap, seed)
        ends, correlations = np.quantile(refits, OUTER, axis=0), np.atleast_2d(np.corrcoef(refits.T))
    parameters, places = _plain(fitter._parameters(scaled)), fitter.places()
    known = []
    for name, domain, *centre_and_ends in zip(fitter.free, fitter._domains(), scaled.tolist(), *ends.tolist(), strict=True):
        value, low, high = (float(domain.parameter(torch.tensor(end, dtype=torch.float64))) for end in centre_and_ends)
        known.append(Known(*(places[name][0], name, places[name][1]), value, low, high))
    z, _, outlived = fitter.law.parted(_tensors(other), parameters)
    return Fit(
        known=tuple(known),
        correlations=correlations,
        fitted=len(one),
        held=len(other),
        cost_fitted=fitter.cost(one, parameters),
        cost_held=fitter.cost(other, parameters),
        cost_card=fitter.cost(other, {**fitter.base(), **{section: parameters[section] for section in fitter.law.nuisance}}),
        scatter=float(z[z != 0].std()) if outlived is None else float("nan"),
        clustered=bootstrap == 0 and len(np.unique(one.group)) < len(one),
        checks=tuple(fitter.law.checks(other, one, parameters)),
        parameters=parameters,
    )


def _parts(fitter: Fitter, table: Table, seed: int, bootstrap: int) -> tuple[Table, Table]:
    """The half to be fitted and that held out, checked."""
    table = table.arranged(fitter.law.together)
    fitter.law.check(table)
    if fitter.tails is not gaussian and fitter.law.parted(_tensors(table), fitter.base()).outlived is not None:
        raise ConfigError("--robust: where devices outlived the measurement, the tails alone decide how long they last; leave --robust out")
    one, other = halves(table, seed)
    if bootstrap > 0 and len(np.unique(one.group)) < GROUPS:
        raise ConfigError(f"--bootstrap {bootstrap}: {len(np.unique(one.group))} groups in the fitted half are too few to be redrawn; measure {GROUPS} or more")
    if len(one) <= len(fitter.free):
        raise FitError(f"{len(one)} rows of {len(table)} to fit {len(fitter.free)} parameters ({', '.join(fitter.free)}): measure more, or fit fewer with --free")
    return one, other


def halves(table: Table, seed: int) -> tuple[Table, Table]:
    """Two halves of the groups, drawn by `seed`; raises FitError when there is but one group."""
    labels, place = np.unique(table.group, return_inverse=True)
    if len(labels) < 2:
        raise FitError(f"{table.source} holds one group only: nothing can be held out; leave --group out, or measure a second")
    first = np.zeros(len(labels), bool)
    first[permutation(seed, 0, len(labels))[: len(labels) // 2]] = True
    return table.rows(first[place]), table.rows(~first[place])


def _tensors(table: Table) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.ascontiguousarray(column)) for name, column in table.columns.items()}


def _plain(parameters: Parameters) -> dict[str, Any]:
    """Floats for tensors."""
    return {section: type(own)(*(float(value) for value in own)) for section, own in parameters.items()}


def _distance(slope: Floats, curvature: Floats) -> float:
    """How far the minimum of a parabola lies, in standard errors: sqrt(g' H^-1 g); infinite where the cost bends downwards."""
    bends, ways = np.linalg.eigh(curvature)
    return float(np.sqrt(np.sum((ways.T @ slope) ** 2 / bends))) if bends[0] > 0 else float("inf")


def _covariance(fitter: Fitter, curvature: Floats, rows: int) -> Floats:
    """Inverse of the curvature; raises FitError that names the parameters which the rows leave open."""
    scale = np.sqrt(np.maximum(np.diag(curvature), 0.0))
    open_ = [name for name, own in zip(fitter.free, scale, strict=True) if own == 0.0]
    if not open_:
        bends, ways = np.linalg.eigh(curvature / np.outer(scale, scale))
        if bends[0] > SINGULAR * bends[-1]:
            covariance = np.asarray(np.linalg.inv(curvature), np.float64)
            errors = np.sqrt(np.diag(covariance))
            open_ = [name for name, error, domain in zip(fitter.free, errors, fitter._domains(), strict=True) if domain is not Domain.REAL and error > UNKNOWN]
            if not open_:
                return covariance
        else:
            open_ = [name for name, share in zip(fitter.free, np.abs(ways[:, 0]), strict=True) if share > 0.3]
    kept = ",".join(name for name in fitter.free if name not in open_) or "others"
    raise FitError(f"{rows} rows do not determine {', '.join(open_)}: fix what you know otherwise (--fix {open_[0]}=…) or fit the others alone (--free {kept})")


def _bootstrapped(fitter: Fitter, table: Table, scaled: Tensor, count: int, seed: int) -> Floats:
    """Refits to groups drawn with replacement, (count, parameters), on the scales of the fit."""
    labels = np.unique(table.group)
    members = [np.flatnonzero(table.group == label) for label in labels]
    found: list[Floats] = []
    failed = FitError("none")
    for draw in range(count):
        picked = words(seed, Stream.BOOTSTRAP, draw, len(labels)) % np.uint32(len(labels))
        redrawn = table.redrawn(fitter.law.together, [members[own] for own in picked])
        try:
            found.append(fitter.solve(redrawn, scaled)[0].numpy())
        except FitError as problem:
            failed = problem
    if len(found) < (1 - FAILING) * count:
        raise FitError(f"{count - len(found)} of {count} refits failed, so there are no intervals; the last of them: {failed}")
    return np.array(found)
