"""The door of the office: how somebody becomes, and shows to be, a member. Nobody is logged in here yet."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime

from core.config import Settings
from core.credentials import PASSWORD_CHARACTERS, Key, check_name, check_password, hash_password, is_password
from core.errors import BadCredential, LoginDelayed, LoginRefused, NotYours, StoreError
from core.house import House
from core.office.room import Room
from core.store import audit, login_links, login_tries, members
from core.store.db import Database
from core.store.login_links import GONE, LoginLink
from core.types import Member, Role

SAME_REFUSAL_SECONDS = 60.0
REFUSALS_REMEMBERED = 1_000
WRONG = "name or password is wrong."
_log = logging.getLogger(__name__)


class Door(Room):
    """Lets members in, and writes down whom it does not; what is typed as a password is never written anywhere."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._settings = house.settings
        self.key = Key(house.settings)
        self._refused: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    @property
    def is_by_password(self) -> bool:
        """Whether members log in here, and not at their company's own login."""
        return self._settings.login == "password"

    def has_members(self) -> bool:
        """Return whether anybody is a member yet; raises StoreError."""
        return members.has_members(self._database)

    def link(self, token: str) -> LoginLink | None:
        """Return the link of a token, or None where it works no more; raises StoreError."""
        return login_links.look(self._database, token) if self.is_by_password else None

    def use_link(
        self, token: str, name: str, password: str, again: str, *, source: str, agent: str = "", old_token: str = ""
    ) -> tuple[Member, str]:
        """Do what the link is for, and log in; returns the member and the token of the new session.

        `name` counts for the first founder only. Raises LoginRefused, BadCredential, StoreError.
        """
        link = self.link(token)
        if link is None:
            self.refuse(source, "a login link")
            raise LoginRefused(role="member", why=GONE)
        name = check_name(link.name or name)
        check_password(password, again, name)
        return login_links.use(self._database, token, name, hash_password(password), agent, old_token)

    def log_in(
        self, name: str, password: str, *, source: str, agent: str = "", old_token: str = ""
    ) -> tuple[Member, str]:
        """Return the member with this name and password, and the token of a new session.

        Raises LoginRefused, which does not say what was wrong, LoginDelayed after wrong tries, StoreError.
        """
        if not self.is_by_password:
            raise LoginRefused(role="member", why="members of this Hearback use their company's login.")
        try_id = self._begin_try(name, source)
        found = members.find(self._database, name.strip()) if len(name) <= PASSWORD_CHARACTERS else None
        if not is_password(password, found[1] if found else "") or found is None:
            self._note(source, "log in", None, **({"tried": found[0].name} if found else {}))
            raise LoginRefused(role="member", why=WRONG)
        login_tries.succeed(self._database, try_id)
        return found[0], members.log_in(self._database, found[0], agent, old_token)

    def change_password(self, token: str, password: str, new: str, again: str, *, source: str) -> Member:
        """Give whoever's session this is a new password, and end their other sessions.

        Raises LoginRefused, LoginDelayed, BadCredential, StoreError.
        """
        member = members.member_of(self._database, token) if token and self.is_by_password else None
        if member is None:
            raise LoginRefused(role="member", why="your session is over. Log in again.")
        check_password(new, again, member.name)
        try_id = self._begin_try(member.name, source)
        found = members.find(self._database, member.name)
        if not is_password(password, found[1] if found else ""):
            self._note(source, "change the password", member)
            raise BadCredential(why="the present password is not the right one.")
        login_tries.succeed(self._database, try_id)
        members.change_password(self._database, member, hash_password(new), token)
        return member

    def log_out(self, token: str) -> None:
        """End the session of a token, if it is one; raises StoreError."""
        members.log_out(self._database, token)

    def by_address(
        self, address: str, is_verified: bool, login_id: str, entered_at: datetime | None, agent: str, source: str
    ) -> Member | None:
        """Return the member behind an address that the company's login vouches for, or None where it must be renewed.

        Only addresses on the lists in the settings enter, and only while they are there: the lists are asked every
        time. `login_id` names that login at the provider, `entered_at` when it was. Raises LoginRefused, StoreError.
        """
        address = address.strip().casefold()
        role = self._role_of(address)
        if self.is_by_password or not is_verified or role is None or entered_at is None:
            self.refuse(source, "log in by the company's login")
            raise LoginRefused(
                role="member",
                why="your address is not on the list of this Hearback, or your company does not vouch for it.",
            )
        session_name = f"{address} {login_id} {entered_at.timestamp():.0f}"
        entered_at = min(entered_at, datetime.now(UTC))
        return members.meet(self._database, address, role, entered_at, session_name, agent)

    def source(self, address: str) -> str:
        """Return the keyed digest of a network address, under which its tries are counted and told."""
        return self.key.sign("source", address or "this machine")[:16]

    def refuse(self, source: str, what: str, member: Member | None = None) -> None:
        """Write down that `what` was refused, the same at most once a minute; never raises."""
        seen = (source, what)
        with self._lock:
            moment = time.monotonic()
            if moment - self._refused.get(seen, -SAME_REFUSAL_SECONDS) < SAME_REFUSAL_SECONDS:
                return
            self._refused[seen] = moment
            while len(self._refused) > REFUSALS_REMEMBERED:
                del self._refused[next(iter(self._refused))]
        self._note(source, what, member)

    def _note(self, source: str, what: str, member: Member | None, **detail: str) -> None:
        _log.warning("refused: %s, to somebody from %s", what, source)
        try:
            audit.refuse(self._database, source, what, member, **detail)
        except StoreError as error:
            _log.warning("a refusal was not written down: %s", error)

    def _begin_try(self, name: str, source: str) -> int:
        digest = self.key.sign("name", name[:PASSWORD_CHARACTERS].strip().casefold())[:32]
        try_id, seconds = login_tries.begin(self._database, digest, source)
        if seconds:
            self.refuse(source, "log in, too soon after wrong tries")
            raise LoginDelayed(role="member", why="", seconds=seconds)
        return try_id

    def _role_of(self, address: str) -> Role | None:
        if address in self._settings.founders:
            return Role.FOUNDER
        return Role.REVIEWER if address in self._settings.reviewers else None


def first_link(settings: Settings) -> str | None:
    """Return the token of a fresh setup link where nobody is a member yet; opens the database for that alone.

    Raises StoreError.
    """
    if settings.login != "password":
        return None
    database = _migrated(settings)
    try:
        return login_links.make_setup(database)
    finally:
        database.close()


def login_link(settings: Settings, name: str = "") -> tuple[str, LoginLink | None]:
    """Return the token of a link for a new password, and what it is; where nobody is a member yet, of the setup link.

    Without a name the one founder is meant. Raises BadCredential, NotYours, StoreError.
    """
    if settings.login != "password":
        raise BadCredential(why="members of this Hearback use their company's login (HEARBACK_LOGIN=oidc).")
    database = _migrated(settings)
    try:
        token = login_links.make_setup(database)
        if token:
            return token, None
        founders = [founder.name for founder in members.founders(database)]
        if not name and len(founders) != 1:
            raise BadCredential(why=f"say for whom: {', '.join(founders)}.")
        try:
            return login_links.make_password_link(database, None, name or founders[0])
        except NotYours as error:
            raise BadCredential(why=f"no enabled member has that name. Founders: {', '.join(founders)}.") from error
    finally:
        database.close()


def _migrated(settings: Settings) -> Database:
    database = Database(settings.database_url)
    database.migrate()
    return database


__all__ = ["GONE", "Door", "LoginLink", "first_link", "login_link"]
