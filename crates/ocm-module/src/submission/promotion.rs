//! `module-releases.yaml`: which version of a module each channel has.

use std::cmp::Ordering;

use crate::config::{Audience, ChannelVersion, ReleaseMeta};
use crate::values::Version;
use crate::yaml::{PathStep, YamlDocument, YamlPath, edit, read};
use crate::{Diagnostic, FormatCode, rules};

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
    /// ([`FormatCode::ChannelDowngrade`]).
    Refused(Diagnostic),
}

/// What is to become of `module-releases.yaml`, so that a channel has a version; `name` is the file's name, for diagnostics, and
/// `existing` its content if there is such a file. Comments, order and quotes stay. A channel that is not in the file is added at
/// the end of the list, and a file that is not there gets this channel only.
///
/// # Errors
///
/// If the channel or the version is none that Lifecycle Manager takes, if the file cannot be read or has something wrong in it, if
/// the module is mandatory and so has no channels, or if the file cannot be changed in this one place.
pub fn promotion(
    name: &str,
    existing: Option<&[u8]>,
    channel: &str,
    version: &Version,
) -> Result<Promotion, Diagnostic> {
    let text = version.to_string();
    let wrong = rules::channel(channel).into_iter();
    if let Some(wrong) = wrong.chain(rules::version(&text)).next() {
        return Err(wrong);
    }
    let Some(existing) = existing else {
        let file = format!("channels:\n{}", entry("  - ", "    ", "\n", channel, &text));
        return Ok(Promotion::Edit {
            from: None,
            file: file.into_bytes(),
        });
    };
    let channels = channels(name, existing)?;
    let Some(listed) = channels.iter().find(|listed| listed.channel == channel) else {
        let file = added(existing, &channels, channel, &text)
            .ok_or_else(|| unclear(name, channel, &text))?;
        return Ok(Promotion::Edit { from: None, file });
    };
    let from: Result<Version, Diagnostic> = listed.version.parse();
    let from = from.map_err(|wrong| wrong.at(name, None))?;
    match version.cmp(&from) {
        Ordering::Equal => Ok(Promotion::Nothing),
        Ordering::Less => Ok(Promotion::Refused(
            downgrade(channel, version, &from).at(name, None),
        )),
        Ordering::Greater => {
            let path = format!("channels[channel={channel}].version");
            let path: YamlPath = path.parse().map_err(|_| unclear(name, channel, &text))?;
            let file = edit(existing, &path, &text).map_err(|error| error.diagnostic(name))?;
            let from = Some(from);
            Ok(Promotion::Edit { from, file })
        }
    }
}

/// The channels of a file in which nothing is wrong.
fn channels(name: &str, existing: &[u8]) -> Result<Vec<ChannelVersion>, Diagnostic> {
    // Nothing stands for a placeholder here: the file is the one that is deployed.
    let (read, found) = ReleaseMeta::parse_file(name, existing, "");
    if let Some(wrong) = found.into_iter().find(Diagnostic::is_error) {
        return Err(wrong);
    }
    match read.map(|read| read.audience) {
        Some(Audience::Channels(channels)) => Ok(channels),
        _ => Err(Diagnostic::error(
            FormatCode::ChannelsMissing,
            "the module is mandatory: every Kyma has the same version, and there are no channels",
            "change the version by hand, in mandatory:",
        )
        .at(name, None)),
    }
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

fn unclear(name: &str, channel: &str, version: &str) -> Diagnostic {
    Diagnostic::error(
        FormatCode::YamlEditRefused,
        format!("the channel {channel} is not in the file and cannot be added to its list without changing something else"),
        format!("add it by hand: channel: {channel} and version: {version}"),
    )
    .at(name, None)
}
