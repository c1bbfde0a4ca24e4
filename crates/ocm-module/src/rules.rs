//! The rules of Lifecycle Manager for versions and names, by its resource definitions
//! (`lifecycle-manager:config/crd/bases`), and those of Kubernetes for objects.

use crate::diagnostic::shortened;
use crate::values::{is_component_name, short_name};
use crate::{Diagnostic, FormatCode};

/// The longest version, in characters.
const MAX_VERSION: usize = 32;

/// What is wrong with a version for a ModuleTemplate:
/// `^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[a-zA-Z-][0-9a-zA-Z-]*)?$`, at most 32 characters. One `v` in front is ignored.
pub fn version(text: &str) -> Vec<Diagnostic> {
    let plain = text.strip_prefix('v').unwrap_or(text);
    let text = shortened(text);
    let parsed = match semver::Version::parse(plain) {
        Ok(parsed) => parsed,
        Err(error) => {
            return vec![Diagnostic::error(
                FormatCode::VersionInvalid,
                format!("version {text} is not a semantic version: {error}"),
                "write MAJOR.MINOR.PATCH, such as 1.2.0 or 1.3.0-rc1",
            )];
        }
    };
    let core = format!("{}.{}.{}", parsed.major, parsed.minor, parsed.patch);
    let pre = parsed.pre.as_str();
    let rules = [
        (
            !parsed.build.is_empty(),
            FormatCode::VersionBuildMetadata,
            "has build metadata, which neither Lifecycle Manager nor a tag takes",
            format!("leave out +{}", parsed.build),
        ),
        (
            pre.contains('.'),
            FormatCode::VersionPrereleaseDotted,
            "has a dot in its pre-release, which Lifecycle Manager refuses",
            format!("write {core}-{}", pre.replace('.', "")),
        ),
        (
            pre.starts_with(|c: char| c.is_ascii_digit()),
            FormatCode::VersionPrereleaseDigit,
            "has a pre-release that begins with a digit, which Lifecycle Manager refuses",
            format!("write {core}-rc{pre}"),
        ),
    ];
    let broken = rules.into_iter().filter(|(broken, ..)| *broken);
    let mut found: Vec<_> = broken
        .map(|(_, code, why, help)| Diagnostic::error(code, format!("version {text} {why}"), help))
        .collect();
    if plain.len() > MAX_VERSION {
        let seen = format!("version {text} is {} characters long", plain.len());
        let long = Diagnostic::error(FormatCode::VersionTooLong, seen, "shorten the pre-release");
        found.push(long.wanted(format!(
            "at most {MAX_VERSION}, the limit of Lifecycle Manager"
        )));
    }
    found
}

/// What is wrong with a component's name, and with its last part as the module's name: `^([a-z]{3,}(-[a-z]{3,})*)?$`, at most
/// 64 characters.
pub fn module_name(component: &str) -> Vec<Diagnostic> {
    if !is_component_name(component) {
        return vec![Diagnostic::error(
            FormatCode::ModuleNameInvalid,
            format!("name {component} is no component name"),
            "write a domain and a path in small letters, such as kyma-project.io/module/btp-operator",
        )];
    }
    let short = short_name(component);
    let is_word = |part: &str| part.len() >= 3 && part.chars().all(|c| c.is_ascii_lowercase());
    if short.len() > 64 || !short.split('-').all(is_word) {
        return vec![Diagnostic::error(
            FormatCode::ModuleNameShort,
            format!("Lifecycle Manager does not take the module name {short}"),
            "use words of three or more small letters with - between them, 64 characters in all",
        )];
    }
    Vec::new()
}

/// What is wrong with a channel: `^[a-z]+$`, 3 to 32 characters.
pub fn channel(channel: &str) -> Option<Diagnostic> {
    let fine = (3..=32).contains(&channel.len()) && channel.chars().all(|c| c.is_ascii_lowercase());
    (!fine).then(|| {
        Diagnostic::error(
            FormatCode::ChannelInvalid,
            format!(
                "Lifecycle Manager does not take the channel {:?}",
                shortened(channel)
            ),
            "use 3 to 32 small letters, such as regular or fast",
        )
    })
}

/// Whether Kubernetes takes a name for objects
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

/// Whether Kubernetes takes a text as the key of a label: a name of at most 63 letters, digits, `-`, `_` and `.`, perhaps with
/// a domain and `/` before it
/// ([labels](https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set)).
pub fn is_label_key(key: &str) -> bool {
    let (prefix, name) = key
        .split_once('/')
        .map_or((None, key), |(prefix, name)| (Some(prefix), name));
    prefix.is_none_or(is_object_name) && !name.is_empty() && is_label_value(name)
}

/// Whether Kubernetes takes a text as the value of a label: empty, or of at most 63 letters, digits, `-`, `_` and `.`, with a
/// letter or a digit at both ends.
pub fn is_label_value(value: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric();
    value.is_empty()
        || value.len() <= 63
            && value.starts_with(plain)
            && value.ends_with(plain)
            && value.chars().all(|c| plain(c) || "-_.".contains(c))
}

/// What is wrong with a namespace: `^[a-z0-9]+(?:-[a-z0-9]+)*$`, at most 253 characters.
pub fn namespace(namespace: &str) -> Option<Diagnostic> {
    let part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let fine = namespace.len() <= 253 && namespace.split('-').all(part);
    (!fine).then(|| {
        Diagnostic::error(
            FormatCode::NamespaceInvalid,
            format!(
                "Kubernetes does not take the namespace {:?}",
                shortened(namespace)
            ),
            "use small letters and digits with - between them, such as kcp-system",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(found: impl IntoIterator<Item = Diagnostic>) -> Vec<FormatCode> {
        found.into_iter().map(|v| v.code).collect()
    }

    #[test]
    fn versions_by_the_rules_of_lifecycle_manager() {
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
    fn rules_for_names_channels_and_namespaces() {
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
        let long = "a".repeat(64);
        for (key, fine) in [
            ("a", true),
            ("kyma-project.io/Global_account.id", true),
            ("/a", false),
            ("a/", false),
            ("A/a", false),
            ("a/b/c", false),
            ("-a", false),
            (long.as_str(), false),
            ("", false),
        ] {
            assert_eq!(is_label_key(key), fine, "{key}");
        }
        for (value, fine) in [("", true), ("a-B_1.c", true), ("a-", false), ("a b", false)] {
            assert_eq!(is_label_value(value), fine, "{value}");
        }
        assert!(is_label_value(&"a".repeat(63)) && !is_label_value(&long));
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
}
