"""Kept outcomes: the last used ones, whole, however many threads put and take them."""

from __future__ import annotations

import threading

from framework.ground.kept import Kept


def test_the_ones_that_were_not_used_for_longest_go():
    kept = Kept[str, int](2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)

    assert [kept.get(key) for key in "abc"] == [1, None, 3]


def test_a_copy_of_what_is_wanted_outlives_what_is_kept():
    kept = Kept[tuple[str, int], int](4)
    kept.put_all({("a", 1): 1, ("b", 1): 2, ("a", 2): 3})
    wanted = kept.among(lambda key: key[1] == 1)
    kept.clear()

    assert wanted == {("a", 1): 1, ("b", 1): 2}
    assert ("a", 1) not in kept


def test_threads_that_drop_each_others_outcomes_get_their_own():
    kept, faults = Kept[int, int](3), []

    def work(first: int) -> None:
        for number in range(first, first + 2_000):
            if kept.put(number, number) != number or kept.get(number) not in (None, number):
                faults.append(number)
            if any(key != found for key, found in kept.among(lambda _key: True).items()):
                faults.append(number)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 10_000, 20_000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert len(kept.among(lambda _key: True)) == 3
