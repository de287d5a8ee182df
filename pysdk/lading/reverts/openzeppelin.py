"""Errors of the OpenZeppelin contracts that ours stand on: AccessManager, ERC-20 with EIP-2612, their helpers."""

from __future__ import annotations

from lading.reverts.base import SolidityError


class AccessManagedInvalidAuthority(SolidityError):
    solidity = "AccessManagedInvalidAuthority(address authority)"
    says = "{authority} is no AccessManager."
    next_step = "Give the address of the deployed AccessManager."
    authority: str


class AccessManagedRequiredDelay(SolidityError):
    solidity = "AccessManagedRequiredDelay(address caller,uint32 delay)"
    says = "{caller} may do this only after a delay of {delay} seconds."
    next_step = "Schedule it first, and execute it when the delay is over; `participants.grant_roles` does both."
    caller: str
    delay: int


class AccessManagedUnauthorized(SolidityError):
    solidity = "AccessManagedUnauthorized(address caller)"
    says = "{caller} does not hold the role that this call needs."
    next_step = "Send it from the registrar or governor that the deployment names."
    caller: str


class AccessManagerAlreadyScheduled(SolidityError):
    solidity = "AccessManagerAlreadyScheduled(bytes32 operationId)"
    says = "Operation {operation_id} is scheduled already."
    next_step = "Execute it when its delay is over."
    operation_id: str


class AccessManagerBadConfirmation(SolidityError):
    solidity = "AccessManagerBadConfirmation()"
    says = "A role is renounced only with the caller's own address as confirmation."
    next_step = "Give the sender's address."


class AccessManagerExpired(SolidityError):
    solidity = "AccessManagerExpired(bytes32 operationId)"
    says = "Operation {operation_id} was scheduled too long ago."
    next_step = "Schedule it again."
    operation_id: str


class AccessManagerInvalidInitialAdmin(SolidityError):
    solidity = "AccessManagerInvalidInitialAdmin(address initialAdmin)"
    says = "{initial_admin} cannot be the first admin."
    next_step = "Give a real address in the deployment's parameters."
    initial_admin: str


class AccessManagerLockedRole(SolidityError):
    solidity = "AccessManagerLockedRole(uint64 roleId)"
    says = "Role {role_id} of the AccessManager cannot be changed."
    next_step = "Use the role ids of the deployment."
    role_id: int


class AccessManagerNotReady(SolidityError):
    solidity = "AccessManagerNotReady(bytes32 operationId)"
    says = "Operation {operation_id} is scheduled, and its delay is not over."
    next_step = "Execute it later."
    may_retry = True
    operation_id: str


class AccessManagerNotScheduled(SolidityError):
    solidity = "AccessManagerNotScheduled(bytes32 operationId)"
    says = "Operation {operation_id} is not scheduled."
    next_step = "Schedule it first."
    operation_id: str


class AccessManagerUnauthorizedAccount(SolidityError):
    solidity = "AccessManagerUnauthorizedAccount(address msgsender,uint64 roleId)"
    says = "{msgsender} does not have role {role_id} of the AccessManager."
    next_step = "Send it from an account that has it."
    msgsender: str
    role_id: int


class AccessManagerUnauthorizedCall(SolidityError):
    solidity = "AccessManagerUnauthorizedCall(address caller,address target,bytes4 selector)"
    says = "{caller} may not call {selector} of {target}."
    next_step = "Send it from the registrar or governor that the deployment names."
    caller: str
    target: str
    selector: str


class AccessManagerUnauthorizedCancel(SolidityError):
    solidity = "AccessManagerUnauthorizedCancel(address msgsender,address caller,address target,bytes4 selector)"
    says = "{msgsender} may not cancel what {caller} scheduled for {target}."
    next_step = "Send it from {caller}, or from a guardian."
    msgsender: str
    caller: str
    target: str
    selector: str


class AccessManagerUnauthorizedConsume(SolidityError):
    solidity = "AccessManagerUnauthorizedConsume(address target)"
    says = "{target} may not use up a scheduled operation now."
    next_step = "Execute the operation through the AccessManager."
    target: str


class AddressEmptyCode(SolidityError):
    solidity = "AddressEmptyCode(address target)"
    says = "There is no contract at {target}."
    next_step = "Check the address, and that the node is on the chain that you mean."
    target: str


class ECDSAInvalidSignature(SolidityError):
    solidity = "ECDSAInvalidSignature()"
    says = "The signature is malformed."
    next_step = "Sign again; a signature has 65 bytes, r, s and v."


