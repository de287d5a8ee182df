"""The plan is a pure function: what is left, at which nonce, with which addresses."""

from lading import artifacts
from lading.deploy import Params
from lading.deploy.abi import create_address
from lading.deploy.plan import Governance, Mined, make_steps, resolve
from lading.deploy.run import CONTRACTS

DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def steps(delay: int = 0, admin: str = DEPLOYER, rates=()):
    loaded = {name: artifacts.load(name) for name in CONTRACTS}
    abis = {name: artifact.abi for name, artifact in loaded.items()}
    arguments = Params.default().check(31337, abis)
    code = {name: bytes.fromhex(artifact.bytecode[2:]) for name, artifact in loaded.items()}
    return make_steps(arguments, code, abis, Governance(admin, DEPLOYER, DEPLOYER, delay), DEPLOYER, rates)


def mined_of(todo) -> Mined:
    return Mined("0x" + "00" * 32, todo.nonce, todo.content, todo.address, 1)


def test_the_address_of_a_creation_is_known_from_sender_and_nonce():
    # As `cast compute-address` gives them. Below 128 a nonce is its own RLP, from there on it has a length before it.
    assert create_address(DEPLOYER, 0) == "0x5FbDB2315678afecb367f032d93F642f64180aa3"
    assert create_address(DEPLOYER, 128) == "0xB82008565FdC7e44609fA118A4a681E92581e680"
    assert create_address(DEPLOYER, 70_000) == "0x3808BBF68110240E59B12334b301d8F31ab36363"


def test_the_vault_names_its_operators_and_they_name_it():
    todo = {one.step.contract: one for one in resolve(steps(), {}, 10, DEPLOYER).todo if one.to is None}
    named = ("Deliveries", "Quotes", "Returns", "Disputes", "Duties", "SellerCredit")

    escrow = todo["TradeEscrow"]
    assert [todo[name].nonce for name in named] == list(range(escrow.nonce + 1, escrow.nonce + 7))
    assert escrow.data.endswith(b"".join(bytes(12) + bytes.fromhex(todo[name].address[2:]) for name in named))
    operators = [todo[name] for name in named[:-1]]
    assert all(operator.data.endswith(bytes.fromhex(escrow.address[2:])) for operator in operators)
    addresses = [todo[name].address for name in ("ParticipantRegistry", "TradeEscrow", "CustomsClearance")]
    assert b"".join(bytes(12) + bytes.fromhex(address[2:]) for address in addresses) in todo["SellerCredit"].data


def test_nonces_are_gapless_from_the_next_one():
    todo = resolve(steps(), {}, 10, DEPLOYER).todo
    assert [one.nonce for one in todo] == list(range(10, 10 + len(CONTRACTS) + 1))


def test_what_is_mined_is_not_done_again():
    plan = steps()
    first = resolve(plan, {}, 0, DEPLOYER).todo
    rest = resolve(plan, {one.step.id: mined_of(one) for one in first[:4]}, 4, DEPLOYER)

    assert rest.todo == first[4:]
    assert rest.again == ()


def test_a_missed_address_takes_everything_along_that_names_it():
    plan = steps()
    first = resolve(plan, {}, 0, DEPLOYER).todo
    mined = {one.step.id: mined_of(one) for one in first if one.step.contract != "SellerCredit"}

    resolution = resolve(plan, mined, 13, DEPLOYER)

    operators = ["Deliveries", "Quotes", "Returns", "Disputes", "Duties"]
    again = [f"deploy {name}" for name in ("TradeEscrow", *operators, "CustomsClearance")]
    assert resolution.again == (*again, "wire AccessManager")
    assert [(one.step.contract, one.nonce) for one in resolution.todo] == [
        (name, 13 + number)
        for number, name in enumerate(("TradeEscrow", *operators, "SellerCredit", "CustomsClearance", "AccessManager"))
    ]


def test_what_was_done_again_is_not_done_once_more():
    """Each state on the way back to a whole vault: the new one names operators that are yet to come."""
    plan = steps()
    mined = {
        one.step.id: mined_of(one)
        for one in resolve(plan, {}, 0, DEPLOYER).todo
        if one.step.contract != "SellerCredit" and one.to is None
    }
    done, nonce = [], 13
    while (todo := resolve(plan, mined, nonce, DEPLOYER).todo)[0].to is None:
        done.append(todo[0].step.contract)
        mined[todo[0].step.id] = mined_of(todo[0])
        nonce += 1
    operators = ["Deliveries", "Quotes", "Returns", "Disputes", "Duties"]
    assert done == ["TradeEscrow", *operators, "SellerCredit", "CustomsClearance"]


def test_nothing_is_left_when_all_is_mined():
    plan = steps()
    mined = {one.step.id: mined_of(one) for one in resolve(plan, {}, 0, DEPLOYER).todo}
    assert resolve(plan, mined, 13, DEPLOYER).todo == ()


def test_an_admin_without_delay_keeps_what_the_constructor_gave():
    wiring = steps()[-1].payload.args[0]
    assert len(wiring) == 7


def test_a_delay_and_another_admin_are_wired_last():
    calls = [artifact_function(call.prefix) for call in steps(259_200, OTHER)[-1].payload.args[0]]
    delays = ["setGrantDelay", "setGrantDelay", "setTargetAdminDelay", "setTargetAdminDelay"]
    assert calls[-6:] == [*delays, "grantRole", "renounceRole"]


def test_first_rates_are_set_while_the_deployer_still_may():
    calls = [artifact_function(call.prefix) for call in steps(259_200, OTHER, (("@DevDollar", 7),))[-1].payload.args[0]]
    assert calls[:2] == ["execute", "setTargetFunctionRole"]


def artifact_function(selector: bytes) -> str:
    from lading.chain import abi

    functions = abi.by_name(artifacts.load("AccessManager").abi, "function").values()
    return next(item["name"] for item in functions if abi.selector(abi.signature_of(item)) == selector)
