//! Reads the environment and the arguments, and ends with an exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use btp_release::app;

fn main() -> ExitCode {
    // Names and values that are no UTF-8 mean nothing to this program.
    let env = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let arguments: Result<Vec<String>, OsString> =
        std::env::args_os().map(OsString::into_string).collect();
    let exit = match arguments {
        Ok(arguments) => app::run(arguments, env),
        Err(argument) => app::refuse_argument(&argument.to_string_lossy(), &env),
    };
    ExitCode::from(exit.code())
}
