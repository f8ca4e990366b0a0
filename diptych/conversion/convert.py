"""Convert a weights file to another format, framework or library's names; what is written is read back and proven."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..checking.proof import Precision, Proof, Side, prove
from ..common.dialect import EMITTED, OWN
from ..common.errors import DiptychError, FileError, NotInstalled, Unidentified, WeightsError
from ..common.memory import mapping
from ..common.weights import checked
from ..files import format_of, read, source_format
from ..files.atomic import transaction
from ..files.checkpoint import Checkpoint, counters
from ..files.content import Content
from ..files.darknet import Configured
from ..files.destinations import check_several
from ..files.format import Format
from .cautions import cautions
from .configured import asked, check_configured, with_boxes
from .dtypes import check_dtype
from .forms import check_names, widened
from .identify import Identified, identified
from .moved import Moved, in_dtype, moved_to
from .not_compared import not_compared
from .nowhere import nowhere
from .prefixes import part_of
from .proving import Proving, compared
from .report import Conversion, digest, report_path, write_report
from .request import Request
from .written import written

OF_CONVERSION = ("network", "form", "cfg", "prefix", "dtype", "with_optimizer")
"""What is asked of the conversion of a file; the rest are options of its network."""


def convert(
    src: Any,
    dst: str | Path | None = None,
    network: str | None = None,
    *,
    to: str = OWN,
    form: str | None = None,
    check: Precision | None = "float64",
    html: str | Path | None = None,
    force: bool = False,
    num_classes: int | None = None,
    in_channels: int | None = None,
    input_size: int | tuple[int, int] | None = None,
    head: str | None = None,
    prefix: str | None = None,
    dtype: str | None = None,
    cfg: str | Path | None = None,
    progress: Callable[[str], None] | None = None,
    example: Any = None,
    emit: str | Path | None = None,
    gradients: bool = False,
    one_size: bool = False,
    with_optimizer: bool = False,
    **options: Any,
) -> Conversion:
    """Convert a weights file to the format of the suffix of `dst`: .safetensors, .pth, .keras, .weights.h5, .npz, ...

    Without `network` it is what the file states, or else the only network that the weights fit; options that the
    shapes imply need not be given. `cfg`, a file of Darknet's, says both. `head` says what lies between the linear
    layers of a head that is not the network's own ("relu,dropout"), and `prefix` which of several networks is meant.
    Other keywords are options of the network, such as output_stride=8, which no weight tells.
    `to` names the library whose names the result has ("torchvision", "timm", "keras.applications"), `form` another
    form of the network, for which the weights are rewritten where that is exact. `dtype` is the type of numbers to
    write ("float32", "float64", "float16", "bfloat16"), without which it is that of the source. With
    `with_optimizer` what the optimiser keeps goes over, too, from a torch checkpoint of training to .keras or back.
    Unless `check` is None, both files are read again by another reader, which must give the same bits, and the network
    is run with the source's weights and with the result's, in each one's framework; DST.report.json says what was done
    and measured. Raises DiptychError, and leaves no partial file, for anything but a full match of every weight by name
    and shape, or where the readers or the outputs differ.

    `src` may also be a PyTorch module, with an `example`, or a Keras model, as `read` takes them, or a file of a whole
    model that no registered network fits. The emitted source for the other framework is then written beside the
    weights, to `emit` (DST's name with .py), and the model itself is run against all that is made of it.
    """
    asked_of: dict[str, Any] = {"network": network, "form": form, "cfg": cfg, "num_classes": num_classes}
    asked_of |= {"in_channels": in_channels, "input_size": input_size, "head": head, "prefix": prefix, "dtype": dtype}
    asked_of |= {"with_optimizer": with_optimizer or None} | options
    page, say = Path(html) if html else None, progress or (lambda text: None)
    if dst is None:
        raise DiptychError(nowhere(src))
    own = Request(Path(dst), emit, check, force, gradients, one_size, to, say, page)
    if isinstance(src, str | os.PathLike):
        return _of_file(Path(src), asked_of, example, own)
    own.refuse(asked_of)
    from .own import convert_own, of_model

    return convert_own(of_model(src, example, one_size), own)


def _of_file(source: Path, wanted: Mapping[str, Any], example: Any, own: Request) -> Conversion:
    """Convert a file: of a registered network, with the options that are wanted, or else of a whole model."""
    known = _check_request(source, own)
    check_dtype(wanted["dtype"], known)
    own.say(f"reading {source}")
    start = time.monotonic()
    options = {key: value for key, value in wanted.items() if key not in OF_CONVERSION}
    name, options, said = asked(wanted["cfg"], wanted["network"], options)
    optimised = _optimised(source, name, options, wanted)
    proving = Proving.wanted(source, known, own.check)
    again = None if own.check is None else proving.keep if proving else compared
    # A framework takes arrays that it may write to; without one, what is read may stay in its file.
    with mapping() if own.check is None else nullcontext():
        try:
            loaded = load_source(source, name, options, again, wanted["prefix"] or "")
        except Unidentified as error:
            unknown = error
        else:
            own.refuse_more(example)
            names = (wanted["form"], _names_asked(own.to, known), wanted["dtype"])
            return _converted(source, loaded, said, names, own, start, optimised, proving)
    from .own import convert_own, of_file

    return convert_own(of_file(source, example, unknown, own, wanted), own)


def _optimised(
    source: Path, name: str | None, options: Mapping[str, Any], wanted: Mapping[str, Any]
) -> Callable[[Content, Format], tuple[Content, str]] | None:
    """What puts the state of an optimiser beside the weights, where that is wanted."""
    if not wanted["with_optimizer"]:
        return None
    from .with_optimizer import with_training

    return partial(with_training, source, name, options, wanted["prefix"] or "")


def _converted(
    source: Path,
    loaded: tuple[Identified, Side, str],
    said: Configured | None,
    wanted: tuple[str | None, str, str | None],
    own: Request,
    start: float,
    optimised: Callable[[Content, Format], tuple[Content, str]] | None,
    proving: Proving | None,
) -> Conversion:
    """Write what was loaded, in the form and the names that are wanted."""
    (found, given, sha256), (form, library, dtype), html = loaded, wanted, own.html
    destination, check, say, known = own.destination, own.check, own.say, format_of(own.destination)
    read_as = source_format(source)
    weights, more = (given.weights, ()) if dtype else widened(given.weights, known)
    notes = (*found.notes, *check_configured(said, found.net, source), *more)
    found = replace(found, notes=notes, checkpoint=with_boxes(found.checkpoint, said))
    given = replace(given, weights=weights)
    moved = in_dtype(moved_to(found, given.weights, sha256, form, library, known), dtype)
    if optimised is not None:
        trained, note = optimised(moved.content, known)
        moved = replace(moved, content=trained, notes=(*moved.notes, note))
    content = moved.content
    found = replace(found, notes=found.notes + cautions(found, content.net, content.dialect.library, known, read_as))
    proof, exact = None, moved.unrounded(known.framework)
    with (
        proving.begun(given, Side(content.net, known.framework, content.arrays), exact) if proving else nullcontext(),
        transaction(_written(destination, html), own.force) as staged,
    ):
        say(f"writing {destination}")
        kept = written(staged[destination], moved.content, destination)
        back = Side(moved.content.net, known.framework, kept.weights)
        if content.training is not None:
            from .with_optimizer import check_training

            check_training(staged[destination], content)
        seconds = time.monotonic() - start
        if check is not None:
            say(f"checking {destination}")
            # What was read back is what was to be written, bit for bit, so that the proof of either is that of both.
            reader, proof = proving.result() if proving else (found.reader, prove(given, back, check, exact))
            found = replace(found, reader=reader)
            kept = written(staged[destination], moved.stating(proof), destination, again=True)
        done = _conversion(source, destination, found, moved, proof, seconds)
        done = replace(done, result=kept.sha256, readers=_readers(found, kept.reader))
        write_report(done, found, moved.content.net, moved.content.dialect, staged, html)
    return done


def _readers(found: Identified, result: str) -> dict[str, str]:
    """The second readers of source and result; none where no proof was asked for."""
    return {"source": found.reader, "result": result} if result else {}


def _written(destination: Path, html: Path | None) -> list[Path]:
    """The files that a conversion writes: the result, its report, and the page of that where one is asked for."""
    return [destination, report_path(destination), *([html] if html else [])]


def _names_asked(library: str, known: Format) -> str:
    """The library whose names a format takes: the emitted PyTorch file has ours."""
    return OWN if library == EMITTED and known.framework == "torch" else library


def _check_request(source: Path, own: Request) -> Format:
    """The format to write; raises DiptychError for what cannot be done whatever is in the source."""
    known = format_of(own.destination)
    check_names(own.to, known)
    check_several(_written(own.destination, own.html), source, own.force)
    return known


def load_source(
    source: Path,
    network: str | None,
    options: Mapping[str, Any],
    again: Callable[[Checkpoint, Path], str] | None = None,
    prefix: str = "",
) -> tuple[Identified, Side, str]:
    """(what the file is, its weights under our names, its SHA-256); the checkpoint that is left holds no arrays.

    A file that is not what it says is refused before its bytes are hashed. `again` has a second reader read it.
    Raises Unidentified where no network fits, and other errors for what is wrong with the file itself.
    """
    checkpoint = read(source)
    try:
        found = identified(part_of(checkpoint, prefix), network, options)
    except (FileError, NotInstalled):
        raise
    except DiptychError as error:
        raise Unidentified(str(error)) from error
    arrays = checked(found.net, found.checkpoint.named(found.net), str(source))
    with ThreadPoolExecutor(1) as pool:  # hashing does not hold the interpreter's lock
        hashing = pool.submit(digest, source)
        reader = again(checkpoint, source) if again else ""
        sha256 = hashing.result()
    del checkpoint
    known = set(counters(found.net))
    strangers = [name for name in found.checkpoint.extras if name not in known]
    if strangers:
        raise WeightsError(
            f"{source}: {found.net.name} has no batch normalisation for {', '.join(strangers[:8])}; name the right "
            "network"
        )
    given, found = Side(found.net, source_format(source).framework, arrays), replace(found, prefix=prefix)
    said = _graph_said(found, given) if again else ""
    notes = (*found.notes, said) if said else found.notes
    kept = found.checkpoint.without_arrays()
    return replace(found, checkpoint=kept, reader=reader, notes=notes, graph=said), given, sha256


def _graph_said(found: Identified, given: Side) -> str:
    from .source_graph import graph_said

    return graph_said(found, given.weights, given.framework)


def _conversion(
    source: Path, destination: Path, found: Identified, moved: Moved, proof: Proof | None, seconds: float
) -> Conversion:
    """What was done, for the caller."""
    content = moved.content
    return Conversion(
        source,
        destination,
        content.net.name,
        dict(content.net.options),
        matched=len(content.arrays),
        notes=found.notes + moved.notes,
        bitwise=True,  # else `_read_back` has raised
        library=found.library,
        to=content.dialect.library,
        origin=found.net.name if content.net.name != found.net.name else "",
        sha256=content.record["sha256"],
        proof=proof,
        seconds=seconds,
        not_compared=not_compared(found, proof is not None),
    )
