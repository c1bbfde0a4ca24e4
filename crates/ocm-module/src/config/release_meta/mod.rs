//! What a `ModuleReleaseMeta` is made from: a channels file, in the format of Kyma's `module-releases.yaml`, or pairs
//! such as `fast=1.2.0`.
//!
//! The rules are those of the resource definition
//! (`lifecycle-manager:config/crd/bases/operator.kyma-project.io_modulereleasemetas.yaml`).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::fields::{ConfigFile, Fields};
use crate::rules;
use crate::yaml::Dialect;
use crate::{Diagnostic, FormatCode, Place};

/// Stands for the version that is released.
const PLACEHOLDER: &str = "{version}";

/// Which version of a module is installed where.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseMeta {
    /// Who gets the module.
    pub audience: Audience,
    /// A label selector for the Kymas that may have the module; experimental.
    pub kyma_selector: Option<Value>,
    /// Whether the module is a beta, where that is to be written; deprecated.
    pub beta: Option<bool>,
    /// Whether the module is only for SAP's own landscapes, where that is to be written; deprecated.
    pub internal: Option<bool>,
}

/// Who gets the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Whoever enables it, in the version of the channel.
    Channels(Vec<ChannelVersion>),
    /// Everyone, in this version.
    Mandatory(String),
}

/// The version of the module in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelVersion {
    /// Such as `fast`.
    pub channel: String,
    /// Without `v`.
    pub version: String,
}

impl ReleaseMeta {
    /// Reads a channels file; `file` is its name, for diagnostics. `{version}` in it stands for `release`, which is the version
    /// that is released, without `v`. All that is wrong with the file comes with the result, or instead of it.
    pub fn parse_file(file: &str, bytes: &[u8], release: &str) -> (Option<Self>, Vec<Diagnostic>) {
        let file = match ConfigFile::parse(file, bytes, Dialect::GoStruct) {
            Ok(file) => file,
            Err(unreadable) => return (None, vec![unreadable]),
        };
        let fields = file.fields();
        fields.only(&["channels", "mandatory", "kymaSelector", "beta", "internal"]);
        let read = Self {
            audience: audience(&fields, &file, release),
            kyma_selector: kyma_selector(&fields),
            beta: deprecated(&fields, "beta"),
            internal: deprecated(&fields, "internal"),
        };
        let found = file.finish();
        let complete = !found.iter().any(Diagnostic::is_error);
        (complete.then_some(read), found)
    }

    /// Reads pairs, separated by spaces, commas or line ends: `fast={version}, regular=1.1.0`. `input` is what they were given
    /// as, for diagnostics.
    pub fn parse_pairs(input: &str, pairs: &str, release: &str) -> (Option<Self>, Vec<Diagnostic>) {
        let mut channels = Channels::new(release);
        let mut found = Vec::new();
        let pairs = pairs.split([',', ' ', '\t', '\r', '\n']);
        for pair in pairs.filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some((channel, version)) => {
                    let (of_channel, of_version) = channels.add(channel, version);
                    found.extend(of_channel);
                    found.extend(of_version);
                }
                None => found.push(Diagnostic::error(
                    FormatCode::ChannelVersionInvalid,
                    format!("{pair:?} is no channel with its version"),
                    format!("write it as {pair}={PLACEHOLDER} or {pair}=1.2.0"),
                )),
            }
        }
        if channels.versions.is_empty() && found.is_empty() {
            found.push(Diagnostic::error(
                FormatCode::ChannelsMissing,
                "no channel is given",
                format!("write a channel and its version, such as fast={PLACEHOLDER}"),
            ));
        }
        found.extend(channels.without_release());
        for diagnostic in &mut found {
            diagnostic.place = Some(Place::Input(input.to_owned()));
        }
        let complete = !found.iter().any(Diagnostic::is_error);
        let read = Self {
            audience: Audience::Channels(channels.versions),
            kyma_selector: None,
            beta: None,
            internal: None,
        };
        (complete.then_some(read), found)
    }
}

/// Channels as they are read, each once.
struct Channels<'a> {
    release: &'a str,
    known: BTreeSet<String>,
    versions: Vec<ChannelVersion>,
}

impl<'a> Channels<'a> {
    fn new(release: &'a str) -> Self {
        Self {
            release,
            known: BTreeSet::new(),
            versions: Vec::new(),
        }
    }

