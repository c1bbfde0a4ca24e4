//! What a certificate says of a workflow job: Fulcio's extensions.
//! <https://github.com/sigstore/fulcio/blob/v1.8.8/docs/oid-info.md>

use super::certificate::{Criticality, extension};
use super::der;
use crate::fields;
use serde_json::Value;

/// The extensions of a certificate for the claims of a job; `github` is the address of the pages.
pub(crate) fn extensions(github: &str, claims: &Value) -> Vec<Vec<u8>> {
    let claim = |name: &str| fields::text(claims, name);
    let below = |name: &str| match claim(name) {
        "" => String::new(),
        path => format!("{github}/{path}"),
    };
    let run = format!(
        "{github}/{}/actions/runs/{}/attempts/{}",
        claim("repository"),
        claim("run_id"),
        claim("run_attempt")
    );
    // The first ones are older, and their values are plain text.
    let plain = [
        (1, claim("iss")),
        (2, claim("event_name")),
        (3, claim("sha")),
        (4, claim("workflow")),
        (5, claim("repository")),
        (6, claim("ref")),
    ];
    let encoded = [
        (8, claim("iss").to_owned()),
        (9, below("job_workflow_ref")),
        (10, claim("job_workflow_sha").to_owned()),
        (11, claim("runner_environment").to_owned()),
        (12, below("repository")),
        (13, claim("sha").to_owned()),
        (14, claim("ref").to_owned()),
        (15, claim("repository_id").to_owned()),
        (16, below("repository_owner")),
        (17, claim("repository_owner_id").to_owned()),
        (18, below("workflow_ref")),
        (19, claim("workflow_sha").to_owned()),
        (20, claim("event_name").to_owned()),
        (21, run),
        (22, claim("repository_visibility").to_owned()),
        (23, claim("environment").to_owned()),
        (24, claim("sub").to_owned()),
    ];
    let mut extensions = vec![subject(&format!("{github}/{}", claim("job_workflow_ref")))];
    extensions.extend(
        plain
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(number, value)| fulcio(number, value.as_bytes())),
    );
    extensions.extend(
        encoded
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(number, value)| fulcio(number, &der::utf8(&value))),
    );
    extensions
}

fn fulcio(number: u64, value: &[u8]) -> Vec<u8> {
    let oid = format!("1.3.6.1.4.1.57264.1.{number}");
    extension(&oid, Criticality::Optional, value)
}

/// The subject's alternative name: critical, because the subject itself is empty.
fn subject(uri: &str) -> Vec<u8> {
    let names = der::sequence(&[der::element(0x86, uri.as_bytes())]);
    extension("2.5.29.17", Criticality::Critical, &names)
}
