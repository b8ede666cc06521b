"""The pre-flight of a file whose key may soon be away: what passed it counts, also where nobody read it in time."""

from __future__ import annotations

import logging

from framework.ground.files import Blob, FileStore
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import ChildLost, run_in_child
from models.sealing import SealBroken

TASK = "framework.ground.sheets.preflight:passes_task"
logger = logging.getLogger(__name__)


def passes(files: FileStore, blob: Blob, *, limits: Limits) -> bool:
    """Whether encrypted bytes that just came pass the pre-flight, in a child of their own (trust 5.2).

    Where the machine fails they do not; the reading may still come in time.
    """
    if blob.key is None:
        return False
    try:
        with files.laid_open(blob.sha256, blob.key) as path:
            done = run_in_child(path, TASK, {"limits": limits.as_dict()}, limits, is_table=False)
    except (ChildLost, SealBroken, OSError) as error:
        logger.error("no pre-flight of a file that came: %s", type(error).__name__)
        return False
    return bool(done.value)
