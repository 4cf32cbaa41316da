"""Divisions and authorities: reference data, written by housekeeping."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.region.divisions import Level


class Region(Base):
    """One division by its GB/T 2260 code."""

    __tablename__ = "region"
    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[str]
    parent: Mapped[str | None] = mapped_column(String(6), ForeignKey("region.code"), index=True)
    level: Mapped[Level]


class Authority(Base):
    """One competent authority (行业主管部门) by its code."""

    __tablename__ = "authority"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str]
