"""A page that only looked ends with COMMIT; what a page left unsaved is dropped."""

from sqlalchemy import func, select, text

from app.calendar.models import CalendarYear
from app.database import db


def test_a_page_saves_nothing(app):
    with app.app_context(), app.test_request_context("/"):
        db.session.add(CalendarYear(year=2031, notice="", published_at=app.extensions["market.clock"].market()))
    with app.app_context():
        assert db.session.execute(select(func.count()).select_from(CalendarYear)).scalar() == 0


def test_statements_stay_prepared_from_page_to_page(app, client):
    for _ in range(10):
        assert client.get("/announcements/").status_code == 200
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            assert db.session.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar() > 0
