"""Text to token ids, one piece after the other, on all cores when there is much of it.

One core encodes some 3 MB a second. The workers give back what one process would have made, in the same order.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor

from belvedere.recipes.corpora.bpe import Tokenizer, Tokens

ALONE_BYTES = 50_000_000  # less text than this is encoded before workers would have started
JOB_BYTES = 1_000_000
JOBS_AHEAD = 4  # per worker; more would only hold text in memory


def encoded(texts: Iterable[bytes], tokenizer: Tokenizer, *, size_bytes: int) -> Iterator[Tokens]:
    """Ids (n,) of each text, in order; `size_bytes` of all texts together decides whether other cores help."""
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers == 1 or size_bytes < ALONE_BYTES:
        yield from map(tokenizer.encode, texts)
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy torch's threads in whatever state they are
    with ProcessPoolExecutor(workers, context, _begin_work, (tokenizer,)) as pool:
        yield from _in_order(pool.submit, texts, JOBS_AHEAD * workers)


def _in_order(submit: Callable[..., Future[list[Tokens]]], texts: Iterable[bytes], ahead: int) -> Iterator[Tokens]:
    """At most so many jobs are under way or done and not yet asked for."""
    under_way: deque[Future[list[Tokens]]] = deque()
    for job in _jobs(texts):
        under_way.append(submit(_encode_all, job))
        if len(under_way) > ahead:
            yield from under_way.popleft().result()
    for one in under_way:
        yield from one.result()


def _jobs(texts: Iterable[bytes]) -> Iterator[list[bytes]]:
    job, size_bytes = list[bytes](), 0
    for text in texts:
        job.append(text)
        size_bytes += len(text)
        if size_bytes >= JOB_BYTES:
            yield job
            job, size_bytes = [], 0
    yield job


# ---------------------------------------------------------------------------------------------------------------------
# In a worker


_tokenizer: list[Tokenizer] = []  # of this worker process


def _begin_work(tokenizer: Tokenizer) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process, which then lets its workers go
    _tokenizer[:] = [tokenizer]


def _encode_all(texts: list[bytes]) -> list[Tokens]:
    return [_tokenizer[0].encode(text) for text in texts]
