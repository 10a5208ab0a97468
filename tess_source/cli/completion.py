"""``tess-source completion``: what a shell needs to complete commands, options and their values."""

from __future__ import annotations

import click

__all__ = ["completion"]

HOW = {
    "bash": 'eval "$(tess-source completion bash)", in ~/.bashrc',
    "zsh": 'eval "$(tess-source completion zsh)", in ~/.zshrc, after compinit',
    "fish": "tess-source completion fish | source, in ~/.config/fish/config.fish",
}
"""Shell → the line that switches completion on, and where it belongs."""


@click.command("completion", epilog="\b\n" + "\n".join(HOW.values()))
@click.argument("shell", type=click.Choice(list(HOW)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None
    root = context.find_root()
    source = made(root.command, {}, "tess-source", "_TESS_SOURCE_COMPLETE").source()
    click.echo(source)