    /// Adds a channel. What is wrong with its name, and what is wrong with its version.
    fn add(&mut self, channel: &str, version: &str) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        let mut of_channel: Vec<_> = rules::channel(channel).into_iter().collect();
        if !self.known.insert(channel.to_owned()) {
            of_channel.push(Diagnostic::error(
                FormatCode::ChannelTwice,
                format!("the channel {channel} has a version already"),
                "name each channel once",
            ));
        }
        let version = version.replace(PLACEHOLDER, self.release);
        let of_version = version_without_v(&version);
        self.versions.push(ChannelVersion {
            channel: channel.to_owned(),
            version,
        });
        (of_channel, of_version)
    }

    /// A warning if no channel has the version that is released.
    fn without_release(&self) -> Option<Diagnostic> {
        let mut versions = self.versions.iter().map(|channel| channel.version.as_str());
        let nobody = !versions.any(|version| version == self.release);
        (nobody && !self.versions.is_empty()).then(|| nobody_gets(self.release, "no channel has"))
    }
}

fn nobody_gets(release: &str, seen: &str) -> Diagnostic {
    Diagnostic::warning(
        FormatCode::ChannelsWithoutRelease,
        format!("{seen} version {release}, which is released"),
        format!(
            "write {PLACEHOLDER} as the version of a channel that is to have it; otherwise nothing to do"
        ),
    )
}

fn version_without_v(version: &str) -> Vec<Diagnostic> {
    match version.strip_prefix('v') {
        Some(plain) => vec![Diagnostic::error(
            FormatCode::VersionWithV,
            format!("version {version} begins with v, which Lifecycle Manager refuses"),
            format!("write {plain}"),
        )],
        None => rules::version(version),
    }
}

fn audience(fields: &Fields<'_>, file: &ConfigFile<'_>, release: &str) -> Audience {
    match (file.has("channels"), file.has("mandatory")) {
        (true, false) => Audience::Channels(channels(fields, release)),
        (false, true) => Audience::Mandatory(mandatory(fields, release)),
        (both, _) => {
            let (key, seen) = if both {
                ("mandatory", "mandatory is there beside channels")
            } else {
                ("channels", "there are neither channels nor mandatory")
            };
            let not_one = Diagnostic::error(
                FormatCode::ChannelsMissing,
                seen,
                "write channels:, a list of channel: and version:; or, for a module that every Kyma has, mandatory: with version: in it",
            );
            fields.note(key, not_one.wanted("exactly one of them"));
            Audience::Channels(Vec::new())
        }
    }
}

fn channels(fields: &Fields<'_>, release: &str) -> Vec<ChannelVersion> {
    let mut channels = Channels::new(release);
    let items = fields.objects("channels");
    // Another kind than a list is reported already.
    if fields
        .present("channels")
        .is_none_or(|value| value.as_array().is_some_and(Vec::is_empty))
    {
        fields.note("channels", no_channels());
    }
    for item in items {
        item.only(&["channel", "version"]);
        let channel = exact(
            &item,
            "channel",
            "name the channel, such as regular or fast",
        );
        let version = exact(&item, "version", "write its version, such as 1.2.0");
        if let (Some(channel), Some(version)) = (channel, version) {
            let (of_channel, of_version) = channels.add(&channel, &version);
            item.note_all("channel", of_channel);
            item.note_all("version", of_version);
        }
    }
    fields.note_all("channels", channels.without_release());
    channels.versions
}

fn no_channels() -> Diagnostic {
    Diagnostic::error(
        FormatCode::ChannelsMissing,
        "channels is empty",
        "give at least one, with channel: and version:",
    )
}

fn mandatory(fields: &Fields<'_>, release: &str) -> String {
    if fields.present("mandatory").is_none() {
        fields.note("mandatory", no_version());
    }
    let Some(mandatory) = fields.object("mandatory") else {
        return String::new();
    };
    mandatory.only(&["version"]);
    let version = exact(&mandatory, "version", "write the version, such as 1.2.0");
    let version = version.unwrap_or_default().replace(PLACEHOLDER, release);
    if !version.is_empty() {
        mandatory.note_all("version", version_without_v(&version));
        if version != release {
            let seen = "the mandatory version is not";
            mandatory.note("version", nobody_gets(release, seen));
        }
    }
    version
}

fn no_version() -> Diagnostic {
    Diagnostic::error(
        FormatCode::ConfigKeyMissing,
        "mandatory is empty",
        format!("write version: \"{PLACEHOLDER}\" in it"),
    )
}

