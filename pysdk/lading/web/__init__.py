"""The consumer's web page (`lading serve`) and printed labels (`lading labels`); both need the extra `web`."""
