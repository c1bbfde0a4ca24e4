//! Attestations: stored for a repository, found by the digest of an artifact.
//! <https://docs.github.com/en/rest/repos/attestations>, <https://docs.github.com/en/rest/orgs/attestations>,
//! <https://docs.github.com/en/rest/users/attestations>

use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitHubWorld, GitRepository, Level, Right, StoredAttestation};
use crate::github::options::NoAttestations;
use crate::github::storage;
use crate::text;
use crate::transport::Reply;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::LINK;
use serde_json::{Value, json};

const PAGE_SIZE: usize = 30;

pub(crate) fn create(call: &ApiCall, repository: &mut GitRepository) -> ApiResult {
    let initiator = call.need(Right::Attestations, Level::Write)?.login.clone();
    let bundle = fields::get(&call.body, "bundle");
    if !bundle.is_object() {
        return Err(ApiError::form("\"bundle\" wasn't supplied."));
    }
    let read = StoredAttestation::read(bundle)
        .map_err(|message| ApiError::custom("Attestation", "bundle", message))?;
    let id = repository.store_attestation(StoredAttestation {
        initiator,
        created_at: call.now(),
        ..read
    });
    Ok(Reply::json(201, &json!({ "id": id })))
}

/// The attestations of one repository for an artifact.
pub(crate) fn list(call: &ApiCall, repository: &GitRepository, digest: &str) -> ApiResult {
    if repository.private {
        call.need(Right::Attestations, Level::Read)?;
    }
    let listed = call.listed(repository).ok_or_else(ApiError::not_found)?;
    paged(call, found(call, listed, digest), digest)
}

/// Those of all repositories of an owner that the caller may read.
pub(crate) fn of_owner(
    call: &ApiCall,
    world: &GitHubWorld,
    owner: &str,
    digest: &str,
) -> ApiResult {
    let repositories = world.repositories.values();
    let readable = repositories.filter(|repository| {
        repository.owner.eq_ignore_ascii_case(owner)
            && call.sees(repository)
            && (!repository.private || call.has(Right::Attestations, Level::Read))
    });
    let listed = readable.filter_map(|repository| call.listed(repository));
    let all = listed.flat_map(|repository| found(call, repository, digest));
    paged(call, all.collect(), digest)
}

/// A stored attestation with the repository it belongs to.
type FoundAttestation<'a> = (&'a GitRepository, &'a StoredAttestation);

fn found<'a>(
    call: &ApiCall,
    repository: &'a GitRepository,
    digest: &str,
) -> Vec<FoundAttestation<'a>> {
    let wanted = call.request.param("predicate_type");
    let all = repository.attestations_of(digest).into_iter();
    all.filter(|one| wanted.as_deref().is_none_or(|wanted| is(one, wanted)))
        .map(|one| (repository, one))
        .collect()
}

/// `provenance`, `sbom` and `release` stand for the predicate types that GitHub makes.
fn is(attestation: &StoredAttestation, wanted: &str) -> bool {
    let made = attestation.predicate_type.as_str();
    match wanted {
        "provenance" => made.starts_with("https://slsa.dev/provenance/"),
        "sbom" => {
            made.starts_with("https://spdx.dev/Document")
                || made.starts_with("https://cyclonedx.org/bom")
        }
        "release" => made.starts_with("https://in-toto.io/attestation/release/"),
        exact => made == exact,
    }
}

/// Newest first, in pages that are found by a cursor.
fn paged(call: &ApiCall, mut all: Vec<FoundAttestation>, digest: &str) -> ApiResult {
    check(digest)?;
    all.sort_by_key(|(_, one)| std::cmp::Reverse(one.id));
    if all.is_empty() && call.state.options.no_attestations == NoAttestations::NotFound {
        return Err(ApiError::not_found());
    }
    let size = call.request.param("per_page");
    let size = size.and_then(|text| text.parse().ok()).filter(|&n| n > 0);
    let size = size.map_or(PAGE_SIZE, |size: usize| {
        size.min(call.state.options.page_size_max)
    });
    let after = cursor(call, "after")?;
    let before = cursor(call, "before")?;
    let (first, last) = (all.first().map(id), all.last().map(id));
    all.retain(|one| after.is_none_or(|after| id(one) < after));
    all.retain(|one| before.is_none_or(|before| id(one) > before));
    let skip = match before {
        Some(_) => all.len().saturating_sub(size),
        None => 0,
    };
    let page: Vec<FoundAttestation> = all.into_iter().skip(skip).take(size).collect();
    let next = page.last().map(id).filter(|id| Some(*id) != last);
    let previous = page.first().map(id).filter(|id| Some(*id) != first);
    let links = [("after", next, "next"), ("before", previous, "prev")];
    let links = links.into_iter().filter_map(|(name, id, rel)| {
        Some(format!("<{}>; rel=\"{rel}\"", address(call, name, id?)))
    });
    let links: Vec<String> = links.collect();
    let views: Vec<Value> = page.iter().map(|one| view(call, one)).collect();
    let reply = Reply::json(200, &json!({ "attestations": views }));
    Ok(if links.is_empty() {
        reply
    } else {
        reply.with(LINK, links.join(", "))
    })
}

/// `sha256:` and 64 hex digits, or another algorithm's.
fn check(digest: &str) -> Result<(), ApiError> {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match digest.split_once(':') {
        Some((algorithm, value)) if !algorithm.is_empty() && value.len() >= 40 && hex(value) => {
            Ok(())
        }
        _ => Err(ApiError::form("The subject digest is malformed.")),
    }
}

fn id((_, attestation): &FoundAttestation) -> u64 {
    attestation.id
}

/// The id in an opaque cursor.
fn cursor(call: &ApiCall, name: &str) -> Result<Option<u64>, ApiError> {
    let Some(text) = call.request.param(name) else {
        return Ok(None);
    };
    let bytes = URL_SAFE_NO_PAD.decode(&text).ok();
    let number = bytes.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
    let wrong = || ApiError::form(format!("The cursor {text} is invalid."));
    number.map(Some).ok_or_else(wrong)
}

/// The same request with a cursor.
fn address(call: &ApiCall, name: &str, id: u64) -> String {
    let kept = text::query_pairs(&call.request.query).into_iter();
    let kept = kept.filter(|(name, _)| name != "after" && name != "before");
    let cursor = (name.to_owned(), URL_SAFE_NO_PAD.encode(id.to_string()));
    let pairs = kept.chain([cursor]).map(|(name, value)| {
        let value = text::percent_encode(&value);
        format!("{name}={value}")
    });
    let query: Vec<String> = pairs.collect();
    let api = &call.state.urls.api;
    format!("{api}{}?{}", call.request.path, query.join("&"))
}

fn view(call: &ApiCall, (repository, attestation): &FoundAttestation) -> Value {
    let bundle = Some(&attestation.bundle).filter(|_| call.state.options.inline_bundles);
    json!({
        "bundle": bundle,
        "repository_id": repository.id,
        "bundle_url": storage::attestation_url(call.state, attestation.id),
        "initiator": attestation.initiator,
    })
}
