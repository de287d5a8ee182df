"""A real Anvil for a whole module; each test deploys from an account of its own, so that nonces do not meet."""

import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from lading.chain import devnet
from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.deploy import Params, Progress

Rpc = Callable[..., Any]


@pytest.fixture(scope="module")
def node() -> Iterator[devnet.Devnet]:
    with devnet.running("anvil") as found:
        yield found


@pytest.fixture
def chain(node: devnet.Devnet) -> Chain:
    return Chain.open(node.url)


@pytest.fixture
def rpc(chain: Chain) -> Iterator[Rpc]:
    """One JSON-RPC call; the node mines at once again afterwards, at a low fee."""

    def request(method: str, *params: Any) -> Any:
        answer = chain.web3.provider.make_request(method, list(params))
        assert "error" not in answer, answer
        return answer["result"]

    yield request
    request("evm_setAutomine", True)
    request("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    request("evm_mine")


@pytest.fixture
def signer(chain: Chain, rpc: Rpc) -> Signer:
    """A deployer that nobody used before, with 100 ether."""
    fresh = Signer.unsafe_from_key(next(_KEYS).to_bytes(32, "big"))
    rpc("anvil_setBalance", fresh.address, hex(100 * 10**18))
    return fresh


_KEYS = count(0xC0FFEE)


@pytest.fixture
def params() -> Params:
    return Params.default(governance_delay=0)


class Said:
    """Collects what a run says; `at` runs an action the first time that a step reaches a stage."""

    def __init__(self) -> None:
        self.lines: list[Progress] = []
        self._actions: dict[tuple[str, str], Callable[[], object]] = {}

    def at(self, step: str, stage: str, action: Callable[[], object]) -> None:
        self._actions[step, stage] = action

    def __call__(self, progress: Progress) -> None:
        self.lines.append(progress)
        if action := self._actions.pop((progress.step, progress.stage), None):
            action()

    def steps(self, stage: str) -> list[str]:
        return [line.step for line in self.lines if line.stage == stage]


@pytest.fixture
def said() -> Said:
    return Said()


class MinedTransactions:
    """What the chain itself says about a deployer: read block by block, not from the journal."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    def transactions(self, signer: Signer) -> list[dict[str, Any]]:
        """Every mined transaction of the deployer, oldest first, once nothing of it is under way: Anvil answers before
        it mines."""
        while self._chain.nonce(signer.address, "latest") != self._chain.nonce(signer.address, "pending"):
            time.sleep(0.01)
        numbers = range(self._chain.block().number + 1)
        blocks = [self._chain.web3.eth.get_block(number, full_transactions=True) for number in numbers]
        return [dict(one) for block in blocks for one in block["transactions"] if one["from"] == signer.address]

    def creations(self, signer: Signer) -> list[str]:
        """Addresses of all contracts that the deployer created, oldest first."""
        created = [one for one in self.transactions(signer) if one.get("to") is None]
        return [self._chain.receipt("0x" + bytes(one["hash"]).hex()).contract_address for one in created]


@pytest.fixture
def mined(chain: Chain) -> MinedTransactions:
    return MinedTransactions(chain)


@pytest.fixture
def pay_oneself(chain: Chain) -> Callable[[Signer], str]:
    """Sends a transaction of the deployer that is none of the plan's; its hash."""

    def pay(signer: Signer) -> str:
        fields = {
            "type": 2,
            "chainId": chain.chain_id,
            "nonce": chain.nonce(signer.address),
            "gas": 21_000,
            "maxPriorityFeePerGas": 2 * 10**9,
            "maxFeePerGas": chain.block().base_fee * 3 + 2 * 10**9,
            "value": 0,
            "data": b"",
            "to": signer.address,
        }
        raw, tx_hash = signer.sign_transaction(fields)
        chain.send_raw(raw)
        return tx_hash

    return pay
