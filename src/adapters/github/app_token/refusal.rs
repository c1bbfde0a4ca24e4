//! Why GitHub gives an App no token, and what to do about it.

use super::models::AppInstallation;
use crate::adapters::github::answer::GitHubAnswer;
use crate::adapters::github::failure;
use crate::domain::{AccessLevel, AppCredential, Code, Diagnostic, Permission, RepoSlug};
use crate::protocol::Cause;

/// The App, the repository, and the time of this machine, for what is said about a refusal.
pub(super) struct Asked<'a> {
    pub credential: &'a AppCredential,
    pub repository: &'a RepoSlug,
    /// The time of this machine.
    pub now: String,
}

impl Asked<'_> {
    /// The refusal to say which installation the repository has. `web` is GitHub's page, such as `https://github.com`.
    pub(super) fn installation_refused(&self, web: &str, answer: &GitHubAnswer) -> Cause {
        let (app, repository) = (self.credential.app.id(), self.repository);
        let message = failure::message(answer);
        if answer.status != 404 || message.contains("Integration") {
            return self.app_refused(answer, &message);
        }
        let owner = repository.owner();
        explained(
            Code::AppNotInstalled,
            format!("the GitHub App {app} is not installed on {repository}"),
            format!(
                "choose *Install App* on the page of the App's settings, and select {repository}; what {owner} has installed is on \
                 {web}/organizations/{owner}/settings/installations"
            ),
        )
    }

    /// The refusal to create a token for an installation.
    pub(super) fn token_refused(
        &self,
        installation: &AppInstallation,
        answer: &GitHubAnswer,
    ) -> Cause {
        let message = failure::message(answer);
        let AppInstallation {
            app_slug, html_url, ..
        } = installation;
        match answer.status {
            422 if message.contains("permissions") => {
                let wanted = &self.credential.permissions;
                let missing = wanted.iter().filter(|wanted| !has(installation, **wanted));
                let mut missing: Vec<_> = missing.map(Permission::to_string).collect();
                if missing.is_empty() {
                    missing = wanted.iter().map(Permission::to_string).collect();
                }
                let missing = missing.join(", ");
                explained(
                    Code::AppPermissionMissing,
                    format!("the GitHub App {app_slug} is not granted {missing} ({message})"),
                    format!(
                        "grant {missing} under *Permissions & events* on the page of the App's settings, and accept the change on {html_url}"
                    ),
                )
            }
            403 if message.contains("suspended") => explained(
                Code::AppNotInstalled,
                format!("the installation of the GitHub App {app_slug} is suspended ({message})"),
                format!("choose *Unsuspend* on {html_url}"),
            ),
            _ => self.app_refused(answer, &message),
        }
    }

    /// The refusal of the App itself. GitHub's words of 401 tell an unknown key from a clock that differs.
    fn app_refused(&self, answer: &GitHubAnswer, message: &str) -> Cause {
        let app = self.credential.app.id();
        match answer.status {
            401 if ["'exp'", "'iat'"]
                .iter()
                .any(|claim| message.contains(claim)) =>
            {
                let theirs = answer.header("date").unwrap_or("an unknown time");
                explained(
                    Code::AppClockDiffers,
                    format!(
                        "GitHub's clock says {theirs}, and this machine's {} ({message})",
                        self.now
                    ),
                    "set the clock of the machine that runs this job, by NTP for instance",
                )
            }
            401 => explained(
                Code::AppKeyRefused,
                format!("GitHub does not accept the private key for the App {app} ({message})"),
                "create a new one under *Private keys* on the page of the settings of this very App, and store the whole file as \
                 APP_PRIVATE_KEY; the number beside *App ID* on that page belongs into APP_ID",
            ),
            404 => explained(
                Code::AppKeyRefused,
                format!("GitHub knows no App with the ID {app} ({message})"),
                "take the number beside *App ID*, or the client ID, from the page of the App's settings; the number of an installation is \
                 another one",
            ),
            _ => failure::cause(answer),
        }
    }
}

fn explained(code: Code, seen: String, help: impl Into<String>) -> Cause {
    Cause::Explained(Box::new(Diagnostic::error(code, seen, help)))
}

/// Whether an installation is granted at least this.
fn has(installation: &AppInstallation, wanted: Permission) -> bool {
    let granted = installation.permissions.get(&wanted.api_name());
    match granted.map(String::as_str) {
        Some("read") => wanted.level == AccessLevel::Read,
        Some("write" | "admin") => true,
        _ => false,
    }
}
