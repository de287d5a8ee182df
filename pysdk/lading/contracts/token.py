"""An ERC-20 token with EIP-2612 and ERC-3009, such as DevDollar. Only standard functions are used, so any dollar-like
token will do; `mint` is DevDollar's own."""

from __future__ import annotations

from lading.chain import abi
from lading.chain.contract import Call, Contract
from lading.chain.node import BlockId, Chain
from lading.chain.typed_data import Domain
from lading.errors import ContractError

NAME = "DevDollar"
_EIP712_DOMAIN = ["bytes1", "string", "string", "uint256", "address", "bytes32", "uint256[]"]


class Token:
    def __init__(self, chain: Chain, address: str) -> None:
        self.contract = Contract(chain, NAME, address)
        self.address = self.contract.address

    def decimals(self) -> int:
        return int(self.contract.read("decimals"))

    def symbol(self) -> str:
        return str(self.contract.read("symbol"))

    def balance(self, owner: str, *, at: BlockId = "latest") -> int:
        return int(self.contract.read("balanceOf", owner, at=at))

    def allowance(self, owner: str, spender: str, *, at: BlockId = "latest") -> int:
        return int(self.contract.read("allowance", owner, spender, at=at))

    def nonce(self, owner: str) -> int:
        """The next nonce of an EIP-2612 permit."""
        return int(self.contract.read("nonces", owner))

    def domain(self) -> Domain:
        """The token's EIP-712 domain: from `eip712Domain` (EIP-5267), or from `name` and `version` of tokens that are
        older than it."""
        chain = self.contract.chain
        try:
            returned = chain.call(self.address, abi.selector("eip712Domain()"))
        except ContractError:
            version = abi.decode(["string"], chain.call(self.address, abi.selector("version()")))[0]
            return Domain(str(self.contract.read("name")), version, chain.chain_id, self.address)
        _, name, version, chain_id, contract, _, _ = abi.decode(_EIP712_DOMAIN, returned)
        return Domain(name, version, chain_id, contract)

    def approve(self, spender: str, units: int) -> Call:
        return self.contract.call("approve", spender, units)

    def transfer(self, to: str, units: int) -> Call:
        return self.contract.call("transfer", to, units)

    def mint(self, to: str, units: int) -> Call:
        return self.contract.call("mint", to, units)
