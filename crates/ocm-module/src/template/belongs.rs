//! Whether a ModuleTemplate leads to a given module image.

use serde_json::Value;

use super::short_name;
use crate::descriptor::Descriptor;
use crate::yaml;

/// What a template says otherwise than the descriptor in the image. A template with a descriptor has to have this one;
/// today's form has none, and names module and version instead.
pub fn disagreements_with(template: &[u8], descriptor: &Descriptor) -> Vec<String> {
    let documents = std::str::from_utf8(template)
        .ok()
        .and_then(|text| yaml::documents(text).ok());
    let Some(template) =
        documents.and_then(|documents| documents.into_iter().find(|d| !d.is_null()))
    else {
        return vec!["the template is not YAML".into()];
    };
    let spec = |key: &str| template.pointer(&format!("/spec/{key}"));
    let component = &descriptor.component;
    match spec("descriptor")
        .filter(|value| value.as_object().is_some_and(|object| !object.is_empty()))
    {
        Some(in_template) if *in_template == descriptor.to_value() => vec![],
        Some(_) => vec!["the template's descriptor is not the one in the image".into()],
        None => {
            let text = |key: &str| spec(key).and_then(Value::as_str).unwrap_or("nothing");
            let version = component.version.trim_start_matches('v');
            let pairs = [
                (
                    "moduleName",
                    text("moduleName"),
                    short_name(&component.name),
                ),
                ("version", text("version"), version),
            ];
            let differs = pairs
                .into_iter()
                .filter(|(_, in_template, in_image)| in_template != in_image);
            differs
                .map(|(key, a, b)| format!("the template has the {key} {a}, and the image {b}"))
                .collect()
        }
    }
}
