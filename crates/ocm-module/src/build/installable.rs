//! Whether Lifecycle Manager can install from a descriptor
//! (`lifecycle-manager:internal/service/manifest/parser/template_to_module.go`).

use crate::descriptor::{AccessKind, Descriptor};
use crate::rules;
use crate::{Diagnostic, FormatCode};

/// What keeps Lifecycle Manager from installing, and as warnings what keeps an older one.
pub(super) fn check_installable(descriptor: &Descriptor) -> Vec<Diagnostic> {
    let component = &descriptor.component;
    let mut found = rules::version(&component.version);
    found.extend(rules::module_name(&component.name));
    if component.repository_contexts.is_empty() {
        found.push(Diagnostic::error(
            FormatCode::DescriptorWithoutRepository,
            "the descriptor names no repository; Lifecycle Manager would install nothing, and report no error",
            "push the component version to a registry",
        ));
    }
    let local = component
        .resources
        .iter()
        .filter(|resource| matches!(resource.access.kind(), AccessKind::LocalBlob { .. }));
    let names: Vec<_> = local.map(|resource| resource.name.as_str()).collect();
    if !names.contains(&"raw-manifest") {
        found.push(Diagnostic::error(
            FormatCode::DescriptorWithoutManifest,
            "the descriptor has no raw-manifest, which is what Lifecycle Manager installs",
            "build it from a rendered manifest",
        ));
    } else if names.last() != Some(&"raw-manifest") {
        found.push(Diagnostic::warning(
            FormatCode::DescriptorManifestNotLast,
            "raw-manifest is not the last layer, and the Lifecycle Manager of 2023 installs the last",
            "nothing to do, unless that version installs the module",
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::read;

    fn codes(found: &[Diagnostic]) -> Vec<FormatCode> {
        found.iter().map(|diagnostic| diagnostic.code).collect()
    }

    #[test]
    fn published_descriptors_are_installable() {
        for (file, expected) in [
            ("golden-cli-2.15/component-descriptor.yaml", vec![]),
            ("golden-cli-2.20/component-descriptor.yaml", vec![]),
            ("eras/cli-2.15-scanned.yaml", vec![]),
            (
                "eras/modulectl-transferred.yaml",
                vec![FormatCode::DescriptorManifestNotLast],
            ),
            (
                "eras/gardener-2022.yaml",
                vec![FormatCode::DescriptorWithoutManifest],
            ),
        ] {
            let descriptor = Descriptor::from_text(&read(file)).unwrap();
            assert_eq!(codes(&check_installable(&descriptor)), expected, "{file}");
        }
        let mut nowhere = Descriptor::from_text(&read("eras/cli-2.15-scanned.yaml")).unwrap();
        nowhere.component.repository_contexts.clear();
        assert_eq!(
            codes(&check_installable(&nowhere)),
            [FormatCode::DescriptorWithoutRepository]
        );
    }
}
