"""Who learns on while its input changes: a chip, a chip that consolidates, and the same network in float32 by plain descent and with elastic weights."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

from ferrion.chip.chip import Chip
from ferrion.core.noise import fork, permutation
from ferrion.learning.descent import TwoMemorySGD
from ferrion.learning.layers import TwoMemoryLinear, on_devices
from ferrion.learning.memories import memories_of
from ferrion.learning.model_costs import clear
from ferrion.learning.training import Fidelity
from ferrion.pilots.array_costs import by_action, costs
from ferrion.workloads.changing import Stage

METAPLASTICITY = 1.0
"""Of the chip that consolidates (Laborieux et al. 2021); 0.5 to 1.5 were tried on one seed."""
CONSOLIDATING = "chip, consolidating"
"""Whose confusion and energy are drawn."""
CHIPS = {
    "chip": (0.0, Fidelity.BEHAVIOURAL),
    CONSOLIDATING: (METAPLASTICITY, Fidelity.BEHAVIOURAL),
    "chip, consolidating, device level": (METAPLASTICITY, Fidelity.DEVICE),
}
"""Who learns on: their metaplasticity and fidelity."""
ELASTIC, FISHER = 20.0, 400
"""Pull of elastic weights towards those of earlier stages, the greatest that did not diverge of 1, 20, 50 and 100 on one seed; samples that tell which of them matter."""


@dataclass(frozen=True)
class Shape:
    """Of a network and its course."""

    inputs: int
    hidden: int
    classes: int
    rate: float
    transfer_every: int
    passes: int


@dataclass
class Learner:
    """A model, and how it learns a stage sample by sample."""

    model: torch.nn.Module
    descent: torch.optim.Optimizer
    shape: Shape
    seed: int
    learned: int = 0
    """Samples, passes counted."""
    spent: dict[str, float] = field(default_factory=dict)
    """Joules that learning has taken, of arrays, by action."""
    penalty: Callable[[], torch.Tensor] | None = None
    """Added to the loss."""

    def learn(self, stage: Stage, number: int) -> None:
        """All passes over one stage."""
        inputs, labels = torch.from_numpy(stage.inputs), torch.from_numpy(stage.labels)
        with self._charged():
            for step in range(self.shape.passes):
                for k in permutation(self.seed, number * self.shape.passes + step, len(labels)):
                    self._shown(inputs[k : k + 1], labels[k : k + 1])

    def briefly(self) -> "Learner":
        """The same, but what it learns it is shown once."""
        return replace(self, shape=replace(self.shape, passes=1))

    def learn_one(self, inputs: NDArray[np.float32], label: int) -> None:
        """One sample (1, features), once."""
        with self._charged():
            self._shown(torch.from_numpy(inputs), torch.tensor([label]))

    @contextmanager
    def _charged(self) -> Iterator[None]:
        """What arrays take meanwhile is of learning."""
        if memories_of(self.model):
            clear(self.model)
        self.model.train()
        yield
        if memories_of(self.model):
            for action, joules in by_action(costs(self.model), 1).items():
                self.spent[action] = self.spent.get(action, 0.0) + joules

    def _shown(self, inputs: torch.Tensor, labels: torch.Tensor) -> None:
        self.descent.zero_grad()
        loss = cross_entropy(self.model(inputs), labels)
        (loss + self.penalty() if self.penalty else loss).backward()
        self.descent.step()
        self.learned += 1

    @property
    def joules(self) -> float:
        """That learning has taken, of arrays."""
        return sum(self.spent.values())

    def decide(self, inputs: NDArray[np.float32]) -> NDArray[np.int64]:
        """The class of each."""
        return np.asarray(self.votes(inputs).argmax(1))

    def votes(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """For every class (samples, classes)."""
        self.model.eval()
        with torch.no_grad():
            found: NDArray[np.float32] = self.model(torch.from_numpy(inputs)).numpy()
        return found

    def right(self, stage: Stage) -> float:
        """Share of a stage's test that it decides rightly."""
        return float((self.decide(stage.test_inputs) == stage.test_labels).mean())


def on_chip(shape: Shape, seed: int, metaplasticity: float, fidelity: Fidelity = Fidelity.BEHAVIOURAL) -> Learner:
    """Two arrays."""
    chip, sizes = Chip.from_card("leti-2025"), (shape.inputs, shape.hidden, shape.classes)
    layers = [TwoMemoryLinear(n, m, chip, seed=fork(seed, k)) for k, (n, m) in enumerate(pairwise(sizes))]
    model = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1])
    if fidelity is Fidelity.DEVICE:
        on_devices(model)
    return Learner(model, TwoMemorySGD(model, lr=shape.rate, transfer_every=shape.transfer_every, seed=seed, metaplasticity=metaplasticity), shape, seed)


def in_float(shape: Shape, seed: int) -> Learner:
    """The same network in float32, by plain descent at the same rate."""
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(shape.inputs, shape.hidden), torch.nn.ReLU(), torch.nn.Linear(shape.hidden, shape.classes))
    return Learner(model, torch.optim.SGD(model.parameters(), shape.rate), shape, seed)


class Elastic:
    """Elastic weight consolidation (Kirkpatrick et al., PNAS 114, 3521 (2017), eq. 3): a spring to the weights of every stage before, as stiff as its Fisher information."""

    def __init__(self, learner: Learner) -> None:
        self.learner, self.springs = learner, list[tuple[list[torch.Tensor], list[torch.Tensor]]]()
        learner.penalty = self

    def __call__(self) -> torch.Tensor:
        """What is added to the loss."""
        weights = list(self.learner.model.parameters())
        pulls = [(stiff * (w - held) ** 2).sum() for fisher, anchor in self.springs for stiff, held, w in zip(fisher, anchor, weights, strict=True)]
        return 0.5 * ELASTIC * torch.stack(pulls).sum() if pulls else torch.zeros(())

    def remember(self, stage: Stage, number: int) -> None:
        """Anchor the weights after a stage; the class of each sample is drawn from what the model makes of it, as Fisher's information is defined."""
        model, seed = self.learner.model, fork(self.learner.seed, number)
        weights, draws = list(model.parameters()), torch.Generator().manual_seed(seed % 2**62)
        fisher, some = [torch.zeros_like(w) for w in weights], permutation(seed, 0, len(stage.labels))[:FISHER]
        for row in torch.from_numpy(stage.inputs[some]):
            logs = torch.log_softmax(model(row[None]), 1)[0]
            model.zero_grad()
            logs[int(torch.multinomial(logs.detach().exp(), 1, generator=draws))].backward()
            for own, w in zip(fisher, weights, strict=True):
                own += (w.grad if w.grad is not None else torch.zeros_like(w)) ** 2 / len(some)
        self.springs.append((fisher, [w.detach().clone() for w in weights]))


def course(learner: Learner, stages: list[Stage], after: Callable[[Stage, int], None] = lambda *_: None) -> NDArray[np.float64]:
    """Share right of every stage (columns) after each was learned (rows)."""
    found = np.zeros((len(stages), len(stages)))
    for number, stage in enumerate(stages):
        learner.learn(stage, number)
        after(stage, number)
        found[number] = [learner.right(own) for own in stages]
    return found
