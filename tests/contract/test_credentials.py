"""What every store of credentials, users and attempts must do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from backend.adapters.sql.credentials import SqlCredentials
from backend.adapters.sql.database import Database
from backend.adapters.sql.users import SqlLoginAttempts, SqlUsers
from backend.errors import UserExists
from backend.models.access import USUAL, Kind, NewCredential, Scope, User
from backend.ports.credentials import Credentials
from backend.ports.users import LoginAttempts, Users


@pytest.fixture(params=["sql"])
def credentials(database: Database) -> Credentials:
    return SqlCredentials(database)


@pytest.fixture(params=["sql"])
def users(database: Database) -> Users:
    return SqlUsers(database)


@pytest.fixture(params=["sql"])
def attempts(database: Database) -> LoginAttempts:
    return SqlLoginAttempts(database)


def new(
    name: str, kind: Kind = Kind.KEY, tenant: str = "t", lifetime_s: float | None = None
) -> NewCredential:
    return NewCredential(name.rjust(16, "0"), kind, tenant, name, USUAL, "d" * 64, lifetime_s)


async def test_a_credential_comes_back_as_it_was(credentials: Credentials) -> None:
    made = await credentials.add(new("a", lifetime_s=60))
    found = await credentials.find(made.id)
    assert found == made
    assert (found.tenant, found.name, found.scopes, found.digest) == ("t", "a", USUAL, "d" * 64)
    assert found.live
    assert found.expires_at == pytest.approx(found.created_at + 60, abs=1)
    assert (found.last_used_at, found.revoked_at) == (None, None)
    assert await credentials.find("f" * 16) is None


async def test_keys_are_listed_by_tenant_without_logins(credentials: Credentials) -> None:
    await credentials.add(new("a"))
    await credentials.add(new("b", tenant="other"))
    await credentials.add(new("ada", Kind.LOGIN, lifetime_s=60))
    assert [key.name for key in await credentials.keys(None)] == ["a", "b"]
    assert [key.name for key in await credentials.keys("other")] == ["b"]
    assert await credentials.keys("nobody") == []


async def test_a_revoked_one_is_dead_in_another_process(credentials: Credentials, tmp_path: Path) -> None:
    made = await credentials.add(new("a"))
    for _ in range(3):
        known = await credentials.find(made.id)
        assert known is not None
        assert known.live
    elsewhere = Database(tmp_path / "quaestio.db")
    try:
        other = SqlCredentials(elsewhere)
        assert await other.revoke(made.id)
        assert not await other.revoke(made.id)
        assert not await other.revoke("f" * 16)
    finally:
        elsewhere.close()
    found = await credentials.find(made.id)
    assert found is not None
    assert not found.live
    assert found.revoked_at is not None


async def test_an_expired_one_is_dead_and_an_expired_login_forgotten(credentials: Credentials) -> None:
    key = await credentials.add(new("a", lifetime_s=-1))
    login = await credentials.add(new("ada", Kind.LOGIN, lifetime_s=-1))
    assert not key.live
    await credentials.add(new("b"))
    assert await credentials.find(login.id) is None
    kept = await credentials.find(key.id)
    assert kept is not None
    assert not kept.live


async def test_one_that_is_known_expires_as_well(credentials: Credentials) -> None:
    made = await credentials.add(new("a", lifetime_s=0.3))
    states = []
    for _ in range(2):
        found = await credentials.find(made.id)
        assert found is not None
        states.append(found.live)
        await asyncio.sleep(0.5)
    assert states == [True, False]


async def test_the_last_use_is_noted(credentials: Credentials) -> None:
    made = await credentials.add(new("a"))
    await credentials.note_use(made.id)
    found = await credentials.find(made.id)
    assert found is not None
    assert found.last_used_at is not None
    assert found.last_used_at >= found.created_at


async def test_users_have_one_name_over_all_tenants(users: Users) -> None:
    ada = User("ada", "t", frozenset({Scope.READ}), "hash")
    await users.add(ada)
    await users.add(User("bob", "u", USUAL, "hash"))
    with pytest.raises(UserExists, match="ada"):
        await users.add(User("ada", "u", USUAL, "another"))
    found = await users.find("ada")
    assert found is not None
    assert (found.tenant, found.scopes, found.password_hash) == ("t", ada.scopes, "hash")
    assert [user.name for user in await users.users()] == ["ada", "bob"]
    assert await users.find("Ada") is None


@pytest.mark.parametrize("end", ["password", "removal"])
async def test_logins_end_with_a_password_or_a_user(users: Users, credentials: Credentials, end: str) -> None:
    await users.add(User("ada", "t", USUAL, "hash"))
    login = await credentials.add(new("ada", Kind.LOGIN, lifetime_s=60))
    others = [await credentials.add(new("bob", Kind.LOGIN, lifetime_s=60)), await credentials.add(new("x"))]
    named_alike = await credentials.add(NewCredential("e" * 16, Kind.KEY, "t", "ada", USUAL, "d" * 64))
    ended = await (users.change_password("ada", "new") if end == "password" else users.remove("ada"))
    assert ended
    found = await credentials.find(login.id)
    assert found is not None
    assert not found.live
    for other in [*others, named_alike]:
        still = await credentials.find(other.id)
        assert still is not None
        assert still.live
    assert (await users.find("ada") is None) is (end == "removal")
    assert not await users.change_password("nobody", "new")
    assert not await users.remove("nobody")


async def test_attempts_are_counted_once_each_and_forgotten(attempts: LoginAttempts) -> None:
    counted = await asyncio.gather(*(attempts.count("a", 60) for _ in range(20)))
    assert sorted(number for number, _ in counted) == list(range(1, 21))
    assert all(0 < left <= 60 for _, left in counted)
    assert (await attempts.count("b", 60))[0] == 1
    await attempts.forget("a")
    assert (await attempts.count("a", 60))[0] == 1
    assert (await attempts.count("a", -1))[0] == 1  # the window is over: it begins anew
