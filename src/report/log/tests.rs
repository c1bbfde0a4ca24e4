//! What is logged, byte by byte.

use super::*;
use crate::protocol::PhaseReport;
use ocm_module::Position;

#[derive(Clone, Default)]
pub(super) struct Buffer(std::sync::Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn wait_prints_changes_and_everything_each_minute() {
    let buffer = Buffer::default();
    let log = ConsoleLog::new(buffer.clone(), LogFormat::Text);
    let wait = |seconds: u64, on: &[&str]| {
        let on: Vec<String> = on.iter().map(|&l| l.into()).collect();
        let now = Moment::at(Duration::from_secs(seconds));
        let left = Duration::from_mins(20)
            .checked_sub(Duration::from_secs(seconds))
            .unwrap();
        log.see(&Event::Waiting {
            phase: PhaseId::Await,
            on: &on,
            now,
            left,
            time: WaitTime::Counted,
            pause: Duration::from_secs(1),
            view: None,
        });
    };
    wait(0, &["asset a: absent", "asset b: absent"]);
    wait(10, &["asset a: absent", "asset b: absent"]);
    wait(20, &["asset b: incomplete"]);
    wait(79, &["asset b: incomplete"]);
    wait(80, &["asset b: incomplete"]);
    let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "await: waiting for 2, 20m left",
            "  asset a: absent",
            "  asset b: absent",
            "await: waiting for 1, 19m 40s left",
            "  asset a: ready",
            "  asset b: incomplete",
            "await: waiting for 1, 18m 40s left",
            "  asset b: incomplete",
        ]
    );
}

pub(super) fn text(buffer: &Buffer) -> String {
    String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
}

pub(super) const SCREEN: Screen = Screen {
    colors: true,
    width: Some(60),
    live: true,
};

#[test]
fn line_in_place_is_replaced_by_the_next_line() {
    let buffer = Buffer::default();
    let log = ConsoleLog::new(buffer.clone(), LogFormat::Text).on_screen(SCREEN);
    let now = |seconds| Now {
        moment: Moment::at(Duration::from_secs(seconds)),
        wall: std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
    };
    let wait = |seconds| {
        log.see(&Event::Waiting {
            phase: PhaseId::Await,
            on: &["asset a\u{1b}[31m: absent".to_owned()],
            now: now(seconds).moment,
            left: Duration::from_secs(600 - seconds),
            time: WaitTime::Counted,
            pause: Duration::from_secs(1),
            view: None,
        });
    };
    log.see(&Event::Started {
        phase: PhaseId::Await,
        deadline: crate::domain::Deadline::after(Moment::default(), Duration::from_mins(10)),
    });
    wait(0);
    log.show_present(now(5), &[]);
    // Nothing has changed, which the line in place says.
    wait(100);
    log.show_present(now(101), &[]);
    log.line("end");
    log.show_present(now(102), &[]);
    log.hide_present();
    log.hide_present();
    let erase = "\r\u{1b}[2K";
    let shown = |so_far: &str, what: &str| {
        format!("\u{1b}[2mawait: {so_far}, until 00:10:00 UTC: waiting for {what}…\u{1b}[0m")
    };
    assert_eq!(
        text(&buffer),
        [
            format!("{erase}await: waiting for 1, 10m left\n  asset a\u{fffd}[31m: absent\n"),
            shown("5s", "asset a\u{fffd}[31m: a"),
            erase.into(),
            shown("1m 41s", "asset a\u{fffd}[31"),
            format!("{erase}end\n"),
            shown("1m 42s", "asset a\u{fffd}[31"),
            erase.into(),
        ]
        .concat()
    );
}

#[test]
fn one_cause_is_told_once_and_long_lines_are_broken() {
    let buffer = Buffer::default();
    let log = ConsoleLog::new(buffer.clone(), LogFormat::Text).on_screen(Screen {
        live: false,
        ..SCREEN
    });
    let seen = "the tag v1.2.0 is at another commit than the one to release";
    let one = Diagnostic::error(
        Code::TagElsewhere,
        seen,
        "git push --delete origin v1.2.0  # a command is kept in one line",
    );
    log.failed(&Failure::new("plan", vec![one.clone(), one]));
    assert_eq!(
        text(&buffer),
        "\u{1b}[1;31merror[tag-elsewhere]\u{1b}[0m plan: the tag v1.2.0 is at another\n  commit than the one to release\n  \
         help: git push --delete origin v1.2.0  # a command is kept in one line\n"
    );
}

#[test]
fn diagnostic_is_printed_and_annotated_with_all_its_parts() {
    let buffer = Buffer::default();
    let log = ConsoleLog::new(buffer.clone(), LogFormat::WorkflowCommands);
    let position = Position { line: 3, column: 1 };
    let diagnostic = Diagnostic::error(Code::ManifestDiffers, "runs x", "build it\nagain")
        .wanted("y")
        .at("rendered.yaml", Some(position));
    log.failed(&Failure::new("publish", vec![diagnostic]));
    let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "::endgroup::",
            "error[manifest-differs] publish: rendered.yaml:3:1: runs x",
            "  wanted: y",
            "  help: build it",
            "  help: again",
            "::error file=rendered.yaml,line=3,col=1,title=publish%3A manifest-differs::\
             rendered.yaml:3:1: runs x%0Awanted: y%0Ahelp: build it%0Ahelp: again",
        ]
    );
}

#[test]
fn nothing_to_do_is_said_of_phases_that_write() {
    let said = |phase: PhaseId| {
        let buffer = Buffer::default();
        let outcome = Outcome::Done {
            report: PhaseReport::new("v1.2.0 is as it was published"),
            actions: vec![],
        };
        ConsoleLog::new(buffer.clone(), LogFormat::Text).succeeded(phase, &outcome, &[]);
        String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
    };
    let verified = "verify: done: v1.2.0 is as it was published\n";
    assert_eq!(said(PhaseId::Verify), verified);
    let published = "publish: nothing to do: v1.2.0 is as it was published\n";
    assert_eq!(said(PhaseId::Publish), published);
}
