//! Release metadata by the definition of Lifecycle Manager.

use serde_json::Value;

use super::*;
use crate::config::ChannelVersion;
use crate::fixtures;
use crate::json_schema::{UnknownKeys, violations};

const COMPONENT: &str = "kyma-project.io/module/btp-operator";

fn channels(versions: &[(&str, &str)]) -> ReleaseMeta {
    let channels = versions.iter().map(|(channel, version)| ChannelVersion {
        channel: (*channel).into(),
        version: (*version).into(),
    });
    ReleaseMeta {
        audience: Audience::Channels(channels.collect()),
        kyma_selector: None,
        beta: None,
        internal: None,
    }
}

/// What the API server refuses or drops.
fn refused(object: &str) -> Vec<String> {
    let object = yaml::document(object).unwrap();
    let definition =
        yaml::document(&fixtures::text("lifecycle-manager/modulereleasemetas.yaml")).unwrap();
    let schema = definition
        .pointer("/spec/versions/0/schema/openAPIV3Schema")
        .unwrap();
    let mut found = violations(schema, &object, UnknownKeys::Refused);
    // The extensions of Kubernetes: `x-kubernetes-list-map-keys` and the rule in `x-kubernetes-validations`.
    let spec = &object["spec"];
    let names = spec["channels"].as_array().into_iter().flatten();
    let mut names: Vec<_> = names
        .map(|channel| channel["channel"].to_string())
        .collect();
    let all = names.len();
    names.sort();
    names.dedup();
    if names.len() < all {
        found.push("a channel is there twice".into());
    }
    if spec["channels"].is_null() == spec["mandatory"].is_null() {
        found.push("exactly one of 'mandatory' or 'channels' must be specified".into());
    }
    found
}

#[test]
fn channels_are_written_as_lifecycle_manager_reads_them() {
    let text = release_meta(
        COMPONENT,
        "kcp-system",
        &channels(&[("regular", "1.1.0"), ("fast", "1.2.0-rc1")]),
    );
    assert_eq!(
        text,
        "apiVersion: operator.kyma-project.io/v1beta2
kind: ModuleReleaseMeta
metadata:
  name: btp-operator
  namespace: kcp-system
spec:
  channels:
  - channel: regular
    version: 1.1.0
  - channel: fast
    version: 1.2.0-rc1
  moduleName: btp-operator
  ocmComponentName: kyma-project.io/module/btp-operator
"
    );
    assert_eq!(refused(&text), [""; 0]);
}

#[test]
fn a_channel_that_yaml_takes_for_a_boolean_is_in_quotes() {
    let text = release_meta(
        COMPONENT,
        "kcp-system",
        &channels(&[("yes", "1.1.0"), ("off", "1.2.0")]),
    );
    assert!(
        text.contains("channel: \"yes\"\n") && text.contains("channel: \"off\"\n"),
        "{text}"
    );
    assert_eq!(refused(&text), [""; 0]);
}

#[test]
fn without_a_namespace_there_is_none() {
    let text = release_meta(COMPONENT, "", &channels(&[("fast", "1.1.0")]));
    assert!(!text.contains("namespace"), "{text}");
    assert_eq!(refused(&text), [""; 0]);
}

#[test]
fn what_is_not_asked_for_is_not_written() {
    let text = release_meta(COMPONENT, "kcp-system", &channels(&[("fast", "1.1.0")]));
    for key in ["beta", "internal", "mandatory", "kymaSelector"] {
        assert!(!text.contains(&format!("\n  {key}:")), "{text}");
    }
    let all = ReleaseMeta {
        audience: Audience::Mandatory("1.2.0".into()),
        kyma_selector: Some(json!({
            "matchLabels": {"a": "true"},
            "matchExpressions": [{"key": "b", "operator": "In", "values": ["c"]}],
        })),
        beta: Some(true),
        internal: Some(false),
    };
    let text = release_meta(COMPONENT, "other", &all);
    assert_eq!(refused(&text), [""; 0]);
    let object = yaml::document(&text).unwrap();
    assert_eq!(object["metadata"]["namespace"], "other");
    let spec = &object["spec"];
    assert_eq!(spec["mandatory"]["version"], "1.2.0");
    assert_eq!(
        (&spec["beta"], &spec["internal"]),
        (&Value::Bool(true), &Value::Bool(false))
    );
    assert_eq!(spec["kymaSelector"], all.kyma_selector.unwrap());
    assert!(spec["channels"].is_null());
}

#[test]
fn the_definition_refuses_what_the_reader_refuses() {
    for (versions, broken) in [
        (vec![("Fast", "1.0.0")], 1),
        (vec![("ab", "1.0.0")], 1),
        (vec![("fast", "v1.0.0")], 1),
        (vec![("fast", "1.0.0-rc.1")], 1),
        (vec![("fast", "1.0.0"), ("fast", "1.1.0")], 1),
        (vec![("fast", "1.0.0-aaaaaaaaaaaaaaaaaaaaaaaaaaa")], 1),
    ] {
        let text = release_meta(COMPONENT, "kcp-system", &channels(&versions));
        assert_eq!(
            refused(&text).len(),
            broken,
            "{versions:?}: {:?}",
            refused(&text)
        );
    }
}