/// A text that has to be there, and that YAML reads as one: not `yes`, and not `{version}` without quotes, which is a map.
fn exact(fields: &Fields<'_>, key: &str, help: &str) -> Option<String> {
    let (read, quoted) = match fields.present(key) {
        Some(Value::Bool(flag)) => (flag.to_string(), "put it in quotes".to_owned()),
        Some(Value::Object(_)) => (
            "an object with keys".to_owned(),
            format!("put it in quotes: {key}: \"{PLACEHOLDER}\""),
        ),
        _ => return fields.required(key, help),
    };
    let seen = format!("{key} is read as {read}, and not as a text");
    fields.note(
        key,
        Diagnostic::error(FormatCode::ConfigValueKind, seen, quoted).wanted("a text"),
    );
    None
}

/// A deprecated switch, which is written only where the file has it.
fn deprecated(fields: &Fields<'_>, key: &str) -> Option<bool> {
    let flag = fields.flag(key)?;
    let deprecated = Diagnostic::warning(
        FormatCode::ReleaseMetaDeprecated,
        format!("{key} is deprecated, and will be removed from ModuleReleaseMeta"),
        format!("take {key} out, unless an older Lifecycle Manager needs it"),
    );
    fields.note(key, deprecated);
    Some(flag)
}

/// The selector, which is written only where the file has it.
fn kyma_selector(fields: &Fields<'_>) -> Option<Value> {
    let selector = fields.object("kymaSelector")?;
    selector.only(&["matchLabels", "matchExpressions"]);
    let mut read = Map::new();
    let labels = match_labels(&selector);
    if !labels.is_empty() {
        read.insert("matchLabels".into(), Value::Object(labels));
    }
    let expressions: Vec<_> = selector
        .objects("matchExpressions")
        .iter()
        .filter_map(match_expression)
        .collect();
    if !expressions.is_empty() {
        read.insert("matchExpressions".into(), Value::Array(expressions));
    }
    let experimental = Diagnostic::warning(
        FormatCode::ReleaseMetaExperimental,
        "kymaSelector is an experiment of Lifecycle Manager, which may remove it",
        "use it only for a module that its operators have listed as restricted",
    );
    fields.note("kymaSelector", experimental);
    Some(Value::Object(read))
}

fn match_labels(selector: &Fields<'_>) -> Map<String, Value> {
    let mut labels = Map::new();
    if let Some(given) = selector.object("matchLabels") {
        for key in given.keys() {
            let value = match given.present(key) {
                Some(Value::String(text)) => text.clone(),
                _ => exact(&given, key, "write a text in quotes").unwrap_or_default(),
            };
            given.note_all(key, label(key, &value));
            labels.insert(key.to_owned(), Value::from(value));
        }
    }
    labels
}

/// What is wrong with a label.
fn label(key: &str, value: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if !rules::is_label_key(key) {
        found.push(selector_invalid(format!("{key:?} is no key of a label")));
    }
    if !rules::is_label_value(value) {
        found.push(selector_invalid(format!(
            "{value:?} is no value of a label"
        )));
    }
    found
}

fn selector_invalid(seen: impl Into<String>) -> Diagnostic {
    Diagnostic::error(
        FormatCode::KymaSelectorInvalid,
        seen,
        "see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ for label selectors",
    )
}

fn match_expression(expression: &Fields<'_>) -> Option<Value> {
    expression.only(&["key", "operator", "values"]);
    let key = expression.required("key", "name the label");
    let operator = expression.required("operator", "use In, NotIn, Exists or DoesNotExist");
    let values = expression.texts("values");
    let (key, operator) = (key?, operator?);
    let needs_values = match operator.as_str() {
        "In" | "NotIn" => Some(true),
        "Exists" | "DoesNotExist" => Some(false),
        _ => None,
    };
    expression.note_all("key", label(&key, ""));
    for value in &values {
        expression.note_all("values", label("a", value));
    }
    match needs_values {
        None => {
            let seen = format!("{operator} is no operator; use In, NotIn, Exists or DoesNotExist");
            expression.note("operator", selector_invalid(seen));
        }
        Some(needed) if needed == values.is_empty() => {
            let seen = if needed {
                "needs values"
            } else {
                "takes no values"
            };
            let seen = format!("the operator {operator} {seen}");
            expression.note("values", selector_invalid(seen));
        }
        Some(_) => {}
    }
    let mut read = json!({"key": key, "operator": operator});
    if let (Some(map), false) = (read.as_object_mut(), values.is_empty()) {
        map.insert("values".into(), Value::from(values));
    }
    Some(read)
}

#[cfg(test)]
mod tests;
