"""The command line: one verb per file. Slow imports happen inside the verbs."""

from typing import Annotated

import typer
from typer.core import TyperGroup

from keras_gru.cli.arguments import reject_settings_as_options, with_cells_from
from keras_gru.cli.check import check
from keras_gru.cli.claims import claims
from keras_gru.cli.compare import compare
from keras_gru.cli.copy import copy
from keras_gru.cli.evaluate import evaluate
from keras_gru.cli.export import export
from keras_gru.cli.forecast import forecast
from keras_gru.cli.generate import generate
from keras_gru.cli.inspect import inspect
from keras_gru.cli.learning_curve import learning_curve
from keras_gru.cli.list import list_
from keras_gru.cli.new import new
from keras_gru.cli.predict import predict
from keras_gru.cli.report import report
from keras_gru.cli.schema import schema
from keras_gru.cli.show import show
from keras_gru.cli.sweep import sweep
from keras_gru.cli.train import train
from keras_gru.cli.translate import translate
from keras_gru.cli.variance import variance
from keras_gru.cli.verdict import verdict
from keras_gru.errors import one_sentence


class _Commands(TyperGroup):
    """Reports user errors as one sentence with an exit code."""

    def invoke(self, ctx):
        with one_sentence():
            return super().invoke(ctx)

    def resolve_command(self, ctx, args):
        name, command, rest = super().resolve_command(ctx, args)
        parameters = [] if command is None else command.params
        known = {option for parameter in parameters for option in parameter.opts}
        reject_settings_as_options(rest, known)
        return name, command, rest


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("list")(list_)
for verb in (
    new,
    show,
    copy,
    check,
    train,
    compare,
    learning_curve,
    variance,
    sweep,
    verdict,
    claims,
):
    app.command()(with_cells_from(verb))
for verb in (evaluate, inspect, predict, forecast, generate, translate, export, report, schema):
    app.command()(with_cells_from(verb))


def _version(asked: bool) -> None:
    if asked:
        from keras_gru.version import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _commands(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """GRU, LSTM and SimpleRNN side by side, from one YAML file.

    Start with: keras-gru compare quickstart
    """
