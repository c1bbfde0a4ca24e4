//! What the binary says, word by word, of inputs that are wrong and of servers that answer wrongly or not at all.
#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod connections;
mod inputs;
mod process;
mod servers;
