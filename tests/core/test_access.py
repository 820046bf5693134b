"""Members, their sessions, links and tries, and the log of what was done."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from core import credentials
from core.__main__ import main
from core.config import Settings, read_settings
from core.credentials import Key, check_name, hash_password, is_password
from core.errors import BadCredential, LastFounder, LoginDelayed, LoginRefused, NotAllowed, NotYours
from core.house import House
from core.office.access import NOBODY, Access, row_of
from core.office.door import Door, first_link
from core.store import audit, login_tries, members
from core.store.db import Database
from core.store.office_tables import LoginTryRow, MemberSessionRow
from core.types import Member, Role

pytestmark = pytest.mark.promise("R15")

PASSWORD = "three unrelated words"
ADDRESS = "ada@example.com"


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_hasher", PasswordHasher(1, 8, 1))
    monkeypatch.setattr(credentials, "_NOBODY", [])


def a_house(database: Database, folder: Path, **settings: Any) -> House:
    """Return as much of a house as the rooms for members need."""
    whole = dataclasses.replace(read_settings({"HEARBACK_DATA": str(folder)}), **settings)
    return cast(House, SimpleNamespace(database=database, settings=whole))


@pytest.fixture
def access(database: Database, tmp_path: Path) -> Access:
    return Access(a_house(database, tmp_path))


@pytest.fixture
def door(database: Database, tmp_path: Path) -> Door:
    return Door(a_house(database, tmp_path))


@pytest.fixture
def ada(database: Database) -> Member:
    return members.add(database, "Ada", Role.FOUNDER, hash_password(PASSWORD))


@pytest.fixture
def rae(database: Database) -> Member:
    return members.add(database, "Rae", Role.REVIEWER, hash_password(PASSWORD))


def actions(database: Database) -> list[tuple[str, str, str]]:
    """Who did what to whom, oldest first."""
    entries = audit.page(database, None, "", 0, 100)[0]
    return [(entry.name, entry.action, entry.subject) for entry in reversed(entries)]


def age(database: Database, token: str, **by: timedelta) -> None:
    """Make a session as if it had been used, or had begun, that long ago."""
    with database.writing() as session:
        row = session.get_one(MemberSessionRow, members.digest(token))
        for name, span in by.items():
            setattr(row, name, getattr(row, name) - span)


def wait(database: Database, span: timedelta) -> None:
    """Let the time go by for what was tried."""
    with database.writing() as session:
        for row in session.scalars(select(LoginTryRow)):
            row.at -= span


# Members


def test_the_last_founder_can_neither_be_disabled_nor_demoted(access: Access, ada: Member, rae: Member) -> None:
    for deed in (access.disable, lambda who, one: access.change_role(who, one, Role.REVIEWER)):
        with pytest.raises(LastFounder, match="Ada is the last founder"):
            deed(ada, ada.member_id)
    access.change_role(ada, rae.member_id, Role.FOUNDER)
    access.disable(ada, ada.member_id)
    with pytest.raises(LastFounder, match="Rae"):
        access.disable(Member(rae.member_id, "Rae", Role.FOUNDER), rae.member_id)


def test_a_disabled_founder_is_no_founder_to_rely_on(access: Access, database: Database, ada: Member) -> None:
    other = members.add(database, "Bea", Role.FOUNDER)
    access.disable(ada, other.member_id)
    with pytest.raises(LastFounder):
        access.disable(ada, ada.member_id)


def test_disabling_ends_sessions_and_enabling_does_not_revive_them(
    access: Access, database: Database, ada: Member, rae: Member
) -> None:
    token = members.log_in(database, rae, "Firefox")
    assert access.member(token) == rae
    access.disable(ada, rae.member_id)
    assert access.member(token) is None
    access.enable(ada, rae.member_id)
    assert access.member(token) is None
    assert [entry.disabled_at for entry in access.members(ada)] == [None, None]


def test_a_changed_role_holds_at_the_next_look(access: Access, database: Database, ada: Member, rae: Member) -> None:
    token = members.log_in(database, rae, "")
    access.change_role(ada, rae.member_id, Role.FOUNDER)
    assert access.member(token) == Member(rae.member_id, "Rae", Role.FOUNDER)


def test_an_unknown_member_link_or_session_is_refused(access: Access, ada: Member) -> None:
    deeds: list[Callable[[], object]] = [
        lambda: access.disable(ada, "nobody"),
        lambda: access.renew(ada, "nobody"),
        lambda: access.withdraw(ada, "nothing"),
        lambda: access.end_session(ada, "nothing"),
        lambda: access.end_everywhere(ada, "nobody"),
    ]
    for deed in deeds:
        with pytest.raises(NotYours):
            deed()


def test_a_name_is_taken_however_it_is_written(access: Access, ada: Member) -> None:
    for name in ("Ada", "ADA", " ada "):
        with pytest.raises(BadCredential, match="this name already"):
            access.invite(ada, name, Role.REVIEWER)


def test_a_second_invitation_replaces_the_first_and_one_taken_back_works_no_more(
    access: Access, door: Door, ada: Member
) -> None:
    first, second = (access.invite(ada, "Kim", Role.REVIEWER) for _ in range(2))
    token = [new.path.partition("=")[2] for new in (first, second)]
    assert door.link(token[0]) is None
    assert door.link(token[1]) == second.link == access.links(ada)[0]
    access.withdraw(ada, second.link.link_id)
    assert door.link(token[1]) is None
    assert access.links(ada) == ()


# Sessions


def test_a_session_ends_when_idle_and_in_any_case_after_two_weeks(
    access: Access, database: Database, ada: Member
) -> None:
    idle, old, busy = (members.log_in(database, ada, "") for _ in range(3))
    age(database, idle, seen_at=timedelta(hours=12, minutes=1))
    age(database, old, expires_at=timedelta(days=14))
    age(database, busy, seen_at=timedelta(hours=11))
    assert [access.member(token) for token in (idle, old, busy)] == [None, None, ada]
    age(database, busy, seen_at=timedelta(hours=11))
    assert access.member(busy) == ada, "being used keeps it open"


def test_sessions_are_listed_and_ended_one_by_one_and_everywhere(
    access: Access, database: Database, ada: Member
) -> None:
    here, phone, library = (members.log_in(database, ada, agent) for agent in ("Firefox", "Safari", "Edg"))
    listed = access.sessions(ada, here)
    assert {session.agent for session in listed} == {"Firefox", "Safari", "Edg"}
    assert [session.agent for session in listed if session.is_present] == ["Firefox"]
    access.end_session(ada, next(session.session_id for session in listed if session.agent == "Edg"))
    assert access.member(library) is None
    assert access.end_everywhere(ada, ada.member_id, here) == 1
    assert [access.member(token) for token in (here, phone)] == [ada, None]


def test_no_token_is_in_the_database(access: Access, database: Database, ada: Member, tmp_path: Path) -> None:
    tokens = [members.log_in(database, ada, ""), access.invite(ada, "Kim", Role.REVIEWER).path.partition("=")[2]]
    if database.is_sqlite:
        content = b"".join(path.read_bytes() for path in (tmp_path / "store").iterdir())
        assert not [token for token in tokens if token.encode() in content]
        assert PASSWORD.encode() not in content
        assert b"$argon2id$" in content


# Tries


def test_only_what_was_wrong_lately_counts() -> None:
    moment = datetime(2026, 5, 4, 12, tzinfo=UTC)
    just_now = [moment - timedelta(seconds=1)] * 2
    assert login_tries.wait_after(just_now, 3, 60, moment) == 0
    assert login_tries.wait_after(just_now * 2, 3, 60, moment) == 4 - 1
    assert login_tries.wait_after(just_now * 50, 3, 60, moment) == 60 - 1
    assert login_tries.wait_after([moment - timedelta(minutes=2)] * 50, 3, 60, moment) <= 0


def test_tries_at_the_same_time_do_not_slip_through_together(database: Database) -> None:
    seconds = [login_tries.begin(database, "name", "source")[1] for _ in range(6)]
    assert seconds[:3] == [0, 0, 0]
    assert all(seconds[3:])


def test_an_account_of_one_s_own_does_not_pay_for_guessing_another_s(database: Database) -> None:
    for _ in range(3):
        login_tries.begin(database, "victim", "source")
    wait(database, timedelta(seconds=5))
    mine, _ = login_tries.begin(database, "mine", "source")
    login_tries.succeed(database, mine)
    assert login_tries.begin(database, "victim", "source")[1] == 0
    assert login_tries.begin(database, "victim", "source")[1] > 2


def test_after_the_delay_the_right_password_works(door: Door, database: Database, ada: Member) -> None:
    for _ in range(3):
        with pytest.raises(LoginRefused, match="name or password"):
            door.log_in("Ada", "wrong words and more", source="here")
    with pytest.raises(LoginDelayed) as delayed:
        door.log_in("Ada", PASSWORD, source="here")
    waited = timedelta(seconds=cast(int, delayed.value.facts["seconds"]))
    wait(database, waited)
    assert door.log_in("ada", PASSWORD, source="here")[0] == ada
    assert door.log_in("ada", PASSWORD, source="here")[0] == ada


def test_a_password_is_the_same_however_its_letters_are_composed(door: Door, database: Database) -> None:
    members.add(database, "Zoë", Role.FOUNDER, hash_password("crème brûlée avec thé"))
    decomposed = "creme\u0301 bru\u0302le\u0301e avec the\u0301".replace("creme\u0301", "cre\u0300me")
    assert door.log_in("Zoë", decomposed, source="here")[0].name == "Zoë"


def test_a_password_is_compared_whole() -> None:
    hashed = hash_password("x" * 199 + "yz!a"[:1])
    assert is_password("x" * 199 + "y", hashed)
    assert not is_password("x" * 199 + "y" + "z", hashed)
    assert not is_password("anything", "")


def test_the_key_is_made_once_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    settings = read_settings({"HEARBACK_DATA": str(tmp_path / "data")})
    first = Key(settings).sign("form", "text")
    assert Key(settings).is_signed("form", "text", first)
    assert not Key(settings).is_signed("source", "text", first)
    assert (tmp_path / "data" / "door.key").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["door.key"]


@pytest.mark.parametrize("name", ["", " \n", "\u200b\u202e", "…", "x" * 81, "x" * 100_000])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(BadCredential):
        check_name(name)


def test_a_name_loses_what_hides_in_it() -> None:
    assert check_name("  Ada\u202e\n Love\u200blace ") == "Ada Lovelace"


# What was done


def test_every_deed_is_in_the_log_with_who_and_whom(access: Access, database: Database, ada: Member) -> None:
    rae = members.add(database, "Rae", Role.REVIEWER)
    members.log_in(database, rae, "")
    access.invite(ada, "Kim", Role.REVIEWER)
    access.withdraw(ada, access.links(ada)[0].link_id)
    access.change_role(ada, rae.member_id, Role.FOUNDER)
    access.change_role(ada, rae.member_id, Role.FOUNDER)
    access.renew(ada, "Rae")
    access.end_everywhere(ada, rae.member_id)
    access.disable(ada, rae.member_id)
    access.enable(ada, rae.member_id)
    list(access.audit_rows(ada))
    assert actions(database) == [
        ("Rae", "logged in", ""),
        ("Ada", "invited", "Kim"),
        ("Ada", "took a link back", "Kim"),
        ("Ada", "changed role", "Rae"),
        ("Ada", "made a login link", "Rae"),
        ("Ada", "ended sessions", "Rae"),
        ("Ada", "disabled", "Rae"),
        ("Ada", "enabled", "Rae"),
        ("Ada", "downloaded", "audit log"),
    ]


def test_the_log_pages_and_filters(access: Access, database: Database, ada: Member) -> None:
    rae = Member("r", "Rae", Role.REVIEWER)
    with database.writing() as session:
        for number in range(120):
            audit.note(session, ada if number % 2 else rae, "approved" if number % 3 else "rejected", str(number))
    audit.refuse(database, "ab12", "a page of the company")
    first, last = access.audit(ada), access.audit(ada, page=3)
    assert (first.total, first.pages, len(first.entries), len(last.entries)) == (121, 3, 50, 21)
    assert first.entries[1].subject == "119"
    assert last.entries[-1].subject == "0"
    assert access.audit(ada, ada.member_id, "rejected").total == 20
    assert [entry.action for entry in access.audit(ada, NOBODY).entries] == ["refused"]
    assert access.audit(ada, page=99).entries == ()
    assert access.audit_choices(ada) == ({ada.member_id: "Ada", "r": "Rae"}, ("approved", "refused", "rejected"))
    assert row_of(access.audit(ada, NOBODY).entries[0])[1:] == (
        "nobody",
        "refused",
        "a page of the company",
        "source ab12",
    )


def test_a_deed_that_fails_leaves_no_trace(access: Access, database: Database, ada: Member) -> None:
    with pytest.raises(LastFounder):
        access.disable(ada, ada.member_id)
    assert actions(database) == []


def test_the_same_refusal_is_noted_once_a_minute(door: Door, database: Database) -> None:
    for _ in range(50):
        door.refuse("ab12", "a page of the company")
    door.refuse("cd34", "a page of the company")
    assert len(actions(database)) == 2


def test_a_wrong_try_names_the_member_who_was_meant_and_no_other_name(
    door: Door, database: Database, ada: Member
) -> None:
    for name in ("Ada", "hunter2 hunter2"):
        with pytest.raises(LoginRefused):
            door.log_in(name, "wrong words and more", source="here")
    details = [entry.detail for entry in audit.page(database, None, audit.REFUSED, 0, 10)[0]]
    assert details == [{"source": "here"}, {"source": "here", "tried": "Ada"}]
    with database.reading() as session:
        assert not [row for row in session.scalars(select(LoginTryRow)) if "hunter" in row.name]


# The company's own login


@pytest.fixture
def hosted(database: Database, tmp_path: Path) -> Callable[..., Door]:
    """Return a function that opens the door of a hosted Hearback with these founders and reviewers."""

    def open_door(*founders: str, reviewers: tuple[str, ...] = ()) -> Door:
        lists = {"founders": frozenset(founders), "reviewers": frozenset(reviewers)}
        return Door(a_house(database, tmp_path, login="oidc", **lists))

    return open_door


def enter(door: Door, address: str = ADDRESS, is_verified: bool = True, ago: timedelta = timedelta(0)) -> Member | None:
    return door.by_address(address, is_verified, "issuer sub", datetime.now(UTC) - ago, "Firefox", "here")


def test_a_verified_address_on_the_list_becomes_a_member_at_first_sight(
    hosted: Callable[..., Door], database: Database
) -> None:
    door, at = hosted(ADDRESS), datetime.now(UTC)
    first = door.by_address("Ada@Example.com ", True, "issuer sub", at, "", "here")
    assert first is not None
    assert (first.name, first.role) == (ADDRESS, Role.FOUNDER)
    assert door.by_address(ADDRESS, True, "issuer sub", at, "", "here") == first
    assert actions(database) == [(ADDRESS, "logged in", "")]


@pytest.mark.parametrize("address", ["eve@example.com", "", "ada@example.com.evil.test", "xada@example.com"])
def test_whoever_is_not_on_the_list_is_refused_and_becomes_nobody(
    hosted: Callable[..., Door], database: Database, address: str
) -> None:
    with pytest.raises(LoginRefused, match="not on the list"):
        enter(hosted(ADDRESS), address)
    assert not members.has_members(database)
    assert [entry.action for entry in audit.page(database, None, "", 0, 5)[0]] == ["refused"]


def test_an_address_that_nobody_checked_is_nobody_s(hosted: Callable[..., Door]) -> None:
    with pytest.raises(LoginRefused):
        enter(hosted(ADDRESS), is_verified=False)
    with pytest.raises(LoginRefused):
        hosted(ADDRESS).by_address(ADDRESS, True, "issuer sub", None, "", "here")


def test_taking_an_address_off_the_list_ends_its_access_and_moving_it_changes_the_role(
    hosted: Callable[..., Door],
) -> None:
    assert enter(hosted(ADDRESS, "b@example.com")).role is Role.FOUNDER  # type: ignore[union-attr]
    assert enter(hosted("b@example.com", reviewers=(ADDRESS,))).role is Role.REVIEWER  # type: ignore[union-attr]
    with pytest.raises(LoginRefused):
        enter(hosted("b@example.com"))


def test_a_company_login_grows_old_can_be_ended_and_can_be_renewed(
    hosted: Callable[..., Door], database: Database, tmp_path: Path
) -> None:
    door = hosted(ADDRESS, "b@example.com")
    assert enter(door, ago=timedelta(days=15)) is None
    at = datetime.now(UTC) - timedelta(minutes=5)

    def look(moment: datetime) -> Member | None:
        return door.by_address(ADDRESS, True, "issuer sub", moment, "", "here")

    member = look(at)
    assert member is not None
    other = enter(door, "b@example.com")
    assert other is not None
    access = Access(a_house(database, tmp_path, login="oidc"))
    access.end_everywhere(other, member.member_id)
    assert look(at) is None
    assert look(at + timedelta(minutes=4)) == member
    access.disable(other, member.member_id)
    assert look(datetime.now(UTC)) is None


def test_where_the_company_logs_in_no_password_and_no_link_lets_anybody_in(
    hosted: Callable[..., Door], database: Database, tmp_path: Path, ada: Member
) -> None:
    door = hosted(ADDRESS)
    with pytest.raises(LoginRefused, match="company's login"):
        door.log_in("Ada", PASSWORD, source="here")
    access = Access(a_house(database, tmp_path, login="oidc"))
    with pytest.raises(BadCredential, match="HEARBACK_FOUNDERS"):
        access.invite(ada, "Kim", Role.REVIEWER)
    assert first_link(dataclasses.replace(hosted_settings(tmp_path), login="oidc")) is None


def hosted_settings(folder: Path) -> Settings:
    return read_settings({"HEARBACK_DATA": str(folder)})


def test_by_password_nobody_comes_in_by_an_address(door: Door) -> None:
    with pytest.raises(LoginRefused):
        enter(door)


# The command


@pytest.fixture
def at_the_machine(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARBACK_DATA", str(tmp_path))
    monkeypatch.setenv("HEARBACK_DATABASE_URL", database.url.render_as_string(hide_password=False))


def login_link(*words: str) -> int:
    return main(["login-link", *words], io.BytesIO(), io.BytesIO())


@pytest.mark.usefixtures("at_the_machine")
def test_login_link_lets_a_founder_who_lost_the_password_in_again(
    database: Database, door: Door, ada: Member, capsys: pytest.CaptureFixture[str]
) -> None:
    assert login_link("--address", "https://hear.example/") == 0
    told = capsys.readouterr().out
    assert "new password for Ada" in told
    assert "https://hear.example/door?setup=" in told
    new = "four other plain words"
    door.use_link(told.strip().rpartition("=")[2], "", new, new, source="here")
    assert door.log_in("Ada", new, source="here")[0] == ada
    assert ("on the machine", "made a login link", "Ada") in actions(database)


@pytest.mark.usefixtures("at_the_machine")
def test_login_link_asks_for_whom_and_knows_who_there_is(
    database: Database, ada: Member, capsys: pytest.CaptureFixture[str]
) -> None:
    members.add(database, "Bea", Role.FOUNDER)
    assert login_link() == 1
    assert "Ada, Bea" in capsys.readouterr().err
    assert login_link("Zoe") == 1
    assert login_link("bea") == 0


@pytest.mark.usefixtures("at_the_machine")
def test_login_link_sets_up_the_first_founder_where_there_is_none(
    door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    assert login_link() == 0
    link = door.link(capsys.readouterr().out.strip().rpartition("=")[2])
    assert link is not None
    assert link.purpose == "setup"


def test_a_reviewer_may_leave_and_nothing_else(access: Access, database: Database, rae: Member) -> None:
    token = members.log_in(database, rae, "")
    with pytest.raises(NotAllowed):
        access.members(rae)
    access.leave(rae, token)
    assert access.member(token) is None
