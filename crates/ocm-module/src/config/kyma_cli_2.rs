//! The keys of `module-config.yaml` that only the Kyma CLI 2 reads.

use super::fields::Fields;
use super::{CustomStateCheck, ModuleConfig, REPOSITORY_TAG, SHARED_KEYS};
use crate::rules;
use crate::{Diagnostic, FormatCode};

const KEYS: [&str; 5] = [
    "channel",
    "resourceName",
    "namespace",
    "customStateCheck",
    "mandatory",
];
const STATES: [&str; 5] = ["Ready", "Processing", "Error", "Deleting", "Warning"];

pub(super) fn read(fields: &Fields<'_>, config: &mut ModuleConfig) {
    fields.only(&[&SHARED_KEYS[..], &KEYS, &[REPOSITORY_TAG]].concat());
    config.channel = fields.required("channel", "write the channel, such as regular");
    if let Some(channel) = &config.channel {
        fields.note_all("channel", rules::channel(channel));
    }
    config.resource_name = fields.text("resourceName");
    config.namespace = fields.text("namespace");
    if let Some(namespace) = &config.namespace {
        fields.note_all("namespace", rules::namespace(namespace));
    }
    config.custom_state_checks = state_checks(fields);
}

fn state_checks(fields: &Fields<'_>) -> Vec<CustomStateCheck> {
    let key = "customStateCheck";
    let items = fields.objects(key);
    let mut checks = Vec::new();
    for item in &items {
        item.only(&["jsonPath", "value", "mappedState"]);
        let need = |key: &str| item.required(key, "write jsonPath, value and mappedState");
        let (json_path, value, mapped_state) =
            (need("jsonPath"), need("value"), need("mappedState"));
        if let Some(state) = mapped_state
            .as_deref()
            .filter(|state| !STATES.contains(state))
        {
            let unknown = Diagnostic::error(
                FormatCode::StateCheckUnknown,
                format!("mappedState {state:?} is no state of a module"),
                format!("use one of {}", STATES.join(", ")),
            );
            item.note("mappedState", unknown);
        }
        if let (Some(json_path), Some(value), Some(mapped_state)) = (json_path, value, mapped_state)
        {
            checks.push(CustomStateCheck {
                json_path,
                value,
                mapped_state,
            });
        }
    }
    let has = |state: &str| checks.iter().any(|check| check.mapped_state == state);
    let complete = has("Ready") && has("Error");
    if !items.is_empty() && !complete {
        let incomplete = Diagnostic::error(
            FormatCode::StateCheckIncomplete,
            "customStateCheck maps nothing to Ready, or nothing to Error",
            "map a value to each of the two",
        );
        fields.note(key, incomplete);
    }
    checks
}
