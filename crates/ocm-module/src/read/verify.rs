//! Whether a module image is the one that a release made.

use crate::descriptor::{AccessKind, Descriptor};
use crate::values::{CommitSha, Version};
use crate::{Diagnostic, FormatCode};

/// What the descriptor of a release's module image is expected to contain.
#[derive(Clone, Debug)]
pub struct ExpectedModule<'a> {
    /// The component's name, such as `kyma-project.io/module/btp-operator`.
    pub component: &'a str,
    /// The version. The descriptor's may have a `v` in front, as the Kyma CLI wrote it until the end of 2023.
    pub version: &'a Version,
    /// The commit that every source with a commit has to name.
    pub commit: &'a CommitSha,
}

/// What is otherwise than expected, each as [`FormatCode::ModuleDiffers`]; nothing means that the image is this release's.
pub fn verify(descriptor: &Descriptor, expected: &ExpectedModule<'_>) -> Vec<Diagnostic> {
    let component = &descriptor.component;
    let mut found = Vec::new();
    let mut compare = |what: &str, wanted: &str, seen: &str, same: bool| {
        if !same {
            found.push(
                Diagnostic::error(
                    FormatCode::ModuleDiffers,
                    format!("{what} is {seen}"),
                    "look at the build that pushed it, and run it again for this tag",
                )
                .wanted(wanted),
            );
        }
    };
    let (seen, wanted) = (component.name.as_str(), expected.component);
    compare("component name", wanted, seen, seen == wanted);

    let (seen, wanted) = (component.version.as_str(), expected.version.to_string());
    let same = seen.strip_prefix('v').unwrap_or(seen) == wanted;
    compare("component version", &wanted, seen, same);

    let sources = component.sources.iter();
    let commits = sources.filter_map(|source| match source.access.kind() {
        AccessKind::Git { commit, .. } => commit.as_deref(),
        _ => None,
    });
    let commits: Vec<_> = commits.collect();
    let wanted = expected.commit.as_str();
    let seen = match commits.as_slice() {
        [] => "not given by any source".to_owned(),
        commits => commits.join(", "),
    };
    let same = !commits.is_empty() && commits.iter().all(|commit| *commit == wanted);
    compare("source commit", wanted, &seen, same);
    found
}

/// Local resources whose own digest, where the descriptor has one for the plain bytes, is not that of their layer, each as
/// [`FormatCode::ModuleDigestDiffers`]
/// ([ocm-spec, digest algorithms](https://github.com/open-component-model/ocm-spec/blob/main/doc/02-processing/02-signing/04-digest-algorithms.md)).
pub fn digest_mismatches(descriptor: &Descriptor) -> Vec<Diagnostic> {
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
            let differs = Diagnostic::error(
                FormatCode::ModuleDigestDiffers,
                format!("the digest of resource {} is {seen}", resource.name),
                "build the module image again: its layers were exchanged after its descriptor was written",
            );
            Some(differs.wanted(format!("that of its layer, {}", digest.hex())))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::read;

    fn compare(component: &str, version: &str, commit: &str) -> Vec<String> {
        let descriptor = Descriptor::from_text(&read("eras/cli-2.15-scanned.yaml")).unwrap();
        let expected = ExpectedModule {
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
    fn each_difference_is_reported_with_what_was_wanted() {
        let name = "kyma.project.io/module/btp-operator";
        let commit = "4e4b9d47cb655ca23e5c706462485ff7605e8d71";
        assert_eq!(compare(name, "0.5.0", commit), [""; 0]);
        let other = "0".repeat(40);
        assert_eq!(
            compare("kyma-project.io/module/btp-operator", "0.5.1", &other),
            [
                format!("component name is {name}; wanted: kyma-project.io/module/btp-operator"),
                "component version is v0.5.0; wanted: 0.5.1".into(),
                format!("source commit is {commit}; wanted: {other}"),
            ]
        );
    }

    #[test]
    fn a_resource_digest_that_differs_from_its_layer_is_reported() {
        let text = String::from_utf8(read("eras/modulectl-transferred.yaml")).unwrap();
        let descriptor = |text: &str| Descriptor::from_text(text.as_bytes()).unwrap();
        assert_eq!(digest_mismatches(&descriptor(&text)), []);
        let at = text.find("genericBlobDigest/v1").unwrap();
        let (before, after) = text.split_at(at);
        let other = after.replacen("value: ", "value: 0", 1);
        let found = digest_mismatches(&descriptor(&format!("{before}{other}")));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].code, FormatCode::ModuleDigestDiffers);
        assert!(
            found[0].seen.starts_with("the digest of resource "),
            "{}",
            found[0]
        );
    }

    #[test]
    fn a_component_without_commits_is_not_verified() {
        let descriptor =
            Descriptor::from_text(&read("golden-cli-2.20/component-descriptor.yaml")).unwrap();
        let expected = ExpectedModule {
            component: "kyma-project.io/module/template-operator",
            version: &"1.1.1-e2e-test".parse().unwrap(),
            commit: &"0".repeat(40).parse().unwrap(),
        };
        let found = verify(&descriptor, &expected);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].code, FormatCode::ModuleDiffers);
        assert_eq!(found[0].seen, "source commit is not given by any source");
    }
}
