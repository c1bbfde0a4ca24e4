//! What a phase shows that is looked at: in place on a terminal, as new lines elsewhere.

use std::io::Write;

use super::{ConsoleLog, LogFormat};
use crate::domain::Severity;
use crate::protocol::{Emphasis, PhaseView, ViewLine};
use crate::report::commands;
use crate::report::screen::{Paint, Screen, printable};

/// Up so many lines, to the beginning of the line, and erase everything below (ECMA-48, 8.3.12 and 8.3.39).
fn back(lines: usize) -> String {
    format!("\u{1b}[{lines}F\u{1b}[J")
}

impl<W: Write + Send> ConsoleLog<W> {
    /// Shows the lines of a view that may soon be another one. On a terminal they take the place of the last ones, and are cut
    /// to its size; elsewhere those are printed that the last one did not have.
    pub(super) fn show_meanwhile(&self, view: &PhaseView) {
        let PhaseView::Lines(lines) = view else {
            return;
        };
        if !self.screen.live {
            return self.print_new(lines);
        }
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        let most = self
            .height
            .map_or(usize::MAX, |height| height.saturating_sub(1));
        let shown: Vec<_> = lines.iter().take(most).collect();
        state.replace_line();
        let mut text = state.erased_view();
        for line in &shown {
            let one = self.screen.cut(&one_line(&line.text));
            text.push_str(&self.screen.emphasized(&one, line.emphasis));
            text.push('\n');
        }
        state.view_lines = shown.len();
        let _ = state.writer.write_all(text.as_bytes());
        let _ = state.writer.flush();
    }

    /// Shows the lines of the last view in full: on a terminal in place of those that were shown meanwhile, elsewhere those that
    /// were not shown yet.
    pub fn show_at_the_end(&self, view: &PhaseView) {
        let PhaseView::Lines(lines) = view else {
            return;
        };
        if let Ok(mut state) = self.state.lock() {
            state.replace_line();
            let erased = state.erased_view();
            let _ = state.writer.write_all(erased.as_bytes());
        }
        self.print_new(lines);
    }

    /// Prints the lines that the last call was not given.
    fn print_new(&self, lines: &[ViewLine]) {
        let texts: Vec<_> = lines.iter().map(|line| one_line(&line.text)).collect();
        let before = match self.state.lock() {
            Ok(mut state) => std::mem::replace(&mut state.view_texts, texts.clone()),
            Err(_) => return,
        };
        for (line, text) in lines.iter().zip(&texts) {
            // What separates parts is no news.
            if before.contains(text) || (text.is_empty() && !before.is_empty()) {
                continue;
            }
            let text = match self.format {
                LogFormat::Text => {
                    let text = self.screen.wrapped(text);
                    self.screen.emphasized(&text, line.emphasis)
                }
                LogFormat::WorkflowCommands => commands::plain(text),
            };
            self.print(&text);
        }
    }
}

impl<W: Write> super::LogState<W> {
    /// What erases the view that is shown in place; nothing if there is none, or if a line was printed since.
    fn erased_view(&mut self) -> String {
        match std::mem::take(&mut self.view_lines) {
            0 => String::new(),
            lines => back(lines),
        }
    }
}

impl Screen {
    fn emphasized(self, text: &str, emphasis: Emphasis) -> String {
        let paint = match emphasis {
            Emphasis::None => return text.to_owned(),
            Emphasis::Less => Paint::Dim,
            Emphasis::Warning => Paint::Severity(Severity::Warning),
            Emphasis::Error => Paint::Severity(Severity::Error),
        };
        self.painted(text, paint)
    }
}

/// A text that moves no cursor.
fn one_line(text: &str) -> String {
    printable(text).replace(['\n', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::log::tests::{Buffer, SCREEN, text};

    fn view(lines: &[&str]) -> PhaseView {
        let line = |text: &&str| ViewLine {
            text: (*text).to_owned(),
            emphasis: Emphasis::None,
        };
        PhaseView::Lines(lines.iter().map(line).collect())
    }

    fn log(screen: Screen) -> (Buffer, ConsoleLog<Buffer>) {
        let buffer = Buffer::default();
        let log = ConsoleLog::new(buffer.clone(), LogFormat::Text);
        (buffer, log.on_screen(screen))
    }

    #[test]
    fn view_takes_the_place_of_the_last_one_on_a_terminal() {
        let (buffer, log) = log(SCREEN);
        let log = log.of_height(Some(3));
        log.show_meanwhile(&view(&["one", "two", "three"]));
        log.show_meanwhile(&view(&["one\u{1b}[2J"]));
        log.show_at_the_end(&view(&["one", "two", "three"]));
        assert_eq!(
            text(&buffer),
            "\r\u{1b}[2Kone\ntwo\n\u{1b}[2F\u{1b}[Jone\u{fffd}[2J\n\u{1b}[1F\u{1b}[Jone\ntwo\nthree\n"
        );
    }

    #[test]
    fn line_of_the_log_stays_above_the_next_view() {
        let (buffer, log) = log(SCREEN);
        log.show_meanwhile(&view(&["one"]));
        log.line("waiting for GitHub");
        log.show_meanwhile(&view(&["two"]));
        assert_eq!(text(&buffer), "\r\u{1b}[2Kone\nwaiting for GitHub\ntwo\n");
    }

    #[test]
    fn only_new_lines_are_printed_without_a_terminal() {
        let (buffer, log) = log(Screen::default());
        log.show_meanwhile(&view(&[
            "state: draft",
            "",
            "asset a: absent",
            "asset b: absent",
        ]));
        log.show_meanwhile(&view(&[
            "state: draft",
            "",
            "asset a: ready",
            "asset b: absent",
        ]));
        log.show_meanwhile(&view(&[
            "state: draft",
            "",
            "asset a: ready",
            "asset b: absent",
        ]));
        log.show_at_the_end(&view(&["state: published", "", "asset a: ready"]));
        assert_eq!(
            text(&buffer),
            "state: draft\n\nasset a: absent\nasset b: absent\nasset a: ready\nstate: published\n"
        );
    }
}
