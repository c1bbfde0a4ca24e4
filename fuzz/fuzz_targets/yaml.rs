//! Feeds the reader of YAML with texts that nest deeply and repeat themselves: no panic, nothing deeper than the limit, and a time
//! that grows with the text and not by its square. How to run it is described in CONTRIBUTING.md.

#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/ocm-module/tests/hostile/shapes.rs"]
mod shapes;

/// As long as a large manifest.
const LENGTH: usize = 400_000;

/// Many times what the slowest of such texts takes, and a small part of what the square of its length would.
const LONGEST: Duration = Duration::from_secs(10);

fuzz_target!(|parts: (&str, &str, &str)| {
    let (head, piece, tail) = parts;
    let text = shapes::repeated(head, piece, tail, LENGTH);
    let begun = Instant::now();
    shapes::read_and_write(&text);
    assert!(begun.elapsed() < LONGEST, "{head:?}, many times {piece:?}, {tail:?}");
});
