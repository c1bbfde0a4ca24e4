//! Git's configuration files (<https://git-scm.com/docs/git-config#_syntax>). Files that they include are not read.

use std::iter::Peekable;
use std::str::Chars;

/// The variables of a file, in their order. Lines that are no configuration are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct GitConfig {
    variables: Vec<Variable>,
    /// The names of all sections, in lower case, also of empty ones.
    sections: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Variable {
    /// In lower case.
    section: String,
    /// As it is written: `origin` in `[remote "origin"]`.
    subsection: String,
    /// In lower case.
    name: String,
    value: String,
}

impl GitConfig {
    pub(super) fn parse(text: &str) -> Self {
        let mut config = Self::default();
        let mut header = (String::new(), String::new());
        let mut text = text.trim_start_matches('\u{feff}').chars().peekable();
        while let Some(&next) = text.peek() {
            match next {
                c if c.is_whitespace() => {
                    text.next();
                }
                '#' | ';' => skip_line(&mut text),
                '[' => match section(&mut text) {
                    Some(found) => {
                        config.sections.push(found.0.clone());
                        header = found;
                    }
                    None => skip_line(&mut text),
                },
                _ => {
                    let name = name(&mut text);
                    let value = value(&mut text);
                    if !name.is_empty() && !header.0.is_empty() {
                        let (section, subsection) = header.clone();
                        config.variables.push(Variable {
                            section,
                            subsection,
                            name,
                            value,
                        });
                    }
                }
            }
        }
        config
    }

    /// The address of a remote, of which the first counts.
    pub(super) fn url_of(&self, remote: &str) -> Option<&str> {
        let mut urls = self.of_section("remote").filter(|v| v.name == "url");
        let found = urls.find(|variable| variable.subsection == remote);
        found.map(|variable| variable.value.as_str())
    }

    /// An address for which another one is to be used, by the longest beginning that a file replaces
    /// (`url.<base>.insteadOf`).
    pub(super) fn replaced(configs: &[&Self], address: &str) -> String {
        let all = configs
            .iter()
            .flat_map(|config| config.of_section("url"))
            .filter(|variable| variable.name == "insteadof" && !variable.value.is_empty());
        let longest = all
            .filter_map(|variable| {
                let rest = address.strip_prefix(&variable.value)?;
                Some((variable.value.len(), &variable.subsection, rest))
            })
            .max_by_key(|(length, ..)| *length);
        match longest {
            Some((_, base, rest)) => format!("{base}{rest}"),
            None => address.to_owned(),
        }
    }

    /// Whether one of these sections is there.
    pub(super) fn has_section(&self, names: &[&str]) -> bool {
        self.sections
            .iter()
            .any(|section| names.contains(&section.as_str()))
    }

    /// Whether there is another file for each worktree (`extensions.worktreeConfig`).
    pub(super) fn has_worktree_config(&self) -> bool {
        self.of_section("extensions")
            .any(|variable| variable.name == "worktreeconfig")
    }

    fn of_section(&self, name: &'static str) -> impl Iterator<Item = &Variable> {
        self.variables
            .iter()
            .filter(move |variable| variable.section == name)
    }
}

fn skip_line(text: &mut Peekable<Chars<'_>>) {
    for c in text.by_ref() {
        if c == '\n' {
            return;
        }
    }
}

/// `[section]`, `[section "subsection"]`, or the old `[section.subsection]`. `None` for what is no header; it is then read up to where that shows.
fn section(text: &mut Peekable<Chars<'_>>) -> Option<(String, String)> {
    text.next();
    let mut name = String::new();
    let mut subsection = String::new();
    loop {
        match *text.peek()? {
            ']' => {
                text.next();
                break;
            }
            '"' => {
                text.next();
                subsection = quoted(text)?;
            }
            ' ' | '\t' => {
                text.next();
            }
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') => {
                text.next();
                name.push(c.to_ascii_lowercase());
            }
            _ => return None,
        }
    }
    if subsection.is_empty()
        && let Some((section, rest)) = name.split_once('.')
    {
        return Some((section.to_owned(), rest.to_owned()));
    }
    (!name.is_empty()).then_some((name, subsection))
}

/// The rest of a text in double quotes; a backslash stands before any character.
fn quoted(text: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut all = String::new();
    loop {
        match *text.peek()? {
            '\n' => return None,
            '"' => {
                text.next();
                return Some(all);
            }
            '\\' => {
                text.next();
                all.push(text.next()?);
            }
            c => {
                text.next();
                all.push(c);
            }
        }
    }
}

