//! The stand-in's GitHub behaves as the real one is documented, or was seen, to behave.
//! Each test names the manner and where it is written down.

mod assets;
mod common;
mod releases;
