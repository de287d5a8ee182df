"""Captures signed by the gateway's key: what it accepted of each reader, in a sequence without holes, so that whatever
is taken out, put in, moved or altered later is found.

`codec` is the form of the reads that is signed, `signing` stores captures with what the intake stores, `keys` finds the
key; `document` is the file that an auditor is handed, `export` makes it, `verify` judges it, `raw_log` compares it
with a reader's own log.
"""
