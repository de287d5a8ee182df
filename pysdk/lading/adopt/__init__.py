"""Is it worth joining? The evolutionary game of platforms and technology providers (`lading adopt`, docs/adopt.md).

`game` is exact and needs nothing; `basin` and `tipping` say who ends in adoption and what it takes; `symbolic` (sympy)
and `dynamics` (scipy) derive and check the same independently; `estimate` reads the ledger; `study` joins them; `plot`
draws (matplotlib). The last five need the extra: pip install "lading[adopt]". Import from the modules: nothing is
loaded here.
"""
