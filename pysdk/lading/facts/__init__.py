"""What the chain says of a bundle, read as of one block, and the verdict from it.

The pure part, which judges, is `lading.provenance`; here stand only the reads: by calls, which believe the node, or by
state proofs, which do not; from one node or from several.
"""

from lading.facts.deployment import TrustedDeployment, chain_ref
from lading.facts.nodes import Silent, verify, verify_among
from lading.facts.read import StateProof, facts_for

__all__ = [
    "Silent",
    "StateProof",
    "TrustedDeployment",
    "chain_ref",
    "facts_for",
    "verify",
    "verify_among",
]
