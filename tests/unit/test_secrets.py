from __future__ import annotations

import hashlib
import hmac

import pytest

from backend.utils.secrets import PREFIX, digest_of, is_secret_of, new_secret, public_id


def test_a_secret_has_256_random_bits_and_a_form_that_is_known_again() -> None:
    made = [new_secret() for _ in range(200)]
    assert len({secret for _, secret in made}) == len({public for public, _ in made}) == 200
    for public, secret in made:
        assert secret.startswith(f"{PREFIX}{public}_")
        assert len(secret.removeprefix(f"{PREFIX}{public}_")) == 43  # base64 of 32 bytes
        assert public_id(secret) == public


@pytest.mark.parametrize(
    "text", ["", "quaestio_", "quaestio_0123456789abcdef_short", "x" * 100_000, "quaestio_é", "\x00"]
)
def test_what_has_another_form_is_no_secret(text: str) -> None:
    assert public_id(text) is None
    assert not is_secret_of(text, digest_of("another"))


def test_only_the_secret_fits_its_digest() -> None:
    public, secret = new_secret()
    digest = digest_of(secret)
    assert digest == hashlib.sha256(secret.encode()).hexdigest()
    assert is_secret_of(secret, digest)
    assert not is_secret_of(secret[:-1] + ("A" if secret[-1] != "A" else "B"), digest)
    assert not is_secret_of(f"{PREFIX}{public}_{'A' * 43}", digest)
    assert not is_secret_of(secret, None)


@pytest.mark.parametrize("held", ["known", "unknown"])
def test_digests_are_compared_in_constant_time_whether_there_is_one_or_not(
    held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[str, str]] = []
    real = hmac.compare_digest

    def noted(one: str, other: str) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", noted)
    _, secret = new_secret()
    assert is_secret_of(secret, digest_of(secret) if held == "known" else None) is (held == "known")
    assert [len(one) + len(other) for one, other in compared] == [128]
