//! Feeds the reader of module images: no panic, bounded memory, no path that leads out of the folder.
//! How to run it is described in CONTRIBUTING.md.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/ocm-module/tests/hostile/reader.rs"]
mod reader;

fuzz_target!(|bytes: &[u8]| {
    reader::read_all(bytes);
    // A header that was changed is one only with its checksum.
    reader::read_all(&reader::signed(bytes));
});
