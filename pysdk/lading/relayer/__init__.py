"""From a reader's log to anchored batches: sources -> smoothing -> capture -> outbox -> anchoring.

`sources`, `smoothing`, `gaps` and `capture` decide and touch nothing; `outbox` and `intake` write to SQLite;
`anchoring` alone talks to the chain, through `lading.client`.
"""
