//! The stand-in's GitHub behaves as the real one is documented, or was seen, to behave.
//! Each test names the manner and where it is written down.

mod assets;
mod checks;
mod common;
mod faults;
mod git;
mod immutable;
mod releases;
mod service;
