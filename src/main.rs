//! Reads the environment and the arguments, and ends with an exit code.

use std::process::ExitCode;

use btp_release::app;

fn main() -> ExitCode {
    // Names and values that are no UTF-8 mean nothing to this program.
    let env = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    ExitCode::from(app::run(std::env::args().collect(), env).code())
}
