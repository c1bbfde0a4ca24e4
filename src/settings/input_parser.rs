//! Parses inputs one by one and collects what is wrong with them, so that it is shown together.

use std::path::{Component, Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use ocm_module::config::inside;
use secrecy::{ExposeSecret as _, SecretString};

use super::{Context, DockerConfigFile, Environment, NotBegun, lines};
use crate::cli::{BuildersInput, CommonArgs, RegistryArgs};
use crate::domain::{
    AppCredential, Code, CommitSha, Diagnostic, GitHubApp, GitHubCredential, InputFindings,
    LockOwner, NamePattern, PEM_BEGINS, RepoSlug, key_invalid,
};

/// Parses inputs with what the environment says. A method that answers `None` has kept the reason, unless the input is optional.
pub(super) struct InputParser<'a> {
    pub(super) environment: Environment<'a>,
    /// What an earlier job has said, and is the cause of what is missing here.
    pub(super) earlier: Option<NotBegun>,
    pub(super) findings: InputFindings,
}

/// Which of the tokens that a step may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenChoice {
    /// None: nothing is asked of GitHub.
    None,
    /// The input `github-token`.
    Job,
    /// The input `publish-token` where it is given, and `github-token` otherwise.
    Publishing,
}

/// The values that an input accepts, and what they mean.
pub(super) struct Choices<'a, T> {
    /// As the documentation and messages list them.
    pub(super) words: &'a [(&'a str, T)],
    /// Values of earlier versions, which are still accepted but not shown in the help.
    pub(super) aliases: &'a [(&'a str, T)],
}

impl<'a, T: Copy> Choices<'a, T> {
    /// Words without aliases.
    pub(super) fn of(words: &'a [(&'a str, T)]) -> Self {
        Self {
            words,
            aliases: &[],
        }
    }

    /// What a word or an alias means.
    pub(super) fn find(&self, word: &str) -> Option<T> {
        let mut all = self.words.iter().chain(self.aliases);
        all.find(|(known, _)| *known == word)
            .map(|(_, meaning)| *meaning)
    }

    /// The words for people, separated by commas.
    pub(super) fn shown(&self) -> String {
        let words: Vec<_> = self.words.iter().map(|(word, _)| *word).collect();
        words.join(", ")
    }
}

impl<'a> InputParser<'a> {
    pub(super) fn new(environment: Environment<'a>) -> Self {
        Self {
            environment,
            earlier: None,
            findings: InputFindings::default(),
        }
    }

    /// The settings, or everything that was found to be wrong.
    pub(super) fn finish<T>(self, settings: Option<T>) -> Result<T, Vec<Diagnostic>> {
        self.findings.or(settings)
    }

