//! Connects this process to GitHub and to registries.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::{App, usage};
use crate::adapters::github::rate_limit::RateLimitPolicy;
use crate::adapters::github::{GitHub, GitHubSettings};
use crate::adapters::http::{Http, HttpSettings};
use crate::adapters::programs::Programs;
use crate::adapters::registry::{Credential, CredentialSource, Credentials, Registries};
use crate::domain::{Code, Diagnostic};
use crate::protocol::{Clock, PendingRequests};
use crate::report::Failure;
use crate::settings::{GitHubAccess, RegistryAccess};

/// Before the first request there is none without an answer.
impl PendingRequests for OnceLock<Http> {
    fn pending(&self) -> Vec<String> {
        self.get().map(Http::pending).unwrap_or_default()
    }
}

impl App<'_> {
    pub(super) fn connect_github(
        &self,
        access: GitHubAccess,
        timeout: Duration,
        http: Http,
    ) -> Result<GitHub, Failure> {
        self.announce(vec![]);
        let mut settings = GitHubSettings::new(
            access.api_url,
            access.graphql_url,
            access.repository,
            access.credential,
        );
        settings.mask = Some(self.log.clone());
        settings.policy = RateLimitPolicy {
            patience: timeout,
            // Runs that were started together must not retry at the same time.
            seed: std::process::id().into(),
            ..RateLimitPolicy::default()
        };
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        GitHub::connect(settings, http, clock)
            .map_err(|diagnostic| Failure::new("input", vec![diagnostic]))
    }

    /// The HTTP client of this process.
    pub(super) fn http(&self) -> Result<Http, Failure> {
        if let Some(http) = self.http.get() {
            return Ok(http.clone());
        }
        let made = http(self.context.ssl_cert_file.as_deref());
        let made = made.map_err(|diagnostic| usage(vec![diagnostic]))?;
        Ok(self.http.get_or_init(|| made).clone())
    }

    /// An HTTP client, and registries through it.
    pub(super) fn connect(&self, access: &RegistryAccess) -> Result<(Http, Registries), Failure> {
        let http = self.http()?;
        let mut credentials = credentials(access).map_err(|diagnostic| usage(vec![diagnostic]))?;
        if let Some(places) = &self.context.local {
            credentials = credentials.with_programs(Programs::in_path(&places.path));
            self.announce(sources(access, &credentials));
        }
        for unusable in credentials.unusable() {
            self.log.line(&format!("registry: {unusable}"));
        }
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let registries = Registries::new(&http, credentials, clock);
        Ok((http, registries))
    }
}

/// A client that also trusts the root certificates in the file.
fn http(certificates: Option<&Path>) -> Result<Http, Diagnostic> {
    let unusable = |why: String| {
        Diagnostic::value(
            Code::CertificatesUnusable,
            "SSL_CERT_FILE",
            certificates.unwrap_or(Path::new("")).display().to_string(),
            why,
            "name a file with PEM certificates, or leave it out: the usual ones are built in",
        )
    };
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| unusable(format!("cannot be read: {error}")))
    };
    let settings = HttpSettings {
        extra_roots: certificates.map(read).transpose()?,
        ..HttpSettings::default()
    };
    Http::new(&settings).map_err(|error| unusable(error.to_string()))
}

fn credentials(access: &RegistryAccess) -> Result<Credentials, Diagnostic> {
    let mut all = match &access.docker_config {
        Some(config) => Credentials::from_docker_config(&config.text)
            .map_err(|diagnostic| diagnostic.at(&config.path, None))?,
        None => Credentials::anonymous(),
    };
    if let Some((user, password)) = &access.login {
        for host in &access.hosts {
            let (user, password) = (user.clone(), password.clone());
            all = all.with(host, Credential::Basic { user, password });
        }
    }
    Ok(all)
}

/// Where the credentials for the release's own registries come from.
fn sources(access: &RegistryAccess, credentials: &Credentials) -> Vec<String> {
    let file = access.docker_config.as_ref();
    let source = |host: &String| match credentials.source(host) {
        CredentialSource::Given => format!("the given password for {host}"),
        CredentialSource::File => {
            let path = file.map_or("config.json", |file| &file.path);
            format!("the credentials for {host} in {path}")
        }
        CredentialSource::Helper(program) => format!("the credentials for {host} of {program}"),
        CredentialSource::Nowhere => format!("no credentials for {host}"),
    };
    access.hosts.iter().map(source).collect()
}
