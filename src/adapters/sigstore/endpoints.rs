//! The services that sign: where they are, and of which version.
//!
//! Those of the public-good instance are read from its signing configuration, a copy of which is compiled in, as `sigstore-trust-root`
//! ships it. Another one, such as that of a private instance, takes its place by input.

use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_SIGNING_CONFIG, SigningConfig};
use url::Url;

use crate::adapters::http::excerpt;
use crate::domain::urls::is_secure;
use crate::domain::{Code, Diagnostic};

/// Services to sign with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningServices {
    /// Issues certificates: the base address of Fulcio.
    pub certificates: Url,
    /// Proves the time: the whole address of an RFC 3161 service. Always used: verifiers of Rekor v2 have no other time.
    pub timestamps: Url,
    /// Makes signatures public; `None` for private repositories.
    pub log: Option<SignatureLog>,
}

/// A log of signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLog {
    /// The base address of Rekor.
    pub url: Url,
    pub version: LogVersion,
}

/// The interface of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogVersion {
    /// `POST /api/v1/log/entries`, with an entry of the kind `dsse`.
    Rekor1,
    /// `POST /api/v2/log/entries`, with an entry of the kind `hashedrekord`.
    Rekor2,
}

impl SigningServices {
    /// Those of the public-good instance.
    ///
    /// # Errors
    ///
    /// Never, unless the copy of the configuration that is compiled in is broken.
    pub fn public_good() -> Result<Self, Diagnostic> {
        Self::of_configuration(SIGSTORE_PRODUCTION_SIGNING_CONFIG)
    }

    /// Those of GitHub, which sign for private repositories
    /// ([actions/toolkit](https://github.com/actions/toolkit/blob/main/packages/attest/src/endpoints.ts)).
    ///
    /// # Errors
    ///
    /// Never.
    pub fn github() -> Result<Self, Diagnostic> {
        Ok(Self {
            certificates: address("https://fulcio.githubapp.com")?,
            timestamps: address("https://timestamp.githubapp.com/api/v1/timestamp")?,
            log: None,
        })
    }

    /// Those that a `signing_config.v0.2.json` names and that are in use now; of logs, the newest version that is known here.
    /// Without a log in it, signatures are not made public.
    ///
    /// # Errors
    ///
    /// Where it is none, or names no authority for certificates or timestamps that is in use.
    pub fn of_configuration(json: &str) -> Result<Self, Diagnostic> {
        let config = SigningConfig::from_json(json).map_err(invalid)?;
        let missing = |what: &str| invalid(format!("it names no {what} that is in use"));
        let certificates = config
            .fulcio_url()
            .ok_or_else(|| missing("authority of certificates"))?;
        let timestamps = config
            .tsa_url()
            .ok_or_else(|| missing("authority of timestamps"))?;
        let log = config.rekor_url(None).map(|log| {
            let version = match log.major_api_version {
                1 => LogVersion::Rekor1,
                _ => LogVersion::Rekor2,
            };
            Ok::<_, Diagnostic>(SignatureLog {
                url: address(&log.url)?,
                version,
            })
        });
        Ok(Self {
            certificates: address(&certificates.url)?,
            timestamps: address(&timestamps.url)?,
            log: log.transpose()?,
        })
    }
}

fn address(text: &str) -> Result<Url, Diagnostic> {
    let url: Url = text
        .parse()
        .map_err(|error| invalid(format!("{text:?} is no address: {error}")))?;
    if !is_secure(&url) {
        return Err(invalid(format!("{text:?} is not reached by HTTPS")));
    }
    Ok(url)
}

fn invalid(why: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::error(
        Code::SigningConfigurationInvalid,
        format!(
            "the signing configuration cannot be used: {}",
            excerpt(&why.to_string())
        ),
        "give the content of a `signing_config.v0.2.json`",
    )
}

/// A path below a base address.
pub(super) fn below(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_services_are_those_of_the_configuration() {
        let services = SigningServices::public_good().unwrap();
        assert_eq!(
            services.certificates.as_str(),
            "https://fulcio.sigstore.dev/"
        );
        assert!(services.log.is_some() && services.timestamps.path().ends_with("/timestamp"));
        assert!(SigningServices::github().unwrap().log.is_none());
    }

    #[test]
    fn newest_log_that_is_in_use_is_taken() {
        let service = |url: &str, version: u8, start: &str| serde_json::json!({"url": url, "majorApiVersion": version, "validFor": {"start": start}});
        let begun = "2020-01-01T00:00:00Z";
        let config = |logs: Vec<serde_json::Value>| {
            serde_json::json!({
                "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
                "caUrls": [service("https://ca.example", 1, begun)],
                "tsaUrls": [service("https://tsa.example/api/v1/timestamp", 1, begun)],
                "rekorTlogUrls": logs,
            })
            .to_string()
        };
        let log = |logs| {
            SigningServices::of_configuration(&config(logs))
                .unwrap()
                .log
        };
        let old = service("https://one.example", 1, begun);
        let new = service("https://two.example", 2, begun);
        let later = service("https://later.example", 2, "2999-01-01T00:00:00Z");
        let unknown = service("https://three.example", 3, begun);
        let found = log(vec![old, later, unknown, new]).unwrap();
        assert_eq!(
            (found.url.as_str(), found.version),
            ("https://two.example/", LogVersion::Rekor2)
        );
        assert_eq!(log(Vec::new()), None);
        let plain = config(Vec::new()).replace("https://ca", "http://ca");
        for broken in ["{}", &plain, &config(Vec::new()).replace("tsaUrls", "tsa")] {
            let error = SigningServices::of_configuration(broken).unwrap_err();
            assert_eq!(error.code, Code::SigningConfigurationInvalid, "{broken}");
        }
    }
}
