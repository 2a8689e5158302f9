"""The reading of a night's deliveries on several machines, a prefecture at a time; only for who sets it up
(docs/prefecture.ja.md).

Holds: the partitions, the asset that a worker makes, the coordinator that hands them out before an ordinary night
reads. Does not hold: reading (ingest), or anything that is published: the night that follows is the ordinary one, in
one process and under its lock. No other module of the product imports this room but the call `sousei refresh
--by-prefecture`.
"""
