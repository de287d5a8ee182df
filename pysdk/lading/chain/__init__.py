"""The seam to the chain, and the only importer of web3: networks, reads, signing, sending, reverts to exceptions."""
