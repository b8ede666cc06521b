"""Issues are counted one and all; the gravest are kept, in the order in which they were found."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from framework.disclosure import gathering
from framework.disclosure.gathering import Gathered
from framework.ground.issues import Issue, Severity

ORDER = list(Severity)


@settings(max_examples=50)
@given(found=st.lists(st.sampled_from(ORDER), max_size=30), most=st.integers(1, 12))
def test_the_gravest_are_those_that_sorting_all_of_them_would_put_first(found, most):
    issues = [Issue("x", severity, "Sites", row, "", "", "", {}) for row, severity in enumerate(found)]

    kept, gathering.MAX_ISSUES = gathering.MAX_ISSUES, most
    try:
        gathered = Gathered(issues[:5], iter(issues[5:]))
        gravest = gathered.gravest()
    finally:
        gathering.MAX_ISSUES = kept

    assert gravest == sorted(issues, key=lambda one: ORDER.index(one.severity))[:most]
    assert gathered.total == len(issues)
    assert gathered.by_severity == {str(severity): count for severity, count in Counter(found).items()}
