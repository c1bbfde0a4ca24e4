//! The rules of the strictest consumer: Lifecycle Manager's resource definitions of today
//! (`lifecycle-manager:config/crd/bases`), and where an older one minds more, a warning.

use super::descriptor::{AccessKind, Descriptor, is_component_name};
use super::template::short_name;
use crate::{Diagnostic, FormatCode};

/// A version as a ModuleTemplate takes it: `^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[a-zA-Z-][0-9a-zA-Z-]*)?$`, at most 32
/// characters. One `v` in front is left aside.
pub fn version(text: &str) -> Vec<Diagnostic> {
    let plain = text.strip_prefix('v').unwrap_or(text);
    let parsed = match semver::Version::parse(plain) {
        Ok(parsed) => parsed,
        Err(error) => {
            let message = format!("version {text} is not a semantic version: {error}");
            return vec![Diagnostic::error(
                FormatCode::VersionInvalid,
                message,
                "write MAJOR.MINOR.PATCH, such as 1.2.0 or 1.3.0-rc1",
            )];
        }
    };
    let mut found = Vec::new();
    let core = format!("{}.{}.{}", parsed.major, parsed.minor, parsed.patch);
    let pre = parsed.pre.as_str();
    if !parsed.build.is_empty() {
        let message = format!(
            "version {text} has build metadata, which neither Lifecycle Manager nor a tag takes"
        );
        found.push(Diagnostic::error(
            FormatCode::VersionBuildMetadata,
            message,
            format!("leave out +{}", parsed.build),
        ));
    }
    if pre.contains('.') {
        let message =
            format!("version {text} has a dot in its pre-release, which Lifecycle Manager refuses");
        let plain = pre.replace('.', "");
        found.push(Diagnostic::error(
            FormatCode::VersionPrereleaseDotted,
            message,
            format!("write {core}-{plain}"),
        ));
    }
    if pre.starts_with(|c: char| c.is_ascii_digit()) {
        let message = format!(
            "version {text} has a pre-release that begins with a digit, which Lifecycle Manager refuses"
        );
        found.push(Diagnostic::error(
            FormatCode::VersionPrereleaseDigit,
            message,
            format!("write {core}-rc{pre}"),
        ));
    }
    if plain.len() > 32 {
        let message = format!(
            "version {text} is {} characters long; Lifecycle Manager takes 32",
            plain.len()
        );
        found.push(Diagnostic::error(
            FormatCode::VersionTooLong,
            message,
            "shorten the pre-release",
        ));
    }
    found
}

/// A component's name, and its last part as the module's name: `^([a-z]{3,}(-[a-z]{3,})*)?$`, at most 64 characters.
pub fn module_name(component: &str) -> Vec<Diagnostic> {
    if !is_component_name(component) {
        let message = format!("name {component} is no component name");
        let help = "write a domain and a path in small letters, such as kyma-project.io/module/btp-operator";
        return vec![Diagnostic::error(
            FormatCode::ModuleNameInvalid,
            message,
            help,
        )];
    }
    let short = short_name(component);
    let part = |part: &str| part.len() >= 3 && part.chars().all(|c| c.is_ascii_lowercase());
    if short.len() > 64 || !short.split('-').all(part) {
        let message = format!("module name {short} is none that Lifecycle Manager takes");
        let help =
            "use words of three or more small letters with - between them, 64 characters in all";
        return vec![Diagnostic::error(
            FormatCode::ModuleNameShort,
            message,
            help,
        )];
    }
    Vec::new()
}

/// `^[a-z]+$`, 3 to 32 characters.
pub fn channel(channel: &str) -> Option<Diagnostic> {
    let fine = (3..=32).contains(&channel.len()) && channel.chars().all(|c| c.is_ascii_lowercase());
    (!fine).then(|| {
        let message = format!("channel {channel:?} is none that Lifecycle Manager takes");
        Diagnostic::error(
            FormatCode::ChannelInvalid,
            message,
            "use 3 to 32 small letters, such as regular or fast",
        )
    })
}

/// A name as Kubernetes takes it for objects
/// ([DNS subdomain names](https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names)).
pub fn is_object_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part = |part: &str| {
        part.starts_with(plain)
            && part.ends_with(plain)
            && part.chars().all(|c| plain(c) || c == '-')
    };
    name.len() <= 253 && name.split('.').all(part)
}

/// `^[a-z0-9]+(?:-[a-z0-9]+)*$`, at most 253 characters.
pub fn namespace(namespace: &str) -> Option<Diagnostic> {
    let part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let fine = namespace.len() <= 253 && namespace.split('-').all(part);
    (!fine).then(|| {
        let message = format!("namespace {namespace:?} is none that Kubernetes takes");
        Diagnostic::error(
            FormatCode::NamespaceInvalid,
            message,
            "use small letters and digits with - between them, such as kcp-system",
        )
    })
}

