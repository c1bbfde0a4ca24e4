//! `component-config.yaml`: a module's name, the team that answers for it, and the images that security scanners scan.
//!
//! Kyma's repositories keep the file at their root, with these three keys (`kyma-project/btp-manager:component-config.yaml`).

use serde_json::{Map, Value};

use super::fields::{ConfigFile, Fields};
use crate::oci::ImageName;
use crate::values::is_component_name;
use crate::yaml::Dialect;
use crate::{Diagnostic, FormatCode, Position};

/// The content of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct ScannedComponent {
    /// The component's name, such as `kyma-project.io/module/btp-operator`.
    pub name: String,
    /// The team, such as `kyma/gopher`.
    pub team: String,
    /// The images, each with its position where it was read from a file.
    pub images: Vec<(ImageName, Option<Position>)>,
    /// Other keys of the file.
    pub more: Map<String, Value>,
}

impl ScannedComponent {
    /// Reads the file; `file` is its name, for diagnostics. All that is wrong with it comes with the result, or instead of it.
    pub fn parse(file: &str, bytes: &[u8]) -> (Option<Self>, Vec<Diagnostic>) {
        let file = match ConfigFile::parse(file, bytes, Dialect::GoStruct) {
            Ok(file) => file,
            Err(unreadable) => return (None, vec![unreadable]),
        };
        let fields = file.fields();
        fields.only(&KEYS);
        let name = fields.required(
            "name",
            "write the component's name, such as kyma-project.io/module/btp-operator",
        );
        let team = fields.required(
            "team",
            "name the team that answers for findings, such as kyma/gopher",
        );
        if let Some(name) = name.as_deref().filter(|name| !is_component_name(name)) {
            fields.note("name", name_invalid(name));
        }
        let images = images(&fields);
        let keys = fields.keys().filter(|key| !KEYS.contains(key));
        let more = keys.filter_map(|key| Some((key.to_owned(), fields.present(key)?.clone())));
        let more = more.collect();
        let found = file.finish();
        let config = match (name, team) {
            (Some(name), Some(team)) if !found.iter().any(Diagnostic::is_error) => Some(Self {
                name,
                team,
                images,
                more,
            }),
            _ => None,
        };
        (config, found)
    }
}

const KEYS: [&str; 3] = ["name", "team", "images"];

fn name_invalid(name: &str) -> Diagnostic {
    Diagnostic::error(
        FormatCode::ModuleNameInvalid,
        format!("name {name} is no component name"),
        "write a domain and a path in small letters, such as kyma-project.io/module/btp-operator",
    )
}

fn images(fields: &Fields<'_>) -> Vec<(ImageName, Option<Position>)> {
    let mut images = Vec::new();
    for (text, position) in fields.located_texts("images") {
        match ImageName::parse(&text) {
            Some(image) => images.push((image, Some(position))),
            None => fields.note_at(
                position,
                Diagnostic::error(
                    FormatCode::ScanImageInvalid,
                    format!("{text:?} is no image"),
                    "write it in full, such as europe-docker.pkg.dev/kyma-project/prod/btp-manager:1.2.0",
                ),
            ),
        }
    }
    images
}

#[cfg(test)]
mod tests;
