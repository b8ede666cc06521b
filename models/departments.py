"""The departments of an organisation, and what each of them needs in one declaration."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Record


class Department(Record, Base):
    """A part of an organisation that is asked what it needs; no organisation of its own."""

    __tablename__ = "department"
    __table_args__ = (
        UniqueConstraint("organisation_id", "folded_name"),
        CheckConstraint("name <> ''", name="named"),
        Index(
            "uq_department_rest",
            "organisation_id",
            unique=True,
            sqlite_where=text("is_rest"),
            postgresql_where=text("is_rest"),
        ),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(200))
    folded_name: Mapped[str] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(40), default="")
    is_archived: Mapped[bool] = mapped_column(default=False)
    is_rest: Mapped[bool] = mapped_column(default=False, comment="holds what belongs to no department")

    @property
    def owner_id(self) -> int:
        """The organisation whose record this is."""
        return self.organisation_id


class DepartmentFigure(Base):
    """What one department needs of one line of a declaration; blank = not known, never 0."""

    __tablename__ = "department_figure"
    __table_args__ = (
        UniqueConstraint(
            "demand_id",
            "department_id",
            "category",
            "spec_tier",
            "delivery_country",
            "year_no",
            name="uq_department_figure",
        ),
        CheckConstraint("qty_firm IS NULL OR qty_firm >= 0", name="firm"),
        CheckConstraint("qty_expected IS NULL OR qty_expected >= COALESCE(qty_firm, 0)", name="expected"),
        CheckConstraint("qty_max IS NULL OR qty_max >= COALESCE(qty_expected, qty_firm, 0)", name="max"),
        CheckConstraint(
            "qty_firm IS NOT NULL OR qty_expected IS NOT NULL OR qty_max IS NOT NULL OR note <> ''",
            name="says_something",
        ),
        CheckConstraint("year_no >= 1", name="year_no"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    demand_id: Mapped[int] = mapped_column(ForeignKey("demand.id", ondelete="CASCADE"))
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"), index=True)
    category: Mapped[str] = mapped_column(String(20))
    spec_tier: Mapped[str] = mapped_column(String(40), default="")
    delivery_country: Mapped[str] = mapped_column(String(2))
    year_no: Mapped[int]
    qty_firm: Mapped[int | None]
    qty_expected: Mapped[int | None]
    qty_max: Mapped[int | None]
    note: Mapped[str] = mapped_column(String(200), default="")
