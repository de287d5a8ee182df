"""`lading demo`, as `python scripts/demo.py …` or `ape run demo …`: the same arguments, the same exit codes."""

import sys

from lading.cli import main

if __name__ == "__main__":
    main(["demo", *sys.argv[1:]])
else:
    # ape imports this file and runs the click command named `cli`; all that this does is to hand its words on,
    # `--network` and `--help` among them. click comes with ape, not with lading.
    import click

    @click.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
    @click.argument("words", nargs=-1, type=click.UNPROCESSED)
    def cli(words: tuple[str, ...]) -> None:
        """Run one order from tag read to consumer proof (see `lading demo --help`)."""
        main(["demo", *words])
