"""How much is downloaded for a program."""

import gzip
import io
import tarfile


def layer(program):
    """The layer of an image with this one file, as a registry stores it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add(program.resolve(), program.name, filter=lambda entry: entry.replace(mtime=0, uname="", gname=""))
    # BuildKit's level is gzip's own default.
    return gzip.compress(out.getvalue(), 6, mtime=0)
