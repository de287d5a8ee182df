"""Readers that speak LLRP, the Low Level Reader Protocol (EPCglobal LLRP 1.0.1 and GS1 LLRP 1.1), on TCP port 5084.

`frames` cuts a stream of bytes into messages, `tag_reports` reads the tag reports among them, fast; `messages` reads
and writes every other message by the tables of `layouts`; `client` talks to a reader. All but `client` is pure.
"""