/// What Lifecycle Manager needs to install from a descriptor
/// (`lifecycle-manager:internal/service/manifest/parser/template_to_module.go`).
pub fn installable(descriptor: &Descriptor) -> Vec<Diagnostic> {
    let component = &descriptor.component;
    let mut found = version(&component.version);
    found.extend(module_name(&component.name));
    if component.repository_contexts.is_empty() {
        let message = "the descriptor names no repository, so that Lifecycle Manager would install nothing, without a word";
        found.push(Diagnostic::error(
            FormatCode::DescriptorWithoutRepository,
            message,
            "push the component version to a registry",
        ));
    }
    let local = component
        .resources
        .iter()
        .filter(|resource| matches!(resource.access.kind(), AccessKind::LocalBlob { .. }));
    let names: Vec<_> = local.map(|resource| resource.name.as_str()).collect();
    if !names.contains(&"raw-manifest") {
        let message =
            "the descriptor has no raw-manifest, which is what Lifecycle Manager installs";
        found.push(Diagnostic::error(
            FormatCode::DescriptorWithoutManifest,
            message,
            "build it from a rendered manifest",
        ));
    } else if names.last() != Some(&"raw-manifest") {
        let message = "raw-manifest is not the last layer, and the Lifecycle Manager of 2023 installs the last";
        found.push(Diagnostic::warning(
            FormatCode::DescriptorManifestNotLast,
            message,
            "nothing to do, unless that one reads it",
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::read;

    fn codes(found: impl IntoIterator<Item = Diagnostic>) -> Vec<FormatCode> {
        found.into_iter().map(|v| v.code).collect()
    }

    #[test]
    fn versions_as_lifecycle_manager_takes_them() {
        for (text, expected) in [
            ("1.2.3", vec![]),
            ("v1.2.3", vec![]),
            ("1.2.3-rc1", vec![]),
            ("1.2.3--a", vec![]),
            ("0.0.0-PR-12", vec![]),
            ("1.2.3-rc.1", vec![FormatCode::VersionPrereleaseDotted]),
            ("1.2.3-1", vec![FormatCode::VersionPrereleaseDigit]),
            ("1.2.3+b", vec![FormatCode::VersionBuildMetadata]),
            (
                "1.2.3-1.x+b",
                vec![
                    FormatCode::VersionBuildMetadata,
                    FormatCode::VersionPrereleaseDotted,
                    FormatCode::VersionPrereleaseDigit,
                ],
            ),
            ("1.2.3-aaaaaaaaaaaaaaaaaaaaaaaaaa", vec![]),
            (
                "1.2.3-aaaaaaaaaaaaaaaaaaaaaaaaaaa",
                vec![FormatCode::VersionTooLong],
            ),
            ("1.2", vec![FormatCode::VersionInvalid]),
            ("vv1.2.3", vec![FormatCode::VersionInvalid]),
            ("1.02.3", vec![FormatCode::VersionInvalid]),
            ("latest", vec![FormatCode::VersionInvalid]),
        ] {
            assert_eq!(codes(version(text)), expected, "{text}");
        }
        assert_eq!(version("1.2.3-rc.1")[0].help, "write 1.2.3-rc1");
    }

    #[test]
    fn names_and_channels() {
        for (name, expected) in [
            ("kyma-project.io/module/btp-operator", vec![]),
            ("kyma.project.io/module/btp-operator", vec![]),
            ("btp-operator", vec![FormatCode::ModuleNameInvalid]),
            (
                "kyma-project.io/module/k8s-operator",
                vec![FormatCode::ModuleNameShort],
            ),
            (
                "kyma-project.io/module/my-operator",
                vec![FormatCode::ModuleNameShort],
            ),
            (
                "kyma-project.io/module/btp-operator-",
                vec![FormatCode::ModuleNameShort],
            ),
        ] {
            assert_eq!(codes(module_name(name)), expected, "{name}");
        }
        assert_eq!(
            codes(module_name(&format!("a.io/{}", "x".repeat(65)))),
            [FormatCode::ModuleNameShort]
        );
        for (name, fine) in [
            ("regular", true),
            ("fast", true),
            ("ab", false),
            ("Fast", false),
            ("fast1", false),
            ("", false),
        ] {
            assert_eq!(channel(name).is_none(), fine, "{name}");
        }
        assert!(channel(&"a".repeat(32)).is_none() && channel(&"a".repeat(33)).is_some());
        for (name, fine) in [
            ("btp-operator-1.2.0-rc1", true),
            ("btp-operator-1.2.0-RC1", false),
            ("btp-operator-1.2.0-rc-", false),
            ("a..b", false),
            ("", false),
        ] {
            assert_eq!(is_object_name(name), fine, "{name}");
        }
        for (name, fine) in [
            ("kcp-system", true),
            ("a1", true),
            ("-a", false),
            ("a--b", false),
            ("A", false),
            ("", false),
        ] {
            assert_eq!(namespace(name).is_none(), fine, "{name}");
        }
    }

    #[test]
    fn published_descriptors_by_todays_rules() {
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
            assert_eq!(codes(installable(&descriptor)), expected, "{file}");
        }
        let mut nowhere = Descriptor::from_text(&read("eras/cli-2.15-scanned.yaml")).unwrap();
        nowhere.component.repository_contexts.clear();
        assert_eq!(
            codes(installable(&nowhere)),
            [FormatCode::DescriptorWithoutRepository]
        );
    }
}
