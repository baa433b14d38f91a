"""The generated tasks: what they ask in text tokens, and that a model that cannot read is at chance."""

import torch

from belvedere.recipes.chat.sum_tokens import SumTokens
from belvedere.recipes.chat.text_tokens import text_tokens
from belvedere.recipes.models.gpt import GPT, GPTShape
from belvedere.recipes.tasks.asking import ChoiceTask, WritingTask, scores
from belvedere.recipes.tasks.stand_ins import stand_ins

TOKENS = text_tokens([])


def test_each_task_asks_what_it_is_called() -> None:
    lookup, sums, differences, near = stand_ins(TOKENS, new_tokens=16, count=20)
    assert isinstance(lookup, ChoiceTask) and all(isinstance(one, WritingTask) for one in (sums, differences, near))
    for choice in lookup.problems:
        text = TOKENS.decode(choice.prompt)
        result = text.rpartition("\n")[2]  # such as 12=
        assert f"- {result}{'ABCDE'[choice.right]}\n" in text
    for task, sign in ((sums, "+"), (differences, "-")):
        assert all(TOKENS.decode(one.prompt)[len("<user>1")] == sign for one in task.problems)
    for one in near.problems:
        lines = TOKENS.decode(one.prompt).split("\n")[1:6]
        numbers = sorted(int(line[2:-2]) for line in lines)
        assert numbers == list(range(numbers[0], numbers[0] + 5))


def test_sum_tokens_are_asked_the_same() -> None:
    tokens = SumTokens()
    lookup, *writing = stand_ins(tokens, new_tokens=14, count=3)
    assert isinstance(lookup, ChoiceTask)
    prompts = [tokens.decode(choice.prompt) for choice in lookup.problems]
    plain = [TOKENS.decode(choice.prompt) for choice in stand_ins(TOKENS, new_tokens=14, count=3)[0].problems]
    assert [one.splitlines()[-1] for one in prompts] == [one.splitlines()[-1] for one in plain]
    assert [len(one.prompt) for task in writing for one in task.problems] == [20] * 9


def test_only_the_right_letter_is_right_and_the_same_seed_asks_the_same() -> None:
    first, again, other = (stand_ins(TOKENS, new_tokens=16, count=5, seed=seed)[1] for seed in (0, 0, 1))
    prompts = [[TOKENS.decode(one.prompt) for one in task.problems] for task in (first, again, other)]
    assert prompts[0] == prompts[1] != prompts[2]
    judged = [[one.is_right(f"Answer: {letter}") for letter in "ABCDE"] for one in first.problems]
    assert all(sum(row) == 1 for row in judged)


def test_an_answer_may_be_a_little_longer_than_a_right_one_and_no_more() -> None:
    longest = [len("9+9=18\n18=B\nAnswer: B") + 1, len("1-9=-8\n-8=B\nAnswer: B") + 1]  # and the end
    for tokens, wanted in ((SumTokens(), [14, 14]), (TOKENS, [one + 2 for one in longest])):
        _, sums, differences, _ = stand_ins(tokens, new_tokens=256, count=40)
        assert isinstance(sums, WritingTask) and isinstance(differences, WritingTask)
        assert [sums.new_tokens, differences.new_tokens] == wanted
    assert stand_ins(TOKENS, new_tokens=5, count=2)[1].new_tokens == 5


def test_an_untrained_model_is_scored_on_all_of_them() -> None:
    torch.manual_seed(0)
    model = GPT(GPTShape(TOKENS.vocab, 1, 1, 1, 16, 160))
    found = scores(model, TOKENS, stand_ins(TOKENS, new_tokens=4, count=8))
    assert list(found) == ["lookup", "sums", "differences", "near_options"]
    assert [score.asked for score in found.values()] == [8] * 4
    assert [score.right for score in list(found.values())[1:]] == [0, 0, 0]