class ECDSAInvalidSignatureLength(SolidityError):
    solidity = "ECDSAInvalidSignatureLength(uint256 length)"
    says = "The signature has {length} bytes, not 65."
    next_step = "Sign again; a signature has 65 bytes, r, s and v."
    length: int


class ECDSAInvalidSignatureS(SolidityError):
    solidity = "ECDSAInvalidSignatureS(bytes32 s)"
    says = "The signature is the malleable twin of a valid one."
    next_step = "Bring the signature as it was made, not transformed."
    s: str


class ERC20InsufficientAllowance(SolidityError):
    solidity = "ERC20InsufficientAllowance(address spender,uint256 allowance,uint256 needed)"
    says = "{spender} may take {allowance} smallest units of the token; {needed} are needed."
    next_step = "Have the owner approve {spender} with `token.approve`."
    spender: str
    allowance: int
    needed: int


class ERC20InsufficientBalance(SolidityError):
    solidity = "ERC20InsufficientBalance(address sender,uint256 balance,uint256 needed)"
    says = "{sender} has {balance} smallest units of the token; {needed} are needed."
    next_step = "Send {sender} the rest of the money first."
    sender: str
    balance: int
    needed: int


class ERC20InvalidApprover(SolidityError):
    solidity = "ERC20InvalidApprover(address approver)"
    says = "{approver} cannot approve anything."
    next_step = "Give a real address."
    approver: str


class ERC20InvalidReceiver(SolidityError):
    solidity = "ERC20InvalidReceiver(address receiver)"
    says = "{receiver} cannot receive the token."
    next_step = "Give a real address."
    receiver: str


class ERC20InvalidSender(SolidityError):
    solidity = "ERC20InvalidSender(address sender)"
    says = "{sender} cannot send the token."
    next_step = "Give a real address."
    sender: str


class ERC20InvalidSpender(SolidityError):
    solidity = "ERC20InvalidSpender(address spender)"
    says = "{spender} cannot be approved."
    next_step = "Give a real address."
    spender: str


class ERC2612ExpiredSignature(SolidityError):
    solidity = "ERC2612ExpiredSignature(uint256 deadline)"
    says = "The permit's deadline {deadline} (seconds) has passed."
    next_step = "Have the owner sign a new permit."
    deadline: int


class ERC2612InvalidSigner(SolidityError):
    solidity = "ERC2612InvalidSigner(address signer,address owner)"
    says = "The permit is signed by {signer}, not by {owner}, or was used already."
    next_step = "Have {owner} sign it on this chain, with the token's present nonce."
    signer: str
    owner: str


class FailedCall(SolidityError):
    solidity = "FailedCall()"
    says = "A call inside the transaction failed and gave no reason."
    next_step = "Make the inner call by itself to see its reason."


class InsufficientBalance(SolidityError):
    solidity = "InsufficientBalance(uint256 balance,uint256 needed)"
    says = "The contract holds {balance} wei; {needed} are needed."
    next_step = "Send it the rest first."
    balance: int
    needed: int


class InvalidAccountNonce(SolidityError):
    solidity = "InvalidAccountNonce(address account,uint256 currentNonce)"
    says = "The signature's nonce is not {current_nonce}, which {account} is at."
    next_step = "Have it signed again with the present nonce."
    account: str
    current_nonce: int


class InvalidShortString(SolidityError):
    solidity = "InvalidShortString()"
    says = "A name or version inside the contract is malformed."
    next_step = "This is a fault of the deployment; deploy again with the shipped artifacts."


class ReentrancyGuardReentrantCall(SolidityError):
    solidity = "ReentrancyGuardReentrantCall()"
    says = "The call came back into the vault while the vault was at work."
    next_step = "Call it from outside; a token or condition that does this cannot be used."


class SafeCastOverflowedUintDowncast(SolidityError):
    solidity = "SafeCastOverflowedUintDowncast(uint8 bits,uint256 value)"
    says = "{value} does not fit into {bits} bits."
    next_step = "Give a smaller number."
    bits: int
    value: int


class SafeERC20FailedOperation(SolidityError):
    solidity = "SafeERC20FailedOperation(address token)"
    says = "Token {token} refused to move the money."
    next_step = "Check balance and allowance, and that it is a token at all."
    token: str


class StringTooLong(SolidityError):
    solidity = "StringTooLong(string str)"
    says = "'{str}' is longer than 31 bytes."
    next_step = "This is a fault of the deployment; deploy again with the shipped artifacts."
    str: str
