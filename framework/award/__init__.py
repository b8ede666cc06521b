"""The award: the decision on the ranking, its reasons, the members' mandate, the letters, the standstill, challenges.

Importing the package registers the moves of a round from the decision to the end of the standstill, what everybody does
next about them, and the date in calendars.
"""

import framework.award.announcing
import framework.award.challenges
import framework.award.dates
import framework.award.steps
import framework.award.taking_back  # noqa: F401 - each registers something
