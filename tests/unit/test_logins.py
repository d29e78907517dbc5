"""Identity, logins and users over the real store, with Argon2 at its cheapest."""

from __future__ import annotations

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from backend.adapters.argon2_passwords import Argon2Passwords
from backend.adapters.sql.credentials import SqlCredentials
from backend.adapters.sql.database import Database
from backend.adapters.sql.users import SqlLoginAttempts, SqlUsers
from backend.commands.serve import exposed
from backend.config.settings import load_settings
from backend.errors import InvalidRequest, KeyNotFound, NotAuthenticated, TooManyAttempts, WrongPassword
from backend.models.access import USUAL, Kind, Scope, scopes_of, scopes_text, tenant_named
from backend.services.access import Access
from backend.services.keys import Keys
from backend.services.logins import MOST_ATTEMPTS, Accounts, Logins
from backend.utils.secrets import new_secret


class Door:
    """Everything about who asks, over one database."""

    def __init__(self, database: Database) -> None:
        self.credentials = SqlCredentials(database)
        self.passwords = Argon2Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.access = Access(self.credentials, required=True)
        self.keys = Keys(self.credentials)
        self.users = SqlUsers(database)
        self.accounts = Accounts(self.users, self.passwords)
        self.logins = Logins(
            users=self.users,
            attempts=SqlLoginAttempts(database),
            credentials=self.credentials,
            passwords=self.passwords,
            lifetime_s=60,
        )


@pytest.fixture
def door(database: Database) -> Door:
    return Door(database)


async def test_a_key_opens_its_tenant_until_it_is_revoked(door: Door) -> None:
    made, secret = await door.keys.create("biology", "lab", frozenset({Scope.READ}), None)
    who = await door.access.identify(secret)
    assert (who.tenant, who.scopes, who.credential, who.kind, who.user) == (
        "biology",
        {Scope.READ},
        made.id,
        Kind.KEY,
        "",
    )
    await door.access.close()
    assert (await door.keys.keys("biology"))[0].last_used_at is not None
    await door.keys.revoke(made.id)
    with pytest.raises(NotAuthenticated, match="revoked"):
        await door.access.identify(secret)
    with pytest.raises(KeyNotFound):
        await door.keys.revoke(made.id)


async def test_what_is_no_key_opens_nothing(door: Door) -> None:
    made, secret = await door.keys.create("biology", "", USUAL, None)
    _, unknown = new_secret()
    another_secret = secret[:-43] + unknown[-43:]
    for wrong in (None, "", "x", unknown, another_secret, made.digest, made.id, secret.upper(), secret + "A"):
        with pytest.raises(NotAuthenticated):
            await door.access.identify(wrong)


async def test_the_secret_is_stored_nowhere(door: Door, tmp_path: Path, database: Database) -> None:
    _, secret = await door.keys.create("biology", "", USUAL, None)
    await door.accounts.add("ada", "biology", USUAL, "correct horse")
    token = await door.logins.log_in("ada", "correct horse", "1.2.3.4")
    database.close()
    stored = everything_in(tmp_path)
    for hidden in (secret, secret[-43:], token, token[-43:], "correct horse"):
        assert hidden.encode() not in stored
    assert b"$argon2id$" in stored


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def test_an_expired_key_opens_nothing(door: Door) -> None:
    _, secret = await door.keys.create("biology", "", USUAL, 1e-9)
    with pytest.raises(NotAuthenticated):
        await door.access.identify(secret)


async def test_where_none_is_required_no_credential_is_looked_at(door: Door) -> None:
    anyone = await Access(door.credentials, required=False).identify("anything")
    assert (anyone.tenant, anyone.scopes, anyone.credential) == ("default", set(Scope), "")


async def test_a_login_is_good_until_it_ends(door: Door) -> None:
    await door.accounts.add("ada", "biology", frozenset({Scope.READ}), "correct horse")
    token = await door.logins.log_in("ada", "correct horse", "1.2.3.4")
    who = await door.access.identify(token)
    assert (who.tenant, who.user, who.kind, who.scopes) == ("biology", "ada", Kind.LOGIN, {Scope.READ})
    assert await door.keys.keys(None) == []
    assert await door.logins.log_out(who)
    with pytest.raises(NotAuthenticated):
        await door.access.identify(token)


async def test_a_key_is_not_logged_out(door: Door) -> None:
    _, secret = await door.keys.create("biology", "", USUAL, None)
    assert not await door.logins.log_out(await door.access.identify(secret))
    await door.access.identify(secret)


async def test_a_new_password_ends_logins_and_the_old_one(door: Door) -> None:
    await door.accounts.add("ada", "biology", USUAL, "correct horse")
    token = await door.logins.log_in("ada", "correct horse", "1.2.3.4")
    await door.accounts.change_password("ada", "battery staple")
    with pytest.raises(NotAuthenticated):
        await door.access.identify(token)
    with pytest.raises(WrongPassword):
        await door.logins.log_in("ada", "correct horse", "1.2.3.4")
    await door.logins.log_in("ada", "battery staple", "1.2.3.4")


