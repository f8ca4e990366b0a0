"""The command that converts: a file, several of them, or a model that somebody's code makes."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..common.errors import DiptychError
from ..common.language import gettext, message
from .options import (
    READ,
    Cfg,
    Channels,
    Classes,
    Example,
    Force,
    OneSize,
    Prefix,
    Settings,
    Size,
    asked,
    settings,
    size_of,
)
from .quiet import native_stderr_kept
from .streams import say
from .words import BAD, arg, leave, opt

if TYPE_CHECKING:
    from ..conversion.own import Request

CONVERTED = (
    f"{READ}; a folder or a quoted pattern converts all of its files; or FILE.py:FUNCTION or PACKAGE.MODULE:FUNCTION, "
    "whose code is run to make a model."
)
Src = Annotated[Path, arg(help=CONVERTED)]
Dst = Annotated[Path, arg(help="Where to write; the suffix names the format. A folder, for several.")]
Network = Annotated[str | None, opt(help="The network, where the file does not tell.")]
To = Annotated[
    str,
    opt(metavar="LIBRARY", help="Whose names to write: diptych, torchvision, timm, keras, pytorchcv, emitted."),
]
Form = Annotated[str | None, opt(metavar="NETWORK", help="Another form of the network, if weights can say it exactly.")]
Check = Annotated[bool, opt(help="Run the source's and the result's network against each other.")]
Fast = Annotated[bool, opt("--fast", help="Check in float32, not in float64.")]
Html = Annotated[Path | None, opt(help="Write the report as a page, too.")]
Suffix = Annotated[str | None, opt(help="The format of several results, such as .keras.")]
Jobs = Annotated[
    int | None,
    opt(min=1, help="Processes that convert several files; with --ray, if not as many as the cluster has processors."),
]
Ray = Annotated[
    str | None,
    opt(metavar="ADDRESS", help="Convert several files on the Ray cluster at this address, or auto: this machine's."),
]
HashAgain = Annotated[
    bool, opt("--hash-again", help="Hash again what an earlier run has done, whatever sizes and times say.")
]
Head = Annotated[
    str | None,
    opt(metavar="LAYERS", help='What lies between the linear layers of a head of your own: "relu,dropout".'),
]
Backbone = Annotated[bool, opt("--backbone", help="Without the head: the same as --num-classes 0.")]
Dtype = Annotated[str | None, opt(help="The numbers to write: float32, float64, float16 or bfloat16.")]
WithOptimizer = Annotated[
    bool,
    opt("--with-optimizer", help="With what the optimizer keeps: of a torch checkpoint to .keras, or back."),
]
Weights = Annotated[Path | None, opt(help="Of code: a file of weights by the model's own names.")]
Emit = Annotated[
    Path | None,
    opt(help="Of a model of your own: where its source for the other framework goes, if not beside DST."),
]
Gradients = Annotated[bool, opt("--gradients", help="Of a model of your own: compare gradients, too.")]


def convert(
    src: Src,
    dst: Dst,
    network: Network = None,
    to: To = "diptych",
    form: Form = None,
    check: Check = True,
    fast: Fast = False,
    html: Html = None,
    suffix: Suffix = None,
    jobs: Jobs = None,
    ray: Ray = None,
    hash_again: HashAgain = False,
    force: Force = False,
    num_classes: Classes = None,
    in_channels: Channels = None,
    input_size: Size = None,
    head: Head = None,
    backbone: Backbone = False,
    prefix: Prefix = None,
    dtype: Dtype = None,
    cfg: Cfg = None,
    weights: Weights = None,
    example: Example = None,
    emit: Emit = None,
    gradients: Gradients = False,
    one_size: OneSize = False,
    with_optimizer: WithOptimizer = False,
    option: Settings = None,
) -> None:
    """Convert weights between frameworks, formats and libraries' names; read back bit by bit, and run to compare.

    A model of your own, by a file of it or by code that makes it, is read into a network; its source for the other
    framework is written, too.
    """
    if backbone and (num_classes or head):
        raise DiptychError(message("--backbone is a network without a head; leave out --num-classes and --head"))
    num_classes = 0 if backbone else num_classes
    wanted: dict[str, Any] = {"network": network, "to": to, "form": form, "force": force, "num_classes": num_classes}
    wanted |= {"in_channels": in_channels, "input_size": size_of(input_size)}
    more: dict[str, Any] = {
        "with_optimizer": with_optimizer or None,
        "cfg": None if cfg is None else str(cfg),
        "head": head,
        "prefix": prefix,
        "dtype": dtype,
    }
    wanted["check"] = ("float32" if fast else "float64") if check else None
    own = {"emit": emit, "gradients": gradients, "one_size": one_size}
    of_network = settings(option)
    for name in of_network:
        if name in (*wanted, *more, *own, "html", "example"):
            raise DiptychError(message("say --{own} instead of --option {name}", own=name.replace("_", "-"), name=name))
    wanted |= of_network | {key: value for key, value in more.items() if value is not None}
    _Conversion(src, dst, wanted, own, html, (suffix, jobs, ray, hash_again), (weights, example)).run()


def _several(source: Path) -> bool:
    from ..conversion.batch import several

    return several(source)


@dataclass(frozen=True)
class _Conversion:
    """What is asked: of any conversion, and of one of a model of somebody's own.

    `several` is of several files (suffix, jobs, address of a cluster, whether to hash what is done), and `given` of
    code (a file of weights, shape of an example).
    """

    src: Path
    dst: Path
    wanted: dict[str, Any]
    own: dict[str, Any]
    html: Path | None
    several: tuple[str | None, int | None, str | None, bool]
    given: tuple[Path | None, str | None]

    def run(self) -> None:
        """Convert, in one of three ways."""
        from ..opening.code import is_code

        if is_code(str(self.src)):
            say(*str(self._of_code()).splitlines())
            return
        if self.given[0] is not None:
            raise DiptychError(message("--weights is for code, FILE.py:FUNCTION; a file has its own"))
        if not self.src.is_file() and _several(self.src):
            self._all()
        else:
            self._one()

    def _one(self) -> None:
        """A file."""
        from .. import convert as run
        from ..conversion.apart import apart
        from ..opening.named import example_of
        from . import output

        suffix, jobs, ray, anew = self.several
        if suffix is not None or (jobs or 1) > 1 or ray is not None or anew:
            raise DiptychError(
                message(
                    "--suffix, --jobs, --ray and --hash-again are for several files; {src} is one, and {dst} names its "
                    "format",
                    src=self.src,
                    dst=self.dst,
                )
            )
        example = example_of(asked(example=self.given[1]), "tf")
        with (
            native_stderr_kept(),
            output.waiting(gettext("converting {name}").format(name=self.src)) as update,
            apart(),
        ):
            one = run(self.src, self.dst, html=self.html, progress=update, example=example, **self.wanted, **self.own)
        say(*str(one).splitlines())

    def _all(self) -> None:
        """All files of a folder, or of a pattern."""
        from ..conversion import batch
        from . import output

        suffix, jobs, ray, anew = self.several
        if any(value is not None and value is not False for value in (*self.own.values(), self.given[1])):
            raise DiptychError(message("--emit, --gradients, --one-size and --example are for one model of your own"))
        if self.html is not None:
            raise DiptychError(message("--html takes one conversion; of several, each has its own report beside it"))
        done = batch.convert_all(batch.files(self.src), self.dst, suffix or "", jobs, self.wanted, ray, anew)
        output.conversions(done)
        if any(item.error for item in done):
            leave(BAD)

    def _of_code(self) -> Any:
        """A model that somebody's code makes, with the weights of a file where one is given."""
        from ..conversion.own import convert_own, of_model
        from ..files.destinations import check_several
        from ..opening.code import home_of, model_of
        from ..opening.named import example_for
        from ..opening.weights import put
        from . import output

        name, (weights, example) = str(self.src), self.given
        places = tuple(path for path in (home_of(name), weights) if path is not None)
        with native_stderr_kept(), output.waiting(gettext("reading {name}").format(name=name)) as update:
            request = self._request(update)
            for place in places or (None,):
                check_several(request.paths, place, request.force)
            model = model_of(name)
            if weights is not None:
                put(model, weights, name)
            size = asked(in_channels=self.wanted["in_channels"], example=example)
            batch = example_for(name, model, replace(size, input_size=self.wanted["input_size"]))
            own = of_model(model, batch, request.one_size, name, places, self._again())
            return convert_own(own, request)

    def _request(self, update: Any) -> Request:
        """What is asked, without what is for files alone; raises DiptychError where that is asked, too."""
        from ..conversion.own import Request

        wanted, (suffix, jobs, ray, anew) = self.wanted, self.several
        own = {key: self.own[key] for key in ("emit", "gradients", "one_size")}
        request = Request(
            self.dst, check=wanted["check"], force=wanted["force"], to=wanted["to"], say=update, html=self.html, **own
        )
        both = ("to", "force", "check", "in_channels", "input_size")
        for_files = {key: value for key, value in wanted.items() if key not in both}
        request.refuse(
            for_files | {"suffix": suffix, "jobs": None if jobs == 1 else jobs, "ray": ray, "hash_again": anew or None}
        )
        return request

    def _again(self) -> str:
        """The command that converts it again."""
        wanted, own, (weights, example) = self.wanted, self.own, self.given
        size = wanted["input_size"]
        words: dict[str, Any] = {"--weights": weights, "--example": example, "--in-channels": wanted["in_channels"]}
        words["--input-size"] = "x".join(map(str, size)) if isinstance(size, tuple) else size
        words |= {
            "--emit": own["emit"],
            "--html": self.html,
            "--to": None if wanted["to"] == "diptych" else wanted["to"],
        }
        said = [str(word) for option, value in words.items() if value is not None for word in (option, value)]
        flags = [f"--{key.replace('_', '-')}" for key in ("gradients", "one_size") if own[key]]
        return shlex.join(["diptych", "convert", str(self.src), str(self.dst), *said, *flags, "--force"])
