"""What is asked at every examination besides the stage's own questions: benchmarks, or generated stand-ins."""

from collections.abc import Sequence

from belvedere.recipes.chat.dialogue import ChatTokens
from belvedere.recipes.chat.settings import Settings
from belvedere.recipes.tasks.asking import Task
from belvedere.recipes.tasks.benchmarks import benchmarks, folder_of
from belvedere.recipes.tasks.stand_ins import stand_ins

COUNT = 64  # problems of each stand-in


def tasks_of(settings: Settings, tokens: ChatTokens) -> tuple[Sequence[Task], str]:
    """The benchmarks in a folder that was named, else the stand-ins; and which they are, in words."""
    if settings.tasks is None and (settings.tokens == "sums" or folder_of(None) is None):
        tasks = stand_ins(tokens, new_tokens=settings.new_tokens, count=COUNT, seed=settings.seed)
        return tasks, f"{', '.join(task.name for task in tasks)}: generated stand-ins, {COUNT} problems each"
    folder = folder_of(settings.tasks)
    assert folder is not None
    found = benchmarks(
        folder, tokens, new_tokens=settings.new_tokens, limit=settings.eval_questions,
        may_run_code=settings.may_run_code,
    )  # fmt: skip
    return found.tasks, "; ".join(found.said)
