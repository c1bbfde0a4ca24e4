//! "Pushing Manifests with Subject" and "Listing Referrers".
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

use super::common::{MANIFEST, TestClient, header, manifest};
use serde_json::{Value, json};
use stand_ins::RegistryOptions;

const SUBJECT: &str = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const EVIDENCE: &str = "application/x-evidence";

/// A registry whose image has these referrers, each by its artifact type.
async fn with_referrers(options: RegistryOptions, types: &[&str]) -> TestClient {
    let client = TestClient::with(options).await;
    let (config, layer) = (client.blob(b"{}"), client.blob(b"hello"));
    for (nth, artifact_type) in types.iter().enumerate() {
        let mut body = manifest(&config, &layer);
        body["subject"] = json!({ "digest": SUBJECT });
        body["artifactType"] = json!(artifact_type);
        body["annotations"] = json!({ "nth": nth.to_string() });
        let put = client
            .put_manifest(&format!("n{nth}"), MANIFEST, &body)
            .await;
        assert_eq!(put.status(), 201);
    }
    client
}

async fn list(client: &TestClient, path: &str) -> (Vec<Value>, String, String) {
    let answer = client.get(path).await;
    assert_eq!(answer.status(), 200);
    let [filters, link] =
        ["oci-filters-applied", "link"].map(|name| header(&answer, name).to_owned());
    let index: Value = answer.json().await.unwrap();
    let listed = index["manifests"].as_array().unwrap().clone();
    (listed, filters, link)
}

fn path() -> String {
    format!("referrers/{SUBJECT}?artifactType={EVIDENCE}")
}

/// "The response SHOULD contain `OCI-Subject`", from a registry that keeps the list only.
#[tokio::test]
async fn answer_to_a_manifest_with_subject_says_whether_it_is_listed() {
    for (referrers, subject) in [(true, SUBJECT), (false, "")] {
        let options = RegistryOptions {
            referrers,
            ..RegistryOptions::default()
        };
        let client = with_referrers(options, &[]).await;
        let (config, layer) = (client.blob(b"{}"), client.blob(b"hello"));
        let mut body = manifest(&config, &layer);
        body["subject"] = json!({ "digest": SUBJECT });
        let put = client.put_manifest("x", MANIFEST, &body).await;
        assert_eq!(header(&put, "oci-subject"), subject);
        let status = if referrers { 200 } else { 404 };
        assert_eq!(client.get(&path()).await.status(), status);
    }
}

#[tokio::test]
async fn referrers_are_listed_with_type_and_annotations_of_their_manifests() {
    let client = with_referrers(
        RegistryOptions::default(),
        &[EVIDENCE, "application/x-sbom"],
    )
    .await;
    let (listed, filters, link) = list(&client, &path()).await;
    assert_eq!((filters.as_str(), link.as_str()), ("artifactType", ""));
    let [one] = listed.as_slice() else {
        panic!("{listed:?}");
    };
    assert_eq!(one["artifactType"], EVIDENCE);
    assert_eq!(one["annotations"], json!({ "nth": "0" }));
    let (all, filters, _) = list(&client, &format!("referrers/{SUBJECT}")).await;
    assert_eq!((all.len(), filters.as_str()), (2, ""));
    // An image without any has an empty list.
    let other = SUBJECT.replace('2', "3");
    assert_eq!(
        list(&client, &format!("referrers/{other}")).await.0,
        [Value::Null; 0]
    );
}

/// "If filtering is not supported, the header is not there", and all are listed.
#[tokio::test]
async fn registry_need_not_select() {
    let options = RegistryOptions {
        referrers_filter: false,
        ..RegistryOptions::default()
    };
    let client = with_referrers(options, &[EVIDENCE, "application/x-sbom"]).await;
    let (all, filters, _) = list(&client, &path()).await;
    assert_eq!((all.len(), filters.as_str()), (2, ""));
}

/// "The registry MAY include a `Link` header".
#[tokio::test]
async fn long_list_comes_in_pages() {
    let options = RegistryOptions {
        page_size_max: 2,
        ..RegistryOptions::default()
    };
    let client = with_referrers(options, &[EVIDENCE; 5]).await;
    let mut seen = Vec::new();
    let mut next = path();
    loop {
        let (page, _, link) = list(&client, &next).await;
        assert!(page.len() <= 2);
        seen.extend(page.iter().map(|one| one["digest"].to_string()));
        let Some((target, _)) = link.trim_start_matches('<').split_once('>') else {
            break;
        };
        next = target.to_owned();
    }
    let all = seen.len();
    seen.dedup();
    assert_eq!((all, seen.len()), (5, 5));
}