/// The name of a variable, in lower case, up to the equals sign or the end of the line.
fn name(text: &mut Peekable<Chars<'_>>) -> String {
    let mut name = String::new();
    while let Some(&c) = text.peek() {
        if matches!(c, '=' | '\n' | '#' | ';') {
            break;
        }
        text.next();
        name.push(c.to_ascii_lowercase());
    }
    let name = name.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.chars().all(plain) {
        name.to_owned()
    } else {
        String::new()
    }
}

/// What follows the equals sign: without comments, quotes and spaces around it. A variable without one is true.
fn value(text: &mut Peekable<Chars<'_>>) -> String {
    if text.peek() != Some(&'=') {
        skip_line(text);
        return "true".into();
    }
    text.next();
    let mut value = String::new();
    // The length up to the last character that is no space outside of quotes.
    let mut kept = 0;
    let mut in_quotes = false;
    while let Some(c) = text.next() {
        match c {
            '\n' => break,
            '#' | ';' if !in_quotes => {
                skip_line(text);
                break;
            }
            '"' => {
                in_quotes = !in_quotes;
                kept = value.len();
            }
            '\\' => match text.next() {
                Some('\n') => {}
                Some('\r') if text.peek() == Some(&'\n') => {
                    text.next();
                }
                Some(escaped) => {
                    value.push(match escaped {
                        'n' => '\n',
                        't' => '\t',
                        'b' => '\u{8}',
                        other => other,
                    });
                    kept = value.len();
                }
                None => break,
            },
            c if c.is_whitespace() && !in_quotes => {
                if !value.is_empty() {
                    value.push(c);
                }
            }
            c => {
                value.push(c);
                kept = value.len();
            }
        }
    }
    value.truncate(kept);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Option<String> {
        let config = GitConfig::parse(text);
        config.url_of("origin").map(str::to_owned)
    }

    #[test]
    fn url_of_a_remote_is_read_as_git_reads_it() {
        let plain = "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://github.com/a/b\n\tfetch = +refs/*\n";
        let address = Some("https://github.com/a/b".to_owned());
        for text in [
            plain.to_owned(),
            plain.replace('\n', "\r\n"),
            format!("\u{feff}{plain}"),
            "[remote \"origin\"] url = https://github.com/a/b".into(),
            "[REMOTE \"origin\"]\nURL=https://github.com/a/b # comment".into(),
            "[remote.origin]\nurl = https://github.com/a/b ; comment".into(),
            "[remote \"origin\"]\nurl = \"https://github.com/a/b\"".into(),
            "[remote \"origin\"]\nurl = https://git\\\nhub.com/a/b".into(),
            "; x\n[remote \"or\\igin\"]\n  url = https://github.com/a/b   \n".into(),
            "no header\n= x\n[remote \"origin\"]\nurl = https://github.com/a/b\nurl = https://github.com/c/d".into(),
            "[remote \"up]\nurl = x\n[remote \"origin\"]\nurl = https://github.com/a/b".into(),
        ] {
            assert_eq!(url(&text), address, "{text}");
        }
    }

    #[test]
    fn other_texts_have_no_url() {
        for text in [
            "",
            "url = x",
            "[remote \"Origin\"]\nurl = x",
            "[remote \"upstream\"]\nurl = x",
            "[remote]\nurl = x",
            "[remote \"origin\"]\n# url = x",
            "[remote \"origin\"]\npushurl = x",
            "[remote \"origin\"",
            "[remote \"origin",
            "[",
            "\\",
            "\"",
        ] {
            assert_eq!(url(text), None, "{text}");
        }
    }

    #[test]
    fn quotes_and_escapes_are_taken_off() {
        for (written, value) in [
            (r#""a b" c"#, "a b c"),
            (r"a ", "a"),
            (r#""a ""#, "a "),
            (r#""a;b" ; c"#, "a;b"),
            (r#"a\"b\\c"#, r#"a"b\c"#),
            ("", ""),
        ] {
            let text = format!("[remote \"origin\"]\nurl = {written}\n");
            assert_eq!(url(&text).as_deref(), Some(value), "{written}");
        }
    }

    #[test]
    fn longest_beginning_is_replaced() {
        let global = GitConfig::parse(
            "[url \"https://github.com/\"]\ninsteadOf = gh:\ninsteadOf = g\n[url \"git@github.com:\"]\ninsteadOf = gh:a/",
        );
        let replaced = |address| GitConfig::replaced(&[&GitConfig::default(), &global], address);
        assert_eq!(replaced("gh:c/d"), "https://github.com/c/d");
        assert_eq!(replaced("gh:a/b"), "git@github.com:b");
        assert_eq!(replaced("https://x/y"), "https://x/y");
    }

    #[test]
    fn sections_are_known_without_variables() {
        let config = GitConfig::parse("[filter \"x\"]\n[Include]\npath = x");
        assert!(config.has_section(&["filter"]));
        assert!(config.has_section(&["include"]));
        assert!(!config.has_section(&["core"]));
    }
}
