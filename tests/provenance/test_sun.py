"""SUN messages against NXP's worked examples, and altered in every character."""

from __future__ import annotations

import pytest
from Crypto.Cipher import AES

from lading.provenance import sun
from lading.provenance.errors import SunError
from lading.provenance.sun import Message, Mirror, SunKeys

ZERO = bytes(16)
ENCRYPTED = Mirror(picc="e", mac="c")
PLAIN = Mirror(uid="uid", counter="ctr", mac="cmac")
COVERED = Mirror(picc="picc_data", mac="cmac", covered_from="enc")

# NXP AN12196, sections 3.4.2.1 and 3.4.4.2.1 (tables 2 and 4), keys of zeros.
TABLE_4 = "https://ntag.nxp.com/424?e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086"
TABLE_4_UID = bytes.fromhex("04DE5F1EACC040")
# Section 3.4.4.2.2 (table 5): the MAC covers the encrypted file data as well.
TABLE_5 = (
    "https://www.my424dna.com/?picc_data=FD91EC264309878BE6345CBE53BADF40"
    "&enc=CEE9A53E3E463EF1F459635736738962&cmac=ECC1E7F6C6C73BF6"
)
# The plain mirror, as the maker's own developer tools write it with a key of zeros.
IN_THE_OPEN = "https://sdm.nfcdeveloper.com/tagpt?uid=041E3C8A2D6B80&ctr=000006&cmac=4B00064004B0B3D3"

VECTORS = [
    (TABLE_4, ENCRYPTED, "04DE5F1EACC040", 61),
    (TABLE_5, COVERED, "04958CAA5C5E80", 8),
    (IN_THE_OPEN, PLAIN, "041E3C8A2D6B80", 6),
]


def passes(url: str, mirror: Mirror) -> bool:
    try:
        message = sun.read(url, mirror, ZERO)
    except SunError:
        return False
    return message is not None and sun.is_from_tag(message, SunKeys(ZERO))


@pytest.mark.parametrize(("url", "mirror", "uid", "counter"), VECTORS)
def test_the_published_messages_are_those_of_their_tags(url: str, mirror: Mirror, uid: str, counter: int):
    message = sun.read(url, mirror, ZERO)
    assert message is not None
    assert (message.uid.hex().upper(), message.counter) == (uid, counter)
    assert sun.is_from_tag(message, SunKeys(ZERO))
    assert not sun.is_from_tag(message, SunKeys(bytes([1]) + bytes(15)))


@pytest.mark.parametrize(
    ("key", "uid", "counter", "session"),
    [
        # Table 1, table 4 and table 5.
        ("5ACE7E50AB65D5D51FD5BF5A16B8205B", "04C767F2066180", 1, "3A3E8110E05311F7A3FCF0D969BF2B48"),
        ("00000000000000000000000000000000", "04DE5F1EACC040", 61, "3FB5F6E3A807A03D5E3570ACE393776F"),
        ("00000000000000000000000000000000", "04958CAA5C5E80", 8, "3ED0920E5E6A0320D823D5987FEAFBB1"),
    ],
)
def test_the_session_keys_are_the_published_ones(key: str, uid: str, counter: int, session: str):
    assert sun.session_key(bytes.fromhex(uid), counter, bytes.fromhex(key)).hex().upper() == session


def test_the_diversified_key_is_the_published_one():
    """AN10922, section 2.2.1."""
    master = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
    uid, system = bytes.fromhex("04782E21801D80"), bytes.fromhex("3042F54E585020416275")
    assert sun.diversified(master, uid, system).hex().upper() == "A8DD63A3B89D54B37CA802473FDA9175"


@pytest.mark.parametrize("size", [0, 8, 25])
def test_system_identifiers_that_would_be_padded_otherwise_are_refused(size: int):
    with pytest.raises(SunError, match="9 to 24"):
        sun.diversified(ZERO, TABLE_4_UID, bytes(size))


@pytest.mark.parametrize(("url", "mirror"), [vector[:2] for vector in VECTORS])
def test_no_altered_character_passes(url: str, mirror: Mirror):
    """Every place of the message (from the question mark on) with every other printable character, and some more."""
    start = url.index("?")
    others = [chr(code) for code in range(0x20, 0x7F)] + ["\t", "\n", "\0", "é", "０"]
    for place in range(start, len(url)):
        for other in others:
            if other != url[place]:
                altered = url[:place] + other + url[place + 1 :]
                assert not passes(altered, mirror), altered


@pytest.mark.parametrize(("url", "mirror"), [vector[:2] for vector in VECTORS])
def test_nothing_left_out_put_in_or_exchanged_passes(url: str, mirror: Mirror):
    start = url.index("?")
    for place in range(start, len(url)):
        assert not passes(url[:place] + url[place + 1 :], mirror)
        assert not passes(url[: place + 1] + "0" + url[place + 1 :], mirror)
        swapped = url[:place] + url[place : place + 2][::-1] + url[place + 2 :]
        assert swapped == url or not passes(swapped, mirror)
    assert not passes(url.lower(), mirror)


@pytest.mark.parametrize("mirror", [ENCRYPTED, PLAIN, COVERED])
def test_a_url_without_a_message_is_refused_with_a_sentence(mirror: Mirror):
    for url in ("", "https://ntag.nxp.com/424", "https://[", "?e=&c=", f"{TABLE_4}&c=94EED9EE65337086"):
        with pytest.raises(SunError):
            sun.read(url, mirror, ZERO)


def test_an_encrypted_message_needs_its_key():
    with pytest.raises(SunError, match="SDMMetaRead"):
        sun.read(TABLE_4, ENCRYPTED)
    with pytest.raises(SunError, match="16 bytes, not 15"):
        sun.read(TABLE_4, ENCRYPTED, ZERO[:15])
    assert sun.read(TABLE_4, ENCRYPTED, b"\x01" * 16) is None


@pytest.mark.parametrize("tag", [0x87, 0x47, 0xC4, 0xC8, 0x00])
def test_a_tag_that_mirrors_less_than_both_is_none_of_ours(tag: int):
    plain = bytes([tag]) + TABLE_4_UID + (61).to_bytes(3, "little") + bytes(5)
    picc = AES.new(ZERO, AES.MODE_CBC, iv=bytes(16)).encrypt(plain).hex().upper()
    mac = sun.mac_of(TABLE_4_UID, 61, ZERO).hex().upper()
    assert sun.read(f"https://a.example/?e={picc}&c={mac}", ENCRYPTED, ZERO) is None


@pytest.mark.parametrize(
    "names",
    [{"mac": "c"}, {"mac": "c", "uid": "u"}, {"mac": "c", "counter": "n"}, {"mac": "c", "picc": "e", "uid": "u"}],
)
def test_a_mirror_is_either_open_or_encrypted(names: dict[str, str]):
    with pytest.raises(SunError, match="either in the open or encrypted"):
        Mirror(**names)


def test_the_covered_text_stands_before_the_mac():
    turned = "https://a.example/?cmac=ECC1E7F6C6C73BF6&enc=00&picc_data=FD91EC264309878BE6345CBE53BADF40"
    with pytest.raises(SunError, match="behind the MAC"):
        sun.read(turned, COVERED, ZERO)


def test_keys_are_not_shown():
    keys = SunKeys(b"K" * 16, "https://id.gs1.org/01/09521141123454/21/S1")
    assert "K" * 16 not in repr(keys)
    assert "file_read" not in repr(keys)
    with pytest.raises(SunError, match="7 bytes, not 6"):
        sun.is_from_tag(Message(b"\0" * 6, 1, b"\0" * 8, b""), keys)
