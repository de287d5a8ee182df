"""Parameters: everything wrong with them is said by path before anything is sent."""

import pytest

from lading import artifacts
from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.deploy import Params, deploy
from lading.deploy.errors import ParamsInvalid
from lading.deploy.run import CONTRACTS

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
ABIS = {name: artifacts.load(name).abi for name in CONTRACTS}
DEVNET, MAINNET = 31337, 1


def load(tmp_path, text: str) -> Params:
    path = tmp_path / "deploy.yaml"
    path.write_text(text, encoding="utf-8")
    return Params.load(path)


def problems(tmp_path, text: str, chain_id: int = DEVNET) -> tuple[str, ...]:
    with pytest.raises(ParamsInvalid) as caught:
        load(tmp_path, text).check(chain_id, ABIS)
    return caught.value.problems


def test_the_shipped_file_is_three_days_and_fits_the_contracts():
    params = Params.load(None)

    assert params.governance_delay == 3 * 86_400
    assert list(params.check(DEVNET, ABIS)) == list(CONTRACTS)
    assert params.check(DEVNET, ABIS)["TradeEscrow"] == [
        "@ParticipantRegistry",
        ("@Deliveries", "@Quotes", "@Returns", "@Disputes", "@Duties"),
        "@SellerCredit",
    ]


def test_the_open_token_is_for_devnets_only():
    assert "DevDollar" not in Params.default().check(MAINNET, ABIS)
    assert "DevDollar" in Params.default(devnet=True).check(4242, ABIS)


@pytest.mark.parametrize(
    ("text", "seconds"), [("3d", 259_200), ("12h", 43_200), ("30m", 1_800), ("45s", 45), ("0s", 0)]
)
def test_a_delay_has_a_number_and_a_unit(text, seconds, tmp_path):
    assert load(tmp_path, f"governance_delay: {text}").governance_delay == seconds


@pytest.mark.parametrize("text", ["3", "three days", "-1d", "3w", "1.5h", "99999999d", "''"])
def test_another_delay_is_refused(text, tmp_path):
    (problem,) = problems(tmp_path, f"governance_delay: {text}")
    assert problem.startswith("governance_delay: ")


def test_no_delay_is_refused_where_the_chain_is_no_devnet(tmp_path):
    (problem,) = problems(tmp_path, "governance_delay: 0s", MAINNET)
    assert problem.startswith("governance_delay: 0s on chain 1")
    assert load(tmp_path, "{governance_delay: 0s, devnet: true}").check(4242, ABIS)


def test_an_unquoted_address_stays_an_address(tmp_path):
    assert load(tmp_path, f"admin: {ADDRESS}").admin == ADDRESS
    assert load(tmp_path, f"admin: {ADDRESS.lower()}").admin == ADDRESS


@pytest.mark.parametrize(
    "text",
    [
        "admin: 0x1234",
        f"admin: {ADDRESS[:-1]}9",
        "admin: " + ADDRESS.replace("C51812", "c51812"),
        "admin: '0x" + "0" * 40 + "'",
        "admin: '@ParticipantRegistry'",
    ],
)
def test_what_is_no_account_is_refused_by_path(text, tmp_path):
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("admin: ")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("governence_delay: 1d", "governence_delay: Extra inputs are not permitted"),
        ("contracts: {NetSettlement: {}}", "contracts.NetSettlement: there is no contract of this name"),
        (
            "contracts: {CustomsClearance: {registry: '@ParticipantRegistry'}}",
            "contracts.CustomsClearance.escrow: missing",
        ),
        ("rates: {'@SellerCredit': 1}", "rates.@SellerCredit"),
        (f"rates: {{'{ADDRESS}': -1}}", f"rates.{ADDRESS}: "),
        (f"rates: {{'{ADDRESS}': 340282366920938463463374607431768211456}}", f"rates.{ADDRESS}: "),
        ("contracts: {DevDollar: {name: x}}", "contracts.DevDollar.name: the constructor has no such argument"),
        (
            "contracts: {ProvenanceRegistry: {registry: ParticipantRegistry}}",
            "contracts.ProvenanceRegistry.registry: 'ParticipantRegistry' is not an address",
        ),
        (
            "contracts: {ProvenanceRegistry: {registry: '@Nobody'}}",
            "contracts.ProvenanceRegistry.registry: @Nobody is none of the contracts",
        ),
        (
            "contracts: {ProvenanceRegistry: {registry: '@ProvenanceRegistry'}}",
            "contracts.ProvenanceRegistry.registry: @ProvenanceRegistry is none of the contracts",
        ),
        (
            f"contracts: {{AccessManager: {{initialAdmin: '{ADDRESS}'}}}}",
            "contracts.AccessManager.initialAdmin: has to be @deployer",
        ),
        ("contracts: {TradeEscrow: [1, 2]}", "contracts.TradeEscrow: Input should be a valid dictionary"),
        ("contracts: nothing", "contracts: Input should be a valid dictionary"),
        ("devnet: maybe", "devnet: Input should be a valid boolean"),
    ],
)
def test_a_fault_is_named_by_its_path(text, problem, tmp_path):
    found = problems(tmp_path, text)
    assert [one.startswith(problem) for one in found] == [True], found


