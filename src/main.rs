//! Reads the environment and the arguments, and ends with an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    let env = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
    let ended = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| {
            runtime.block_on(btp_release::app::run(
                std::env::args().collect(),
                &env.collect(),
            ))
        });
    ExitCode::from(
        ended
            .unwrap_or_else(|error| btp_release::app::bug(&error))
            .code(),
    )
}
