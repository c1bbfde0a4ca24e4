//! Whether a module image is the one that this release made.

use std::fmt;

use super::descriptor::{AccessKind, Descriptor};
use crate::values::{CommitSha, Version};

/// What the release wants the descriptor to say.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    pub component: &'a str,
    pub version: &'a Version,
    pub commit: &'a CommitSha,
}

/// One thing in which the descriptor is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// Such as `component version`.
    pub what: &'static str,
    pub wanted: String,
    pub seen: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: wanted {}, found {}",
            self.what, self.wanted, self.seen
        )
    }
}

/// All disagreements; none means that the image is this release's. The version may have a `v` in front, as the Kyma CLI
/// wrote it until the end of 2023.
pub fn verify(descriptor: &Descriptor, expected: &Expected<'_>) -> Vec<Disagreement> {
    let component = &descriptor.component;
    let mut found = Vec::new();
    let mut compare = |what, wanted: String, seen: &str, same: bool| {
        if !same {
            found.push(Disagreement {
                what,
                wanted,
                seen: seen.to_owned(),
            });
        }
    };
    let seen = component.name.as_str();
    compare(
        "component name",
        expected.component.to_owned(),
        seen,
        seen == expected.component,
    );
    let wanted = expected.version.to_string();
    let seen = component.version.as_str();
    let same = seen.strip_prefix('v').unwrap_or(seen) == wanted;
    compare("component version", wanted, seen, same);

    let mut commits = component
        .sources
        .iter()
        .filter_map(|source| match source.access.kind() {
            AccessKind::Git { commit, .. } => commit.as_deref(),
            _ => None,
        });
    let wanted = expected.commit.to_string();
    match commits.next() {
        None => compare("source commit", wanted, "no source with a commit", false),
        Some(first) => {
            let all: Vec<_> = std::iter::once(first).chain(commits).collect();
            let same = all.iter().all(|commit| *commit == wanted);
            compare("source commit", wanted, &all.join(", "), same);
        }
    }
    found
}

/// Local resources whose own digest, where the descriptor has one for the plain bytes, is not that of their layer
/// ([ocm-spec, digest algorithms](https://github.com/open-component-model/ocm-spec/blob/main/doc/02-processing/02-signing/04-digest-algorithms.md)).
pub fn digests(descriptor: &Descriptor) -> Vec<Disagreement> {
    let resources = descriptor.component.resources.iter();
    resources
        .filter_map(|resource| {
            let AccessKind::LocalBlob { digest, .. } = resource.access.kind() else {
                return None;
            };
            let field = |name: &str| resource.more.get("digest")?.get(name)?.as_str();
            let of_bytes = field("normalisationAlgorithm") == Some("genericBlobDigest/v1")
                && field("hashAlgorithm") == Some("SHA-256");
            let seen = field("value").filter(|value| of_bytes && *value != digest.hex())?;
            Some(Disagreement {
                what: "resource digest",
                wanted: format!("{digest} of {}", resource.name),
                seen: seen.to_owned(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::read;

    fn compare(component: &str, version: &str, commit: &str) -> Vec<String> {
        let descriptor = Descriptor::from_text(&read("eras/cli-2.15-scanned.yaml")).unwrap();
        let expected = Expected {
            component,
            version: &version.parse().unwrap(),
            commit: &commit.parse().unwrap(),
        };
        verify(&descriptor, &expected)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn tells_each_disagreement_side_by_side() {
        let name = "kyma.project.io/module/btp-operator";
        let commit = "4e4b9d47cb655ca23e5c706462485ff7605e8d71";
        assert_eq!(compare(name, "0.5.0", commit), [""; 0]);
        let other = "0".repeat(40);
        assert_eq!(
            compare("kyma-project.io/module/btp-operator", "0.5.1", &other),
            [
                format!("component name: wanted kyma-project.io/module/btp-operator, found {name}"),
                "component version: wanted 0.5.1, found v0.5.0".into(),
                format!("source commit: wanted {other}, found {commit}"),
            ]
        );
    }

    #[test]
    fn a_resource_of_another_digest_is_told() {
        let text = String::from_utf8(read("eras/modulectl-transferred.yaml")).unwrap();
        let descriptor = |text: &str| Descriptor::from_text(text.as_bytes()).unwrap();
        assert_eq!(digests(&descriptor(&text)), []);
        let at = text.find("genericBlobDigest/v1").unwrap();
        let (before, after) = text.split_at(at);
        let other = after.replacen("value: ", "value: 0", 1);
        let found = digests(&descriptor(&format!("{before}{other}")));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].what, "resource digest");
    }

    #[test]
    fn a_module_without_sources_proves_no_commit() {
        let descriptor =
            Descriptor::from_text(&read("golden-cli-2.20/component-descriptor.yaml")).unwrap();
        let expected = Expected {
            component: "kyma-project.io/module/template-operator",
            version: &"1.1.1-e2e-test".parse().unwrap(),
            commit: &"0".repeat(40).parse().unwrap(),
        };
        let found = verify(&descriptor, &expected);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].seen, "no source with a commit");
    }
}
