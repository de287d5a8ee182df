"""The file of secrets: what is forgotten stands nowhere in it, and what is not stays whole."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.provenance.private import Secret
from lading.provenance.private_documents import Sealed
from lading.relayer.errors import PrivateStoreError
from lading.relayer.outbox.private_store import PrivateStore

CONTENT = bytes(range(32))


def event_id(number: int) -> str:
    return f"ni:///sha-256;{number:064x}?ver=CBV2.0"


def secret(name: str, size: int = 24) -> Secret:
    """Its value is random text of that many bytes, in hex, which nothing else in a file is."""
    return Secret.of(name, os.urandom(size).hex())


def bytes_beside(path: Path) -> bytes:
    """Of the store and of every file that SQLite may have put beside it."""
    return b"".join(one.read_bytes() for one in sorted(path.parent.iterdir()))


def stands_in(data: bytes, one: Secret) -> bool:
    assert isinstance(one.value, str)
    # Half of a value is as bad, and finds one that is cut by a page.
    parts = [one.value[start : start + 16].encode() for start in range(0, len(one.value) - 15, 16)]
    return one.salt in data or one.salt.hex().encode() in data or any(part in data for part in parts)


def test_what_is_put_in_comes_out(tmp_path: Path):
    path = tmp_path / "private.sqlite3"
    values = [None, True, 0, 1e20, -1.5e-9, "é\u2028", {"a": [1, {"b": "c"}]}, []]
    held = tuple(Secret.of(f"acme:f{number}", value) for number, value in enumerate(values))
    with PrivateStore.open(path, create=True) as store:
        store.put([Sealed(event_id(1), CONTENT, held)])
    with PrivateStore.open(path) as store:
        found = store.get(event_id(1))
        assert found is not None
        assert found.content_hash == CONTENT
        assert [one.commitment for one in found.secrets] == [one.commitment for one in held]
        assert store.get(event_id(2)) is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("size", [8, 200, 9000])
def test_a_forgotten_field_stands_in_no_byte_of_any_file(tmp_path: Path, size: int):
    path = tmp_path / "private.sqlite3"
    first, second = secret("acme:a", size), secret("acme:b", size)
    with PrivateStore.open(path, create=True) as store:
        store.put([Sealed(event_id(1), CONTENT, (first, second))])
        before = bytes_beside(path)
        assert stands_in(before, first)
        assert stands_in(before, second)
        assert store.forget(event_id(1), "acme:a") == 1
        # With the connection open still: nothing waits for it to close.
        after = bytes_beside(path)
        assert not stands_in(after, first)
        assert stands_in(after, second)
        assert [one.name for one in store.get(event_id(1)).secrets] == ["acme:b"]
        assert store.forget(event_id(1), "acme:a") == 0
        assert store.forget(event_id(1)) == 1
        assert not stands_in(bytes_beside(path), second)
        assert store.get(event_id(1)) is None
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.sampled_from([8, 60, 700, 6000]), min_size=1, max_size=6), min_size=1, max_size=25),
    st.randoms(use_true_random=False),
)
def test_however_the_pages_were_filled_only_what_is_kept_is_left(
    tmp_path_factory: pytest.TempPathFactory, events: list[list[int]], random: object
):
    path = tmp_path_factory.mktemp("store") / "private.sqlite3"
    kept = {(number, one.name): one for number, sizes in enumerate(events) for one in _secrets(sizes)}
    gone: list[Secret] = []
    with PrivateStore.open(path, create=True) as store:
        for number in range(len(events)):
            of_event = tuple(one for (where, _), one in kept.items() if where == number)
            store.put([Sealed(event_id(number), CONTENT, of_event)])
        for where, name in random.sample(sorted(kept), k=min(6, len(kept))):
            assert store.forget(event_id(where), name) == 1
            gone.append(kept.pop((where, name)))
        data = bytes_beside(path)
        assert [one.name for one in gone if stands_in(data, one)] == []
        left = {
            (n, one.name): one for n in range(len(events)) if (held := store.get(event_id(n))) for one in held.secrets
        }
        assert left == kept


def _secrets(sizes: list[int]) -> list[Secret]:
    return [secret(f"acme:f{place}", size) for place, size in enumerate(sizes)]


def test_half_of_a_put_is_no_put(tmp_path: Path):
    twice, path = secret("acme:a"), tmp_path / "private.sqlite3"
    with PrivateStore.open(path, create=True) as store:
        store.put([Sealed(event_id(1), CONTENT, (twice,))])
        again = [Sealed(event_id(2), CONTENT, (secret("acme:a"),)), Sealed(event_id(1), CONTENT, (twice,))]
        with pytest.raises(PrivateStoreError) as refused:
            store.put(again)
        assert store.get(event_id(2)) is None
    assert twice.salt.hex() not in str(refused.value)
    assert str(twice.value) not in str(refused.value)


def test_a_store_is_its_owners_alone(tmp_path: Path):
    path = tmp_path / "private.sqlite3"
    with pytest.raises(PrivateStoreError, match="No such file"):
        PrivateStore.open(path)
    assert not path.exists()
    PrivateStore.open(path, create=True).close()
    path.chmod(0o640)
    with pytest.raises(PrivateStoreError, match="others can read"):
        PrivateStore.open(path)


def test_another_programs_file_is_left_alone(tmp_path: Path):
    path = tmp_path / "other.sqlite3"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE mine (one)")
    path.chmod(0o600)
    with pytest.raises(PrivateStoreError, match="another program's"):
        PrivateStore.open(path)
    path.write_bytes(b"no database at all, but longer than nothing" * 30)
    with pytest.raises(PrivateStoreError, match="SQLite says"):
        PrivateStore.open(path)


def test_a_busy_store_is_said_to_be_busy_and_forgets_when_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lading.relayer.store.database.BUSY_SECONDS", 0.0)
    monkeypatch.setattr("lading.relayer.store.engines.BUSY_SECONDS", 0.0)
    path, one = tmp_path / "private.sqlite3", secret("acme:a")
    with PrivateStore.open(path, create=True) as store:
        store.put([Sealed(event_id(1), CONTENT, (one,))])
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM secrets").fetchall()
        with pytest.raises(PrivateStoreError) as refused:
            store.forget(event_id(1))
        assert refused.value.retryable
        reader.close()
        assert store.forget(event_id(1)) == 1
        assert not stands_in(bytes_beside(path), one)
