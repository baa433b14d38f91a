"""Learning rates, labels and the order of the data."""

import numpy as np

from belvedere.recipes.faults.scenario import Label, Scenario
from belvedere.recipes.faults.trace import Curve, Trace
from belvedere.recipes.faults.trainings.classifier import CLASSES, Classifier
from belvedere.recipes.faults.trainings.rebuild import Rebuild
from belvedere.recipes.faults.trainings.text import Text

CHANCE = float(np.log(CLASSES))  # nats: the loss of a guess


def shoots_up_and_stays(trace: Trace) -> bool:
    """The loss leaps above where it began, and ends far from what it could be."""
    return bool(trace.loss.values.max() > 1.3 * trace.loss.values[0] and trace.loss.end() > 1.5)


def hardly_moves(trace: Trace) -> bool:
    """The loss falls all the time and by less than a twentieth."""
    return 0 < trace.loss.fall < 0.05


def stays_at_chance(trace: Trace) -> bool:
    """The loss ends where a guess is."""
    return abs(trace.loss.end() - CHANCE) < 0.1


def jumps_at(step: int, *, by: float, steps: int) -> "Jump":
    """The loss is higher by `by` nats from a step on, for `steps` steps."""
    return Jump(step, by, steps)


class Jump:
    """Whether a loss leaps at one step."""

    def __init__(self, step: int, by: float, steps: int) -> None:
        self.step, self.by, self.steps = step, by, steps

    def __call__(self, trace: Trace) -> bool:
        """The loss is higher in all of these steps than the median of the ten before."""
        before = np.median(trace.loss.before(self.step).values[-10:])
        return bool((trace.loss.since(self.step).values[: self.steps] > before + self.by).all())