async def test_a_wrong_password_and_an_unknown_user_are_told_alike(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await door.accounts.add("ada", "biology", USUAL, "correct horse")
    work: list[str] = []
    hasher = door.passwords._hasher
    monkeypatch.setattr(door.passwords, "_hasher", _Counting(hasher, work))
    told = set()
    for name in ("ada", "nobody"):
        with pytest.raises(WrongPassword) as wrong:
            await door.logins.log_in(name, "wrong horse", "1.2.3.4")
        told.add(wrong.value.message)
    assert len(told) == 1
    assert work == ["verify", "hash"]  # one computation of the same cost each


class _Counting:
    def __init__(self, hasher: PasswordHasher, work: list[str]) -> None:
        self._hasher, self._work = hasher, work

    def hash(self, password: str) -> str:
        self._work.append("hash")
        return self._hasher.hash(password)

    def verify(self, password_hash: str, password: str) -> bool:
        self._work.append("verify")
        return self._hasher.verify(password_hash, password)


async def test_attempts_are_limited_by_address_and_user(door: Door) -> None:
    await door.accounts.add("ada", "biology", USUAL, "correct horse")
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(WrongPassword):
            await door.logins.log_in("ada", "wrong horse", "1.2.3.4")
    with pytest.raises(TooManyAttempts, match="Try again in 15 min") as refused:
        await door.logins.log_in("ada", "correct horse", "1.2.3.4")
    assert 0 < (refused.value.retry_after_s or 0) <= 900
    await door.logins.log_in("ada", "correct horse", "5.6.7.8")
    with pytest.raises(WrongPassword):
        await door.logins.log_in("bob", "correct horse", "1.2.3.4")


async def test_an_attempt_that_succeeds_begins_anew(door: Door) -> None:
    await door.accounts.add("ada", "biology", USUAL, "correct horse")
    for _ in range(3 * MOST_ATTEMPTS):
        await door.logins.log_in("ada", "correct horse", "1.2.3.4")


@pytest.mark.parametrize(
    ("name", "tenant", "password"),
    [
        ("", "t", "long enough"),
        ("a b", "t", "long enough"),
        ("x" * 129, "t", "long enough"),
        ("ada", "", "long enough"),
        ("ada", "*", "long enough"),
        ("ada", "../up", "long enough"),
        ("ada", "t", "short"),
        ("ada", "t", "x" * 1025),
    ],
)
async def test_what_cannot_be_a_user_is_refused(door: Door, name: str, tenant: str, password: str) -> None:
    with pytest.raises(InvalidRequest):
        await door.accounts.add(name, tenant, USUAL, password)
    assert await door.accounts.users() == []


@pytest.mark.parametrize(
    ("tenant", "name", "days"),
    [("*", "", None), (".hidden", "", None), ("t\n", "", None), ("t", "x" * 129, None), ("t", "a\nb", None)]
    + [("t", "", days) for days in (0, -1, 1e9, float("nan"), float("inf"))],
)
async def test_what_cannot_be_a_key_is_refused(
    door: Door, tenant: str, name: str, days: float | None
) -> None:
    with pytest.raises(InvalidRequest):
        await door.keys.create(tenant, name, USUAL, days)
    assert await door.keys.keys(None) == []


async def test_a_hash_that_is_none_fits_no_password(door: Door) -> None:
    assert not await door.passwords.fits("", "")
    assert not await door.passwords.fits("password", "password")
    assert not await door.passwords.fits("password", None)


def test_scopes_are_named_in_any_order_and_kept_in_one() -> None:
    assert scopes_text(scopes_of(" admin, read ")) == "read,admin"
    for wrong in ("", " , ", "root", "read,root"):
        with pytest.raises(InvalidRequest, match="read, write, admin"):
            scopes_of(wrong)
    assert tenant_named("A-1_b.c") == "A-1_b.c"


@pytest.mark.parametrize(
    ("host", "required", "warned"),
    [
        ("127.0.0.1", False, False),
        ("127.8.8.8", False, False),
        ("::1", False, False),
        ("localhost", False, False),
        ("0.0.0.0", False, True),  # noqa: S104 - said, not bound
        ("::", False, True),
        ("192.168.1.5", False, True),
        ("my-host", False, True),
        ("0.0.0.0", True, False),  # noqa: S104 - said, not bound
    ],
)
def test_a_server_open_to_all_says_so(host: str, required: bool, warned: bool) -> None:
    said = exposed(load_settings(host=host, auth_required=required))
    assert bool(said) is warned
    assert ("AUTH_REQUIRED=true" in said) is warned
