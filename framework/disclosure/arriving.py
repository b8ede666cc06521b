"""The pre-flight of a file whose key may soon be away: what passed it counts, also where nobody read it in time."""

from __future__ import annotations

import logging

from framework.ground.files import FileStore
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import ChildLost, run_in_child
from models.records import StoredFile
from models.sealing import Key, SealBroken

TASK = "framework.ground.sheets.preflight:passes_task"
PASSED, FAILED = "passed", "failed"
logger = logging.getLogger(__name__)


def look_through(files: FileStore, file: StoredFile, key: Key, *, limits: Limits) -> str:
    """Whether encrypted bytes passed or failed the pre-flight, in a child of their own (trust 5.2).

    Blank where the machine failed: that says nothing of the file.
    """
    try:
        with files.laid_open(file.sha256, key) as path:
            done = run_in_child(path, TASK, {"limits": limits.as_dict()}, limits, is_table=False)
    except (ChildLost, SealBroken, OSError) as error:
        logger.error("no pre-flight of a file that came: %s", type(error).__name__)
        return ""
    return PASSED if done.value else FAILED
