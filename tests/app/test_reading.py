"""A page that only looked ends with COMMIT; what a page left unsaved is dropped."""

from sqlalchemy import func, select, text

from app.calendar.models import CalendarYear
from app.database import at_hand, db
from app.region.models import Region


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


def test_what_a_session_may_rely_on_is_at_hand_and_nothing_else(app):
    with app.app_context():
        home = db.session.execute(select(Region).limit(1)).scalar_one()
        code, name = home.code, home.name
        assert at_hand(Region, code=code, name=name) is home
        assert at_hand(Region, code=code, name="elsewhere") is None
        db.session.rollback()
        assert at_hand(Region, code=code, name=name) is None


def test_columns_are_told_by_name_and_type(app):
    with app.app_context():
        connection = db.session.connection()
        found = connection.execute(text("SELECT 1 AS one, CAST('二' AS TEXT) AS two, NULL AS none"))
        assert (list(found.keys()), found.one()) == (["one", "two", "none"], (1, "二", None))
        assert not connection.execute(text("UPDATE calendar_year SET notice = notice WHERE year = 0")).returns_rows
