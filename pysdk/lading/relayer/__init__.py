"""From readers to anchored batches, nothing lost, nothing twice.

In the order of the way of a read: `feeds` and `llrp` listen, `intake` keeps what came, `reads` understands it,
`smoothing` makes events of it, `outbox` keeps those, `items` counts them for each thing, `anchoring` takes them to the
chain. Under all stands `store`, the database; `config` says what is wanted; `service` runs it for months, `run` once.
"""
