"""JSON-RPC over HTTP with answers checked and retries bounded.

web3's own HTTPProvider never retries a refused or reset connection, ignores `Retry-After`, does not see a rate limit
inside HTTP 200, and accepts an answer with another request's id: all of that is done here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import requests
from web3.providers import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from lading.errors import BadResponse, NotReachable
from lading.values import AbiValue

TIMEOUT_SECONDS = 20.0
#: Waits between the attempts; one attempt more than there are waits.
BACKOFF_SECONDS = (0.2, 0.5, 1.0)
#: A server that asks for a longer pause than this is reported to the caller instead of waited for.
LONGEST_WAIT_SECONDS = 30.0
RETRIED_STATUS = frozenset({429, 500, 502, 503, 504})
#: EIP-1474, "Limit exceeded"; some providers send it with HTTP 200.
LIMIT_EXCEEDED = -32005

Sleep = Callable[[float], None]
SEND_RAW = "eth_sendRawTransaction"


def _unheard(_kind: str) -> None:
    """Whoever counts no faults."""


@dataclass(frozen=True)
class Retries:
    """How often one request is tried. `backoff`: seconds between the attempts, one attempt more than there are waits;
    `longest_wait`: a server that asks for a longer pause is reported instead. `on_fault` hears of each attempt that
    failed, by class."""

    backoff: tuple[float, ...] = BACKOFF_SECONDS
    longest_wait: float = LONGEST_WAIT_SECONDS
    on_fault: Callable[[str], None] = _unheard

    def waits_for(self, method: str) -> tuple[float, ...]:
        """Every `eth_` read may be asked again; what moves a devnet's clock (`evm_`, `anvil_`) is sent once. So are
        signed bytes: Ganache 7 executes those again that it has mined already, so that whoever sends them again looks
        first (`transactions.broadcast`)."""
        safe = method.startswith(("eth_", "net_", "web3_")) and method != SEND_RAW
        return self.backoff if safe else ()


class _TryAgain(Exception):
    """This attempt failed in a way that another may not. Never leaves this module."""

    def __init__(self, kind: str, why: str, wait: float | None = None) -> None:
        self.kind = kind
        self.wait = wait
        super().__init__(why)


class HttpProvider(JSONBaseProvider):
    """A web3 provider for one http(s) URL. `sleep` is what waits between attempts, in seconds."""

    def __init__(
        self,
        url: str,
        *,
        name: str,
        sleep: Sleep = time.sleep,
        timeout: float = TIMEOUT_SECONDS,
        retries: Retries | None = None,
    ) -> None:
        super().__init__()
        # No node sends us on to hosts of its choice (ERC-3668), which would learn who asks.
        self.global_ccip_read_enabled = False
        self._url = url
        self._name = name
        self._sleep = sleep
        self._timeout = timeout
        self._retries = retries or Retries()
        self._session = requests.Session()

    def make_request(self, method: RPCEndpoint, params: AbiValue) -> RPCResponse:
        """One request, tried again where that is safe (`Retries.waits_for`).

        Raises:
            NotReachable: no usable answer in all attempts.
            BadResponse: the answer is no JSON-RPC answer to this request.
        """
        body = self.encode_rpc_request(method, params)
        for wait in (*self._retries.waits_for(method), None):
            try:
                return self._attempt(method, body)
            except _TryAgain as failure:
                self._retries.on_fault(failure.kind)
                pause = failure.wait if failure.wait is not None else wait
                if wait is None or pause is None or pause > self._retries.longest_wait:
                    raise self._unreachable(method, failure) from failure.__cause__
                self._sleep(pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _attempt(self, method: str, body: bytes) -> RPCResponse:
        try:
            response = self._session.post(
                self._url, data=body, headers={"Content-Type": "application/json"}, timeout=self._timeout
            )
        except requests.Timeout as error:
            raise _TryAgain("timeout", "it did not answer in time") from error
        except requests.ConnectionError as error:
            raise _TryAgain("connection", "the connection was refused or lost") from error
        except requests.RequestException as error:
            raise NotReachable(f"{self._name}: {method} could not be sent: {type(error).__name__}.") from error
        if response.status_code in RETRIED_STATUS:
            kind = f"http_{response.status_code}"
            raise _TryAgain(kind, f"HTTP {response.status_code}", _retry_after(response.headers.get("Retry-After")))
        if not response.ok:
            raise NotReachable(
                f"{self._name} answered HTTP {response.status_code} to {method}.",
                hint="Compare the URL and its access key with what the node's operator gave you.",
                retryable=False,
            )
        return self._checked(method, json.loads(body)["id"], response.content)

    def _checked(self, method: str, request_id: int, content: bytes) -> RPCResponse:
        try:
            answer = json.loads(content)
        except ValueError as error:
            raise BadResponse(f"{self._name} answered {method} with something that is not JSON.") from error
        if not isinstance(answer, dict) or ("result" in answer) == ("error" in answer and answer["error"] is not None):
            raise BadResponse(f"{self._name} answered {method} with something that is no JSON-RPC response.")
        fault = answer.get("error")
        if fault is not None and _is_rate_limit(fault):
            raise _TryAgain("rate_limit", "rate limit")
        # JSON-RPC 2.0, section 5: an error may carry a null id, a result may not.
        if answer.get("id") != request_id and not (fault is not None and answer.get("id") is None):
            raise BadResponse(f"{self._name} answered {method} with the response to another request.")
        return cast(RPCResponse, answer)

    def _unreachable(self, method: str, failure: _TryAgain) -> NotReachable:
        return NotReachable(
            f"{self._name} gave no usable answer to {method}: {failure}.",
            hint="If it is a devnet, start it with `lading devnet up`; else check the URL and try again.",
            retry_after=failure.wait,
        )


def _retry_after(header: str | None) -> float | None:
    """Seconds to wait (RFC 9110, 10.2.3). A date is left to our own back-off: it would need a clock that agrees."""
    return float(header) if header is not None and header.strip().isdigit() else None


def _is_rate_limit(error: object) -> bool:
    if not isinstance(error, dict):
        return False
    text = str(error.get("message", "")).lower()
    return error.get("code") == LIMIT_EXCEEDED or "rate limit" in text or "too many requests" in text
