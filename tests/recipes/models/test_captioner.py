"""The caption transformer is really called, sees no word before it is due, and writes from the latent alone."""

import torch

from belvedere.recipes.models.captioner import END, PAD, START, Captioner, TextEncoder


def captioner() -> Captioner:
    torch.manual_seed(0)
    model = Captioner(vocab=11, length=6, latent=3, width=8, heads=2, layers=2)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.5)  # large enough that every path shows
    return model.eval()


@torch.no_grad()
def test_a_word_changes_what_follows_and_nothing_before() -> None:
    model, latents = captioner(), torch.randn(1, 3)
    ids = torch.tensor([[START, 5, 6, 7]])
    other = torch.tensor([[START, 5, 9, 7]])
    apart = (model(latents, ids) - model(latents, other)).abs().amax(dim=2)[0]
    assert apart[:2].tolist() == [0, 0]
    assert (apart[2:] > 1e-3).all()  # the last differs though its own word is the same: not a table of word pairs


@torch.no_grad()
def test_the_latent_reaches_every_word() -> None:
    model, ids = captioner(), torch.tensor([[START, 5, 6, 7]])
    apart = (model(torch.zeros(1, 3), ids) - model(torch.ones(1, 3), ids)).abs().amax(dim=2)[0]
    assert (apart > 1e-3).all()


def test_every_block_is_trained() -> None:
    model = captioner()
    model(torch.randn(2, 3), torch.tensor([[START, 5], [START, 6]])).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in model.parameters())


@torch.no_grad()
def test_what_is_written_is_what_teacher_forcing_says() -> None:
    model, latents = captioner(), torch.randn(4, 3, generator=torch.Generator().manual_seed(1))
    ids, said = model.written(latents)
    assert ids.shape == (4, 6) and said.shape == (4, 5, 11)
    assert ids[:, 0].tolist() == [START] * 4
    forced = model(latents, ids[:, :-1])
    for row, written in enumerate(ids.tolist()):
        end = written.index(END) if END in written else len(written) - 1
        assert forced[row].argmax(dim=1)[:end].tolist() == written[1 : end + 1]
        assert set(written[end + 1 :]) <= {PAD}


@torch.no_grad()
def test_padding_says_nothing_about_a_caption() -> None:
    torch.manual_seed(0)
    encoder = TextEncoder(vocab=9, width=4, latent=3)
    short = encoder(torch.tensor([[START, 5, 6, END]]))
    long = encoder(torch.tensor([[START, 6, 5, END, PAD, PAD]]))  # the same words, in another order
    assert torch.allclose(short, long)
    assert not torch.allclose(short, encoder(torch.tensor([[START, 5, END]])))
