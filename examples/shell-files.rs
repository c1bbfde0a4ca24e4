//! Writes what shells complete of `btp-release`, and its man pages, with clap's own generators:
//!
//! ```sh
//! cargo run --example shell-files --no-default-features -- FOLDER
//! ```
//!
//! An example, and no command of its own: so the action's image holds neither the generators nor what they write.

use std::path::PathBuf;
use std::{env, fs, io};

use btp_release::cli::Cli;
use clap::{CommandFactory as _, ValueEnum as _};
use clap_complete::{Shell, generate_to};

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("give a folder"))?;
    fs::create_dir_all(&folder)?;
    for shell in Shell::value_variants() {
        generate_to(*shell, &mut Cli::command(), "btp-release", &folder)?;
    }
    clap_mangen::generate_to(Cli::command(), &folder)
}
