//! Fills in on a terminal what was not typed: from the checkout, and from the logins of other programs.

use std::path::Path;

use super::written::working_folder;
use super::{App, TITLE};
use crate::adapters::checkout::{Checkout, GitRemote, Uncommitted};
use crate::adapters::gh::GhLogins;
use crate::adapters::programs::Programs;
use crate::cli::Command;
use crate::domain::RepoSlug;
use crate::settings::{
    CheckoutValues, ChosenGitHub, ChosenToken, Context, LocalNeeds, LocalPlaces, choose_github,
    local_needs,
};

/// The values with which a command goes on, and what of them came from where, without any secret.
struct FilledIn {
    context: Context,
    sources: Vec<String>,
}

impl App<'_> {
    /// Reads what a command needs and was not given. Nothing in a workflow run, and for commands of workflows.
    ///
    /// # Errors
    ///
    /// If a signal or the time limit ends it.
    pub(super) async fn fill_in(&self, command: &Command) -> anyhow::Result<()> {
        let Some(places) = &self.context.local else {
            return Ok(());
        };
        let Some(needs) = local_needs(command, self.context) else {
            return Ok(());
        };
        let folder = working_folder()?;
        let filling = Box::pin(filled_in(self.context, places, &needs, &folder));
        let filling = async { anyhow::Ok(filling.await) };
        let filled = self.in_time(TITLE, filling).await?;
        self.sources.replace(filled.sources);
        // It is the only command of this process.
        let _ = self.filled_in.set(filled.context);
        Ok(())
    }

    /// Logs once, in one line, what came from where.
    pub(super) fn announce(&self, further: Vec<String>) {
        let mut sources = self.sources.take();
        sources.extend(further);
        if !sources.is_empty() {
            self.log.sentence(&format!("using {}", sources.join(", ")));
        }
    }
}

async fn filled_in(
    before: &Context,
    places: &LocalPlaces,
    needs: &LocalNeeds,
    folder: &Path,
) -> FilledIn {
    let programs = Programs::in_path(&places.path);
    let logins = places.gh_config.as_deref().map(GhLogins::read);
    let logins = logins.unwrap_or_default();
    let checkout = Checkout::around(folder);
    let origin = checkout
        .as_ref()
        .and_then(|checkout| checkout.origin(&places.git_configs));
    let remote = origin
        .as_ref()
        .map(|GitRemote { host, repository }| (host, repository));
    let chosen = choose_github(before, needs.given.as_deref(), remote, &|host| {
        logins.has(host)
    });
    let mut filled = FilledIn {
        context: before.clone(),
        sources: Vec::new(),
    };
    filled.addresses(&chosen);
    if let (Some(repository), Some(checkout)) = (&chosen.repository, &checkout) {
        filled
            .checkout(repository.clone(), checkout, needs, &programs)
            .await;
    } else if needs.repository || needs.commit {
        let ignored = chosen.ignored.iter();
        filled
            .sources
            .extend(ignored.map(|why| format!("nothing of the checkout, since {why}")));
    }
    filled.token(&chosen, needs, &logins, &programs).await;
    filled
}

impl FilledIn {
    /// The addresses of the chosen GitHub, unless variables have them.
    fn addresses(&mut self, chosen: &ChosenGitHub) {
        let context = &mut self.context;
        if context.api_url.is_some() || chosen.host.is_dot_com() {
            return;
        }
        let host = &chosen.host;
        context.api_url = Some(host.api_url());
        context
            .graphql_url
            .get_or_insert_with(|| host.graphql_url());
        context.server_url.get_or_insert_with(|| host.server_url());
        self.sources.push(format!("GitHub at {host}"));
    }

    async fn checkout(
        &mut self,
        repository: RepoSlug,
        checkout: &Checkout,
        needs: &LocalNeeds,
        programs: &Programs,
    ) {
        if needs.repository {
            let root = checkout.root().display();
            self.sources
                .push(format!("{repository} from origin of {root}"));
        }
        let commit = if needs.commit {
            checkout.commit(programs).await
        } else {
            None
        };
        if let Some(commit) = &commit {
            let branch = match checkout.head().branch {
                Some(branch) => format!("branch {branch}"),
                None => "no branch".into(),
            };
            let changed = match checkout.uncommitted(programs).await {
                Uncommitted::Files(0) => String::new(),
                Uncommitted::Files(1) => "; 1 changed file is not in it".into(),
                Uncommitted::Files(count) => format!("; {count} changed files are not in it"),
                Uncommitted::Unknown => "; not compared with the files".into(),
            };
            let commit = commit.short();
            self.sources
                .push(format!("commit {commit} from HEAD ({branch}{changed})"));
        }
        self.context.checkout = Some(CheckoutValues { repository, commit });
    }

    async fn token(
        &mut self,
        chosen: &ChosenGitHub,
        needs: &LocalNeeds,
        logins: &GhLogins,
        programs: &Programs,
    ) {
        let given = self.context.token.take();
        let has_given = given.is_some();
        let (token, from) = match &chosen.token {
            ChosenToken::Given => (given, format!("the token in {}", self.context.token_from)),
            ChosenToken::Enterprise => {
                let places = self.context.local.as_ref();
                let token = places.and_then(|places| places.enterprise_token.clone());
                (token, "the token in GH_ENTERPRISE_TOKEN".into())
            }
            ChosenToken::OfGh(host) if needs.token => {
                let token = logins.token(host, programs).await;
                (token, format!("the token of gh for {host}"))
            }
            _ => (None, String::new()),
        };
        if needs.token {
            if token.is_some() {
                self.sources.push(from);
            } else if has_given {
                let name = self.context.token_from;
                self.sources
                    .push(format!("not the token in {name}, which is for github.com"));
            }
        }
        self.context.token = token;
    }
}
