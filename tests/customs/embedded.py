"""The real contracts on the embedded chain, without the SDK between: what the pure twins are compared with."""

from __future__ import annotations

from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from web3 import EthereumTesterProvider, Web3
from web3.contract import Contract

from lading.artifacts import load
from lading.enums import IdentifierScheme, Role

WORD = bytes(32)
ADDRESS = "0x" + "44" * 20
PRICE = 1_000


class Embedded:
    """A fresh chain with a ParticipantRegistry that its first account governs; its second account stands for the vault,
    of which CustomsClearance and SellerCredit know the address alone."""

    def __init__(self) -> None:
        self.web3 = Web3(EthereumTesterProvider())
        self.owner, self.escrow = self.web3.eth.accounts[:2]
        self.registry = self.deploy("ParticipantRegistry", self.deploy("AccessManager", self.owner).address)

    def deploy(self, name: str, *arguments: Any) -> Contract:
        artifact = load(name)
        factory = self.web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
        address = self.send(factory.constructor(*arguments))["contractAddress"]
        return self.web3.eth.contract(address=address, abi=artifact.abi)

    def send(self, call: Any, sender: str | None = None) -> Any:
        receipt = self.web3.eth.get_transaction_receipt(call.transact({"from": sender or self.owner, "gas": 6_000_000}))
        assert receipt["status"] == 1
        return receipt

    def admit(self, role: Role, name: str) -> tuple[bytes, LocalAccount]:
        """A participant with one role and one key."""
        identity = (IdentifierScheme.NATIONAL_REGISTER, f"CN-{name}")
        participant: bytes = self.registry.functions.participantId(WORD, *identity).call()
        self.send(self.registry.functions.admit(self.owner, 0, b"CN", *identity))
        self.send(self.registry.functions.grantRoles(participant, 1 << role))
        key: LocalAccount = Account.create()
        types = {"AddKey": [{"name": "participant", "type": "bytes32"}, {"name": "key", "type": "address"}]}
        message = {"participant": participant, "key": key.address}
        consent = self.sign(key, self.registry, "Lading ParticipantRegistry", types, message)
        self.send(self.registry.functions.addKey(participant, key.address, consent))
        return participant, key

    def sign(self, key: LocalAccount, verifier: Contract, name: str, types: Any, message: Any) -> bytes:
        domain = {
            "name": name,
            "version": "1",
            "chainId": self.web3.eth.chain_id,
            "verifyingContract": verifier.address,
        }
        return bytes(key.sign_message(encode_typed_data(domain, types, message)).signature)


def terms(seller: str = ADDRESS, platform: str = ADDRESS, carrier: str = ADDRESS) -> tuple[Any, ...]:
    """ITradeEscrow.Terms, with what the contracts under test read of them."""
    return (ADDRESS, seller, platform, carrier, ADDRESS, PRICE, 0, ADDRESS, WORD, WORD, WORD, [])
