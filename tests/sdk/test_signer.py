"""Keys come from a keystore, the environment or stdin, and never show."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from sdk_kit import keystore

from lading.chain import typed_data
from lading.chain.signer import ENV_KEY, ENV_KEYSTORE, ENV_PASSWORD, ENV_PASSWORD_FILE, Signer
from lading.errors import KeystoreLocked, KeyUnreadable, NoSigner, SignerError

KEY = bytes.fromhex("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d")
ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
PASSWORD = "correct horse"


@pytest.mark.parametrize("key", [KEY, KEY.hex(), "0x" + KEY.hex(), KEY.hex() + "\n"])
def test_a_key_gives_its_address(key):
    assert Signer.unsafe_from_key(key).address == ADDRESS


def test_the_dev_accounts_are_those_of_every_devnet():
    assert Signer.dev(1).address == ADDRESS


def test_a_signer_does_not_show_its_key():
    signer = Signer.unsafe_from_key(KEY)
    assert KEY.hex() not in f"{signer!r} {signer} {vars(signer)}"


@pytest.mark.parametrize("key", ["", "0x", "0x12", "z" * 64, KEY.hex() + "00", "0x" + "00" * 32, b"", b"\x01"])
def test_what_is_no_key_is_refused_and_not_repeated(key):
    with pytest.raises(KeyUnreadable) as failure:
        Signer.unsafe_from_key(key)
    assert failure.value.__cause__ is None
    assert len(key) < 4 or str(key) not in str(failure.value)


def test_a_keystore_opens_with_its_password(tmp_path):
    assert Signer.from_keystore(keystore(tmp_path, KEY, PASSWORD), PASSWORD).address == ADDRESS


@pytest.mark.parametrize("password", ["wrong", "", None])
def test_a_locked_keystore_says_what_to_do(tmp_path, password):
    with pytest.raises(KeystoreLocked, match=r"LADING_KEYSTORE_PASSWORD|Check the password") as failure:
        Signer.from_keystore(keystore(tmp_path, KEY, PASSWORD), password)
    assert isinstance(failure.value, SignerError)
    assert not password or password not in str(failure.value)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"crypto": {}}', '{"crypto": 1}', '{"version": 3, "crypto": {"kdf": "x"}}']
)
def test_what_is_no_keystore_is_refused(tmp_path, content):
    path = tmp_path / "key.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(KeyUnreadable):
        Signer.from_keystore(path, PASSWORD)


def test_a_keystore_that_is_not_there_is_named(tmp_path):
    with pytest.raises(KeyUnreadable, match=r"nowhere\.json"):
        Signer.from_keystore(tmp_path / "nowhere.json", PASSWORD)


def test_a_keystore_of_bytes_that_are_no_text_is_refused(tmp_path):
    path = tmp_path / "key.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KeyUnreadable):
        Signer.from_keystore(path, PASSWORD)


def test_the_environment_gives_a_key_or_a_keystore(tmp_path):
    path = str(keystore(tmp_path, KEY, PASSWORD))
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n", encoding="utf-8")
    for environment in (
        {ENV_KEY: KEY.hex()},
        {ENV_KEYSTORE: path, ENV_PASSWORD: PASSWORD},
        {ENV_KEYSTORE: path, ENV_PASSWORD_FILE: str(secret)},
    ):
        assert Signer.from_env(environment).address == ADDRESS


def test_help_shows_no_key_of_the_environment(tmp_path):
    code = "import pydoc, lading; print(pydoc.render_doc(lading.Signer, renderer=pydoc.plaintext))"
    environment = {**os.environ, ENV_KEY: "0x" + KEY.hex()}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert "from_env" in done.stdout
    assert KEY.hex() not in done.stdout


def test_an_empty_environment_says_what_to_set():
    with pytest.raises(NoSigner, match=ENV_KEYSTORE):
        Signer.from_env({})


def test_a_password_file_that_is_not_there_leaves_the_keystore_locked(tmp_path):
    path = str(keystore(tmp_path, KEY, PASSWORD))
    with pytest.raises(KeystoreLocked, match="nowhere"):
        Signer.from_env({ENV_KEYSTORE: path, ENV_PASSWORD_FILE: str(tmp_path / "nowhere")})


def test_stdin_gives_a_key():
    assert Signer.from_stdin(io.StringIO(KEY.hex() + "\n")).address == ADDRESS


def test_empty_stdin_is_no_key():
    with pytest.raises(KeyUnreadable):
        Signer.from_stdin(io.StringIO(""))


def test_typed_data_is_signed_as_eip712_says():
    domain = typed_data.escrow_domain(31337, "0x" + "11" * 20)
    message = typed_data.accept_order(domain, "0x" + "22" * 32)
    signature = Signer.unsafe_from_key(KEY).sign_typed(message)
    assert Account.recover_message(encode_typed_data(full_message=message), signature=signature) == ADDRESS
