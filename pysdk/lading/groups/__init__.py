"""The client's verbs, one module per group. A verb that changes something sends, waits and returns a `Receipt`."""
