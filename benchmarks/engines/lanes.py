"""Several people at work beside each other."""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def beside_each_other(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """What each task returns, in their order. The first that fails ends all of it.

    The threads are daemons: who stops the bench need not wait for a reel that is being waited for.
    """
    ended: queue.SimpleQueue[tuple[int, T | None, BaseException | None]] = queue.SimpleQueue()

    def do(number: int) -> None:
        try:
            ended.put((number, tasks[number](), None))
        except BaseException as e:
            ended.put((number, None, e))

    for number in range(len(tasks)):
        threading.Thread(target=do, args=(number,), daemon=True).start()
    found: dict[int, T] = {}
    for _ in tasks:
        number, result, problem = ended.get()
        if problem is not None:
            raise problem
        found[number] = result  # type: ignore[assignment]  # it is there where nothing failed
    return [found[number] for number in range(len(tasks))]
