"""flask holder key: makes a key file where no browser can."""

import os
from pathlib import Path

import click
from flask.cli import AppGroup

from app import built
from app.chance import Chance
from app.sealing import public_key
from marketplace.holder.rules import key_file

group = AppGroup("holder", help="Keys of those who open sealed offers together.")


@group.command("key")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def key(file: Path) -> None:
    """Write a new private key to FILE, for its owner alone, and print the public half to publish."""
    chance: Chance = built.part("chance")
    private = chance.secret()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.ClickException(f"{file} exists; a key file is never written over") from None
    with os.fdopen(descriptor, "w") as opened:
        opened.write(key_file(private))
    click.echo(public_key(private).hex())