    /// The owner of the locks that this process takes.
    pub(super) fn lock_owner(&self) -> LockOwner {
        let Context {
            repository,
            run_id,
            run_attempt,
            process,
            ..
        } = self.environment.context;
        let number =
            |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<u64>().ok());
        LockOwner {
            repository: repository.as_ref().and_then(|slug| slug.parse().ok()),
            run: number(run_id),
            attempt: number(run_attempt).unwrap_or(1),
            process: process.clone(),
        }
    }

    /// The value, or `None` with the reason kept.
    pub(super) fn take<T, C>(
        &mut self,
        input: &str,
        value: Result<T, ocm_module::Diagnostic<C>>,
    ) -> Option<T>
    where
        Code: From<C>,
    {
        self.findings.take(input, value)
    }

    /// A value of a type that checks its text; spaces around it are ignored.
    pub(super) fn parse<T, C>(&mut self, input: &str, text: Option<&String>) -> Option<T>
    where
        T: FromStr<Err = ocm_module::Diagnostic<C>>,
        Code: From<C>,
    {
        text.and_then(|text| self.take(input, text.trim().parse()))
    }

    /// Records what is wrong with several inputs together.
    pub(super) fn refuse(&mut self, code: Code, seen: String, help: impl Into<String>) {
        self.findings.push(Diagnostic::error(code, seen, help));
    }

    /// Records that an input is missing; `help` says how to give it.
    pub(super) fn missing(&mut self, input: &str, help: &str) {
        self.findings.missing(input, help);
    }

    /// One of a few words; `None` where nothing was given or the word is none of them.
    pub(super) fn choice<T: Copy>(
        &mut self,
        input: &str,
        text: Option<&str>,
        choices: &Choices<'_, T>,
    ) -> Option<T> {
        let text = text?.trim();
        let unknown_word = || {
            let words = choices.shown();
            Diagnostic::value(
                Code::ChoiceInvalid,
                "choice",
                text,
                format!("is none of {words}"),
                format!("leave `{input}` out, or use one of {words}"),
            )
        };
        self.take(input, choices.find(text).ok_or_else(unknown_word))
    }

    /// `true` or `false`; `None` for `auto` and where nothing was given.
    pub(super) fn auto(&mut self, input: &str, text: Option<&str>) -> Option<bool> {
        let words = [("auto", None), ("true", Some(true)), ("false", Some(false))];
        self.choice(input, text, &Choices::of(&words)).flatten()
    }

    /// A duration with its unit, such as `90s`: more than zero, and at most the six hours that a job may run.
    pub(super) fn duration(
        &mut self,
        input: &str,
        text: Option<&str>,
        default: Duration,
    ) -> Duration {
        let Some(text) = text else { return default };
        let parsed = match humantime::parse_duration(text.trim()) {
            Ok(zero) if zero.is_zero() => Err("is zero".to_owned()),
            Ok(duration) if duration > Duration::from_hours(6) => {
                Err("is longer than a job may run (6 h)".into())
            }
            Ok(duration) => Ok(duration),
            Err(error) => Err(format!("is not a duration: {error}")),
        };
        let parsed = parsed.map_err(|why| {
            Diagnostic::value(
                Code::DurationInvalid,
                "duration",
                text,
                why,
                "write a number with its unit, such as 90s, 20m or 1h",
            )
        });
        self.take(input, parsed).unwrap_or(default)
    }

    /// A path that does not lead out of the working folder, as far as its text says, without `..`.
    pub(super) fn path(&mut self, input: &str, text: Option<&String>) -> Option<PathBuf> {
        let path = PathBuf::from(text?);
        if !path.components().any(|part| part == Component::ParentDir) {
            return Some(path);
        }
        if let Some(plain) = inside(&path) {
            return Some(plain);
        }
        let outside = path_outside(input, &path);
        self.take(input, Err::<PathBuf, _>(outside))
    }

    /// The text of a file.
    pub(super) fn file(&mut self, input: &str, path: &str) -> Option<String> {
        let read = (self.environment.read_file)(Path::new(path)).map_err(|error| {
            Diagnostic::value(
                Code::FileUnreadable,
                "file",
                path,
                format!("cannot be read: {error}"),
                "give the path of a text file, relative to the working folder",
            )
        });
        self.take(input, read)
    }

    /// The text itself, or that of a file where the input is `@` and its path.
    pub(super) fn text_or_file(&mut self, input: &str, text: &str) -> Option<String> {
        match text.strip_prefix('@') {
            Some(path) => self.file(input, path),
            None => Some(text.to_owned()),
        }
    }

    /// The same for a text that everybody can read afterwards: only a file inside of the working folder, as for paths of what is uploaded.
    pub(super) fn text_or_file_inside(&mut self, input: &str, text: &str) -> Option<String> {
        let Some(path) = text.strip_prefix('@') else {
            return Some(text.to_owned());
        };
        let path = self.path(input, Some(&path.to_owned()))?;
        if path.is_absolute() {
            let outside = path_outside(input, &path);
            return self.take(input, Err::<String, _>(outside));
        }
        self.file(input, &path.to_string_lossy())
    }

    /// The repository to release, if an input or the environment names one.
    pub(super) fn named_repository(&mut self, common: &CommonArgs) -> Option<RepoSlug> {
        let text = common
            .repository
            .as_ref()
            .or(self.environment.context.repository.as_ref());
        self.parse("repository", text)
    }

    /// The repository to release, which has to be known.
    pub(super) fn repository(&mut self, common: &CommonArgs) -> Option<RepoSlug> {
        self.this_repository(common.repository.as_ref())
    }

    /// The commit to release: the one that was typed, or the one that the workflow runs on.
    pub(super) fn commit(&mut self, typed: Option<&String>) -> Option<CommitSha> {
        let checkout = self.environment.context.checkout.as_ref();
        if typed.is_none()
            && self.environment.context.sha.is_none()
            && let Some(commit) = checkout.and_then(|checkout| checkout.commit.clone())
        {
            return Some(commit);
        }
        if typed.is_none() && self.environment.context.sha.is_none() {
            self.missing("commit", "give it with --commit \"$(git rev-parse HEAD)\"");
        }
        let text = typed.or(self.environment.context.sha.as_ref());
        self.parse("commit", text)
    }

    /// The checks whose runs make the artifacts.
    pub(super) fn builders(&mut self, input: &BuildersInput) -> Vec<NamePattern> {
        lines(&input.builder_checks)
            .filter_map(|name| self.take("builder-checks", name.parse()))
            .collect()
    }

    /// User and password for registries; `None` for anonymous access.
    pub(super) fn login(&mut self, args: &RegistryArgs) -> Option<(String, SecretString)> {
        match (
            &args.registry_username,
            &self.environment.context.registry_password,
        ) {
            (Some(user), Some(password)) => Some((user.clone(), password.clone())),
            (Some(_), None) => {
                let help = "a user name for the registry needs a password or a token";
                self.missing("registry-password", help);
                None
            }
            // With a token as password, Google and GitHub accept any user name.
            (None, Some(password)) => Some(("oauth2accesstoken".to_owned(), password.clone())),
            (None, None) => None,
        }
    }

    /// The file that `registry-config` names, which has to be there, or the one of `docker login`, which need not.
    pub(super) fn docker_config(&mut self, args: &RegistryArgs) -> Option<DockerConfigFile> {
        if let Some(path) = &args.registry_config {
            let text = self.file("registry-config", path)?;
            let path = path.clone();
            return Some(DockerConfigFile { path, text });
        }
        let path = self.environment.context.docker_config.as_deref()?;
        let text = (self.environment.read_file)(path).ok()?;
        let path = path.display().to_string();
        Some(DockerConfigFile { path, text })
    }

    /// As whom GitHub is used: as the App where one is given, whose permissions are still to be filled in, or with a token.
    /// A `publish-token` is only given for publishing, so that it also comes before the App there.
    pub(super) fn credential(
        &mut self,
        choice: TokenChoice,
        app_id: Option<&String>,
    ) -> Option<GitHubCredential> {
        let context = self.environment.context;
        let app_id = app_id.or(context.app_id.as_ref());
        let chosen = match choice {
            TokenChoice::None => false,
            TokenChoice::Publishing => context.publish_token.is_none(),
            TokenChoice::Job => true,
        };
        match (app_id, &context.app_private_key) {
            (Some(id), Some(key)) if chosen => self.app_of("app-private-key", id, key),
            (Some(_), None) if chosen => {
                let help = "an app-id needs the private key of the App as `app-private-key`: PEM text, or the path of a file";
                self.missing("app-private-key", help);
                None
            }
            (None, Some(_)) if chosen => {
                let help =
                    "an app-private-key needs the App ID or the client ID of the App as `app-id`";
                self.missing("app-id", help);
                None
            }
            _ => self.token(choice).map(GitHubCredential::Token),
        }
    }

    /// An App, by its id and by the PEM text or the path of the file that an input has.
    pub(super) fn app_of(
        &mut self,
        input: &str,
        id: &str,
        key: &SecretString,
    ) -> Option<GitHubCredential> {
        let text = key.expose_secret();
        let read = || (self.environment.read_file)(Path::new(text.trim())).ok();
        let pem = if text.contains(PEM_BEGINS) {
            Some(key.clone())
        } else {
            read().map(SecretString::from)
        };
        // What is no path may be a damaged key, so that it is not shown.
        let app = pem.ok_or_else(key_invalid);
        let app = app.and_then(|pem| GitHubApp::new(id.trim(), &pem));
        let app = self.take(input, app)?;
        Some(GitHubCredential::App(AppCredential {
            app,
            permissions: Vec::new(),
        }))
    }

    /// The token for GitHub. Publishing may use another one, because a release that the job's token publishes starts no workflow
    /// (<https://docs.github.com/en/actions/concepts/security/github_token>).
    pub(super) fn token(&mut self, choice: TokenChoice) -> Option<SecretString> {
        let context = self.environment.context;
        let (input, token) = match (choice, &context.publish_token) {
            (TokenChoice::None, _) => return Some(SecretString::default()),
            (TokenChoice::Publishing, Some(token)) => ("publish-token", Some(token)),
            _ => ("github-token", context.token.as_ref()),
        };
        let Some(token) = token else {
            let help = "in a workflow it is set automatically; on a terminal: gh auth login, or set the variable GITHUB_TOKEN";
            self.missing(input, help);
            return None;
        };
        self.take(input, well_formed(token)).cloned()
    }

    /// A token that can be sent in a header.
    pub(super) fn well_formed_token(
        &mut self,
        input: &str,
        token: &SecretString,
    ) -> Option<SecretString> {
        self.take(input, well_formed(token)).cloned()
    }

    /// The id of the workflow run; on a terminal, a text that no workflow run has for its id.
    pub(super) fn run_id(&self) -> String {
        let Environment { context, now, .. } = self.environment;
        let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH);
        let local = || format!("local-{}", since_1970.unwrap_or_default().as_secs());
        context.run_id.clone().unwrap_or_else(local)
    }

    /// The page of a repository, without a trailing slash.
    pub(super) fn repository_url(&self, repository: &RepoSlug) -> String {
        let server = self.environment.context.server_url.as_deref();
        let server = server.unwrap_or("https://github.com");
        format!("{}/{repository}", server.trim_end_matches('/'))
    }

    /// The page of the run that this is part of.
    pub(super) fn run_url(&self) -> Option<String> {
        let Context {
            server_url,
            repository,
            run_id,
            ..
        } = self.environment.context;
        Some(format!(
            "{}/{}/actions/runs/{}",
            server_url.as_ref()?,
            repository.as_ref()?,
            run_id.as_ref()?
        ))
    }
}

fn path_outside(input: &str, path: &Path) -> Diagnostic {
    Diagnostic::error(
        Code::PathOutside,
        format!("{input} {} leads out of the working folder", path.display()),
        "give a path inside of it: nothing else is read or written",
    )
}

/// A token that can be sent in a header. The message does not repeat it.
fn well_formed(token: &SecretString) -> Result<&SecretString, Diagnostic> {
    if token.expose_secret().chars().all(|c| c.is_ascii_graphic()) {
        return Ok(token);
    }
    Err(Diagnostic::error(
        Code::TokenInvalid,
        "contains a character that no token has, such as a space or a line end",
        "store the secret again without it",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_with_spaces_or_line_ends_are_refused_and_not_shown() {
        assert!(well_formed(&"ghs_1aZ".into()).is_ok());
        for text in ["ghs_1aZ\n", "ghs_1aZ ", "ghs_1äZ"] {
            let diagnostic = well_formed(&text.into()).unwrap_err();
            assert_eq!(diagnostic.code, Code::TokenInvalid);
            assert!(!format!("{diagnostic:?}").contains("ghs_"));
        }
    }
}
