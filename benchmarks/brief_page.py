"""The one page of a published brief as a picture, set from the same template as its PDF: `python -m benchmarks.brief_page ID FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy import select

from framework.ground import pdf
from models.base import db
from models.briefs import BriefRelease
from views import create_app
from views.demand import brief_files


def main(public_id: str, path: Path) -> None:
    """Write the page of a brief in the installation that the environment names; raises NotMade where it cannot be set."""
    with create_app().test_request_context():
        release = db.session.scalars(select(BriefRelease).where(BriefRelease.public_id == public_id)).one()
        path.write_bytes(pdf.picture("brief", brief_files.values_of(release), brief_files.about(release)))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
