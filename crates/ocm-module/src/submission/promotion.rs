//! `module-releases.yaml`: which version of a module each channel has.

use std::cmp::Ordering;

use crate::config::{Audience, ChannelVersion, ReleaseMeta};
use crate::values::Version;
use crate::yaml::{PathStep, YamlDocument, YamlPath, edit, read};
use crate::{Diagnostic, FormatCode, rules};

/// The version that a channel of a module is to have.
#[derive(Clone, Copy, Debug)]
pub struct ChannelGoal<'a> {
    /// The module's short name, such as `btp-operator`.
    pub module: &'a str,
    /// The channel, such as `regular`.
    pub channel: &'a str,
    /// The version that it is to have.
    pub version: &'a Version,
    /// Channels that need this version, or a higher one, before the channel gets it.
    pub after: &'a [&'a str],
}

/// What gives a channel a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Promotion {
    /// The channel has the version.
    Nothing,
    /// The file is to be written like this.
    Edit {
        /// The lower version that the channel has until then, if it is there.
        from: Option<Version>,
        /// The content, which differs from what is there in this channel only.
        file: Vec<u8>,
    },
    /// The channel has a higher version, and Lifecycle Manager refuses to go back
    /// ([`FormatCode::ChannelDowngrade`]); or an earlier channel has a lower version, or none
    /// ([`FormatCode::ChannelOrder`]).
    Refused(Diagnostic),
}

/// What is to become of `module-releases.yaml`, so that a channel has a version; `name` is the file's name, for diagnostics, and
/// `existing` its content if there is such a file. Comments, order and quotes stay. A channel that is not in the file is added at
/// the end of the list, and a file that is not there gets this channel only.
///
/// # Errors
///
/// If the channel or the version is none that Lifecycle Manager takes, if the file cannot be read, has something wrong in it or
/// has another module's name as `moduleName`, if the module is mandatory and so has no channels, or if the file cannot be changed
/// in this one place.
pub fn promotion(
    name: &str,
    existing: Option<&[u8]>,
    goal: ChannelGoal<'_>,
) -> Result<Promotion, Diagnostic> {
    let (channel, version) = (goal.channel, goal.version);
    let text = version.to_string();
    let wrong = rules::channel(channel).into_iter();
    if let Some(wrong) = wrong.chain(rules::version(&text)).next() {
        return Err(wrong);
    }
    let channels = match existing {
        Some(existing) => channels(name, existing, goal.module)?,
        None => Vec::new(),
    };
    let from = version_of(name, &channels, channel)?;
    match from.as_ref().map(|from| (version.cmp(from), from)) {
        Some((Ordering::Equal, _)) => return Ok(Promotion::Nothing),
        Some((Ordering::Less, from)) => {
            let refused = downgrade(channel, version, from);
            return Ok(Promotion::Refused(refused.at(name, None)));
        }
        Some((Ordering::Greater, _)) | None => {}
    }
    for earlier in goal.after {
        let has = version_of(name, &channels, earlier)?;
        if has.as_ref().is_none_or(|has| has < version) {
            let refused = too_early(goal, earlier, has.as_ref());
            return Ok(Promotion::Refused(refused.at(name, None)));
        }
    }
    let file = match (existing, &from) {
        (None, _) => {
            format!("channels:\n{}", entry("  - ", "    ", "\n", channel, &text)).into_bytes()
        }
        (Some(existing), None) => added(existing, &channels, channel, &text)
            .ok_or_else(|| unclear(name, channel, &text))?,
        (Some(existing), Some(_)) => {
            let path = format!("channels[channel={channel}].version");
            let path: YamlPath = path.parse().map_err(|_| unclear(name, channel, &text))?;
            edit(existing, &path, &text).map_err(|error| error.diagnostic(name))?
        }
    };
    Ok(Promotion::Edit { from, file })
}

/// The version that a channel has, if it is listed.
fn version_of(
    name: &str,
    channels: &[ChannelVersion],
    channel: &str,
) -> Result<Option<Version>, Diagnostic> {
    let listed = channels.iter().find(|listed| listed.channel == channel);
    let version = listed.map(|listed| listed.version.parse()).transpose();
    version.map_err(|wrong: Diagnostic| wrong.at(name, None))
}

