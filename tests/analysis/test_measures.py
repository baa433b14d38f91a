"""Whether a quantity is good when it is small."""

from belvedere.analysis.measures import is_less_better


def test_losses_and_errors_are_better_when_small() -> None:
    names = ("val/loss", "val_loss", "val/bpb", "accuracy", "reward", "lossless")
    assert [is_less_better(name) for name in names] == [True, True, True, False, False, False]
