//! What the binary shows on a terminal, and that it ends well there.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use stand_ins::{Fault, Pattern};

use super::{Desk, TOKEN};

#[test]
fn version_is_that_of_the_release() {
    let asked = Command::new(env!("CARGO_BIN_EXE_btp-release"))
        .arg("--version")
        .output()
        .unwrap();
    let version = btp_release::domain::PROGRAM_VERSION;
    let text = String::from_utf8(asked.stdout).unwrap();
    assert_eq!(text, format!("btp-release {version}\n"));
}

#[test]
fn reader_may_close_the_pipe() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = Command::new(env!("CARGO_BIN_EXE_btp-release"))
        .arg("--help")
        .env_clear()
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
    assert_eq!(ended.status.code(), Some(0));
}

/// A terminal that a process writes to.
pub(super) struct PseudoTerminal {
    ours: File,
    theirs: File,
}

impl PseudoTerminal {
    pub(super) fn new(columns: u16) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&ours, size).unwrap();
        Self {
            ours: File::from(ours),
            theirs: OpenOptions::new()
                .read(true)
                .write(true)
                .open(name)
                .unwrap(),
        }
    }

    /// Everything that a command shows, on standard output and standard error, and its exit code.
    pub(super) fn record(self, mut command: Command) -> (String, i32) {
        let mut child = command
            .stdout(self.theirs.try_clone().unwrap())
            .stderr(self.theirs)
            .spawn()
            .unwrap();
        // It keeps the other end open.
        drop(command);
        let mut ours = self.ours;
        let mut shown = Vec::new();
        let mut piece = [0; 4096];
        // At the end, Linux answers with an error.
        while let Ok(length @ 1..) = ours.read(&mut piece) {
            shown.extend_from_slice(piece.get(..length).unwrap());
        }
        let code = child.wait().unwrap().code().unwrap();
        (String::from_utf8(shown).unwrap(), code)
    }

    /// Starts a command that writes its log here, and reads until `text` is shown; then sends a signal. Answers with everything that
    /// was shown, and the exit code.
    fn show(self, mut command: Command, text: &str) -> (String, i32) {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(self.theirs)
            .spawn()
            .unwrap();
        // It keeps the other end open.
        drop(command);
        let mut ours = self.ours;
        let mut shown = Vec::new();
        let mut signalled = false;
        let mut piece = [0; 4096];
        // At the end, Linux answers with an error.
        while let Ok(length @ 1..) = ours.read(&mut piece) {
            shown.extend_from_slice(piece.get(..length).unwrap());
            if !signalled && String::from_utf8_lossy(&shown).contains(text) {
                signalled = true;
                let id = child.id().to_string();
                assert!(
                    Command::new("kill")
                        .args(["-INT", &id])
                        .status()
                        .unwrap()
                        .success()
                );
            }
        }
        let code = child.wait().unwrap().code().unwrap();
        (String::from_utf8(shown).unwrap(), code)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_is_shown_in_place_and_ends_with_a_signal() {
    let desk = Desk::new().await;
    let variables = [("GITHUB_TOKEN", TOKEN), ("NO_COLOR", "1")];
    let plan = [
        "plan",
        "v1.2.0",
        "--assets",
        "a-rather-long-name-of-an-asset-for-this-terminal.yaml",
    ];
    let planned = desk.run(&plan, &variables).await;
    let plan = planned
        .out
        .lines()
        .find_map(|line| line.strip_prefix("plan="))
        .unwrap();
    let drafted = desk.run(&["draft", "--plan", plan], &variables).await;
    assert_eq!(drafted.code, 0, "{}", drafted.log);
    let command = desk.command(&["await", "--plan", plan], &variables);
    let (shown, code) =
        tokio::task::spawn_blocking(|| PseudoTerminal::new(60).show(command, " UTC: waiting"))
            .await
            .unwrap();
    assert_eq!(code, 15, "{shown}");
    let lines = shown
        .split('\r')
        .map(|line| line.trim_start_matches(['\n', '\u{1b}', '[', '2', 'K']));
    let live: Vec<_> = lines.filter(|line| line.contains(" UTC: ")).collect();
    assert!(!live.is_empty(), "{shown}");
    for line in live {
        assert!(line.starts_with("await: ") && line.ends_with('…'), "{line}");
        assert_eq!(line.chars().count(), 59, "{line}");
    }
    assert!(
        last_told(&shown).starts_with("error[cancelled] await: interrupted"),
        "{shown}"
    );
}

/// What is shown where the live line was erased for the last time. On a busy machine the end takes so long that it is said first what
/// is still waited for.
fn last_told(shown: &str) -> &str {
    let told = shown.rsplit("\r\u{1b}[2K").next().unwrap_or_default();
    match told.split_once("Ctrl-C again ends at once") {
        Some((stopping, rest)) if stopping.starts_with("interrupted: ") => rest.trim_start(),
        _ => told,
    }
}

/// A command that is no phase waits as visibly as a phase does.
#[tokio::test(flavor = "multi_thread")]
async fn command_shows_which_answer_it_waits_for() {
    let desk = Desk::new().await;
    let variables = [("GITHUB_TOKEN", TOKEN), ("NO_COLOR", "1")];
    desk.github
        .faults()
        .when(Pattern::new("POST", "/graphql"), 100, Fault::Hang);
    let command = desk.command(&["report", "v1.2.0"], &variables);
    let waiting = " UTC: waiting for the answer to POST ";
    let (shown, code) =
        tokio::task::spawn_blocking(|| PseudoTerminal::new(100).show(command, waiting))
            .await
            .unwrap();
    assert!(shown.contains("\nreport: 2s, until "), "{shown}");
    assert_eq!(code, 15, "{shown}");
    assert!(
        last_told(&shown).starts_with("error[cancelled] report: interrupted"),
        "{shown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_phase_says_what_it_leaves() {
    let desk = Desk::new().await;
    let variables = [("GITHUB_TOKEN", TOKEN)];
    let planned = desk
        .run(&["plan", "v1.2.0", "--notes", "none"], &variables)
        .await;
    let plan = planned
        .out
        .lines()
        .find_map(|line| line.strip_prefix("plan="))
        .unwrap();
    let create = Pattern::new("POST", "/releases");
    desk.github.faults().when(create, 100, Fault::Hang);
    let command = desk.command(&["draft", "--plan", plan], &variables);
    let (shown, code) = tokio::task::spawn_blocking(|| {
        PseudoTerminal::new(100).show(command, " UTC: create the draft release")
    })
    .await
    .unwrap();
    assert_eq!(code, 15, "{shown}");
    assert!(
        shown.contains("\u{1b}[1;31merror[cancelled]\u{1b}[0m draft: interrupted"),
        "{shown}"
    );
    assert!(
        shown.contains("not known whether done: create the draft release v1.2.0"),
        "{shown}"
    );
    assert!(shown.contains("Ctrl-C again ends at once"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn watched_status_is_drawn_in_place_and_ends_with_a_signal() {
    let desk = Desk::new().await;
    let variables = [("GITHUB_TOKEN", TOKEN), ("NO_COLOR", "1")];
    let planned = desk
        .run(
            &["plan", "v1.2.0", "--assets", "a.yaml", "--notes", "none"],
            &variables,
        )
        .await;
    let plan = planned
        .out
        .lines()
        .find_map(|line| line.strip_prefix("plan="))
        .unwrap();
    let drafted = desk.run(&["draft", "--plan", plan], &variables).await;
    assert_eq!(drafted.code, 0, "{}", drafted.log);
    let command = desk.command(&["status", "v1.2.0", "--watch", "--plan", plan], &variables);
    let redrawn = "F\u{1b}[J";
    let (shown, code) =
        tokio::task::spawn_blocking(|| PseudoTerminal::new(60).show(command, redrawn))
            .await
            .unwrap();
    assert_eq!(code, 15, "{shown}");
    let (first, rest) = shown.split_once("\u{1b}[").unwrap();
    assert!(
        rest.starts_with("2K") || first.contains("v1.2.0 is a draft"),
        "{shown}"
    );
    let (page, again) = shown.split_once(redrawn).unwrap();
    let lines: Vec<_> = page.lines().collect();
    let place = lines
        .iter()
        .position(|line| line.contains(": v1.2.0 is a draft"));
    let drawn = lines.len() - 1 - place.unwrap();
    assert!(
        page.ends_with(&format!("\u{1b}[{drawn}")),
        "{drawn}: {shown}"
    );
    for line in lines.iter().skip(place.unwrap()) {
        assert!(line.chars().count() < 80, "{line}");
    }
    assert!(page.contains("  absent     a.yaml"), "{shown}");
    assert!(again.contains(": v1.2.0 is a draft"), "{shown}");
    assert!(
        shown.ends_with("status: not watched any longer; nothing was changed\r\n"),
        "{shown}"
    );
}
