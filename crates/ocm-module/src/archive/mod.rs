//! Tar and gzip: unpacks archives of other tools, and writes archives whose bytes are the same on every machine.
//!
//! Unpacking is bounded in every way ([`ArchiveLimits`]) and never yields a path that leads out of the folder
//! ([`EntryPath`]). The `tar` crate reads and writes the headers; what a header says is judged here.

mod bounded_reader;
mod entry_path;
mod layer_content;
mod pax_headers;
mod unpack;
mod write;

pub use entry_path::{AbsolutePaths, EntryPath};
pub use layer_content::{LayerContent, LayerForm, copy_layer_file};
pub(crate) use layer_content::{decompressed, has_entry, is_tar};
pub use unpack::{ArchiveFile, ArchiveLimits, UnpackError, unpack_archive, unpack_chart};
pub(crate) use write::{TarEntry, write_gzip, write_tar};

use std::io;

use crate::{Diagnostic, FormatCode};

const MIB: u64 = 1024 * 1024;

/// The longest file that is packed and unpacked, in bytes. Far above any chart or manifest: Kubernetes takes at most a few MiB an
/// object.
pub const MAX_FILE: u64 = 32 * MIB;

/// The longest layer with one such file in it, in bytes: as it is, in a tar with its headers and padding, or compressed.
pub const MAX_FILE_LAYER: u64 = MAX_FILE + MAX_HEADERS;

/// The largest size of a tar entry's headers and long names, without its content, in bytes.
const MAX_HEADERS: u64 = 64 * 1024;

/// Whether bytes begin as gzip does ([RFC 1952, 2.3.1](https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1)).
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// An archive that breaks a rule of this module, as an error of a reader.
fn invalid_data(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

/// A reader's error as a diagnostic.
fn unreadable(error: &io::Error) -> Diagnostic {
    // Errors of this module have their own messages; those of the tar and gzip readers say only what was read.
    match error.kind() {
        io::ErrorKind::InvalidData => invalid_archive(error.to_string()),
        _ => invalid_archive(format!("cannot be read: {error}")),
    }
}

fn invalid_archive(why: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::about(
        FormatCode::ArchiveInvalid,
        "archive",
        why,
        "nothing of it is used: build the module image again, or look at the layer with `tar tvf`",
    )
}

#[cfg(test)]
pub(crate) mod tests;