def test_all_faults_are_named_at_once(tmp_path):
    operators = "{deliveries: '@Deliveries', quotes: Quotes, return: '@Returns', returns: '@Returns', duties: 7}"
    text = f"contracts: {{TradeEscrow: {{observr: '@SellerCredit', operators: {operators}}}, Unknown: {{}}}}"
    assert [one.partition(": ")[0] for one in problems(tmp_path, text)] == [
        "contracts.TradeEscrow.observr",
        "contracts.TradeEscrow.registry",
        "contracts.TradeEscrow.operators.return",
        "contracts.TradeEscrow.operators.quotes",
        "contracts.TradeEscrow.operators.disputes",
        "contracts.TradeEscrow.operators.duties",
        "contracts.TradeEscrow.observer",
        "contracts.Unknown",
    ]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("'@Duties'", "contracts.TradeEscrow.operators: it is a struct: give its members by name"),
        ("[1, 2]", "contracts.TradeEscrow.operators: it is neither text nor, for a struct, a mapping"),
        ("{quotes: {a: b}}", "contracts.TradeEscrow.operators: it is neither text nor, for a struct, a mapping"),
    ],
)
def test_what_is_no_struct_is_refused_by_path(given, problem, tmp_path):
    others = "registry: '@ParticipantRegistry', observer: '@SellerCredit'"
    text = f"contracts: {{TradeEscrow: {{{others}, operators: {given}}}}}"
    found = problems(tmp_path, text)
    assert [one.startswith(problem) for one in found] == [True], found


def test_a_struct_where_the_constructor_asks_for_none_is_refused(tmp_path):
    (problem,) = problems(tmp_path, "contracts: {Quotes: {escrow: {at: '@TradeEscrow'}}}")
    assert problem == "contracts.Quotes.escrow: it is of type address, no struct"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("uint16", "500", 500),
        ("uint16", "0x10", 16),
        ("bool", "true", True),
        ("bytes2", "0x4445", b"DE"),
        ("string", "LDD", "LDD"),
    ],
)
def test_an_argument_is_read_by_the_type_in_the_abi(kind, text, value):
    abi = [{"type": "constructor", "inputs": [{"name": "value_", "type": kind}]}]
    params = Params.default(contracts={"Thing": {"value": text}})
    assert params.check(DEVNET, {"Thing": abi}) == {"Thing": [value]}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("uint16", "65536"),
        ("uint16", "-1"),
        ("uint16", "ten"),
        ("bool", "yes"),
        ("bytes2", "0x44"),
        ("uint16", "@deployer"),
    ],
)
def test_an_argument_of_another_type_is_refused(kind, text):
    abi = [{"type": "constructor", "inputs": [{"name": "value", "type": kind}]}]
    with pytest.raises(ParamsInvalid, match=r"contracts\.Thing\.value: "):
        Params.default(contracts={"Thing": {"value": text}}).check(DEVNET, {"Thing": abi})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("admin: [", "not YAML"),
        ("- a list", "not a mapping"),
        ("admin: '@deployer'\nadmin: '@deployer'", "given twice"),
    ],
)
def test_what_is_no_parameter_file_is_refused(text, said, tmp_path):
    (problem,) = problems(tmp_path, text)
    assert said in problem


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ParamsInvalid, match=r"nowhere\.yaml"):
        Params.load(tmp_path / "nowhere.yaml")


def test_nothing_is_sent_with_bad_parameters():
    chain, signer = Chain.open("embedded"), Signer.dev(0)
    with pytest.raises(ParamsInvalid):
        deploy(chain, signer, Params.default(contracts={"TradeEscrow": {}}))
    assert chain.nonce(signer.address) == 0
