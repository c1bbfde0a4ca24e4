//! `btp-release init`: reads the repository in the working folder, and writes a file that was not there.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _, stdout};
use std::path::{Path, PathBuf};

use super::written::{working_folder, written};
use super::{App, usage};
use crate::adapters::checkout::Checkout;
use crate::adapters::repository_files::read_repository;
use crate::cli::InitArgs;
use crate::domain::{Code, Diagnostic, RepositoryFiles};
use crate::init::{DEFAULT_OUTPUT, GitFacts, LookedAt, ProposedWorkflow, is_wanted, propose};
use crate::report::Failure;
use crate::settings::{self, InitSettings};

const TITLE: &str = "init";
/// What makes the working folder the module's, where it is not the top folder of its repository.
const OF_A_MODULE: [&str; 3] = ["Dockerfile", "Makefile", "module-config.yaml"];

impl App<'_> {
    pub(super) fn init(&self, args: &InitArgs) -> anyhow::Result<()> {
        let settings = settings::init(args, self.environment()).map_err(usage)?;
        let here = working_folder()?;
        let checkout = Checkout::around(&here);
        let root = checkout.as_ref().map_or(here.as_path(), Checkout::root);
        let output = match &settings.output {
            Some(output) => here.join(output),
            None => root.join(DEFAULT_OUTPUT),
        };
        if !settings.dry_run {
            refuse_existing(&output)?;
        }
        let files = read_repository(root, &is_wanted).ok_or_else(|| {
            let seen = format!("the folder {} cannot be read", root.display());
            refused(
                Code::FileUnreadable,
                seen,
                "start init in a folder that you may read",
            )
        })?;
        let git = self.git_facts(checkout.as_ref());
        let folder = module_folder(&here, root, &settings, &files);
        let name = root.file_name().unwrap_or_default().to_string_lossy();
        let proposed = propose(&LookedAt {
            files: &files,
            git: &git,
            folder: folder.as_deref(),
            name: &name,
        });
        let proposed = proposed.map_err(|found| Failure::new(TITLE, vec![found]))?;
        if settings.dry_run {
            self.tell(&proposed, "nothing was written");
            return written(write!(stdout(), "{}", proposed.yaml));
        }
        write_new(root, &output, &proposed.yaml)?;
        let shown = output.strip_prefix(&here).unwrap_or(&output).display();
        let version = &proposed.next_version;
        let next =
            format!("wrote {shown}; try it: btp-release rehearse {version} --workflow {shown}");
        self.tell(&proposed, &next);
        Ok(())
    }

    fn tell(&self, proposed: &ProposedWorkflow, end: &str) {
        for line in proposed.summary.to_text(end).lines() {
            self.log.line(line);
        }
    }

    fn git_facts(&self, checkout: Option<&Checkout>) -> GitFacts {
        let Some(checkout) = checkout else {
            return GitFacts::default();
        };
        let personal = self
            .context
            .local
            .as_ref()
            .map(|local| local.git_configs.as_slice());
        let origin = checkout.origin(personal.unwrap_or_default());
        GitFacts {
            is_checkout: true,
            is_elsewhere: origin
                .as_ref()
                .is_some_and(|origin| !origin.host.is_dot_com()),
            repository: origin.map(|origin| origin.repository),
            default_branch: checkout.default_branch(),
            branch: checkout.head().branch,
            remote_branches: checkout.remote_branches(),
            tags: checkout.tags(),
        }
    }
}

/// The folder that was typed, or the working folder where it looks like a module's, below the top folder.
fn module_folder(
    here: &Path,
    root: &Path,
    settings: &InitSettings,
    files: &RepositoryFiles,
) -> Option<String> {
    let below = here.strip_prefix(root).unwrap_or(Path::new(""));
    let path = |path: &Path| {
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        parts.join("/")
    };
    if let Some(folder) = &settings.directory {
        return Some(path(&below.join(folder)));
    }
    let below = path(below);
    let is_module = |name: &&str| files.has(&format!("{below}/{name}"));
    (!below.is_empty() && OF_A_MODULE.iter().any(is_module)).then_some(below)
}

fn refused(code: Code, seen: String, help: &str) -> Failure {
    Failure::new(TITLE, vec![Diagnostic::error(code, seen, help)])
}

fn refuse_existing(output: &Path) -> Result<(), Failure> {
    // A link counts as well, wherever it leads.
    if fs::symlink_metadata(output).is_ok() {
        return Err(exists(output));
    }
    Ok(())
}

fn exists(output: &Path) -> Failure {
    let seen = format!("{} exists, and init overwrites nothing", output.display());
    let help = "write elsewhere with --output FILE, or print with --dry-run and compare";
    refused(Code::FileExists, seen, help)
}

/// Writes a file that is not there yet, and its folders, inside of the repository.
fn write_new(root: &Path, output: &Path, text: &str) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| {
        let seen = format!("{} cannot be written: {error}", output.display());
        refused(
            Code::FileUnwritable,
            seen,
            "write elsewhere with --output FILE, or print with --dry-run",
        )
    };
    let folder = output.parent().unwrap_or(root);
    let outside = || {
        let seen = format!(
            "{} leads out of the repository {}",
            output.display(),
            root.display()
        );
        refused(
            Code::PathOutside,
            seen,
            "give a path inside of it: nothing else is written",
        )
    };
    if !is_inside(root, folder).map_err(unwritable)? {
        return Err(outside());
    }
    fs::create_dir_all(folder).map_err(unwritable)?;
    let mut options = OpenOptions::new();
    let mut file = match options.write(true).create_new(true).open(output) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(exists(output)),
        Err(error) => return Err(unwritable(error)),
    };
    file.write_all(text.as_bytes()).map_err(unwritable)
}

/// Whether the existing part of a folder's path is inside of another one, links followed.
fn is_inside(root: &Path, folder: &Path) -> std::io::Result<bool> {
    let root: PathBuf = root.canonicalize()?;
    let existing = folder
        .ancestors()
        .find(|folder| fs::symlink_metadata(folder).is_ok());
    let existing = existing.unwrap_or(folder).canonicalize()?;
    Ok(existing.starts_with(root))
}