/// The channels of a file of this module in which nothing is wrong.
fn channels(name: &str, existing: &[u8], module: &str) -> Result<Vec<ChannelVersion>, Diagnostic> {
    // Nothing stands for a placeholder here: the file is the one that is deployed.
    let (meta, found) = ReleaseMeta::parse_file(name, existing, "");
    if let Some(wrong) = found.into_iter().find(Diagnostic::is_error) {
        return Err(wrong);
    }
    if let Some(other) = other_module(existing, module) {
        return Err(Diagnostic::error(
            FormatCode::ReleaseMetaNameDiffers,
            format!("moduleName is {other}"),
            "name the file of this module, or correct moduleName in it",
        )
        .wanted(module)
        .at(name, None));
    }
    match meta.map(|meta| meta.audience) {
        Some(Audience::Channels(channels)) => Ok(channels),
        _ => Err(Diagnostic::error(
            FormatCode::ChannelsMissing,
            "the module is mandatory: every Kyma has the same version, and there are no channels",
            "change the version by hand, in mandatory:",
        )
        .at(name, None)),
    }
}

/// Whose channels they are, if the file names another module. Kyma's files name none; a `ModuleReleaseMeta` has the key.
fn other_module(existing: &[u8], module: &str) -> Option<String> {
    let documents = read(std::str::from_utf8(existing).ok()?).ok()?;
    let named = documents.first()?.value.get("moduleName")?;
    let named = named
        .as_str()
        .map_or_else(|| named.to_string(), str::to_owned);
    (named.rsplit('/').next() != Some(module)).then_some(named)
}

/// The file with another channel behind the last one, where that is written as a list with a dash before each item.
fn added(
    existing: &[u8],
    channels: &[ChannelVersion],
    channel: &str,
    version: &str,
) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(existing).ok()?;
    let documents = read(text).ok()?;
    let [document] = documents.as_slice() else {
        return None;
    };
    let last = channels.len().checked_sub(1)?;
    let place = |key: &str| {
        let key_of_list = PathStep::Key("channels".to_owned());
        [
            key_of_list,
            PathStep::Index(last),
            PathStep::Key(key.to_owned()),
        ]
    };
    let ends = [
        ("channel", &channels.get(last)?.channel),
        ("version", &channels.get(last)?.version),
    ]
    .map(|(key, content)| document.end_of(text, &place(key), content));
    let end = ends
        .into_iter()
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .max()?;
    let (before, after) = text.split_at_checked(end)?;
    let line = after.find('\n');
    let (rest_of_line, after) =
        after.split_at_checked(line.map_or(after.len(), |at| at.saturating_add(1)))?;
    let line_end = if rest_of_line.ends_with("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let missing_end = if rest_of_line.ends_with('\n') {
        ""
    } else {
        line_end
    };
    let (dash, indent) = indentation(document, text, &place("channel")[..2])?;
    let more = entry(dash, &indent, line_end, channel, version);
    let edited = [before, rest_of_line, missing_end, &more, after].concat();
    // What else the file holds is as it was.
    let mut expected = document.value.clone();
    let listed = expected.get_mut("channels")?.as_array_mut()?;
    listed.push(serde_json::json!({"channel": channel, "version": version}));
    let read_again = read(&edited).ok()?;
    let same = matches!(read_again.as_slice(), [document] if document.value == expected);
    same.then(|| edited.into_bytes())
}

/// What stands before the first key of a list's item, and spaces of the same width.
fn indentation<'t>(
    document: &YamlDocument,
    text: &'t str,
    item: &[PathStep],
) -> Option<(&'t str, String)> {
    let at = document.position(item);
    let line = text.lines().nth(at.line.checked_sub(1)?)?;
    let (column, _) = line.char_indices().nth(at.column.checked_sub(1)?)?;
    let dash = line.get(..column)?;
    (dash.trim() == "-").then(|| (dash, dash.replace('-', " ")))
}

fn entry(dash: &str, indent: &str, end: &str, channel: &str, version: &str) -> String {
    format!("{dash}channel: {channel}{end}{indent}version: {version}{end}")
}

fn downgrade(channel: &str, version: &Version, from: &Version) -> Diagnostic {
    Diagnostic::error(
        FormatCode::ChannelDowngrade,
        format!("the channel {channel} has version {from}, which is higher than {version}"),
        format!("release a version that is higher than {from}; Lifecycle Manager does not go back"),
    )
}

fn too_early(goal: ChannelGoal<'_>, earlier: &str, has: Option<&Version>) -> Diagnostic {
    let (channel, version) = (goal.channel, goal.version);
    let has = has.map_or_else(|| "no version".to_owned(), |has| format!("version {has}"));
    Diagnostic::error(
        FormatCode::ChannelOrder,
        format!("the channel {channel} follows {earlier}, which has {has}"),
        format!("promote {version} to {earlier} first; {channel} may have it once that is merged"),
    )
    .wanted(format!("version {version} or a higher one in {earlier}"))
}

fn unclear(name: &str, channel: &str, version: &str) -> Diagnostic {
    Diagnostic::error(
        FormatCode::YamlEditRefused,
        format!("the channel {channel} is not in the file and cannot be added to its list without changing something else"),
        format!("add it by hand: channel: {channel} and version: {version}"),
    )
    .at(name, None)
}
