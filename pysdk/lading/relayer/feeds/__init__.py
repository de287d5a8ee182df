"""Where bytes come from: brokers, readers' streams, files, and others' EPCIS documents.

A feed hands what it received to the intake and acknowledges it, where its protocol can, only after that came back:
by then it is durable. While the database is away the intake does not come back, so nothing is acknowledged and what
a feed holds is bounded: this is the back-pressure.
"""