def swings(loss: Curve, period: int, *, share: float) -> bool:
    """Of what is left of the loss without its trend, so much of the power has this period or a fraction of it."""
    values = np.log(loss.values[len(loss.values) % period :])
    kernel = np.ones(period) / period
    detrended = values[period // 2 : len(values) - period // 2][: len(values) - period + 1]
    detrended = detrended - np.convolve(values, kernel, mode="valid")[: len(detrended)]
    whole = len(detrended) // period * period
    power = np.abs(np.fft.rfft(detrended[:whole] - detrended[:whole].mean())) ** 2
    harmonics = power[whole // period :: whole // period]
    return bool(harmonics.sum() > share * power.sum())


def stands_still(trace: Trace) -> bool:
    """The validation of the last quarter is not a tenth better than that of the second, at an unchanged rate."""
    before, after = np.median(trace.val.between(0.3, 0.55)), np.median(trace.val.between(0.75, 1))
    rates = trace["lr"].between(0.65, 1)
    return bool(after > 0.9 * before and rates.min() == rates.max())


def repeats_itself(trace: Trace) -> bool:
    """The training loss ends far below anything that the validation reached."""
    return trace.loss.end() < 0.3 * float(trace.val.values.min())


def one_block_hurries(trace: Trace) -> bool:
    """The middle block's updates are twice as large beside its weights as any other's, and above a hundredth."""
    ratios = trace.vectors["update_ratio"]
    medians = {name: float(np.median(ratios.of(name).values)) for name in ratios.names}
    return medians.pop("h.1") > max(1e-2, 2 * max(medians.values()))


def is_lost_in_rounding(trace: Trace) -> bool:
    """The weights move so little that the loss hardly falls, although there are gradients."""
    return trace.loss.fall < 0.5 and trace["train/grad_norm"].end() > 0.1


def shrinks(trace: Trace) -> bool:
    """The weights lose two thirds of their size, and the loss ends near a guess."""
    weights = trace.vectors["weight_norm"].middle
    return weights.end() < 0.35 * weights.start(0.02) and trace.loss.end() > 1.5


SCENARIOS = (
    Scenario(
        id="lr_too_high",
        about="The learning rate is 150 times what it should be: the loss shoots up and ends at a guess.",
        healthy=Classifier(),
        switch={"lr": 0.3},
        shows=shoots_up_and_stays,
        label=Label("lr_too_high", "critical", tolerated=("dead_relu", "loss_spike", "update_ratio_out_of_range",
                                                           "exploding_gradient", "not_learning")),
    ),
    Scenario(
        id="lr_too_high_late",
        about="From step 120 on the schedule's rate is taken in per cent, a hundred times too high.",
        healthy=Text(),
        switch={"rate_bug_at": 120},
        shows=jumps_at(122, by=0.3, steps=30),
        label=Label("lr_too_high", "critical", onset=120, accept=("loss_spike",),
                    tolerated=("exploding_gradient", "update_ratio_out_of_range", "forgetting",
                               "attention_logit_growth")),
    ),
    Scenario(
        id="lr_too_low",
        about="The learning rate is a thousandth of what it should be: the loss falls, by next to nothing.",
        healthy=Text(),
        switch={"lr": 5e-6},
        shows=hardly_moves,
        label=Label("lr_too_low", "warning", accept=("not_learning",),
                    tolerated=("update_ratio_out_of_range", "underfitting")),
    ),
    Scenario(
        id="not_learning",
        about="The loader shuffles images and labels apart, so that there is nothing to learn.",
        healthy=Classifier(),
        switch={"is_misaligned": True},
        shows=stays_at_chance,
        label=Label("not_learning", "critical", accept=("underfitting",), tolerated=("plateau",)),
    ),
    Scenario(
        id="plateau",
        about="A high learning rate is never lowered: the loss stops where its noise is as large as its slope.",
        healthy=Rebuild(lr=0.04, schedule="cosine", steps=500),
        switch={"schedule": "constant"},
        shows=stands_still,
        label=Label("plateau", "warning", accept=("lr_too_high",),
                    tolerated=("dead_relu", "oscillation", "update_ratio_out_of_range", "underfitting")),
    ),
    Scenario(
        id="oscillation",
        about="The loader gives class after class, so that the loss swings once in every pass through the data.",
        healthy=Classifier(batch=77, steps=400),  # 21 batches are all digits
        switch={"is_sorted": True},
        shows=lambda trace: swings(trace.loss, 21, share=0.5),
        label=Label("oscillation", "warning", accept=("loss_spike", "forgetting"), tolerated=("exploding_gradient",)),
    ),
    Scenario(
        id="loss_spike",
        about="One batch of the text is binary rubbish; the loss jumps for a step and comes back.",
        healthy=Text(),
        switch={"corrupt_at": 120},
        shows=jumps_at(120, by=2.0, steps=1),
        label=Label("loss_spike", "warning", onset=120),
    ),
    Scenario(
        id="loss_spike_images",
        about="One batch of images is thirty times too bright and wrongly labelled; the loss comes back slowly.",
        healthy=Classifier(),
        switch={"corrupt_at": 150},
        shows=jumps_at(150, by=5.0, steps=1),
        label=Label("loss_spike", "warning", onset=150, tolerated=("exploding_gradient",)),
    ),
    Scenario(
        id="duplicated_data",
        about="The sampler forgets its state: the same two batches come again and again and are learned by heart.",
        healthy=Text(),
        switch={"distinct_batches": 2},
        shows=repeats_itself,
        label=Label("duplicated_data", "warning", accept=("overfitting",), tolerated=("train_val_gap", "oscillation")),
    ),
    Scenario(
        id="update_ratio",
        about="One block has a learning rate of its own that is a hundred times the others'; it still learns.",
        healthy=Classifier(optimizer="sgd", lr=0.03),
        switch={"faster": ("h.1", 100.0)},
        shows=one_block_hurries,
        label=Label("update_ratio_out_of_range", "info", accept=("lr_too_high",), where="h.1",
                    tolerated=("dead_relu", "loss_spike")),
    ),
    Scenario(
        id="update_underflow",
        about="Weights are kept in bfloat16, whose spacing is larger than the updates: most of them round to nothing.",
        healthy=Classifier(lr=2e-4),
        switch={"dtype": "bfloat16"},
        shows=is_lost_in_rounding,
        label=Label("update_underflow", "warning", accept=("lr_too_low",), tolerated=("not_learning", "frozen_layer",
                                                                                     "plateau", "underfitting")),
    ),
    Scenario(
        id="over_regularisation",
        about="Weight decay is three thousand times too strong: the weights shrink to where nothing can be learned.",
        healthy=Classifier(optimizer="adamw", weight_decay=0.01),
        switch={"weight_decay": 30.0},
        shows=shrinks,
        label=Label("over_regularisation", "warning", tolerated=("not_learning", "underfitting", "vanishing_gradient",
                                                                "dead_relu", "plateau", "update_ratio_out_of_range")),
    ),
)  # fmt: skip
